"""What is found in a file, as plain values: the process that reads it writes them, the service reads them again."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import Reason

#: name of the file with what was found, and of the folder with the pictures
FOUND, PICTURES = "found.jsonl", "pictures"


@dataclass
class Document:
    """One text. `pictures` are the addresses in its body that stand for files of the picture folder."""

    place: str
    title: str
    body: str
    #: what the head of a Markdown file says
    head: dict = field(default_factory=dict)
    #: the folders it lies in, from the top down
    folders: list[str] = field(default_factory=list)
    #: address in the body → (name of the file in the picture folder, what it was called)
    pictures: dict[str, tuple[str, str]] = field(default_factory=dict)
    remarks: list[Reason] = field(default_factory=list)


@dataclass
class Heading:
    """The names of a table's columns."""

    columns: list[str]


@dataclass
class Line:
    """One row of a table; a cell is a text, a list of texts, or None where the file says nothing."""

    place: str
    cells: list[str | list[str] | None]


@dataclass
class Problem:
    """A row or a whole document that cannot be read."""

    place: str
    reason: Reason


Found = Document | Heading | Line | Problem
_KINDS = {kind.__name__.lower(): kind for kind in (Document, Heading, Line, Problem)}


def pack(reason: str) -> list:
    """A sentence and its values as JSON takes them."""
    return [reason.text, reason.values] if isinstance(reason, Reason) and reason.values else [str(reason), {}]


def unpack(packed: list) -> Reason:
    """The sentence again. A percent sign without a name is one of the sentence's own."""
    return Reason(packed[0], **packed[1]) if packed[1] else Reason(packed[0].replace("%", "%%"))


def write_found(path: Path, found: Iterable[Found]) -> int:
    """A line for each; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for each in found:
            values = dict(vars(each))
            if isinstance(each, Problem):
                values["reason"] = pack(each.reason)
            if isinstance(each, Document):
                values["remarks"] = [pack(remark) for remark in each.remarks]
            file.write(json.dumps([type(each).__name__.lower(), values], ensure_ascii=False))
            file.write("\n")
            count += 1
    return count


def read_found(folder: Path) -> Iterator[Found]:
    """What `write_found` wrote."""
    with (folder / FOUND).open(encoding="utf-8") as file:
        for line in file:
            name, values = json.loads(line)
            if name == "problem":
                values["reason"] = unpack(values["reason"])
            if name == "document":
                values["remarks"] = [unpack(remark) for remark in values["remarks"]]
                values["pictures"] = {address: tuple(names) for address, names in values["pictures"].items()}
            yield _KINDS[name](**values)
