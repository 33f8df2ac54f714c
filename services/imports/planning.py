"""From what was found in a file to rows that can be stored. Plain values: runs in a native thread."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.errors import Reason
from services.documents import columns, texts
from services.documents.columns import SEVERAL, parts
from services.documents.found import Document, Found, Heading, Line, Problem
from services.imports.choices import Choices
from services.spreadsheets import as_written

_VISIBILITIES = {
    "公开": "public",
    "公開": "public",
    "客户": "customer",
    "客戶": "customer",
    "员工": "staff",
    "內部": "staff",
    "内部": "staff",
    "团队": "teams",
    "客户等级": "levels",
}
_LOCALES = {"中文": "zh", "zh-cn": "zh", "简体中文": "zh", "英文": "en", "english": "en", "en-us": "en"}
_DRAFTS = ("draft", "草稿", "withdrawn", "已下架")
#: fields of one value
_TEXTS = ("visibility", "locale", "key", "valid_from", "valid_until", "status", "translation_of")


@dataclass(frozen=True)
class ArticleRow:
    """An article as a file has it. None: the file does not say, so what is stored stays."""

    title: str
    body: str
    #: names from the top of the tree down; empty: no category
    category: tuple[str, ...] = ()
    phrasings: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    visibility: str | None = None
    locale: str | None = None
    key: str | None = None
    #: names of teams, and levels of customers, that may read it
    teams: tuple[str, ...] | None = None
    levels: tuple[str, ...] | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    translation_of: str | None = None
    #: it says of itself that it is not for readers yet
    is_draft: bool = False


@dataclass
class Planned:
    """One row with its place in the file: what it says, or why it is refused; what was left out of it."""

    place: str
    row: ArticleRow | None
    title: str = ""
    remarks: list[Reason] = field(default_factory=list)
    #: it stands again further down, and is stored from there
    is_double: bool = False
    #: as `found.Document` has them
    pictures: dict[str, tuple[str, str]] = field(default_factory=dict)


def planned(found: Iterable[Found], choices: Choices) -> list[Planned]:
    """Every row and document of a file, in its order; of those that say the same title twice, the last is stored."""
    rows = _without_doubles(list(_planned(found, choices)))
    # what others are translations of comes first
    return sorted(rows, key=lambda each: each.row is not None and each.row.translation_of is not None)


def _planned(found: Iterable[Found], choices: Choices) -> Iterator[Planned]:
    fields: Sequence[str] = ()
    for each in found:
        if isinstance(each, Heading):
            fields = choices.columns or columns.guessed(each.columns)
            if "title" not in fields or "body" not in fields:
                yield Planned("", None, remarks=[MISSING])
                return
        elif isinstance(each, Problem):
            yield Planned(each.place, None, remarks=[each.reason])
        elif isinstance(each, Line):
            yield _of_line(each, fields, choices)
        else:
            yield from (_of_document(part, choices) for part in texts.split(each, choices.split))


MISSING = Reason("The first line must name the columns title and text (or 标题 and 答案)")


def _of_line(line: Line, fields: Sequence[str], choices: Choices) -> Planned:
    values = {name: _plain(name, value) for name, value in zip(fields, line.cells, strict=False) if name}
    if problem := _objection(values):
        return Planned(line.place, None, remarks=[problem])
    values = {name: as_written(value) if isinstance(value, str) else value for name, value in values.items()}
    row = _row(values, choices, choices.category)
    return Planned(line.place, row, row.title)


def _of_document(document: Document, choices: Choices) -> Planned:
    values = {columns.FIELD_OF[name]: value for name, value in document.head.items() if name in columns.FIELD_OF}
    folders = tuple(document.folders) if choices.folders else ()
    values = {
        name: " ".join(value) if name in _TEXTS and isinstance(value, list) else value for name, value in values.items()
    }
    row = _row(values | {"title": document.title, "body": document.body}, choices, (*choices.category, *folders))
    return Planned(document.place, row, row.title, list(document.remarks), pictures=document.pictures)


def _plain(name: str, value: object) -> object:
    """JSON may write keys and levels as numbers."""
    if name not in ("key", "levels"):
        return value
    if isinstance(value, list):
        return [_plain(name, each) for each in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _objection(values: dict) -> Reason | None:
    """What is wrong with the kinds of values, None when nothing is. Only JSON knows other kinds than texts."""
    if values.get("title") is None or values.get("body") is None:
        return Reason("Title or text is missing")
    for name, value in values.items():
        said = value if isinstance(value, list) and name in SEVERAL else [value]
        if value is not None and not all(isinstance(text, str) for text in said):
            return Reason("%(field)s must be a text", field=name)
    return None


def _row(values: dict, choices: Choices, category: tuple[str, ...]) -> ArticleRow:
    def text(name: str) -> str:
        return (values.get(name) or "").strip()

    def several(name: str) -> tuple[str, ...] | None:
        value = values.get(name)
        return None if value is None else parts(value, SEVERAL[name])

    visibility, locale = text("visibility").lower(), text("locale").lower()
    return ArticleRow(
        title=text("title"),
        body=(values.get("body") or "").strip("\r\n").rstrip(),
        category=several("category") or category,
        phrasings=several("phrasings"),
        tags=several("tags"),
        visibility=_VISIBILITIES.get(visibility, visibility) or None,
        locale=_LOCALES.get(locale, locale) or None,
        key=text("key") or None,
        teams=several("teams"),
        levels=several("levels"),
        valid_from=text("valid_from") or None,
        valid_until=text("valid_until") or None,
        translation_of=text("translation_of") or None,
        is_draft=text("status").lower() in _DRAFTS,
    )


def _without_doubles(rows: list[Planned]) -> list[Planned]:
    """Of rows with the same title in the same category the last; else each further import would change it twice."""
    last = {_name(each.row): number for number, each in enumerate(rows) if each.row is not None}
    for number, each in enumerate(rows):
        if each.row is not None and (again := last[_name(each.row)]) != number:
            reason = Reason("Left out: it stands again in %(other)s", other=rows[again].place)
            rows[number] = replace(each, row=None, is_double=True, remarks=[reason], pictures={})
    return rows


def _name(row: ArticleRow) -> tuple:
    return (row.key,) if row.key else (" ".join(row.title.split()), row.category)
