"""Conversations, articles and tickets as files, made in the background, fetched by who asked (CHT-11, KB-4, TKT-9)."""

from collections.abc import Callable, Iterable

from flask import Response, send_file
from sqlalchemy import select

from app.errors import NotFound
from models.actor import Actor
from models.exports import ExportContent, ExportJob
from services import exports
from views.api.endpoint import action, endpoint, load
from views.api.resource import Resource, listing

EXPORTS = Resource(
    path="exports",
    key="export_job",
    model=ExportJob,
    section="会话管理接口",
    title="导出",
    out=(
        "id",
        "name",
        "content",
        "format",
        "params",
        "state",
        "total",
        "done",
        "size",
        "error",
        "create_time",
        "finish_time",
        "expire_time",
    ),
    sort=("id",),
    writes=(),
)


def dump(actor: Actor, job: ExportJob) -> dict:
    return EXPORTS.dump(actor, job)


def serve_exports(
    path: str, section: str, what: str, right: str, remove: Callable, contents: Iterable[ExportContent]
) -> None:
    """The endpoints of files of one kind: asking for one is the operation named as its right."""
    contents = tuple(contents)
    action("POST", path, right, dump=dump, section=section, summary=f"导出{what}")

    def load_one(actor: Actor, row_id: int) -> ExportJob:
        job = load(ExportJob, row_id, actor)
        if job.content not in contents:
            raise NotFound("This does not exist")
        return job

    @endpoint(
        "GET",
        path,
        section=section,
        summary=f"我的{what}导出",
        right=right,
        query={"page": int, "size": int, "sort": str},
    )
    def list_exports(actor: Actor, **query):
        """One's own; those of others stand in the administration."""
        own = select(ExportJob).where(ExportJob.create_by == actor.user_id, ExportJob.content.in_(contents))
        return listing(EXPORTS, actor, statement=own, **query)

    @endpoint("GET", f"{path}/<id:id>", section=section, summary=f"{what}导出进度", right=right)
    def show_export(actor: Actor, row_id: int):
        return dump(actor, load_one(actor, row_id))

    @endpoint("GET", f"{path}/<id:id>/content", section=section, summary=f"下载{what}导出文件", right=right)
    def fetch_export(actor: Actor, row_id: int) -> Response:
        job = load_one(actor, row_id)
        file, name = exports.get_fetchable(actor, job), job.name
        exports.note_fetched(actor, job)
        response = send_file(file, as_attachment=True, download_name=name, etag=False)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @endpoint("DELETE", f"{path}/<id:id>", section=section, summary=f"删除{what}导出文件", right=right)
    def remove_export(actor: Actor, row_id: int):
        return dump(actor, remove(actor, load_one(actor, row_id)))


serve_exports(
    "/exports",
    "会话管理接口",
    "会话",
    exports.RIGHT,
    exports.remove_export,
    (ExportContent.conversations, ExportContent.messages),
)
serve_exports(
    "/kb/exports",
    "知识库接口",
    "文章",
    exports.ARTICLES_RIGHT,
    exports.remove_articles_export,
    (ExportContent.articles,),
)
serve_exports(
    "/tickets/exports",
    "工单管理接口",
    "工单",
    exports.TICKETS_RIGHT,
    exports.remove_tickets_export,
    (ExportContent.tickets,),
)
