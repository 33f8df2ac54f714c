"""A company's own words: what means the same (synonyms), and what is one word (the domain dictionary).

Both are applied to questions, never to the index: a change costs nothing but making a new `Lexicon`, and holds from the
next question on. What is asked with one word of a group is also searched with the others; what counts is the best
of these wordings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import ahocorasick

from ai.text import is_unspaced, normalise

#: ways to say a question that are searched beside the customer's own
MOST_WORDINGS = 3
#: a question this long says enough by itself, and searching it several times is dear
LONGEST_QUESTION = 200


class Lexicon:
    """The synonyms and words of one company. Made once, used by any thread; it never changes."""

    def __init__(self, synonyms: Mapping[str, Sequence[str]] | None = None, words: Iterable[str] = ()):
        """`synonyms`: a word and what means the same, in both directions. `words`: not to be cut apart."""
        self._same: dict[str, dict[str, None]] = defaultdict(dict)
        for word, others in (synonyms or {}).items():
            group = [form for form in map(normalise, (word, *others)) if form]
            for form in group:
                self._same[form].update(dict.fromkeys(other for other in group if other != form))
        self._words = {form for form in map(normalise, words) if form}
        self._automaton = ahocorasick.Automaton()
        for form in {*self._same, *self._words}:
            self._automaton.add_word(form, form)
        self._automaton.make_automaton()

    def __bool__(self) -> bool:
        return bool(self._same or self._words)

    def wordings(self, question: str, most: int = MOST_WORDINGS) -> list[str]:
        """Other ways to say a question, in normalised form; none where it has no word with synonyms.

        The i-th has the i-th synonym in every place where there is one. Longer words are found before shorter ones.
        """
        text = normalise(question)
        if not self._same or len(text) > LONGEST_QUESTION:
            return []
        places = [(start, end) for start, end in self._places(text) if text[start:end] in self._same]
        others = [list(self._same[text[start:end]]) for start, end in places]
        found = []
        for turn in range(min(most, max(map(len, others), default=0))):
            said, last = [], 0
            for (start, end), same in zip(places, others, strict=True):
                said += [text[last:start], same[min(turn, len(same) - 1)]]
                last = end
            found.append("".join([*said, text[last:]]))
        return list(dict.fromkeys(wording for wording in found if wording != text))

    def marks(self, question: str) -> list[str]:
        """What of the company's words a question speaks of, synonyms included: to be marked whole in what was found."""
        text = normalise(question)
        said = [text[start:end] for start, end in self._places(text)]
        return list(dict.fromkeys([*said, *(same for word in said for same in self._same.get(word, ()))]))

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Where words of this lexicon stand, apart from each other, the longest first from the left."""
        if not self:
            return []
        found = [(end + 1 - len(form), end + 1) for end, form in self._automaton.iter(text)]
        chosen, last = [], 0
        for start, end in sorted(found, key=lambda place: (place[0], -place[1])):
            if start >= last and _stands_alone(text, start, end):
                chosen.append((start, end))
                last = end
        return chosen


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no word of a spaced script goes on at either end: "app" is no word of "happy"."""
    return not (_joins(text, start) or _joins(text, end))


def _joins(text: str, place: int) -> bool:
    if not 0 < place < len(text):
        return False
    return all(char.isalnum() and not is_unspaced(char) for char in text[place - 1 : place + 1])


#: for companies without words of their own
NO_WORDS = Lexicon()
