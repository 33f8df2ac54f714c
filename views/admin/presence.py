"""When agents were there (ORG-8)."""

from flask_babel import lazy_gettext as _

from models.presence import PresenceInterval
from models.types import utcnow
from views.admin.base import AdminView
from views.admin.durations import duration


def _length(row) -> str:
    return duration(round(((row.end_time or utcnow()) - row.start_time).total_seconds()))


class PresenceView(AdminView):
    model, resource, icon = PresenceInterval, "presence_interval", "fa-user-clock"
    singular, plural = _("Time at work"), _("Times at work")
    intro = _("When agents were on line or busy, newest first. The workbench adds it up per day.")
    when_empty = _("Times appear here as soon as an agent goes on line.")
    list_columns = ["agent_id", "presence", "start_time", "end_time", "length", "id"]
    key_columns = ("presence", "start_time", "end_time", "length")
    show_columns = ["id", "agent_id", "presence", "start_time", "end_time", "length"]
    search_columns = ["agent_id", "presence", "start_time"]
    base_order = ("start_time", "desc")
    order_columns = ["start_time", "end_time"]
    label_columns = {"length": _("Length")}
    formatters = {"length": _length}
