"""会话管理接口: conversations as files, made in the background and fetched by who asked for them (CHT-11)."""

from flask import Response, send_file
from sqlalchemy import select

from models.actor import Actor
from models.exports import ExportJob
from services import exports
from views.api.endpoint import action, endpoint, load
from views.api.resource import Resource, listing

SECTION = "会话管理接口"

EXPORTS = Resource(
    path="exports",
    key="export_job",
    model=ExportJob,
    section=SECTION,
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


action("POST", "/exports", exports.RIGHT, dump=dump, section=SECTION, summary="导出会话")


@endpoint(
    "GET",
    "/exports",
    section=SECTION,
    summary="我的导出",
    right=exports.RIGHT,
    query={"page": int, "size": int, "sort": str},
)
def list_exports(actor: Actor, **query):
    """One's own; those of others stand in the administration."""
    return listing(EXPORTS, actor, statement=select(ExportJob).where(ExportJob.create_by == actor.user_id), **query)


@endpoint("GET", "/exports/<id:id>", section=SECTION, summary="导出进度", right=exports.RIGHT)
def show_export(actor: Actor, row_id: int):
    return dump(actor, load(ExportJob, row_id, actor))


@endpoint("GET", "/exports/<id:id>/content", section=SECTION, summary="下载导出文件", right=exports.RIGHT)
def fetch_export(actor: Actor, row_id: int) -> Response:
    job = load(ExportJob, row_id, actor)
    path, name = exports.get_fetchable(actor, job), job.name
    exports.note_fetched(actor, job)
    response = send_file(path, as_attachment=True, download_name=name, etag=False)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


action("DELETE", "/exports/<id:id>", "export.remove", on=ExportJob, dump=dump, section=SECTION, summary="删除导出文件")
