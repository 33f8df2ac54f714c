"""What agents did: how many customers, how soon, how well, how long they were there (ORG-7; C §2.1, §2.2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation, Rating
from models.organization import Agent, Presence
from services.attendance import Attendance, Span, attendance_of
from services.durations import seconds_between


@dataclass
class Figures:
    """One agent: `served` and what follows within a span, `total` and `satisfaction` over all time."""

    total: int = 0
    satisfaction: float | None = None
    served: int = 0
    closed: int = 0
    first_reply_seconds: float | None = None
    rating: float | None = None
    attendance: Attendance = field(default_factory=Attendance)


def figures_of(agent_ids: Iterable[int], span: Span) -> dict[int, Figures]:
    """The figures of all these agents, by five statements however many they are."""
    found = {agent_id: Figures() for agent_id in agent_ids}
    if not found:
        return found
    for agent_id, count in db.session.execute(_served(found, func.count())):
        found[agent_id].total = count
    reply = seconds_between(
        func.coalesce(Conversation.queue_time, Conversation.active_time), Conversation.first_reply_time
    )
    within = _served(found, func.count(), func.count(Conversation.close_time), func.avg(reply)).where(
        Conversation.active_time >= span.start, Conversation.active_time < span.end
    )
    for agent_id, served, closed, seconds in db.session.execute(within):
        figures = found[agent_id]
        figures.served, figures.closed = served, closed
        figures.first_reply_seconds = None if seconds is None else round(max(0.0, float(seconds)), 1)
    for agent_id, mean in db.session.execute(_rated(found)):
        found[agent_id].satisfaction = round(float(mean), 2)
    of_span = _rated(found).where(Rating.create_time >= span.start, Rating.create_time < span.end)
    for agent_id, mean in db.session.execute(of_span):
        found[agent_id].rating = round(float(mean), 2)
    for agent_id, attendance in attendance_of(found, span).items():
        found[agent_id].attendance = attendance
    return found


def status_summary(actor: Actor) -> dict:
    """{online, busy, offline, total, currentCount, maxCount, freeCount} of the company's agents at this moment."""
    actor.require("statistics.read")
    rows = db.session.execute(
        select(
            Agent.presence,
            func.count(),
            func.coalesce(func.sum(Agent.current_count), 0),
            func.coalesce(func.sum(Agent.max_conversations), 0),
        ).group_by(Agent.presence)
    ).all()
    # int: MariaDB's SUM is a Decimal
    by_presence = {presence: (count, int(held), int(most)) for presence, count, held, most in rows}
    online = by_presence.get(Presence.online, (0, 0, 0))
    return {
        **{presence.value: by_presence.get(presence, (0, 0, 0))[0] for presence in Presence},
        "total": sum(count for count, _, _ in by_presence.values()),
        "currentCount": sum(held for _, held, _ in by_presence.values()),
        "maxCount": online[2],
        "freeCount": max(0, online[2] - online[1]),
    }


def _served(agent_ids: Iterable[int], *counted):
    """One line per agent over the conversations that he served last, or serves."""
    return (
        select(Conversation.agent_id, *counted)
        .where(Conversation.agent_id.in_(list(agent_ids)), Conversation.active_time.is_not(None))
        .group_by(Conversation.agent_id)
    )


def _rated(agent_ids: Iterable[int]):
    return (
        select(Rating.agent_id, func.avg(Rating.score))
        .where(Rating.agent_id.in_(list(agent_ids)), Rating.score > 0)
        .group_by(Rating.agent_id)
    )
