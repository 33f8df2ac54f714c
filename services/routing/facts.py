"""What is known when something is assigned, as plain values: the agents, the teams, whoever waits.

Conversations and tickets share the agents and teams; what `count` and `most` count is what is assigned.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from app.extensions import db
from models.conversations import Conversation, ConversationAssignment
from models.customers import Customer
from models.organization import Agent, Presence, Team, TeamMember
from models.routing import CustomerTeamRelation, OffHours, ProblemProfile, RelationKind, RoutingRule, RuleScope
from models.types import utcnow
from services import problems
from services.routing import hours
from services.routing.hours import Duty, Timetable

#: 1 and below are ordinary customers
VIP_FROM = 2


@dataclass
class TeamFacts:
    """A team at this moment."""

    id: int
    name: str
    #: numbers of its department and of those above
    department_ids: frozenset[int]
    problem_types: frozenset[str]
    skills: frozenset[str]
    count: int
    #: 0: no limit of its own
    most: int
    is_open: bool

    @property
    def has_room(self) -> bool:
        return not self.most or self.count < self.most


@dataclass
class Candidate:
    """An agent at this moment."""

    id: int
    name: str
    presence: Presence
    is_enabled: bool
    count: int
    most: int
    last_assigned: dt.datetime | None
    skills: dict[str, int]
    region: str | None
    seniority: int
    teams: tuple[TeamFacts, ...] = ()
    #: his team or the company works now, or he is on duty
    is_at_work: bool = True
    user_id: int = 0
    #: of tickets: he gives them out to others
    is_leader: bool = False

    @property
    def has_room(self) -> bool:
        return self.count < self.most

    @property
    def team_ids(self) -> tuple[int, ...]:
        return tuple(team.id for team in self.teams)

    def level_of(self, skill: str) -> int:
        """His own level; 1 where only his team says that it knows this; 0 where nobody does."""
        return self.skills.get(skill) or int(any(skill in team.skills for team in self.teams))


@dataclass(frozen=True)
class Relation:
    """A team that looks after a customer."""

    team_id: int
    is_primary: bool
    problem_types: frozenset[str]

    def is_about(self, problem_type: str | None) -> bool:
        """Whether it was made for this type by name."""
        return problem_type in self.problem_types


@dataclass(frozen=True)
class Request:
    """What waits for an agent, a conversation or a ticket, and for which customer."""

    id: int
    customer_id: int | None
    vip_level: int = 0
    is_urgent: bool = False
    region: str | None = None
    team_id: int | None = None
    problem_type: str | None = None
    #: names of the skill it needs, any of which counts
    skills: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    #: agents that this customer is to be served by: the one he asked for, then his own
    exclusive_ids: tuple[int, ...] = ()
    last_agent_id: int | None = None
    #: nobody of us has ever served this customer
    is_first_visit: bool = False

    @property
    def is_vip(self) -> bool:
        return self.vip_level >= VIP_FROM


@dataclass(frozen=True)
class RuleFacts:
    """A rule's columns, as `models.routing.RoutingRule` explains them."""

    id: int
    name: str
    applies_to: RuleScope
    department_id: int | None
    team_id: int | None
    problem_type: str | None
    is_emergency: bool
    strategies: tuple[str, ...]
    target_teams: frozenset[int]
    first_visit_team_id: int | None
    first_visit_strategies: tuple[str, ...]
    no_relation_team_id: int | None
    no_relation_strategies: tuple[str, ...]
    off_hours: OffHours

    @classmethod
    def of(cls, row: RoutingRule) -> "RuleFacts":
        values = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        lists = {name: tuple(value or ()) for name, value in values.items() if name.endswith("strategies")}
        return cls(**{**values, **lists, "target_teams": frozenset(row.target_teams or ())})


@dataclass
class Floor:
    """The company at this moment: who works in it, and by which rules."""

    candidates: list[Candidate]
    teams: dict[int, TeamFacts]
    rules: list[RuleFacts]
    is_open: bool
    duty: Duty
    today: dt.date
    #: problem type → the skills it needs, any of which counts
    skills: dict[str, tuple[str, ...]] = field(default_factory=dict)


def look_around() -> Floor:
    """The floor of the bound company with the rules of its conversations, read anew."""
    floor = look_at_staff()
    floor.rules = [
        RuleFacts.of(row)
        for row in db.session.scalars(
            select(RoutingRule).where(RoutingRule.active == 1).order_by(RoutingRule.sort, RoutingRule.id)
        )
    ]
    floor.skills = _skills()
    return floor


def look_at_staff() -> Floor:
    """Who works in the bound company and when, without any rules, read anew."""
    now, timetable = utcnow(), hours.timetable()
    teams = _teams(timetable, now)
    company = timetable.company
    return Floor(
        candidates=_candidates(teams),
        teams=teams,
        rules=[],
        is_open=company.is_open(now),
        duty=hours.duty(now),
        today=company.date_at(now),
    )


