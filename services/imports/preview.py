"""What a file turned out to hold, short enough to be looked at before choosing. Runs in a native thread."""

from pathlib import Path

from services.documents import columns, texts
from services.documents.found import Document, Heading, Line, Problem, pack, read_found
from services.markdown import summary

#: rows, documents and problems that are shown
MOST_ROWS, MOST_DOCUMENTS, MOST_PROBLEMS = 8, 50, 50
_CELL, _OPENING = 160, 120


def of(folder: Path) -> dict:
    """The preview of what was read into this folder."""
    shown: dict = {"kind": "documents", "total": 0, "problems": [], "problem_count": 0}
    documents: list[dict] = []
    headings, pictures = [0] * texts.DEEPEST, 0
    for found in read_found(folder):
        shown["total"] += not isinstance(found, Heading)
        if isinstance(found, Heading):
            shown |= {"kind": "table", "columns": found.columns, "guess": columns.guessed(found.columns), "rows": []}
        elif isinstance(found, Problem):
            shown["problem_count"] += 1
            if len(shown["problems"]) < MOST_PROBLEMS:
                shown["problems"].append({"place": found.place, "reason": pack(found.reason)})
        elif isinstance(found, Line):
            if len(shown["rows"]) < MOST_ROWS:
                shown["rows"].append([_shown(cell) for cell in found.cells])
        else:
            counts = texts.headings_in(found.body)
            headings = [one + other for one, other in zip(headings, counts, strict=True)]
            pictures += len(found.pictures)
            if len(documents) < MOST_DOCUMENTS:
                documents.append(_document(found, counts))
    if shown["kind"] == "documents":
        shown |= {"documents": documents, "headings": headings, "pictures": pictures}
    return shown


def _document(found: Document, headings: list[int]) -> dict:
    return {
        "place": found.place,
        "title": found.title[:255],
        "chars": len(found.body),
        "headings": headings,
        "opening": summary(found.body[:4000], _OPENING),
        "remarks": [pack(remark) for remark in found.remarks[:20]],
    }


def _shown(cell: object) -> str:
    text = " | ".join(map(str, cell)) if isinstance(cell, list) else "" if cell is None else str(cell)
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"
