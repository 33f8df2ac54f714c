"""Two versions of a text side by side: what was added, what was removed, word by word, Chinese too (KB-1).

Costs processor time that grows with what differs: call it through `app.offload`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

#: a word of an alphabet, blank space, or a single sign; Chinese is compared by characters
_TOKENS = re.compile(r"[^\W_\u2e80-\u9fff\u3040-\u30ff\uac00-\ud7af]+|\s+|.", re.DOTALL)
#: pairs of equal parts beyond which the search for the shortest difference would take too long
MOST_PAIRS = 2_000_000
#: so few equal characters between two changes say nothing: 取[消]订[单] reads worse than 取消 for 订单
SHORT = 2


class Part(NamedTuple):
    """A stretch of text: "same", "added" or "removed"."""

    kind: str
    text: str


def compare(old: str, new: str) -> list[Part]:
    """How `old` became `new`: first by lines, and within lines that changed by words."""
    parts: list[Part] = []
    for before, after in _changes(old.splitlines(keepends=True), new.splitlines(keepends=True)):
        if before == after:
            parts.append(Part("same", "".join(before)))
        else:
            parts += _by_words("".join(before), "".join(after))
    return _joined(parts)


def _by_words(old: str, new: str) -> list[Part]:
    parts = []
    for before, after in _changes(_TOKENS.findall(old), _TOKENS.findall(new)):
        if before == after:
            parts.append(Part("same", "".join(before)))
        else:
            parts += [Part("removed", "".join(before)), Part("added", "".join(after))]
    return _readable(parts)


def _changes(old: Sequence[str], new: Sequence[str]) -> list[tuple[Sequence[str], Sequence[str]]]:
    """What stands where, stretch by stretch: equal, or one in the place of the other."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    found = [(old[:start], new[:start])]
    if _pairs(middle_old, middle_new) > MOST_PAIRS:
        found.append((middle_old, middle_new))
    else:
        matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        found += [(middle_old[a:b], middle_new[c:d]) for _, a, b, c, d in matcher.get_opcodes()]
    found.append((old[len(old) - end :], new[len(new) - end :]))
    return [pair for pair in found if pair[0] or pair[1]]


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counted = Counter(new)
    return sum(counted[token] for token in old)


def _readable(parts: list[Part]) -> list[Part]:
    """Without equal scraps between two changes."""
    kept: list[Part] = []
    for number, part in enumerate(parts):
        inside = 0 < number < len(parts) - 1
        if part.kind == "same" and inside and len(part.text.strip()) < SHORT and "\n" not in part.text:
            kept += [Part("removed", part.text), Part("added", part.text)]
        else:
            kept.append(part)
    return kept


def _joined(parts: list[Part]) -> list[Part]:
    """Neighbours of a kind as one; within a change first what was removed, then what was added."""
    joined: list[Part] = []
    removed = added = ""
    for part in [*parts, Part("same", "")]:
        if part.kind == "removed":
            removed += part.text
        elif part.kind == "added":
            added += part.text
        else:
            joined += [Part("removed", removed)] if removed else []
            joined += [Part("added", added)] if added else []
            removed = added = ""
            if joined and joined[-1].kind == "same":
                joined[-1] = Part("same", joined[-1].text + part.text)
            elif part.text:
                joined.append(part)
    return joined
