"""Who finds what in the notification centre after an event (NTF-1). Nobody is told of what he did himself."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.articles import ArticleRevision
from models.conversations import Conversation, QuickReply
from models.knowledge import Article
from models.messaging import ChatMessage, MessageType, ReadMark, SenderKind
from models.organization import Agent
from models.tickets import Ticket
from services.identity import rights
from services.notifications import notify

#: whoever may do this looks after tickets that nobody has
LOOKS_AFTER_TICKETS = "ticket.review"


def conversation_given(actor: Actor, conversation: Conversation, *, agent_id: int, by: int | None, event: str) -> None:
    """The agent who serves it from now on."""
    user_id = _user_of(agent_id)
    if user_id not in (None, by):
        notify(
            actor,
            user_id=user_id,
            event_key=event,
            kind="conversation.assigned",
            params={"no": conversation.no, "title": conversation.subject},
            link=f"/desk/c/{conversation.id}",
        )


def ticket_given(actor: Actor, ticket: Ticket, *, agent_id: int, by: int | None, event: str) -> None:
    """The agent who works on it from now on."""
    user_id = _user_of(agent_id)
    if user_id not in (None, by):
        _about_ticket(actor, ticket, user_id, "ticket.assigned", event)


def ticket_without_owner(actor: Actor, ticket: Ticket, *, by: int | None, event: str) -> None:
    """Those who give tickets out, as far as they see this one."""
    for user_id in rights.holders_of(LOOKS_AFTER_TICKETS):
        if user_id != by:
            _about_ticket(actor, ticket, user_id, "ticket.created", event)


def ticket_moved(actor: Actor, ticket: Ticket, *, by: int | None, event: str) -> None:
    """The agent in charge, when somebody else reopened, closed or cancelled it."""
    user_id = _user_of(ticket.assignee_id)
    if user_id not in (None, by):
        _about_ticket(actor, ticket, user_id, "ticket.moved", event, status=ticket.status.value)


def ticket_message(actor: Actor, ticket: Ticket, *, sender_kind: SenderKind, type_: MessageType) -> None:
    """The agent in charge, once until he has looked: not for each of ten messages in a row."""
    user_id = _user_of(ticket.assignee_id)
    if user_id is None or sender_kind is not SenderKind.customer or type_ is MessageType.system:
        return
    read = db.session.scalar(
        select(ReadMark.read_seq).where(
            ReadMark.thread_id == ticket.thread_id,
            ReadMark.sender_kind == SenderKind.agent,
            ReadMark.sender_id == user_id,
        )
    )
    _about_ticket(actor, ticket, user_id, "ticket.message", f"ticket-{ticket.id}-after-{read or 0}")


def mentioned(actor: Actor, message: ChatMessage, *, owner: Conversation | Ticket, by: int | None) -> None:
    """Whoever is named in an internal note. The note itself stays where it is."""
    is_ticket = isinstance(owner, Ticket)
    for one in (message.payload or {}).get("mentions", ()):
        if one["userId"] != by and message.recalled_time is None:
            notify(
                actor,
                user_id=one["userId"],
                event_key=f"mention-{message.id}",
                kind="message.mentioned",
                params={
                    "no": owner.no,
                    "title": owner.title if is_ticket else owner.subject,
                    "by": message.sender_name,
                },
                link=f"/desk/{'tickets' if is_ticket else 'c'}/{owner.id}",
            )


def reply_proposed(actor: Actor, reply: QuickReply, *, by: int | None, event: str) -> None:
    """Those who approve what others propose to share."""
    for user_id in rights.holders_of("quick_reply.review"):
        if user_id != by:
            notify(
                actor,
                user_id=user_id,
                event_key=event,
                kind="quick_reply.proposed",
                params={"title": reply.title},
                link="/desk/quick-replies?whose=pending",
            )


def reply_reviewed(actor: Actor, told: dict, *, by: int | None, event: str) -> None:
    """The author of proposed words: what became of them, and why."""
    if told["author_id"] not in (None, by):
        notify(
            actor,
            user_id=told["author_id"],
            event_key=event,
            kind="quick_reply.reviewed",
            params={
                "title": told["title"],
                "review": "approved" if told["approved"] else "rejected",
                "reason": told["note"],
            },
            link="/desk/quick-replies?whose=personal",
        )


def rule_gave_up(actor: Actor, told: dict, *, event: str) -> None:
    """Those who keep automation rules: one of them failed too often and was switched off."""
    for user_id in rights.holders_of("automation_rule.update"):
        notify(
            actor,
            user_id=user_id,
            event_key=event,
            kind="automation_rule.gave_up",
            params={"title": told["title"]},
            link=f"/desk/automation?rule={told['automation_rule_id']}",
        )


def update_arrived(actor: Actor, *, count: int, event: str) -> None:
    """Those who see what an update has brought the company."""
    for user_id in rights.holders_of("provision.read"):
        notify(
            actor,
            user_id=user_id,
            event_key=event,
            kind="company.updated",
            params={"count": count},
            link="/admin/provision/list/",
        )


def article_submitted(actor: Actor, article: Article, revision: ArticleRevision, *, by: int | None, event: str) -> None:
    """Those who may decide about what somebody wants to publish; he who asks cannot."""
    for user_id in rights.holders_of("article.review"):
        if user_id != by:
            _about_article(actor, article, user_id, "article.submitted", event, note=revision.submit_note or "")


def article_decided(actor: Actor, article: Article, revision: ArticleRevision, *, kind: str, event: str) -> None:
    """Who asked for the review: how it ended, and why."""
    if revision.submitted_by not in (None, revision.decided_by):
        _about_article(actor, article, revision.submitted_by, kind, event, reason=revision.reason or "")


def _about_article(actor: Actor, article: Article, user_id: int, kind: str, event: str, **params) -> None:
    notify(
        actor,
        user_id=user_id,
        event_key=event,
        kind=kind,
        params={"title": article.title, **params},
        link=f"/desk/knowledge/{article.id}/edit",
    )


def _about_ticket(actor: Actor, ticket: Ticket, user_id: int, kind: str, event: str, **params) -> None:
    notify(
        actor,
        user_id=user_id,
        event_key=event,
        kind=kind,
        params={"no": ticket.no, "title": ticket.title, **params},
        link=f"/desk/tickets/{ticket.id}",
    )


def _user_of(agent_id: int | None) -> int | None:
    return db.session.scalar(select(Agent.user_id).where(Agent.id == agent_id)) if agent_id else None
