"""The queue: who waits, at which place, and how long it is going to take (RTE-5)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select

from app.extensions import db
from models.conversations import Conversation, ConversationStatus
from models.organization import Agent, Presence, Team, TeamMember
from services.routing import hours

#: assumed handling time until there are figures of our own, in seconds
DEFAULT_HANDLING_SECONDS = 300
#: conversations that ended at once say nothing about how long others take
LEAST_HANDLING_SECONDS = 60
#: so many served conversations are looked at; a team with fewer than the second number is expected to be like all
SAMPLE, SMALLEST_SAMPLE = 50, 5


def waiting_ids() -> list[int]:
    """The ids of those who wait, first to be served first."""
    return list(db.session.scalars(_queue(Conversation.id)))


def queue_position(conversation: Conversation) -> dict | None:
    """{position, expectedWaitSeconds} of a waiting conversation; None when it does not wait.

    `expectedWaitSeconds` is None while no agent is on line.
    """
    return queue_positions([conversation]).get(conversation.id)


def queue_positions(conversations: list[Conversation]) -> dict[int, dict]:
    """The same for many at once, by conversation id; those that do not wait are left out.

    Who waits for one team stands behind those who wait for it and for anybody; who waits for anybody, behind all.
    """
    wanted = {row.id for row in conversations if row.status is ConversationStatus.queued}
    if not wanted:
        return {}
    place, teams = {}, {}
    ahead: Counter[int | None] = Counter()
    for everybody, (conversation_id, team_id) in enumerate(
        db.session.execute(_queue(Conversation.id, Conversation.team_id)), start=1
    ):
        ahead[team_id] += 1
        if conversation_id in wanted:
            place[conversation_id] = everybody if team_id is None else ahead[team_id] + ahead[None]
            teams[conversation_id] = team_id
    room = _room(set(teams.values()))
    seconds = {team_id: _handling_seconds(team_id) for team_id, one in room.items() if one.places}
    return {
        number: {"position": place[number], "expectedWaitSeconds": room[team_id].wait(place[number], seconds)}
        for number, team_id in teams.items()
    }


@dataclass
class Room:
    """What the agents on line of a team, or of all, can hold together."""

    team_id: int | None
    places: int = 0
    free: int = 0

    def wait(self, position: int, seconds: dict[int | None, float]) -> int | None:
        """Until so many places have come free; None while nobody is there, for then nobody knows."""
        if not self.places:
            return None
        return int(max(0, position - self.free) * seconds[self.team_id] / self.places)


def is_staffed(team_id: int | None) -> bool:
    """Whether a team, or the company, works at this moment and one of its people is on line, free or not."""
    works = hours.is_open(team_id) or hours.somebody_on_duty(team_id)
    return works and _room([team_id])[team_id].places > 0


def _queue(*columns) -> Select:
    return (
        select(*columns)
        .where(Conversation.status == ConversationStatus.queued)
        .order_by(Conversation.queue_priority.desc(), Conversation.queue_time, Conversation.id)
    )


def _room(team_ids: Iterable[int | None]) -> dict[int | None, Room]:
    on_line = {
        agent_id: (most, max(0, most - count))
        for agent_id, most, count in db.session.execute(
            select(Agent.id, Agent.max_conversations, Agent.current_count).where(Agent.presence == Presence.online)
        )
    }
    numbers = {number for number in team_ids if number is not None}
    members: dict[int | None, set[int]] = defaultdict(set)
    members[None] = set(on_line)
    limits: dict[int, tuple[int, int]] = {}
    if numbers:
        for team_id, agent_id in db.session.execute(
            select(TeamMember.team_id, TeamMember.agent_id).where(
                TeamMember.team_id.in_(numbers), TeamMember.agent_id.in_(on_line)
            )
        ):
            members[team_id].add(agent_id)
        limits = {
            team_id: (most, max(0, most - count))
            for team_id, most, count in db.session.execute(
                select(Team.id, Team.max_conversations, Team.current_count).where(Team.id.in_(numbers))
            )
        }
    found = {}
    for team_id in team_ids:
        places, free = (sum(on_line[agent_id][part] for agent_id in members[team_id]) for part in (0, 1))
        most, left = limits.get(team_id, (0, 0))
        found[team_id] = Room(team_id, min(places, most) if most else places, min(free, left) if most else free)
    return found


def _handling_seconds(team_id: int | None = None) -> float:
    """Mean length of the last served conversations of a team or of all, in seconds."""
    query = select(Conversation.active_time, Conversation.close_time).where(
        Conversation.status == ConversationStatus.closed, Conversation.active_time.is_not(None)
    )
    if team_id is not None:
        query = query.where(Conversation.served_team_id == team_id)
    recent = db.session.execute(query.order_by(Conversation.id.desc()).limit(SAMPLE)).all()
    if team_id is not None and len(recent) < SMALLEST_SAMPLE:
        return _handling_seconds()
    lengths = [(close - active).total_seconds() for active, close in recent if close and close >= active]
    return max(sum(lengths) / len(lengths), LEAST_HANDLING_SECONDS) if lengths else DEFAULT_HANDLING_SECONDS
