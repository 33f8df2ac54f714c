"""What happened in a conversation or a ticket room, in the reader's language; other pages have words of their own."""

from flask_babel import lazy_gettext as _

from models.messaging import ChatMessage, MessageType
from models.tickets import TicketStatus
from views.admin.labels import state_title

#: event → sentence over its parameters
_SENTENCES = {
    "queued": _("Waiting for an agent"),
    "assigned": _("%(to)s takes care of it"),
    "requeued": _("%(from)s has left; back in the queue"),
    "wanted_away": _("%(to)s cannot take it just now; colleagues help"),
    "transferred": _("Transferred from %(from)s to %(to)s"),
    "closed": _("Conversation closed"),
    "closed_idle": _("Closed after a long silence"),
    "idle_warning": _("The customer was warned that the silence will end it"),
    "off_hours": _("Asked for a person outside working hours"),
    "left_queue": _("Left the queue, back with the bot"),
    "message_left": _("Left a message"),
    "reading": _("Reading “%(title)s”"),
    "reopened": _("Continued by the customer"),
    "rating_invited": _("Asked for a rating"),
    "rating_changed": _("The customer changed the rating to %(score)s stars"),
    "transferred_to_team": _("Transferred to the team %(to)s"),
    "rated": _("The customer gave %(score)s stars"),
    "ticket_created": _("Turned into ticket %(no)s"),
    "created": _("Ticket created"),
    "merged_into": _("Merged into ticket %(no)s"),
    "merged_from": _("Ticket %(no)s was merged into this one"),
    "unmerged": _("Taken out of ticket %(no)s again"),
    "split_to": _("Ticket %(no)s was split off"),
    "split_from": _("Split off ticket %(no)s"),
    "status": _("State changed from %(from)s to %(to)s"),
}


def content_of(message: ChatMessage) -> str | None:
    """A message's words; of a system message the sentence for its event, or what was stored where we know none."""
    if message.type is not MessageType.system or not message.payload:
        return message.content
    event, params = message.payload["event"], message.payload["params"]
    if event not in _SENTENCES:
        return message.content
    if event == "status":
        params = params | {name: state_title(TicketStatus(params[name])) for name in ("from", "to")}
    return str(_SENTENCES[event]) % params
