"""What happened: sign-ins, files, notifications. Nothing here can be edited."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.actor import Actor
from models.identity import LoginSession
from models.messaging import FileObject
from models.notifications import Notification
from models.types import utcnow
from views.admin.base import AdminView
from views.admin.cells import EMPTY, in_units, tag
from views.admin.messages import in_visible_threads, place
from views.admin.row_actions import RowAction

NOTICES = {
    "conversation.assigned": _("A conversation was given to you"),
    "conversation.transferred": _("A conversation was handed to you"),
    "message.mentioned": _("You were named in a note"),
    "ticket.assigned": _("A ticket was given to you"),
    "ticket.created": _("A new ticket waits to be given out"),
    "ticket.moved": _("A ticket changed its state"),
    "ticket.message": _("New message in a ticket"),
    "sla.warned": _("A ticket will soon be late"),
    "sla.breached": _("A ticket is late"),
    "sla.escalated": _("A late ticket was escalated"),
    "ticket.rated_low": _("A customer was not satisfied with a ticket"),
    "sensitive_alert.created": _("Sensitive words were used"),
    "ticket.automation": _("An automation rule tells you something"),
    "automation_rule.gave_up": _("An automation rule was switched off"),
    "company.updated": _("An update brought something new"),
}


def _state(row) -> Markup:
    if row.revoked_time is not None:
        return tag(_("Ended"), "quiet")
    return tag(_("Expired"), "quiet") if row.expire_time < utcnow() else tag(_("Signed in"), "success")


class SignInView(AdminView):
    model, resource, icon = LoginSession, "login_session", "fa-right-to-bracket"
    singular, plural = _("Sign-in"), _("Sign-ins")
    intro = _("Browsers and programs that are or were signed in. Ending one takes effect at its next request.")
    list_columns = [
        "user_id",
        "customer_id",
        "kind",
        "state",
        "ip",
        "user_agent",
        "last_seen_time",
        "id",
    ]
    key_columns = ("kind", "state", "ip", "last_seen_time")
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


def _readable_files(actor: Actor):
    """Files of visible threads, and what the actor uploaded himself."""
    return in_visible_threads(FileObject)(actor) | (FileObject.create_by == actor.user_id)


class FileView(AdminView):
    model, resource, icon = FileObject, "file_object", "fa-paperclip"
    singular, plural = _("File"), _("Files")
    narrow = staticmethod(_readable_files)
    order_columns = ["id", "name", "size", "create_time"]
    list_columns = ["name", "mime", "size", "owner_kind", "is_internal", "create_time", "id"]
    key_columns = ("size", "owner_kind", "create_time")
    when_empty = _("Files appear here when somebody sends a picture or a document.")
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
    label_columns = {"place": _("Belongs to")}
    search_text, search_columns = ("name", "mime"), ["owner_kind", "is_internal", "create_time"]
    formatters = {
        "size": lambda row: in_units(row.size),
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
    list_columns = ["kind", "params", "link", "read_time", "create_time", "id"]
    key_columns = ("params", "read_time", "create_time")
    when_empty = _("You are told here when a conversation or ticket is given to you.")
    show_columns = list_columns
    search_columns = ["read_time", "create_time"]
    formatters = {"kind": lambda row: NOTICES.get(row.kind, row.kind), "link": _link}

    def heading(self, row) -> str:
        return str(NOTICES.get(row.kind, row.kind))
