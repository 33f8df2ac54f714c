"""The process that reads one upload: `python -m services.documents.reader '{"source": …}'`.

It is started by `reading`, gives itself limits before it looks at anything, writes what it finds into the folder it
was given and nowhere else, and calls nobody.
"""

import json
import os
import resource
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import DomainError, Invalid, Reason, TooLarge
from services.documents import found
from services.documents.archive import Archive, Folder, Single, Source
from services.documents.found import Document, Found, Problem
from services.documents.kinds import DOCUMENTS, HTML, MARKDOWN, TABLES
from services.documents.markdown_files import read_html, read_markdown
from services.documents.pdf import read_pdf
from services.documents.pictures import Pictures
from services.documents.rows import read_rows
from services.documents.word import read_word

#: name of the file that says how it went
RESULT = "result.json"
MOST_DOCUMENTS = 2_000
#: what may not happen while a stranger's file is read
_REFUSED = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "os.remove",
    "os.rename",
    "ctypes.",
)
_ALIEN = {
    "doc": Reason("Old Word files are not read: save it as .docx"),
    "xls": Reason("Old Excel files are not read: save it as .xlsx"),
    "zip": Reason("Archives within archives are not opened"),
    **dict.fromkeys(TABLES, Reason("Tables within archives are not read: import them by themselves")),
}


@dataclass(frozen=True)
class Task:
    """What is to be read, whereto, and the limits: seconds of the processor, bytes of memory, rows of a table."""

    source: str
    #: what the file was called; its ending says what it is
    name: str
    target: str
    seconds: int
    memory: int
    most_rows: int


def main(task: Task) -> None:
    _limit(task)
    target = Path(task.target)
    (target / found.PICTURES).mkdir(exist_ok=True)
    _guard(target)
    try:
        total = found.write_found(target / found.FOUND, _read(task, Pictures(target / found.PICTURES)))
        result = {"total": total}
    except DomainError as refusal:
        reasons = [refusal.message, *(reason for reason in refusal.fields.values() if isinstance(reason, Reason))]
        result = {"refused": [found.pack(reason) for reason in reasons]}
    except MemoryError:
        result = {"refused": [found.pack(Reason("Reading the file takes too much memory"))]}
    except Exception:
        traceback.print_exc()  # into the log of whoever started this process
        result = {"refused": [found.pack(Reason("The document cannot be read"))]}
    (target / RESULT).write_text(json.dumps(result), encoding="utf-8")


def _limit(task: Task) -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (task.seconds, task.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if task.memory:
        resource.setrlimit(resource.RLIMIT_AS, (task.memory, task.memory))


def _guard(target: Path) -> None:
    """From now on no connection, no other program, and no file written outside the target."""
    folder = str(target.resolve()) + os.sep

    def refuse(event: str, arguments: tuple) -> None:
        if event == "open":
            path, _, flags = arguments
            is_written = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if is_written and not os.path.realpath(os.fsdecode(path)).startswith(folder):
                raise PermissionError("nothing is written outside the folder")
        elif event.startswith(_REFUSED):
            raise PermissionError(f"{event} while a file of a stranger is read")

    sys.addaudithook(refuse)


def _read(task: Task, pictures: Pictures) -> Iterator[Found]:
    path, ending = Path(task.source), _ending(task.name)
    if path.is_dir():
        yield from _documents(Folder(path), pictures)
    elif ending in TABLES:
        yield from read_rows(path.read_bytes(), task.name, task.most_rows)
    elif ending == "zip":
        yield from _documents(Archive(path), pictures)
    elif ending in DOCUMENTS:
        yield _document(Single(path, task.name), task.name, pictures)
    elif ending in _ALIEN:
        yield Problem(task.name, _ALIEN[ending])
    else:
        raise Invalid("This kind of file is not read")


def _documents(source: Source, pictures: Pictures) -> Iterator[Found]:
    """Every document of an archive; of what else lies in it, only what somebody may miss."""
    names = source.names()
    texts_in_it = [name for name in names if _ending(name) in DOCUMENTS]
    if len(texts_in_it) > MOST_DOCUMENTS:
        raise TooLarge("The archive has too many files", limit=MOST_DOCUMENTS)
    if not texts_in_it:
        raise Invalid("No document was found in the archive")
    top = _common_folder(texts_in_it)
    linked: set[str] = set()
    for name in texts_in_it:
        try:
            document = _document(source, name, pictures)
            document.folders = name.split("/")[len(top) : -1]
            linked |= {called for _, called in document.pictures.values()}
            yield document
        except DomainError as refusal:
            yield Problem(name, _as_reason(refusal))
        except MemoryError:
            raise
        except Exception:  # whatever a parser may fall over: the other documents are none the worse for it
            traceback.print_exc()
            yield Problem(name, Reason("The document cannot be read"))
    for name in names:
        if _ending(name) in _ALIEN and name.rsplit("/", 1)[-1] not in linked:
            yield Problem(name, _ALIEN[_ending(name)])
    for name, reason in source.left_out:
        yield Problem(name, reason)


def _document(source: Source, name: str, pictures: Pictures) -> Document:
    ending = _ending(name)
    if ending in MARKDOWN:
        return read_markdown(source, name, pictures)
    if ending in HTML:
        return read_html(source, name, pictures)
    called = name.rsplit("/", 1)[-1]
    return (
        read_word(source.read(name), name, called, pictures)
        if ending == "docx"
        else read_pdf(source.read(name), name, called)
    )


def _common_folder(names: list[str]) -> list[str]:
    """The folders in which all of them lie: usually the one that was packed."""
    common = names[0].split("/")[:-1]
    for name in names[1:]:
        folders = name.split("/")[:-1]
        common = [one for one, other in zip(common, folders, strict=False) if one == other][: len(folders)]
        while common and folders[: len(common)] != common:
            common.pop()
    return common


def _as_reason(refusal: DomainError) -> Reason:
    return refusal.message if isinstance(refusal.message, Reason) else Reason(refusal.message)


def _ending(name: str) -> str:
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


if __name__ == "__main__":
    main(Task(**json.loads(sys.argv[1])))
