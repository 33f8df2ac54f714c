"""会话管理接口: the history of conversations, searched by words and by all that is known of them (CHT-11)."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from services import history, retention
from views.api.conversations import SESSIONS, dump
from views.api.endpoint import action, endpoint
from views.api.resource import listing, plain

SECTION = "会话管理接口"
#: this module registers operations that the lines at its end name
OPERATION_MODULES = (retention,)
#: everything the history can be asked for; exports take the same
SEARCH = {
    "q": str,
    "since": str,
    "until": str,
    "status": str,
    "agentId": str,
    "customerId": int,
    "channel": str,
    "rating": str,
}


@endpoint(
    "GET",
    "/history",
    section=SECTION,
    summary="历史会话检索",
    right="conversation.search",
    query={**SEARCH, "page": int, "size": int, "sort": str, "after": str},
)
def search_history(
    actor: Actor,
    agentId: str = "",
    customerId: int | None = None,
    page: int = 1,
    size: int = 20,
    sort: str = "-lastMessageTime",
    after: str = "",
    **query: str,
):
    """A page of conversations, each with the newest messages that hold the words of `q`."""
    search = history.search_of(actor, agent_id=agentId, customer_id=customerId, **query)
    found = listing(
        SESSIONS,
        actor,
        statement=select(Conversation).where(*history.conditions(actor, search)),
        narrow=search.is_narrow,
        page=page,
        size=size,
        sort=sort,
        after=after,
    )
    _add_what_was_found(actor, found["list"], search)
    return found


@endpoint("GET", "/history/channels", section=SECTION, summary="历史会话的渠道", right="conversation.search")
def list_channels(actor: Actor):
    return [{"code": code, "name": name} for code, name in history.channels()]


def _add_what_was_found(actor: Actor, page: list[dict], search: history.Search) -> None:
    rows = list(db.session.scalars(select(Conversation).where(Conversation.id.in_([line["id"] for line in page]))))
    matches, ratings = history.matches(actor, rows, search), history.ratings_of(rows)
    for line in page:
        count, shown = matches.get(line["id"], (0, []))
        rating = ratings.get(line["id"])
        line["matchCount"] = count
        line["matches"] = [_dump(found) for found in shown]
        line["rating"] = {"score": rating.score, "comment": rating.comment} if rating else None


def _dump(found: history.Found) -> dict:
    message = found.message
    return {
        "messageId": message.id,
        "seq": message.seq,
        "type": message.type.value,
        "sender": {"kind": message.sender_kind.value, "id": message.sender_id, "name": message.sender_name},
        "snippet": found.snippet,
        "highlights": found.marks,
        "createTime": plain(message.create_time),
    }


for _method, _operation in (("POST", "conversation.preserve"), ("DELETE", "conversation.release")):
    action(_method, "/sessions/<id:id>/legal-hold", _operation, on=Conversation, dump=dump, section=SECTION)
