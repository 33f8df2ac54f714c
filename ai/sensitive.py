"""Finding the words of a list in a text, however they are written: one pass over the text for all words.

People hide words: full width, traditional script, capitals, spaces, points, invisible characters or faces between
the characters. Both sides are brought to one form in which only letters and digits are left; what is found is told
by its place in the original text.
"""

import itertools
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import ahocorasick

from ai.text import is_unspaced, normalise

#: characters whose form is remembered; beyond, each is worked out anew, so that nobody can fill the memory
MOST_KNOWN = 80_000
#: of one word in one text so many places are told
MOST_PLACES = 20
#: scripts whose characters are learned together, before anybody waits for them
_LEARNED = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
#: marks that stand inside numbers and dates: "2026-3-15", "13:15"
_WITHIN_NUMBERS = ".,:-/·"


class Found(NamedTuple):
    """A word in a text: its key in the list, and where it starts and ends."""

    key: int
    start: int
    end: int


class Scanner:
    """A list of words to look for. Made once, used by many threads."""

    def __init__(self, words: Iterable[tuple[int, str]]):
        """`words` are (key, word). A word without any letter or digit is never found."""
        by_form: dict[str, list[_Word]] = defaultdict(list)
        for key, text in words:
            form = fold(text)
            if form:
                by_form[form].append(_Word.make(key, text, form))
        self._automaton = ahocorasick.Automaton()
        for form, entries in by_form.items():
            self._automaton.add_word(_bytes(form), tuple(entries))
        self._automaton.make_automaton()
        self._size = len(by_form)

    def __len__(self) -> int:
        return self._size

    def find(self, text: str) -> list[Found]:
        """Every place of every word, in the order of the text; of each word the first twenty."""
        if not self._size:
            return []
        # a match of bytes that ends within a character is none
        ends = [(end // 2, words) for end, words in self._automaton.iter(_bytes(fold(text))) if end % 2]
        if not ends:
            return []
        places = _places(text)
        found, counts = [], Counter()
        for end, words in ends:
            for word in words:
                if counts[word.key] < MOST_PLACES:
                    own = places[end - word.length + 1 : end + 1]
                    if word.stands(text, own):
                        counts[word.key] += 1
                        found.append(Found(word.key, own[0], own[-1] + 1))
        return sorted(found, key=lambda one: (one.start, -one.end))


def fold(text: str) -> str:
    """The form in which words and texts are compared: letters and digits only, simplified, lower case."""
    return text.translate(_FORMS)


class _Word(NamedTuple):
    """One word of the list, and what must hold where it was found."""

    key: int
    #: in units, as all places of its form
    length: int
    #: places k where the units k and k + 1 belong to one word of a spaced script ("refund", not "退款")
    joints: tuple[int, ...]
    #: whether its first and last character belong to a spaced script, where words have ends
    opens: bool
    closes: bool

    @classmethod
    def make(cls, key: int, text: str, form: str) -> "_Word":
        places = _places(text)
        spaced = [not is_unspaced(char) for char in form for _ in range(_units(char))]
        joints = tuple(
            k
            for k, (left, right) in enumerate(itertools.pairwise(places))
            if right - left == 1 and spaced[k] and spaced[k + 1]
        )
        return cls(key, len(places), joints, spaced[0], spaced[-1])

    def stands(self, text: str, places: list[int]) -> bool:
        """Whether it is really this word there, and no part of another one or of two that stand side by side."""
        if self.opens and _goes_on(text[places[0]], text[max(0, places[0] - 2) : places[0]][::-1]):
            return False
        if self.closes and _goes_on(text[places[-1]], text[places[-1] + 1 : places[-1] + 3]):
            return False
        if not self.joints:
            return True
        gaps = [text[places[k] + 1 : places[k + 1]] for k in self.joints]
        # "r e f u n d" is meant, "are funds" is not
        return all(gaps) or not any(gap.isspace() for gap in gaps)


def _goes_on(edge: str, beyond: str) -> bool:
    """Whether the text goes on in the same word beyond this character; for a digit: in the same number or date."""
    if not beyond:
        return False
    if beyond[0].isalnum() and not is_unspaced(beyond[0]):
        return True
    return edge.isdigit() and beyond[0] in _WITHIN_NUMBERS and beyond[1:].isdigit()


class _Forms(dict):
    """Code of a character → its form, for `str.translate`: no letter or digit becomes nothing."""

    def __missing__(self, code: int) -> str:
        form = _letters(normalise(chr(code)))
        if len(self) < MOST_KNOWN:
            self[code] = form
        return form

    def learn(self) -> "_Forms":
        """Learn whole scripts in one go; character by character it would take the first readers' time."""
        for first, end in _LEARNED:
            chars = [chr(code) for code in range(first, end)]
            forms = normalise(" ".join(chars)).split(" ")
            if len(forms) == len(chars):  # else one of them is made of several: each by itself then, when it comes
                self.update((ord(char), _letters(form)) for char, form in zip(chars, forms, strict=True))
        return self


def _bytes(form: str) -> str:
    """A form as its bytes in UTF-16, a character each: with the characters themselves the first step of the automaton
    would have thousands of branches, which it tries one by one."""
    return form.encode("utf-16-be", "surrogatepass").decode("latin-1")


def _units(form: str) -> int:
    return len(form.encode("utf-16-be", "surrogatepass")) // 2


def _places(text: str) -> list[int]:
    """For each unit of the form of `text`, the place of the character it came from."""
    counts = text.translate(_COUNTS).encode("latin-1")
    if max(counts, default=0) <= 1:
        return list(itertools.compress(range(len(text)), counts))
    return [place for place, count in enumerate(counts) for _ in range(count)]


def _letters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if char.isalnum())


_FORMS = _Forms()


class _Counts(dict):
    """Code of a character → how many units its form has, as a character."""

    def __missing__(self, code: int) -> str:
        count = chr(_units(_FORMS[code]))
        if len(self) < MOST_KNOWN:
            self[code] = count
        return count


_COUNTS = _Counts()


def prepare() -> None:
    """Load what finding needs, once, before the first text comes."""
    if len(_FORMS) < 1_000:
        _FORMS.learn()
