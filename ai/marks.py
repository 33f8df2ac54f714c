"""Where in a text the words stand that somebody searched for: in the text as it was written, whatever its form."""

from functools import lru_cache

from ai.text import UNSPACED_RUN, normalise, words_between


def spans_of(text: str, asked: str) -> list[tuple[int, int]]:
    """(start, end) of each place with a word of `asked`, in order and apart from each other.

    A run of Chinese is marked whole where it stands so, else by its pairs of characters, as it was found by them.
    """
    form, places = _form_with_places(text)
    found: list[tuple[int, int]] = []
    for word in _wanted(asked):
        found += _occurrences(form, word) or [hit for pair in _pairs(word) for hit in _occurrences(form, pair)]
    return _joined((places[start], places[end - 1] + 1) for start, end in found)


def excerpt(text: str, asked: str, before: int, after: int) -> tuple[str, list[str]]:
    """A part of the text around the first word found, on one line, and the words to mark in it."""
    spans = spans_of(text, asked)
    first = spans[0][0] if spans else 0
    start, end = max(0, first - before), min(len(text), first + after)
    shown = " ".join(text[start:end].split())
    marks = (text[max(left, start) : min(right, end)] for left, right in spans if left < end and right > start)
    return (
        f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}",
        list(dict.fromkeys(" ".join(mark.split()) for mark in marks)),
    )


def _wanted(asked: str) -> list[str]:
    form = normalise(asked)
    words = [word for word in words_between(form) if len(word) > 1 or word.isdigit()]
    return [*UNSPACED_RUN.findall(form), *words]


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)] if UNSPACED_RUN.fullmatch(word) else []


def _form_with_places(text: str) -> tuple[str, list[int]]:
    """The text in the one form, character by character, and for each of its characters where it comes from."""
    form, places = [], []
    for place, character in enumerate(text):
        for one in _form(character):
            form.append(one)
            places.append(place)
    return "".join(form), places


@lru_cache(maxsize=65_536)
def _form(character: str) -> str:
    return " " if character.isspace() else normalise(character)


def _occurrences(form: str, word: str) -> list[tuple[int, int]]:
    found, at = [], form.find(word)
    while at >= 0:
        found.append((at, at + len(word)))
        at = form.find(word, at + len(word))
    return found


def _joined(spans) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
