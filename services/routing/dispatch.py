"""The one dispatcher: drains the queue oldest first whenever an agent could take something (RTE)."""

import datetime as dt
import logging
from collections.abc import Iterator

from sqlalchemy import select

from app.errors import Conflict, NotFound
from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationStatus
from models.organization import Agent, Presence
from models.types import utcnow
from services import conversations, problems, settings
from services.operation import operation
from services.routing import facts, plans, queue, records
from services.routing.facts import Floor, Request
from services.routing.plans import Plan
from services.routing.rounds import Rounds
from services.routing.strategies import Ranked, rank
from services.understanding.waiting import recognise_waiting

logger = logging.getLogger(__name__)

#: conversations looked at together
BATCH = 100


_rounds = Rounds()


def dispatch(actor: Actor) -> int:
    """Give waiting conversations to agents with room, in order; returns how many found an agent.

    Called when a conversation is queued, an agent comes on line or has room again, and by the timer. Running
    it twice at once, in several processes, does no harm: each assignment locks the conversation and takes the places
    conditionally.
    """
    return _rounds.run(actor.tenant_id, lambda: _round(actor))


def _round(actor: Actor) -> int:
    db.session.rollback()  # a round looks at what is, not at what was when the one before began
    waiting = queue.waiting_ids() if _has_room_at_all() else []
    if not waiting:
        return 0
    recognise_waiting(actor, waiting)
    floor = facts.look_around()
    # only who has room now: an agent who comes free during this round belongs to whoever waits longest, and his
    # coming starts a round of its own
    free = {one.id for one in floor.candidates if one.presence is Presence.online and one.is_enabled and one.has_room}
    given = 0
    for request in _requests(waiting, floor):
        if not free:
            break
        plan = plans.plan_for(request, floor)
        pool = plans.pool(plan, floor)
        if all(one.id not in free or plans.why_not(plan, request, one, floor) for one in pool):
            continue
        conversation = db.session.get(Conversation, request.id, populate_existing=True)
        if conversation is None:
            continue
        try:
            agent_id = route_conversation(actor, conversation, frozenset(free))
        except (Conflict, NotFound) as refusal:
            logger.info("conversation %s stays in the queue: %s", request.id, refusal.kind)
            continue
        if agent_id:
            given += 1
            _count(floor, agent_id, conversation.served_team_id)
            free = {one.id for one in floor.candidates if one.id in free and one.has_room}
        elif agent_id is False and conversation.problem_type == request.problem_type:
            # they were taken in the meantime; should one come free again, it is for this one. What was recognised
            # only now waits for others than these, which the next round knows
            free -= {one.id for one in pool}
    return given


@operation("conversation.route", title="Route a conversation automatically")
def route_conversation(
    actor: Actor, conversation: Conversation, among: frozenset[int] | None = None
) -> int | bool | None:
    """Find an agent for one waiting conversation, of these if `among` names some; returns the agent's number.

    False when nobody can take it, None when it no longer waits.
    """
    if conversation.status is not ConversationStatus.queued:
        return None
    if conversation.problem_type is None and problems.recognise(conversation):
        conversation.queue_priority = max(conversation.queue_priority, problems.priority(conversation))
    floor = facts.look_around()
    request = next(iter(facts.requests_of([conversation], floor)), None)
    if request is None:
        return False  # whoever asked has been deleted since
    plan = plans.plan_for(request, floor)
    pool = plans.pool(plan, floor)
    obstacles = {one.id: plans.why_not(plan, request, one, floor, among) for one in pool}
    ranking = rank(request, pool, plan.strategies)
    for ranked in ranking:
        if obstacles[ranked.candidate.id] is not None:
            continue
        teams = [team.id for team in plans.teams_for(plan, request, ranked.candidate)]
        try:
            conversations.give(
                actor,
                conversation,
                conversations.get_agent(ranked.candidate.id),
                method="auto",
                detail=_record(plan, request, ranking, ranked, obstacles),
                team_ids=teams,
            )
        except Conflict as refusal:
            # filled up in the meantime; `give` refuses before it changes anything
            obstacles[ranked.candidate.id] = "team_full" if refusal.kind == "team_full" else "full"
            continue
        return ranked.candidate.id
    return False


def left_alone(minutes: int) -> list[Conversation]:
    """Running conversations whose customer has waited so long for an agent who has been off line as long."""
    since = utcnow() - dt.timedelta(minutes=minutes)
    return list(
        db.session.scalars(
            select(Conversation)
            .join(Agent, Agent.id == Conversation.agent_id)
            .where(
                Conversation.status.in_(HELD),
                Conversation.waiting_since < since,
                Agent.presence == Presence.offline,
                Agent.presence_time < since,
            )
            .order_by(Conversation.waiting_since)
            .limit(BATCH)
        )
    )


def requeue_left_alone(actor: Actor) -> int:
    """Give the first of those a new chance, the timetable does the rest; returns how many.

    The setting `requeue_after_minutes` 0 switches it off.
    """
    minutes = settings.get_setting("requeue_after_minutes")
    rows = left_alone(minutes) if minutes else []
    return sum(conversations.requeue_conversation(actor, row) is not None for row in rows)


def _has_room_at_all() -> bool:
    """Whether any agent on line could take one more: asked first, for in a full house many arrive in vain."""
    free = select(Agent.id).where(Agent.presence == Presence.online, Agent.current_count < Agent.max_conversations)
    return db.session.scalar(free.limit(1)) is not None


def _requests(waiting: list[int], floor: Floor) -> Iterator[Request]:
    """What waits, in order; read some at a time, for often few of many can be served."""
    for start in range(0, len(waiting), BATCH):
        numbers = waiting[start : start + BATCH]
        rows = {
            row.id: row
            for row in db.session.scalars(
                select(Conversation).where(
                    Conversation.id.in_(numbers), Conversation.status == ConversationStatus.queued
                ),
                execution_options={"populate_existing": True},
            )
        }
        yield from facts.requests_of([rows[number] for number in numbers if number in rows], floor)


def _count(floor: Floor, agent_id: int, team_id: int | None) -> None:
    """Keep the picture right over a round: this agent and this team hold one more."""
    candidate = next(one for one in floor.candidates if one.id == agent_id)
    candidate.count += 1
    if team_id is not None:
        floor.teams[team_id].count += 1


def _record(
    plan: Plan, request: Request, ranking: list[Ranked], chosen: Ranked, obstacles: dict[int, str | None]
) -> dict:
    """The facts of an assignment: by which rule, who else was there, and why each of them did not get it (RTE-6)."""
    others = [one for one in ranking if one is not chosen and _is_worth_telling(one, request)]
    relation = next((one for one in request.relations if one.team_id in chosen.candidate.team_ids), None)
    return {
        **records.compared(plan, chosen, others, obstacles),
        "problemType": request.problem_type,
        "isUrgent": request.is_urgent,
        "vipLevel": request.vip_level,
        "isFirstVisit": request.is_first_visit,
        "relation": {"teamId": relation.team_id, "isPrimary": relation.is_primary} if relation else None,
    }


def _is_worth_telling(ranked: Ranked, request: Request) -> bool:
    """Who is away was no candidate, unless it was he whom the customer would have been given to first."""
    candidate = ranked.candidate
    return (
        candidate.presence is not Presence.offline
        or candidate.id in request.exclusive_ids
        or candidate.id == request.last_agent_id
    )
