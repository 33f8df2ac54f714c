"""What follows when a ticket takes too long, and when what is promised changes (TKT-6); a part of `app.reactions`."""

from collections.abc import Callable

from app.extensions import db
from app.jobs import jobs
from models.actor import system
from models.sla import SlaAction
from models.tickets import Ticket
from services import automation, notices
from services.operation import Event
from views.sockets import emit

#: event → the kind of notification
_KINDS = {"ticket.sla_warned": "sla.warned", "ticket.sla_breached": "sla.breached", "ticket.escalated": "sla.escalated"}
#: the steps of an escalation that consist in telling somebody; None: no step
_TELLING = (None, SlaAction.notify_assignee, SlaAction.notify_leaders)
#: the clocks of tickets run by these
_HOURS = ("team", "work_calendar", "work_day")


def _late(event: Event) -> None:
    """To the pages that show it, and to who works on it or is to be reached by the step."""
    ticket = db.session.get(Ticket, event.payload["ticket_id"], populate_existing=True)
    if ticket is None:
        return
    emit.ticket_update(ticket, event)
    action = event.payload.get("action")
    if action in _TELLING:
        notices.ticket_late(
            system(event.tenant_id),
            ticket,
            kind=_KINDS[event.name],
            goal=event.payload["goal"],
            to_leaders=action == SlaAction.notify_leaders,
            event=f"event-{event.id}",
        )


def _recompute(event: Event) -> None:
    """A customer's level counts for his own tickets, everything else for all."""
    jobs.send("tickets.recompute_sla", tenant_id=event.tenant_id, customer_id=event.payload.get("customer_id"))


def hours_changed(event: Event) -> None:
    """The day has other hours now, or a team works by others."""
    if event.name.split(".")[0] in _HOURS:
        _recompute(event)


REACTIONS: dict[str, tuple[Callable[[Event], None], ...]] = {
    **dict.fromkeys(_KINDS, (_late,)),
    **dict.fromkeys(("ticket.sla_warned", "ticket.sla_breached"), (_late, automation.call)),
    **{
        f"{name}.{verb}": (_recompute,)
        for name in ("customer", "sla_policy", "sla_escalation")
        for verb in ("created", "updated", "deleted")
    },
}
