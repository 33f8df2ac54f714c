"""Windows that move: so many tries in so much time, whichever process memory they are counted in."""

import pytest
from limits import parse

from services import throttle
from services.throttle import TIDY_EVERY, LocalWindow
from tests.people import at_once


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as the windows see it; `clock[0] += 10` lets ten seconds pass."""
    now = [1000.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now[0])
    return now


def test_window_moves_on_with_time(clock):
    window, rate = LocalWindow(), parse("3 per minute")
    for _ in range(3):
        assert window.hit(rate, "door", "somebody")
        clock[0] += 10
    assert not window.test(rate, "door", "somebody") and not window.hit(rate, "door", "somebody")
    assert window.hit(rate, "door", "somebody else"), "each is counted for himself"
    clock[0] += 31  # the first try was a minute ago
    assert window.test(rate, "door", "somebody") and window.hit(rate, "door", "somebody")
    assert not window.hit(rate, "door", "somebody"), "only one place has come free"


def test_refused_tries_do_not_lengthen_the_wait(clock):
    window, rate = LocalWindow(), parse("1 per minute")
    assert window.hit(rate, "x")
    for _ in range(5):
        clock[0] += 11
        assert not window.hit(rate, "x")
    clock[0] += 6
    assert window.hit(rate, "x")


def test_cleared_key_begins_anew(clock):
    window, rate = LocalWindow(), parse("1 per minute")
    assert window.hit(rate, "x") and not window.hit(rate, "x")
    window.clear(rate, "x")
    assert window.hit(rate, "x")


def test_of_many_at_once_no_more_than_allowed_get_in():
    window, rate = LocalWindow(), parse("7 per minute")
    assert sum(at_once(*[lambda: window.hit(rate, "x")] * 40)) == 7


def test_keys_that_nobody_uses_are_forgotten(clock):
    window = LocalWindow()
    for number in range(100):
        window.hit(parse("5 per second"), "visitor", str(number))
    window.hit(parse("5 per hour"), "door")
    clock[0] += TIDY_EVERY + 1
    window.hit(parse("5 per second"), "visitor", "new")
    assert len(window._tries) == 2
