"""Tickets in the words of E: states and priorities in Chinese, types and agents by their names (TKT-13; E §2-§5, §8).

E has four states and three priorities, we have seven and three. What is told is always one of E's words; what is
understood are its words, those of our own pages, and the codes. So whoever filters by 处理中 also finds what waits for
the customer or for approval, and 已关闭 includes what was cancelled.
"""

from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.identity import User
from models.organization import Agent
from models.settings import Dictionary, DictionaryItem
from models.tickets import TicketPriority, TicketStatus
from services.tickets.state import TITLES

S, P = TicketStatus, TicketPriority
#: state → E's word for it
STATUS_WORDS = {
    S.pending: "待处理",
    S.processing: "处理中",
    S.waiting: "处理中",
    S.review: "处理中",
    S.resolved: "已解决",
    S.closed: "已关闭",
    S.cancelled: "已关闭",
}
#: priority → E's word for it
PRIORITY_WORDS = {P.critical: "高", P.urgent: "中", P.normal: "低"}
#: every word that is understood → what is meant
_STATUSES = {title: status for status, title in TITLES.items()} | {status.value: status for status in S}
_PRIORITIES = (
    {word: priority for priority, word in PRIORITY_WORDS.items()}
    | {"特急": P.critical, "紧急": P.urgent, "普通": P.normal}
    | {priority.value: priority for priority in P}
)
#: what E's lists send for "no matter which"
ANY = frozenset({"", "全部", "all"})


def status_called(word: str) -> TicketStatus:
    """The state that somebody wants a ticket to have. Raises Invalid."""
    if word.strip() not in _STATUSES:
        raise Invalid("This state does not exist", fields={"status": "unknown"})
    return _STATUSES[word.strip()]


def statuses_called(word: str) -> list[TicketStatus]:
    """All states that are told by this word, or the one that only our pages know by it. Raises Invalid."""
    return [status for status, told in STATUS_WORDS.items() if told == word.strip()] or [status_called(word)]


def priority_called(word: str) -> TicketPriority:
    """Raises Invalid."""
    if word.strip() not in _PRIORITIES:
        raise Invalid("This priority does not exist", fields={"priority": "unknown"})
    return _PRIORITIES[word.strip()]


def type_called(word: str) -> str:
    """The code of a ticket type by its label in either language or its code; empty is none. Raises Invalid."""
    word = word.strip()
    if not word:
        return ""
    for code, *labels in _types():
        if word == code or word in labels:
            return code
    raise Invalid("This ticket type does not exist", fields={"type": "unknown"})


def type_word(code: str) -> str:
    """The label of a type; one that is no longer in the dictionary goes by its code."""
    return next((label for known, label, _ in _types() if known == code), code)


def agent_called(actor: Actor, word: str) -> Agent:
    """The agent of this name, staff number or id, of those whom the actor may choose.

    Raises Invalid when several are called so, NotFound when nobody is.
    """
    word = word.strip()
    known = (
        select(Agent)
        .join(User, User.id == Agent.user_id)
        .where(Agent.visible_to(actor), User.active.is_(True))
        .limit(2)
    )
    ways = [User.full_name == word, Agent.work_no == word]
    if word.isascii() and word.isdigit():
        ways.append(Agent.id == int(word[:18]))
    for way in ways if word else ():
        found = list(db.session.scalars(known.where(way)))
        if len(found) > 1:
            raise Invalid("Several agents have this name: give the staff number", fields={"assignee": "not unique"})
        if found:
            return found[0]
    raise NotFound("This agent does not exist")


def _types() -> list[tuple[str, str, str | None]]:
    """(code, label, English label) of the types that are offered."""
    return list(
        db.session.execute(
            select(DictionaryItem.code, DictionaryItem.label, DictionaryItem.label_en)
            .join(Dictionary, Dictionary.id == DictionaryItem.dictionary_id)
            .where(Dictionary.code == "ticket_type", DictionaryItem.active == 1)
            .order_by(DictionaryItem.sort, DictionaryItem.id)
        ).tuples()
    )
