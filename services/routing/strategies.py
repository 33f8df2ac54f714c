"""STRATEGIES: ways of preferring one agent to another, each a small function of plain values (RTE-1).

Each says of a candidate how well he fits, higher being better, and by which fact. A rule names an ordered list: the
first strategy that tells two candidates apart decides between them.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.routing.facts import Candidate, Request


@dataclass(frozen=True)
class Score:
    """How well a candidate fits, and the facts by which it is explained."""

    value: float = 0
    facts: dict = field(default_factory=dict)


Strategy = Callable[[Request, Candidate], Score]


def round_robin(request: Request, candidate: Candidate) -> Score:
    """Whose last assignment is longest ago; who never had one comes first."""
    last = candidate.last_assigned
    return Score() if last is None else Score(-_seconds(last), {"last": last.isoformat(timespec="seconds") + "Z"})


def fewest(request: Request, candidate: Candidate) -> Score:
    """Who holds fewest now, conversations or tickets."""
    return Score(-candidate.count, {"count": candidate.count, "max": candidate.most})


def skill(request: Request, candidate: Candidate) -> Score:
    """Whose skill fits the problem, and how good he is in it."""
    best = max(request.skills, key=candidate.level_of, default=None)
    level = candidate.level_of(best) if best else 0
    return Score(level, {"skill": best, "level": level}) if level else Score()


def senior(request: Request, candidate: Candidate) -> Score:
    """Experienced agents for VIPs and for what is urgent; for others it makes no difference."""
    if not (request.is_vip or request.is_urgent):
        return Score()
    return Score(candidate.seniority, {"seniority": candidate.seniority})


def region(request: Request, candidate: Candidate) -> Score:
    """Who looks after the region in which the customer is."""
    same = bool(request.region) and candidate.region == request.region
    return Score(1, {"region": request.region}) if same else Score()


def relation(request: Request, candidate: Candidate) -> Score:
    """Who belongs to the customer's own team, or at least to one that helps it out."""
    mine = [one for one in request.relations if one.team_id in candidate.team_ids]
    best = max(mine, key=lambda one: one.is_primary, default=None)
    if best is None:
        return Score()
    return Score(2 if best.is_primary else 1, {"team": _name(candidate, best.team_id), "primary": best.is_primary})


def cross_service(request: Request, candidate: Candidate) -> Score:
    """Of a customer's several teams the one for this problem; for a customer without any, a team that serves such."""
    if request.problem_type is None:
        return Score()
    theirs = {one.team_id: one for one in request.relations}
    for team in candidate.teams:
        if team.id in theirs and theirs[team.id].is_about(request.problem_type):
            return Score(2, {"team": team.name, "own": True})
    for team in candidate.teams:
        if request.problem_type in team.problem_types and (team.id in theirs or not theirs):
            return Score(1, {"team": team.name, "own": bool(theirs)})
    return Score()


def exclusive(request: Request, candidate: Candidate) -> Score:
    """The customer's own agent, or the one whom he asked for."""
    if candidate.id not in request.exclusive_ids:
        return Score()
    return Score(len(request.exclusive_ids) - request.exclusive_ids.index(candidate.id), {"exclusive": True})


def last_agent(request: Request, candidate: Candidate) -> Score:
    """Who served this customer the last time."""
    return Score(1, {"last": True}) if candidate.id == request.last_agent_id else Score()


def at_work(request: Request, candidate: Candidate) -> Score:
    """Who works now or is on duty. Conversations are given to nobody else anyway; a ticket may wait for him."""
    return Score(1, {"atWork": True}) if candidate.is_at_work else Score()


#: name, as stored in rules → function; new ones go to the end
STRATEGIES: dict[str, Strategy] = {
    function.__name__: function
    for function in (
        exclusive,
        cross_service,
        relation,
        skill,
        senior,
        region,
        last_agent,
        fewest,
        round_robin,
    )
}
#: what a company does that has configured nothing: all of them; without data most tell nobody apart
DEFAULT = tuple(STRATEGIES)
#: the same for tickets, which have no problem type but may be worked on later
TICKET_STRATEGIES: dict[str, Strategy] = {
    function.__name__: function
    for function in (exclusive, relation, skill, senior, region, last_agent, at_work, fewest, round_robin)
}
_ALL = STRATEGIES | TICKET_STRATEGIES


@dataclass(frozen=True)
class Ranked:
    """A candidate with his scores, by strategy, in the order in which they count."""

    candidate: Candidate
    scores: dict[str, Score]

    @property
    def key(self) -> tuple:
        last = self.candidate.last_assigned
        # among equals it goes round, in the order of the list of agents
        return (
            *(-score.value for score in self.scores.values()),
            _seconds(last) if last else 0.0,
            self.candidate.id,
        )

    def loses_to(self, other: "Ranked") -> str:
        """The strategy that told the two apart; "turn" when none did."""
        return next(
            (name for name, score in self.scores.items() if score.value != other.scores[name].value),
            "turn",
        )


def rank(request: Request, candidates: Sequence[Candidate], strategies: Sequence[str]) -> list[Ranked]:
    """The candidates, the best one first."""
    known = [name for name in strategies if name in _ALL]
    scored = [Ranked(candidate, {name: _ALL[name](request, candidate) for name in known}) for candidate in candidates]
    return sorted(scored, key=lambda ranked: ranked.key)


def _seconds(moment: dt.datetime) -> float:
    return moment.replace(tzinfo=dt.UTC).timestamp()


def _name(candidate: Candidate, team_id: int) -> str:
    return next(team.name for team in candidate.teams if team.id == team_id)
