"""What happened: operation log, sign-ins, files, notifications. Nothing here can be edited."""

import json

from flask_appbuilder import Model
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import inspect

from models.actor import Actor
from models.audit import AuditLog
from models.identity import LoginSession
from models.messaging import FileObject
from models.notifications import Notification
from models.types import Code, utcnow
from views import titles
from views.admin import labels
from views.admin.base import AdminView
from views.admin.cells import EMPTY, badge, is_flag, tag
from views.admin.conversations import in_visible_threads, place
from views.admin.row_actions import RowAction

SIZES = ("B", "KB", "MB", "GB")
NOTICES = {
    "conversation.assigned": _("A conversation was given to you"),
    "conversation.transferred": _("A conversation was handed to you"),
    "ticket.assigned": _("A ticket was given to you"),
    "ticket.moved": _("A ticket changed its state"),
    "ticket.message": _("New message in a ticket"),
}


class OperationLogView(AdminView):
    model, resource, icon = AuditLog, "operation_log", "fa-clock-rotate-left"
    singular, plural = _("Operation"), _("Operation log")
    intro = _("Who did what, when and from where, with the values before and after. Nothing here can be changed.")
    list_columns = ["id", "create_time", "user_name", "operation", "target_type", "target_name", "ip"]
    show_columns = [
        "id",
        "create_time",
        "user_name",
        "user_id",
        "operation",
        "target_type",
        "target_id",
        "target_name",
        "ip",
        "note",
    ]
    search_text = ("operation", "target_name", "user_name")
    search_columns = ["user_id", "target_type", "target_id", "create_time"]
    label_columns = {"create_time": _("Time"), "user_id": _("Account")}
    formatters = {
        "operation": lambda row: titles.title_of(row.operation),
        "target_type": lambda row: titles.resource_title(row.target_type) if row.target_type else EMPTY,
    }
    show_template = "admin/log_entry.html"

    def heading(self, row) -> str:
        return " · ".join(filter(None, (str(titles.title_of(row.operation)), row.target_name)))

    def changes(self, row) -> list[tuple[object, object, object]]:
        """(column, before, after) for every value that the operation touched."""
        before, after = row.before or {}, row.after or {}
        model = _model_of(row.target_type)
        return [
            (labels.label_of(name), _plain(model, name, before.get(name)), _plain(model, name, after.get(name)))
            for name in {**before, **after}
        ]


def _model_of(table: str) -> type | None:
    return next((mapper.class_ for mapper in Model.registry.mappers if mapper.local_table.name == table), None)


def _plain(model: type | None, name: str, value):
    """A logged value in words: states and flags as on their own screen; "" for nothing."""
    if value is None or value == "" or value == []:
        return ""
    column = inspect(model).columns.get(name) if model else None
    if column is not None and isinstance(column.type, Code) and value in {member.value for member in column.type.enum}:
        return badge(column.type.enum(value))
    if isinstance(value, bool) or (model and is_flag(model, name)):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Markup(" ").join(tag(item) for item in value)
    return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else str(value)


def _state(row) -> Markup:
    if row.revoked_time is not None:
        return tag(_("Ended"), "quiet")
    return tag(_("Expired"), "quiet") if row.expire_time < utcnow() else tag(_("Signed in"), "success")


class SignInView(AdminView):
    model, resource, icon = LoginSession, "login_session", "fa-right-to-bracket"
    singular, plural = _("Sign-in"), _("Sign-ins")
    intro = _("Browsers and programs that are or were signed in. Ending one takes effect at its next request.")
    list_columns = [
        "id",
        "kind",
        "user_id",
        "customer_id",
        "ip",
        "user_agent",
        "last_seen_time",
        "expire_time",
        "state",
    ]
    show_columns = [
        "id",
        "kind",
        "user_id",
        "customer_id",
        "ip",
        "user_agent",
        "state",
        "last_seen_time",
        "expire_time",
        "revoked_time",
        "revoked_reason",
        "create_time",
    ]
    search_text, search_columns = ("ip",), ["kind", "user_id", "customer_id", "create_time"]
    label_columns = {"state": _("State")}
    formatters = {"state": _state}
    row_actions = (
        RowAction(
            "end",
            _("End sign-in"),
            "login_session.end",
            "fa-right-from-bracket",
            tone="danger",
            confirm=_("Really end? Whoever uses it must sign in again."),
            when=lambda row: row.revoked_time is None,
        ),
    )

    def heading(self, row) -> str:
        return f"{self.singular} #{row.id}"


def _size(row) -> str:
    size, unit = float(row.size), 0
    while size >= 1024 and unit < len(SIZES) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} {SIZES[unit]}" if unit == 0 else f"{size:.1f} {SIZES[unit]}"


def _readable_files(actor: Actor):
    """Files of visible threads, and what the actor uploaded himself."""
    return in_visible_threads(FileObject)(actor) | (FileObject.create_by == actor.user_id)


class FileView(AdminView):
    model, resource, icon = FileObject, "file_object", "fa-paperclip"
    singular, plural = _("File"), _("Files")
    narrow = staticmethod(_readable_files)
    order_columns = ["id", "name", "size", "create_time"]
    list_columns = ["id", "name", "mime", "size", "owner_kind", "is_internal", "create_time"]
    show_columns = [
        "id",
        "name",
        "place",
        "mime",
        "size",
        "width",
        "height",
        "owner_kind",
        "is_internal",
        "sha256",
        "create_by",
        "create_time",
    ]
    label_columns = {"width": _("Width"), "height": _("Height"), "place": _("Belongs to")}
    search_text, search_columns = ("name", "mime"), ["owner_kind", "is_internal", "create_time"]
    formatters = {
        "size": _size,
        "place": place,
        "name": lambda row: Markup('<a href="/api/v1/files/{}/content" target="_blank" rel="noopener">{}</a>').format(
            row.id, row.name
        ),
    }


def _link(row) -> Markup:
    """A link to a page of ours, and to no other."""
    if not row.link or not row.link.startswith("/") or row.link.startswith("//"):
        return EMPTY
    return Markup('<a href="{}">{}</a>').format(row.link, gettext("Open"))


class NotificationView(AdminView):
    model, resource, icon = Notification, "notification", "fa-bell"
    singular, plural = _("Notification"), _("Notifications")
    intro = _("What you were told, newest first.")
    exclude_route_methods = {"add"}  # they are made by what happens
    list_columns = ["id", "kind", "params", "link", "read_time", "create_time"]
    show_columns = list_columns
    search_columns = ["read_time", "create_time"]
    formatters = {"kind": lambda row: NOTICES.get(row.kind, row.kind), "link": _link}

    def heading(self, row) -> str:
        return str(NOTICES.get(row.kind, row.kind))
