"""What customers thought of the service over time, counted from ratings and from who was asked (CHT-13, TKT-14)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum, auto

from sqlalchemy import ColumnElement, case, func, literal, select

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor, Scope
from models.conversations import Conversation, Rating
from models.presence import answered_for
from models.ticket_ratings import TicketRating
from models.tickets import Ticket
from services.attendance import Span, days_between
from services.stars import LOW

MOST_DAYS = 92


class About(StrEnum):
    """What the ratings are about that are counted."""

    all = auto()
    conversations = auto()
    tickets = auto()


@dataclass(frozen=True)
class _Kind:
    """Ratings of one kind: what they are about, and whose and which team's that is."""

    rating: type[Rating] | type[TicketRating]
    owner: type[Conversation] | type[Ticket]
    #: a rating to its owner
    belongs: ColumnElement[bool]
    #: and is about what the customer was asked last
    answers: ColumnElement[bool]
    #: whose an owner is
    agent: ColumnElement
    team: ColumnElement


_CONVERSATIONS = _Kind(
    Rating,
    Conversation,
    Rating.conversation_id == Conversation.id,
    Rating.conversation_id == Conversation.id,
    Conversation.agent_id,
    func.coalesce(Conversation.served_team_id, Conversation.team_id),
)
_TICKETS = _Kind(
    TicketRating,
    Ticket,
    TicketRating.ticket_id == Ticket.id,
    (TicketRating.ticket_id == Ticket.id) & (TicketRating.resolve_time == Ticket.resolve_time),
    Ticket.assignee_id,
    Ticket.team_id,
)
KINDS = {About.all: (_CONVERSATIONS, _TICKETS), About.conversations: (_CONVERSATIONS,), About.tickets: (_TICKETS,)}


@dataclass
class Figures:
    """Ratings given within a time by score, and conversations and tickets asked about within it.

    A customer is asked when the agent invites him or, by setting, when a conversation ends or a ticket is solved.
    """

    scores: Counter = field(default_factory=Counter)
    invited: int = 0
    #: of those invited, how many have a rating, whenever it was given
    answered: int = 0

    @property
    def ratings(self) -> int:
        return self.scores.total()

    @property
    def mean(self) -> float | None:
        return round(sum(score * n for score, n in self.scores.items()) / self.ratings, 2) if self.ratings else None

    @property
    def low(self) -> int:
        return sum(self.scores[score] for score in LOW)


@dataclass
class Satisfaction:
    """The same for the whole time, by day, by agent and by team (None: nobody, no team), and the tags chosen."""

    total: Figures
    days: dict[dt.date, Figures]
    agents: dict[int | None, Figures]
    teams: dict[int | None, Figures]
    tags: Counter


def satisfaction(
    actor: Actor,
    zone: dt.tzinfo,
    first: dt.date,
    last: dt.date,
    *,
    agent_id: int | None = None,
    team_id: int | None = None,
    about: About = About.all,
) -> Satisfaction:
    """From `first` to `last`, days of the reader's calendar, of what this actor may see; by three statements a kind.

    Raises Invalid for too many days.
    """
    actor.require("statistics.read")
    days = days_between(first, last)
    if len(days) > MOST_DAYS:
        too_many = Reason("at most %(number)s days", number=MOST_DAYS)
        raise Invalid("The request is not valid", fields={"fromDay": too_many})
    found = Satisfaction(Figures(), {day: Figures() for day in days}, {}, {}, Counter())
    view = _View(actor, zone, days, Span.of_days(zone, first, last), agent_id, team_id)
    for kind in KINDS[about]:
        _count_ratings(found, kind, view)
        _count_asked(found, kind, view)
    return found


@dataclass(frozen=True)
class _View:
    """Who looks, at which days, and whether at one agent or team only."""

    actor: Actor
    zone: dt.tzinfo
    days: list[dt.date]
    span: Span
    agent_id: int | None
    team_id: int | None

    def day_of(self, moment) -> ColumnElement[int]:
        return place_of_day(moment, self.zone, self.days).label("day")

    def conditions(self, kind: _Kind, agent, moment) -> tuple[ColumnElement[bool], ...]:
        """Of what this actor may see that of agents (a column) he answers for, with its `moment` within the days."""
        conditions = [kind.owner.visible_to(self.actor), moment >= self.span.start, moment < self.span.end]
        if self.actor.scope("statistics") is not Scope.all:
            conditions.append(answered_for(self.actor, agent))
        if self.agent_id is not None:
            conditions.append(agent == self.agent_id)
        if self.team_id is not None:
            conditions.append(kind.team == self.team_id)
        return tuple(conditions)


def _count_ratings(found: Satisfaction, kind: _Kind, view: _View) -> None:
    """Those that were given within the days, and their tags."""
    rating = kind.rating
    given = view.conditions(kind, rating.agent_id, rating.create_time)
    for place, agent, team, score, count in db.session.execute(
        select(view.day_of(rating.create_time), rating.agent_id, kind.team, rating.score, func.count())
        .join(kind.owner, kind.belongs)
        .where(*given)
        .group_by("day", rating.agent_id, kind.team, rating.score)
    ):
        for figures in _lines(found, view.days[place], agent, team):
            figures.scores[score] += count
    for tags in db.session.scalars(select(rating.tags).join(kind.owner, kind.belongs).where(*given)):
        found.tags.update(tags or ())


def _count_asked(found: Satisfaction, kind: _Kind, view: _View) -> None:
    """Who was asked within the days, and how many of them answered at any time."""
    asked = kind.owner.rating_invited_time
    for place, agent, team, invited, answered in db.session.execute(
        select(view.day_of(asked), kind.agent, kind.team, func.count(), func.count(kind.rating.id))
        .select_from(kind.owner)
        .outerjoin(kind.rating, kind.answers)
        .where(*view.conditions(kind, kind.agent, asked))
        .group_by("day", kind.agent, kind.team)
    ):
        for figures in _lines(found, view.days[place], agent, team):
            figures.invited += invited
            figures.answered += answered


def place_of_day(moment, zone: dt.tzinfo, days: list[dt.date]) -> ColumnElement[int]:
    """The place of the day on which a moment lies, by halving: date arithmetic is each database's own."""
    return _place(moment, [Span.of_days(zone, day, day).end for day in days], 0, len(days) - 1)


def _place(moment, ends: list[dt.datetime], first: int, last: int) -> ColumnElement[int]:
    if first == last:
        return literal(first)
    middle = (first + last) // 2
    return case(
        (moment < ends[middle], _place(moment, ends, first, middle)), else_=_place(moment, ends, middle + 1, last)
    )


def _lines(found: Satisfaction, day: dt.date, agent_id: int | None, team_id: int | None) -> Iterable[Figures]:
    return (
        found.total,
        found.days[day],
        found.agents.setdefault(agent_id, Figures()),
        found.teams.setdefault(team_id, Figures()),
    )
