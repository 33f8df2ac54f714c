"""Who finds what in the notification centre after an event (NTF-1). Nobody is told of what he did himself."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, Scope
from models.articles import ArticleRevision
from models.conversations import Conversation, QuickReply
from models.identity import User
from models.knowledge import Article
from models.messaging import ChatMessage, MessageType, ReadMark, SenderKind
from models.organization import Agent, Team, TeamMember
from models.ticket_ratings import TicketRating
from models.ticket_transfers import TicketTransfer
from models.tickets import Ticket
from services import mentioning
from services.identity import rights
from services.mentioning import colleagues_of
from services.notifications import notify
from services.stars import LOW
from services.tickets.watchers import watchers_of

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
    for user, scope in rights.staff_with(LOOKS_AFTER_TICKETS, "ticket"):
        if user.id != by and _sees(user, scope, ticket):
            _about_ticket(actor, ticket, user.id, "ticket.created", event)


def ticket_transfer_requested(actor: Actor, transfer: TicketTransfer, *, by: int | None, event: str) -> None:
    """Of those who decide and see the ticket whoever leads a team of the agent; where nobody does, all of them."""
    deciders = {user.id for user in mentioning.colleagues_of(transfer.ticket)} & set(rights.holders_of("ticket.assign"))
    leaders = select(Team.leader_id).join(TeamMember).where(TeamMember.agent_id == transfer.from_agent_id)
    lead = deciders & set(db.session.scalars(leaders))
    for user_id in sorted((lead or deciders) - {by}):
        _about_ticket(
            actor,
            transfer.ticket,
            user_id,
            "ticket.transfer_requested",
            event,
            by=transfer.from_agent.name,
            reason=transfer.reason,
        )


def ticket_transfer_decided(actor: Actor, transfer: TicketTransfer, *, by: int | None, event: str) -> None:
    """Who asked for it: how it ended, and what was said to it."""
    if transfer.create_by not in (None, by):
        kind = f"ticket.transfer_{transfer.state.value}"
        _about_ticket(actor, transfer.ticket, transfer.create_by, kind, event, reason=transfer.note or "")


def ticket_moved(actor: Actor, ticket: Ticket, *, by: int | None, event: str) -> None:
    """The agent in charge and who watches it, when somebody else moved it."""
    for user_id in _followers_of(ticket):
        if user_id != by:
            _about_ticket(actor, ticket, user_id, "ticket.moved", event, status=ticket.status.value)


def ticket_message(actor: Actor, ticket: Ticket, *, sender_kind: SenderKind, type_: MessageType) -> None:
    """The agent in charge and who watches it, once until each has looked: not for each of ten messages in a row."""
    if sender_kind is not SenderKind.customer or type_ is MessageType.system:
        return
    followers = _followers_of(ticket)
    marks = select(ReadMark.sender_id, ReadMark.read_seq).where(
        ReadMark.thread_id == ticket.thread_id,
        ReadMark.sender_kind == SenderKind.agent,
        ReadMark.sender_id.in_(followers),
    )
    read = dict(db.session.execute(marks).tuples().all()) if followers else {}
    for user_id in followers:
        _about_ticket(actor, ticket, user_id, "ticket.message", f"ticket-{ticket.id}-after-{read.get(user_id, 0)}")


def ticket_rated(actor: Actor, rating_id: int, *, by: int | None) -> None:
    """Of few stars, once: the agent in charge, the leader of its team, and those who look after tickets and see it."""
    rating = db.session.get(TicketRating, rating_id, populate_existing=True)
    if rating is None or rating.score not in LOW:
        return
    ticket = rating.ticket
    seeing = {user.id for user in colleagues_of(ticket)}
    leaders = {ticket.team.leader_id if ticket.team else None, *rights.holders_of(LOOKS_AFTER_TICKETS)}
    for user_id in sorted(seeing & {_user_of(rating.agent_id), *leaders} - {None, by}):
        _about_ticket(actor, ticket, user_id, "ticket.rated_low", f"low-rating-{rating.id}", score=rating.score)


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


def ticket_late(actor: Actor, ticket: Ticket, *, kind: str, goal: str, to_leaders: bool, event: str) -> None:
    """The agent in charge, of a service level that is or will be missed; those who lead instead, or if he is nobody."""
    user_id = _user_of(ticket.assignee_id)
    for one in _leaders_of(ticket) if to_leaders or user_id is None else [user_id]:
        _about_ticket(actor, ticket, one, kind, event, goal=goal)


def _leaders_of(ticket: Ticket) -> list[int]:
    """Who leads the ticket's team, if he sees it; else all who give tickets out and do."""
    if ticket.team is not None and ticket.team.leader_id in {user.id for user in colleagues_of(ticket)}:
        return [ticket.team.leader_id]
    return [user.id for user, scope in rights.staff_with("ticket.assign", "ticket") if _sees(user, scope, ticket)]


def _sees(user: User, scope: Scope, ticket: Ticket) -> bool:
    if scope is Scope.all:
        return True
    seen = select(Ticket.id).where(Ticket.id == ticket.id, Ticket.visible_to(rights.colleague(user)))
    return db.session.scalar(seen) is not None


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


def _followers_of(ticket: Ticket) -> list[int]:
    """The agent in charge, and those who watch the ticket and may still see it."""
    found = [_user_of(ticket.assignee_id)] if ticket.assignee_id else []
    watching = [row.user_id for row in watchers_of(ticket)]
    if watching:
        may_see = {user.id for user in mentioning.colleagues_of(ticket)}
        found += [user_id for user_id in watching if user_id in may_see]
    return list(dict.fromkeys(user_id for user_id in found if user_id is not None))


def _user_of(agent_id: int | None) -> int | None:
    return db.session.scalar(select(Agent.user_id).where(Agent.id == agent_id)) if agent_id else None
