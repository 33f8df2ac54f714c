"""知识库接口: files of articles brought in, watched and reported (KB-4)."""

from collections.abc import Iterator

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from models.actor import Actor
from models.imports import ArticleImport, ArticleImportRow, RowResult
from services import imports
from services.documents.columns import NAMES
from views import tables
from views.admin.labels import state_title
from views.api.endpoint import action, endpoint, load
from views.api.resource import Resource, listing

SECTION = "知识库接口"
#: rows of a report read at once
PAGE = 500

IMPORTS = Resource(
    path="kb/imports",
    key="article_import",
    model=ArticleImport,
    section=SECTION,
    title="文章导入",
    out=(
        "id",
        "name",
        "size",
        "state",
        "is_trial",
        "choices",
        "total",
        "done",
        "created",
        "updated",
        "unchanged",
        "skipped",
        "refused",
        "create_by",
        "create_time",
        "start_time",
        "finish_time",
    ),
    filters=("state", "create_by"),
    sort=("id",),
    more={
        "reasons": lambda actor, row: worded(row.error),
        #: whether it can still be started
        "isOpen": lambda actor, row: row.storage_key is not None,
    },
    writes=(),
)
ROWS = Resource(
    path="kb/imports/rows",
    key="article_import_row",
    model=ArticleImportRow,
    section=SECTION,
    title="导入结果",
    out=("id", "number", "place", "title", "result", "article_id"),
    sort=("number",),
    more={"remarks": lambda actor, row: worded(row.remarks)},
    writes=(),
)


def worded(remarks: list | None) -> list[str]:
    """Packed sentences in the reader's language."""
    return [
        gettext(sentence, **{name: gettext(value) if name == "reason" else value for name, value in values.items()})
        if values
        else gettext(sentence)
        for sentence, values in remarks or ()
    ]


def dump(actor: Actor, row: ArticleImport) -> dict:
    """One import with what its file turned out to hold."""
    return IMPORTS.dump(actor, row) | {"preview": _preview(row.preview)}


def _preview(shown: dict | None) -> dict | None:
    if shown is None:
        return None
    data = {
        "kind": shown["kind"],
        "total": shown["total"],
        "problemCount": shown["problem_count"],
        "problems": [{"place": each["place"], "reason": worded([each["reason"]])[0]} for each in shown["problems"]],
    }
    if shown["kind"] == "table":
        return data | {name: shown[name] for name in ("columns", "guess", "rows")} | {"fields": list(NAMES)}
    documents = [each | {"remarks": worded(each["remarks"])} for each in shown["documents"]]
    return data | {"headings": shown["headings"], "pictures": shown["pictures"], "documents": documents}


@endpoint(
    "GET",
    "/kb/imports",
    section=SECTION,
    summary="导入列表",
    right=imports.RIGHT,
    query={"page": int, "size": int, "sort": str, "state": str, "createBy": int},
)
def list_imports(actor: Actor, **query):
    return listing(IMPORTS, actor, **query)


@endpoint("POST", "/kb/imports", section=SECTION, summary="上传要导入的文件", right=imports.RIGHT, takes_file=True)
def upload_import(actor: Actor):
    request.max_content_length = imports.storage.limit + 65_536
    part = request.files.get("file")
    if part is None:
        raise Invalid("Send one file", fields={"file": "required"})
    return dump(actor, imports.upload(actor, name=part.filename or "", stream=part.stream))


@endpoint("GET", "/kb/imports/<id:id>", section=SECTION, summary="导入进度与预览", right=imports.RIGHT)
def show_import(actor: Actor, row_id: int):
    return dump(actor, load(ArticleImport, row_id, actor))


for _step, _summary in (("start", "开始导入"), ("cancel", "取消导入")):
    action(
        "POST",
        f"/kb/imports/<id:id>/{_step}",
        f"article_import.{_step}",
        on=ArticleImport,
        dump=dump,
        section=SECTION,
        summary=_summary,
    )


@endpoint(
    "GET",
    "/kb/imports/<id:id>/rows",
    section=SECTION,
    summary="逐行结果",
    right=imports.RIGHT,
    query={"page": int, "size": int, "result": str},
)
def list_rows(actor: Actor, row_id: int, **query):
    load(ArticleImport, row_id, actor)
    statement = select(ArticleImportRow).where(ArticleImportRow.import_id == row_id)
    wanted = query.pop("result", "")
    if wanted:
        results = [RowResult(name) for name in wanted.split(",") if name in list(RowResult)]
        statement = statement.where(ArticleImportRow.result.in_(results))
    return listing(ROWS, actor, statement=statement, sort="number", **query)


@endpoint(
    "GET",
    "/kb/imports/<id:id>/report",
    section=SECTION,
    summary="下载导入报告",
    right=imports.RIGHT,
    query={"format": str},
)
def fetch_report(actor: Actor, row_id: int, format: str = "xlsx") -> Response:
    row = load(ArticleImport, row_id, actor)
    titles = [gettext(title) for title in ("Number", "Place", "Title", "Result", "Article", "Remarks")]
    return tables.answer(f"import-{row.id}", format, titles, list(_pages(row_id)))


def _pages(import_id: int) -> Iterator[list[tuple[str, ...]]]:
    after = 0
    while True:
        rows = list(
            db.session.scalars(
                select(ArticleImportRow)
                .where(ArticleImportRow.import_id == import_id, ArticleImportRow.number > after)
                .order_by(ArticleImportRow.number)
                .limit(PAGE)
            )
        )
        yield [
            (
                str(row.number),
                row.place,
                row.title,
                str(state_title(row.result)),
                str(row.article_id or ""),
                " ".join(worded(row.remarks)),
            )
            for row in rows
        ]
        if len(rows) < PAGE:
            return
        after = rows[-1].number
