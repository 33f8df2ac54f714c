"""The terms by which a database finds texts: pairs of characters, and words with their beginnings.

Chinese is written without spaces, and people search for any part of it: whoever looks for 登录 wants 无法登录 too.
Pairs of neighbouring characters find every part of two characters or more, without a dictionary that would have to
agree with itself for years. Words of other scripts are found whole or by their beginning, as one types.
"""

import itertools

from ai.lexical import word_code
from ai.text import UNSPACED_RUN, normalise, words_between

#: what lies behind this in a text is not searched
MOST_CHARS = 4000
#: beginnings of words up to this length are terms
LONGEST_PREFIX = 12
_PAIR_SHIFT = 21


def stored_terms(text: str) -> set[int]:
    """The terms under which a text is kept."""
    text = normalise(text[:MOST_CHARS])
    terms = set(_pairs(text))
    for word in words_between(text):
        terms.add(word_code(word))
        terms.update(word_code(word[:end]) for end in range(2, min(len(word), LONGEST_PREFIX + 1)))
    return terms


def asked_terms(text: str) -> list[int]:
    """The terms that a found text must all have; none for a single character."""
    text = normalise(text[:MOST_CHARS])
    words = [word for word in words_between(text) if len(word) > 1 or word.isdigit()]
    return list(dict.fromkeys([*_pairs(text), *map(word_code, words)]))


def _pairs(text: str) -> list[int]:
    return [
        ord(first) << _PAIR_SHIFT | ord(second)
        for run in UNSPACED_RUN.findall(text)
        for first, second in itertools.pairwise(run)
    ]
