"""Letters on a channel's colour, by the formula of WCAG."""

import itertools

import pytest

from services.contrast import BLACK, READABLE, WHITE, contrast, letters_on


@pytest.mark.parametrize(
    ("color", "letters"),
    [("#1d4ed8", WHITE), ("#0f766e", WHITE), ("#ffeb3b", BLACK), ("#ffffff", BLACK), ("#000000", WHITE)],
)
def test_letters_are_those_that_read_better(color, letters):
    assert letters_on(color) == letters


def test_the_contrast_is_that_of_wcag():
    assert contrast(WHITE, WHITE) == pytest.approx(1)
    assert contrast(WHITE, BLACK) == contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.01)


def test_on_every_colour_one_of_them_can_be_read():
    for parts in itertools.product(range(0, 256, 17), repeat=3):
        color = "#{:02x}{:02x}{:02x}".format(*parts)
        assert contrast(color, letters_on(color)) >= READABLE, color
