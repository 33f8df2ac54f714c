"""Files, notifications, settings, dictionaries' items."""

from flask import Response, send_file
from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.messaging import FileObject
from models.notifications import Notification
from models.settings import Dictionary, DictionaryItem
from services import files, notifications, settings, voice
from services.operation import DataField
from views import auth
from views.api.endpoint import endpoint, sent_file
from views.api.resource import PAGING, RESOURCES, Resource, listing

INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
#: a player in a page must be told what it gets; opened by itself it is saved like any other file
PLAYED = frozenset({*voice.MIMES, "video/mp4"})

NOTIFICATIONS = Resource(
    path="notifications",
    key="notification",
    model=Notification,
    section="消息通知接口",
    title="通知",
    out=("id", "kind", "params", "link", "read_time", "create_time"),
    sort=("id",),
    search=("kind", "link"),
    writes=(),
)


@endpoint("POST", "/files", section="文件接口", summary="上传文件", right="file.upload", takes_file=True)
def upload(actor: Actor):
    """multipart/form-data with one part `file`."""
    name, data = sent_file(files.storage.limit)
    return dump_file(files.upload(actor, name=name, data=data))


def dump_file(file: FileObject) -> dict:
    return {
        "fileId": file.id,
        "name": file.name,
        "size": file.size,
        "mime": file.mime,
        "width": file.width,
        "height": file.height,
        "url": f"/api/v1/files/{file.id}/content",
    }


@endpoint(
    "GET",
    "/files/<id:id>/content",
    section="文件接口",
    summary="下载文件",
    query={"download": bool, "key": str},
    right="",
)
def download(actor: Actor, row_id: int, download: bool = False, key: str = "") -> Response:
    """A file of one's own, of a conversation, ticket or article that one may see."""
    return send(files.get_readable(auth.reader_of_file(actor, key), row_id), download=download)


def send(file: FileObject, *, download: bool = False) -> Response:
    """Pictures may be shown, everything else is saved; nothing runs on this origin (SECURITY §G). Raises NotFound."""
    path = files.storage.path(file.storage_key)
    if not path.is_file():
        raise NotFound("This file does not exist")
    response = send_file(
        path,
        mimetype=file.mime if file.mime in INLINE | PLAYED else "application/octet-stream",
        etag=False,
        as_attachment=download or file.mime not in INLINE,
        download_name=file.name,
        conditional=True,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@endpoint(
    "GET",
    "/notifications",
    section="消息通知接口",
    summary="通知列表",
    right="notification.read",
    query={**PAGING, "unread": bool},
)
def list_notifications(actor: Actor, unread: bool = False, **query):
    statement = select(Notification)
    if unread:
        statement = statement.where(Notification.read_time.is_(None))
    return listing(NOTIFICATIONS, actor, statement=statement, **query)


@endpoint(
    "POST",
    "/notifications/read",
    section="消息通知接口",
    summary="标记已读",
    right="notification.read",
    fields=(DataField("ids", list[int] | None, None), DataField("all", bool, False)),
)
def read_notifications(actor: Actor, ids: list[int] | None = None, all: bool = False):
    if (ids is None) == (not all):
        raise Invalid("Name the notifications, or all", fields={"ids": "or all"})
    return {"changed": notifications.read_notifications(actor, ids=None if all else ids)}


@endpoint("GET", "/settings", section="系统配置接口", summary="系统设置", right="system_setting.read")
def show_settings(actor: Actor):
    return settings.all_settings()


@endpoint(
    "PUT",
    "/settings",
    section="系统配置接口",
    summary="更新设置",
    right="system_setting.update",
    fields=(DataField("values", dict),),
)
def change_settings(actor: Actor, values: dict):
    return settings.change_settings(actor, values=values)


@endpoint("GET", "/dictionaries/<code>/items", section="系统配置接口", summary="字典项", right="dictionary.read")
def dictionary_items(actor: Actor, code: str):
    named = Dictionary.code == code[:64], Dictionary.visible_to(actor)
    found = db.session.scalars(select(Dictionary).where(*named)).first()
    if found is None:
        raise NotFound("This dictionary does not exist")
    rows = db.session.scalars(
        select(DictionaryItem)
        .where(DictionaryItem.dictionary_id == found.id, DictionaryItem.active == 1)
        .order_by(DictionaryItem.sort, DictionaryItem.id)
    )
    return RESOURCES["dictionary_item"].dump_all(actor, list(rows))