def requests_of(conversations: Iterable[Conversation], floor: Floor) -> list[Request]:
    """What assigning these needs to know, in few statements however many they are."""
    rows = list(conversations)
    customer_ids = {row.customer_id for row in rows}
    customers = {
        row.id: row
        for row in db.session.scalars(
            select(Customer).where(Customer.id.in_(customer_ids)).options(joinedload(Customer.organization))
        )
    }
    relations, last_agents = relations_of(customer_ids, floor.today), _last_agents(customer_ids)
    return [
        _request(row, customers[row.customer_id], relations[row.customer_id], last_agents.get(row.customer_id), floor)
        for row in rows
        if row.customer_id in customers
    ]


def _request(
    row: Conversation, customer: Customer, relations: list[Relation], last_agent_id: int | None, floor: Floor
) -> Request:
    return Request(
        id=row.id,
        customer_id=customer.id,
        vip_level=customer.vip_level,
        is_urgent=row.is_urgent,
        region=customer.region or (customer.organization.region if customer.organization else None),
        team_id=row.team_id if row.team_id in floor.teams else None,
        problem_type=row.problem_type,
        skills=floor.skills.get(row.problem_type, ()),
        relations=tuple(one for one in relations if one.team_id in floor.teams),
        exclusive_ids=tuple(number for number in (row.wanted_agent_id, customer.agent_id) if number),
        last_agent_id=last_agent_id,
        is_first_visit=last_agent_id is None,
    )


def _skills() -> dict[str, tuple[str, ...]]:
    """For each problem type the skill that its profile names; else any that is called like the type."""
    named = dict(
        db.session.execute(
            select(ProblemProfile.problem_type, ProblemProfile.skill).where(ProblemProfile.skill.is_not(None))
        )
        .tuples()
        .all()
    )
    return {
        code: (named[code],) if code in named else tuple(dict.fromkeys((code, *words)))
        for code, words in problems.titles().items()
    }


def relations_of(customer_ids: set[int], today: dt.date) -> dict[int, list[Relation]]:
    """customer → the relations that hold today, the primary one first."""
    found: dict[int, list[Relation]] = defaultdict(list)
    starts, ends = CustomerTeamRelation.effective_date, CustomerTeamRelation.expiry_date
    rows = db.session.scalars(
        select(CustomerTeamRelation)
        .where(
            CustomerTeamRelation.customer_id.in_(customer_ids),
            or_(starts.is_(None), starts <= today),
            or_(ends.is_(None), ends >= today),
        )
        .order_by(CustomerTeamRelation.kind, CustomerTeamRelation.id)
    )
    for row in rows:
        found[row.customer_id].append(
            Relation(row.team_id, row.kind is RelationKind.primary, frozenset(row.problem_types or ()))
        )
    return found


def _last_agents(customer_ids: set[int]) -> dict[int, int]:
    """customer → to whom he was given last. From the history: a conversation that is taken up again has no agent."""
    last = (
        select(func.max(ConversationAssignment.id))
        .join(ConversationAssignment.conversation)
        .where(Conversation.customer_id.in_(customer_ids), ConversationAssignment.to_agent_id.is_not(None))
        .group_by(Conversation.customer_id)
    )
    rows = db.session.execute(
        select(Conversation.customer_id, ConversationAssignment.to_agent_id)
        .join(ConversationAssignment.conversation)
        .where(ConversationAssignment.id.in_(last))
    )
    return dict(rows.tuples().all())


def _teams(timetable: Timetable, now: dt.datetime) -> dict[int, TeamFacts]:
    rows = db.session.scalars(
        select(Team).options(joinedload(Team.department)), execution_options={"populate_existing": True}
    )
    return {
        row.id: TeamFacts(
            id=row.id,
            name=row.name,
            department_ids=frozenset(
                int(part) for part in (row.department.path if row.department else "").split("/") if part
            ),
            problem_types=frozenset(row.problem_types or ()),
            skills=frozenset(row.skills or ()),
            count=row.current_count,
            most=row.max_conversations,
            is_open=timetable.of(row.id).is_open(now),
        )
        for row in rows
    }


def _candidates(teams: dict[int, TeamFacts]) -> list[Candidate]:
    members: dict[int, list[TeamFacts]] = defaultdict(list)
    for agent_id, team_id in db.session.execute(
        select(TeamMember.agent_id, TeamMember.team_id).order_by(TeamMember.team_id)
    ):
        if team_id in teams:
            members[agent_id].append(teams[team_id])
    rows = db.session.scalars(
        select(Agent).options(joinedload(Agent.user)).order_by(Agent.id), execution_options={"populate_existing": True}
    )
    return [
        Candidate(
            id=row.id,
            name=row.name,
            presence=row.presence,
            is_enabled=row.user is not None and bool(row.user.active),
            count=row.current_count,
            most=row.max_conversations,
            last_assigned=row.last_assigned_time,
            skills={skill["name"]: skill["level"] for skill in row.skills or ()},
            region=row.region,
            seniority=row.seniority,
            teams=tuple(members[row.id]),
            user_id=row.user_id,
        )
        for row in rows
    ]
