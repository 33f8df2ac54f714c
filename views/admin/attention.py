"""What the overview asks an administrator to look at: a line of ATTENTION each, shown while its number is not 0."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import ngettext
from sqlalchemy import func, literal, select, union_all

from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationStatus, Rating
from models.knowledge import Article, ArticleStatus, Proposal, Question
from models.organization import Agent, Presence
from models.ticket_ratings import TicketRating
from models.tickets import ENDED, Ticket, TicketPriority, TicketStatus
from models.types import utcnow
from views.admin.cells import local_day

#: after this time without an answer a customer is neglected
PATIENCE = dt.timedelta(minutes=10)
#: questions and ratings of the last days
DAYS = 7


@dataclass(frozen=True)
class Concern:
    """A number that ought to be zero: who may see it, what is counted, how it is said, where one can do something."""

    right: str
    icon: str
    tone: str
    model: type
    condition: Callable
    words: Callable[[int], str]
    address: Callable[[], str]


def _since() -> str:
    """The first of the last days, as the filters of lists want it."""
    return local_day(utcnow() - dt.timedelta(days=DAYS))


ATTENTION = (
    Concern(
        "conversation.read",
        "fa-hourglass-half",
        "danger",
        Conversation,
        lambda: Conversation.status == ConversationStatus.queued,
        lambda count: ngettext("%(num)d customer waits for an agent", "%(num)d customers wait for an agent", count),
        lambda: "/admin/conversation/list/?status=queued&sort=create_time",
    ),
    Concern(
        "conversation.monitor",
        "fa-comment-slash",
        "danger",
        Conversation,
        lambda: Conversation.status.in_(HELD) & (Conversation.waiting_since < utcnow() - PATIENCE),
        lambda count: ngettext(
            "%(num)d customer has had no answer for ten minutes",
            "%(num)d customers have had no answer for ten minutes",
            count,
        ),
        lambda: "/desk/console",
    ),
    Concern(
        "conversation.monitor",
        "fa-user-slash",
        "danger",
        Conversation,
        lambda: Conversation.status.in_(HELD) & Conversation.agent.has(Agent.presence == Presence.offline),
        lambda count: ngettext(
            "%(num)d conversation is with an agent who is offline",
            "%(num)d conversations are with agents who are offline",
            count,
        ),
        lambda: "/desk/console",
    ),
    Concern(
        "ticket.read",
        "fa-fire",
        "danger",
        Ticket,
        lambda: (Ticket.priority == TicketPriority.critical) & Ticket.status.not_in([*ENDED, TicketStatus.resolved]),
        lambda count: ngettext("%(num)d critical ticket is open", "%(num)d critical tickets are open", count),
        lambda: "/admin/ticket/list/?priority=critical",
    ),
    Concern(
        "ticket.read",
        "fa-inbox",
        "warning",
        Ticket,
        lambda: (Ticket.status == TicketStatus.pending) & Ticket.assignee_id.is_(None),
        lambda count: ngettext(
            "%(num)d pending ticket is assigned to nobody", "%(num)d pending tickets are assigned to nobody", count
        ),
        lambda: "/admin/ticket/list/?status=pending&assignee_id=none",
    ),
    Concern(
        "ticket.review",
        "fa-magnifying-glass",
        "warning",
        Ticket,
        lambda: Ticket.status == TicketStatus.review,
        lambda count: ngettext("%(num)d ticket waits for review", "%(num)d tickets wait for review", count),
        lambda: "/admin/ticket/list/?status=review",
    ),
    Concern(
        "rating.read",
        "fa-face-frown",
        "warning",
        Rating,
        lambda: (Rating.score <= 2) & (Rating.create_time > utcnow() - dt.timedelta(days=DAYS)),
        lambda count: ngettext(
            "%(num)d bad rating in the last seven days", "%(num)d bad ratings in the last seven days", count
        ),
        lambda: f"/admin/rating/list/?create_time_from={_since()}&sort=score",
    ),
    Concern(
        "ticket_rating.read",
        "fa-face-frown",
        "warning",
        TicketRating,
        lambda: (TicketRating.score <= 2) & (TicketRating.create_time > utcnow() - dt.timedelta(days=DAYS)),
        lambda count: ngettext(
            "%(num)d bad rating of a ticket in the last seven days",
            "%(num)d bad ratings of tickets in the last seven days",
            count,
        ),
        lambda: f"/admin/ticket_rating/list/?create_time_from={_since()}&sort=score",
    ),
    Concern(
        "question.read",
        "fa-circle-question",
        "info",
        Question,
        lambda: (Question.answered == 0) & (Question.create_time > utcnow() - dt.timedelta(days=DAYS)),
        lambda count: ngettext(
            "%(num)d question of the last seven days found no answer",
            "%(num)d questions of the last seven days found no answer",
            count,
        ),
        lambda: f"/admin/question/list/?answered=0&create_time_from={_since()}",
    ),
    Concern(
        "article.review",
        "fa-file-circle-check",
        "warning",
        Article,
        lambda: Article.proposal == Proposal.in_review,
        lambda count: ngettext("%(num)d article waits for a review", "%(num)d articles wait for a review", count),
        lambda: "/admin/article/list/?proposal=in_review",
    ),
    Concern(
        "article.update",
        "fa-pen-to-square",
        "info",
        Article,
        lambda: Article.status == ArticleStatus.draft,
        lambda count: ngettext("%(num)d article is a draft", "%(num)d articles are drafts", count),
        lambda: "/admin/article/list/?status=draft",
    ),
    Concern(
        "article.update",
        "fa-triangle-exclamation",
        "warning",
        Article,
        lambda: Article.index_error.is_not(None),
        lambda count: ngettext("%(num)d article cannot be found", "%(num)d articles cannot be found", count),
        lambda: "/admin/article/list/?sort=-index_error",
    ),
)


def concerns_of(actor: Actor) -> list[dict]:
    """What of it is so now, of what the actor may see, counted in one query: [{icon, tone, words, address}]."""
    mine = {number: one for number, one in enumerate(ATTENTION) if actor.may(one.right)}
    if not mine:
        return []
    counted = union_all(
        *(
            select(literal(number).label("number"), func.count(one.model.id)).where(
                one.condition(), one.model.visible_to(actor)
            )
            for number, one in mine.items()
        )
    )
    counts = dict(db.session.execute(counted).tuples().all())
    return [
        {"icon": one.icon, "tone": one.tone, "words": one.words(counts[number]), "address": one.address()}
        for number, one in mine.items()
        if counts[number]
    ]
