"""What somebody searched the history for, in words: on screens and in the files made of it."""

import datetime as dt
from collections.abc import Callable

import pytz
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from sqlalchemy import select

from app.extensions import db
from models.conversations import Conversation, ConversationStatus
from models.custom_fields import FieldSubject
from models.customers import Customer
from models.exports import ExportContent
from models.knowledge import ArticleCategory, ArticleStatus, Visibility
from models.organization import Agent, Department, Team
from models.tickets import TicketPriority, TicketStatus
from services import channels, custom_fields
from services.tickets.filters import own_filters
from services.visitors import shown_name
from views.admin.dictionaries import words_for
from views.admin.labels import ORIGINS, state_title

#: parameter of a search → what it is called
FILTERS = {
    "session_id": _("Conversation"),
    "q": _("Words"),
    "since": pgettext("time", "From"),
    "until": pgettext("time", "Until"),
    "status": _("State"),
    "agent_id": _("Agent"),
    "customer_id": _("Customer"),
    "channel": _("Channel"),
    "rating": _("Score"),
}
#: the same for exports of articles
ARTICLE_FILTERS = {
    "q": _("Words"),
    "category_id": _("Category"),
    "status": _("State"),
    "visibility": _("Audience"),
    "locale": _("Language"),
    "tag": _("Tags"),
}
#: the same for exports of tickets
TICKET_FILTERS = {
    "q": _("Words"),
    "status": _("State"),
    "priority": _("Priority"),
    "type": _("Type"),
    "product": _("Product"),
    "source": _("Source"),
    "assigneeId": pgettext("ticket", "Assignee"),
    "creatorId": _("Created by"),
    "customerId": _("Customer"),
    "teamId": _("Team"),
    "departmentId": _("Department"),
    "tag": _("Tags"),
    "slaState": _("Service level"),
    "createdFrom": _("Created from"),
    "createdTo": _("Created until"),
    "updatedFrom": _("Changed from"),
    "updatedTo": _("Changed until"),
    "unread": _("Unread"),
}
_TICKET_MOMENTS = ("createdFrom", "createdTo", "updatedFrom", "updatedTo")
_TICKET_LINKS = {"assigneeId": Agent, "customerId": Customer, "teamId": Team, "departmentId": Department}


def asked(params: dict, zone: str = "UTC") -> str:
    """Each filter with its value, in the reader's language and on the clock of `zone`."""
    return "   ".join(
        f"{title}: {_word(name, params[name], zone)}" for name, title in FILTERS.items() if name in params
    )


def asked_of_articles(params: dict) -> str:
    """The same of an export of articles."""
    return "   ".join(
        f"{title}: {_of_article(name, params[name])}" for name, title in ARTICLE_FILTERS.items() if name in params
    )


def asked_of_tickets(params: dict, zone: str = "UTC") -> str:
    """The same of an export of tickets: how many were chosen, or each filter with its value."""
    chosen = [gettext("%(number)s tickets chosen", number=len(params["ids"]))] if params.get("ids") else []
    filters = params.get("filters", {})
    asked_for = (
        f"{title}: {_of_ticket(name, filters[name], zone)}" for name, title in TICKET_FILTERS.items() if name in filters
    )
    own = custom_fields.asked_in_words(FieldSubject.ticket, own_filters(filters))
    return "   ".join([*chosen, *asked_for, *(f"{title}: {words}" for title, words in own)])


def asked_of(content: ExportContent, params: dict, zone: str) -> str:
    """Whatever an exported file is of."""
    if content is ExportContent.articles:
        return asked_of_articles(params)
    return asked_of_tickets(params, zone) if content is ExportContent.tickets else asked(params, zone)


def _of_ticket(name: str, text: str, zone: str) -> str:
    if name in _TICKET_MOMENTS:
        if text == "today" or text.startswith("-"):
            days = text.strip("-d")
            return gettext("Today") if text == "today" else gettext("%(number)s days before", number=days)
        return _moment(text, zone)
    return "、".join(_ticket_word(name, part.strip()) for part in text.split(",") if part.strip())


def _ticket_word(name: str, part: str) -> str:
    if part in ("me", "none"):
        return gettext("Own") if part == "me" else gettext("None")
    states = {"status": TicketStatus, "priority": TicketPriority}.get(name)
    if states is not None:
        return str(state_title(states(part)))
    if name in _TICKET_LINKS:
        row = db.session.get(_TICKET_LINKS[name], int(part))
        return str(getattr(row, "name", None) or f"#{part}")
    dictionary = {"type": "ticket_type", "product": "product"}.get(name)
    return words_for(dictionary, [part])[0] if dictionary else part


def _of_article(name: str, value) -> str:
    if name == "category_id":
        category = db.session.get(ArticleCategory, value)
        return category.name if category else str(value)
    states = {"status": ArticleStatus, "visibility": Visibility}.get(name)
    if states is None:
        return str(value)
    return "、".join(str(state_title(states(one))) for one in value.split(",") if one in list(states))


def _word(name: str, value, zone: str) -> str:
    if name in ("since", "until"):
        return _moment(str(value), zone)
    return _WORDS[name](value) if name in _WORDS else str(value)


def _moment(text: str, zone: str) -> str:
    moment = dt.datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else pytz.utc.localize(moment)
    return moment.astimezone(pytz.timezone(zone)).strftime("%Y-%m-%d %H:%M")


def _states(value: str) -> str:
    return "、".join(str(state_title(ConversationStatus(name))) for name in value.split(",") if name)


def _agent(value: str) -> str:
    if value in ("me", "none"):
        return gettext("Own") if value == "me" else gettext("Nobody")
    agent = db.session.get(Agent, int(value))
    return agent.name if agent else f"#{value}"


def _customer(value: int) -> str:
    customer = db.session.get(Customer, value)
    return shown_name(customer.name) if customer else f"#{value}"


def _channel(value: str) -> str:
    return str(channels.names_of([value]).get(value) or ORIGINS.get(value, value))


def _scores(value: str) -> str:
    marks = [mark for mark in value.split(",") if mark]
    return "、".join(
        gettext("Not rated") if mark == "none" else gettext("%(score)s stars", score=mark) for mark in marks
    )


def _conversation(value: int) -> str:
    return db.session.scalar(select(Conversation.no).where(Conversation.id == value)) or f"#{value}"


_WORDS: dict[str, Callable[..., str]] = {
    "session_id": _conversation,
    "status": _states,
    "agent_id": _agent,
    "customer_id": _customer,
    "channel": _channel,
    "rating": _scores,
}
