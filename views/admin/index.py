"""The front page of /admin: today's figures, what needs somebody, what was done last."""

from flask import g
from flask_appbuilder import IndexView, expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from app.extensions import db
from app.menu import MENU
from models.actor import Actor
from models.audit import AuditLog
from models.tickets import Ticket
from services import statistics
from views import titles
from views.admin.attention import concerns_of
from views.admin.cells import day_start, local_day
from views.admin.durations import duration
from views.admin.references import load_names

LAST_OPERATIONS = 8


class AdminIndexView(IndexView):
    """What an administrator wants to know in the morning."""

    route_base = "/admin"
    index_template = "admin/index.html"

    @expose("/")
    @has_access
    def index(self):
        actor = g.actor
        return self.render_template(
            self.index_template,
            title=_("Overview"),
            actor=actor,
            figures=_figures(actor),
            concerns=concerns_of(actor),
            operations=_last_operations(actor),
            has_area=any(actor.may(right) for area in MENU for entry in area.entries for right in entry.rights[:1]),
        )

    def update_redirect(self) -> None:
        """Nothing leads back here by history."""


def _figures(actor: Actor) -> list[dict]:
    """[{label, value, address}] of today in the reader's zone, and of this moment."""
    start = day_start()
    today = f"create_time_from={local_day()}"
    found = []
    if actor.may("statistics.read"):
        now = statistics.overview(actor, start)
        found += [
            (_("Conversations today"), now["todayConversations"], f"/admin/conversation/list/?{today}"),
            (_("Active now"), now["active"], "/admin/conversation/list/?status=active"),
            (_("Queued now"), now["queued"], "/admin/conversation/list/?status=queued"),
            (_("Agents online"), now["onlineAgents"], "/admin/agent/list/?presence=online"),
            (_("First reply on average"), duration(now["avgFirstReplySeconds"]), ""),
            (_("Rating on average"), now["avgRating"], "/admin/rating/list/"),
        ]
    if actor.may("ticket.read"):
        made, solved = (
            _count(Ticket, actor, condition)
            for condition in (Ticket.create_time >= start, Ticket.resolve_time >= start)
        )
        found += [
            (_("New tickets today"), made, f"/admin/ticket/list/?{today}"),
            (_("Solved tickets today"), solved, "/admin/ticket/list/?status=resolved"),
        ]
    return [{"label": label, "value": value, "address": address} for label, value, address in found]


def _count(model: type, actor: Actor, condition) -> int:
    return db.session.scalar(select(func.count(model.id)).where(condition, model.visible_to(actor)))


def _last_operations(actor: Actor) -> list[dict]:
    """What people did last, sign-ins aside: [{id, operation, target, who, time}]."""
    if not actor.may("operation_log.read"):
        return []
    wanted = select(AuditLog).where(
        AuditLog.visible_to(actor),
        AuditLog.user_id.is_not(None),
        AuditLog.operation.not_like("session.%"),
    )
    rows = list(db.session.scalars(wanted.order_by(AuditLog.id.desc()).limit(LAST_OPERATIONS)))
    names = load_names(AuditLog, rows, ["user_id"])
    return [
        {
            "id": row.id,
            "title": titles.title_of(row.operation),
            "target": row.target_name,
            # as the person is called now; the log keeps the name of then
            "who": names.get(("user_id", row.user_id), row.user_name),
            "time": row.create_time,
        }
        for row in rows
    ]
