"""What customers thought of the service over time, counted from the ratings and from who was asked (CHT-13)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, case, func, select

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor, Scope
from models.conversations import Conversation, Rating
from models.presence import answered_for
from services.attendance import Span, days_between

MOST_DAYS = 92
#: a customer with so few stars is not satisfied
LOW = (1, 2)


@dataclass
class Figures:
    """Ratings given within a time by score, and conversations asked about within it.

    A customer is asked when the agent invites him or, by setting, when a conversation ends.
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
) -> Satisfaction:
    """From `first` to `last`, days of the reader's calendar, of what this actor may see; by three statements.

    Raises Invalid for too many days.
    """
    actor.require("statistics.read")
    days = days_between(first, last)
    if len(days) > MOST_DAYS:
        too_many = Reason("at most %(number)s days", number=MOST_DAYS)
        raise Invalid("The request is not valid", fields={"fromDay": too_many})
    found = Satisfaction(Figures(), {day: Figures() for day in days}, {}, {}, Counter())
    span = Span.of_days(zone, first, last)
    asked = Conversation.rating_invited_time
    team = func.coalesce(Conversation.served_team_id, Conversation.team_id)
    given = (
        *_mine(actor, Rating.agent_id, agent_id, team_id),
        Rating.create_time >= span.start,
        Rating.create_time < span.end,
    )
    day = place_of_day(Rating.create_time, zone, days).label("day")
    for place, agent, team_of, score, count in db.session.execute(
        select(day, Rating.agent_id, team, Rating.score, func.count())
        .join(Rating.conversation)
        .where(*given)
        .group_by("day", Rating.agent_id, team, Rating.score)
    ):
        for figures in _lines(found, days[place], agent, team_of):
            figures.scores[score] += count
    day = place_of_day(asked, zone, days).label("day")
    for place, agent, team_of, invited, answered in db.session.execute(
        select(day, Conversation.agent_id, team, func.count(), func.count(Rating.id))
        .outerjoin(Rating, Rating.conversation_id == Conversation.id)
        .where(
            *_mine(actor, Conversation.agent_id, agent_id, team_id),
            asked >= span.start,
            asked < span.end,
        )
        .group_by("day", Conversation.agent_id, team)
    ):
        for figures in _lines(found, days[place], agent, team_of):
            figures.invited += invited
            figures.answered += answered
    for tags in db.session.scalars(select(Rating.tags).join(Rating.conversation).where(*given)):
        found.tags.update(tags or ())
    return found


def _mine(actor: Actor, agent, agent_id: int | None, team_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Of conversations this actor may see those of agents (a column) he answers for; narrowed to an agent or a team."""
    conditions = [Conversation.visible_to(actor)]
    if actor.scope("statistics") is not Scope.all:
        conditions.append(answered_for(actor, agent))
    if agent_id is not None:
        conditions.append(agent == agent_id)
    if team_id is not None:
        conditions.append(func.coalesce(Conversation.served_team_id, Conversation.team_id) == team_id)
    return tuple(conditions)


def place_of_day(moment, zone: dt.tzinfo, days: list[dt.date]) -> ColumnElement[int]:
    """The place of the day on which a moment lies. One branch a day: date arithmetic is each database's own."""
    return case(
        *((moment < Span.of_days(zone, day, day).end, place) for place, day in enumerate(days)), else_=len(days) - 1
    )


def _lines(found: Satisfaction, day: dt.date, agent_id: int | None, team_id: int | None) -> Iterable[Figures]:
    return (
        found.total,
        found.days[day],
        found.agents.setdefault(agent_id, Figures()),
        found.teams.setdefault(team_id, Figures()),
    )
