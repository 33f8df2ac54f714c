"""Strategies, rules and hours of work: what they decide, from plain values."""

import datetime as dt
from dataclasses import replace

import pytest
import pytz

from models.organization import Presence
from models.routing import OffHours, RuleScope
from services.routing.facts import Candidate, Floor, Relation, Request, RuleFacts, TeamFacts
from services.routing.hours import Duty, Hours, parse_hours, written
from services.routing.plans import fits, plan_for
from services.routing.strategies import DEFAULT, STRATEGIES, rank

MORNING = dt.datetime(2026, 11, 20, 8, 0)


def team(number: int, *problem_types: str, skills: tuple[str, ...] = ()) -> TeamFacts:
    return TeamFacts(number, f"team {number}", frozenset(), frozenset(problem_types), frozenset(skills), 0, 0, True)


def agent(number: int, **more) -> Candidate:
    facts = {"count": 0, "most": 5, "last_assigned": None, "skills": {}, "region": None, "seniority": 1, **more}
    return Candidate(number, f"agent {number}", Presence.online, True, **facts)


def best(request: Request, candidates: list[Candidate], *strategies: str) -> tuple[int, str]:
    """Who gets it, and what told him apart from the next one."""
    first, second, *_ = rank(request, candidates, strategies)
    return first.candidate.id, second.loses_to(first)


PLAIN = Request(1, 1)
CASES = {
    "fewest": (PLAIN, agent(1, count=2), agent(2, count=1), "fewest"),
    "in turn": (PLAIN, agent(1, last_assigned=MORNING), agent(2), "round_robin"),
    "longest ago": (
        PLAIN,
        agent(1, last_assigned=MORNING),
        agent(2, last_assigned=MORNING - dt.timedelta(1)),
        "round_robin",
    ),
    "level": (
        Request(1, 1, skills=("install",)),
        agent(1, skills={"install": 2}),
        agent(2, skills={"install": 4}),
        "skill",
    ),
    "skill of the team": (
        Request(1, 1, skills=("install",)),
        agent(1),
        agent(2, teams=(team(7, skills=("install",)),)),
        "skill",
    ),
    "VIP": (Request(1, 1, vip_level=2), agent(1, seniority=1), agent(2, seniority=3), "senior"),
    "urgent": (Request(1, 1, is_urgent=True), agent(1, seniority=1), agent(2, seniority=3), "senior"),
    "region": (Request(1, 1, region="east"), agent(1, region="west"), agent(2, region="east"), "region"),
    "primary team": (
        Request(1, 1, relations=(Relation(7, True, frozenset()), Relation(8, False, frozenset()))),
        agent(1, teams=(team(8),)),
        agent(2, teams=(team(7),)),
        "relation",
    ),
    "customer's team for the problem": (
        Request(
            1,
            1,
            problem_type="login",
            relations=(Relation(7, True, frozenset()), Relation(8, False, frozenset({"login"}))),
        ),
        agent(1, teams=(team(7, "login"),)),
        agent(2, teams=(team(8),)),
        "cross_service",
    ),
    "any team for the problem": (
        Request(1, 1, problem_type="login"),
        agent(1, teams=(team(7, "data"),)),
        agent(2, teams=(team(8, "login"),)),
        "cross_service",
    ),
    "whom he asked for": (Request(1, 1, exclusive_ids=(2, 1)), agent(1), agent(2), "exclusive"),
    "who served him": (Request(1, 1, last_agent_id=2), agent(1), agent(2), "last_agent"),
}


@pytest.mark.parametrize(("request_", "worse", "better", "strategy"), CASES.values(), ids=CASES)
def test_strategy_prefers_the_better_one(request_, worse, better, strategy):
    assert best(request_, [worse, better], strategy) == (better.id, strategy)
    assert best(request_, [worse, better], *DEFAULT) == (better.id, strategy), "nothing else tells these two apart"


def test_every_strategy_has_a_case():
    assert {case[3] for case in CASES.values()} == set(STRATEGIES)


def test_strategies_without_facts_tell_nobody_apart():
    """An ordinary customer without history: all strategies but the last two leave it to how busy people are."""
    candidates = [agent(1, seniority=5, region="east", skills={"x": 5}, count=1), agent(2)]
    assert best(PLAIN, candidates, *DEFAULT) == (2, "fewest")


def test_first_strategy_that_tells_apart_decides_and_the_next_among_equals():
    request = Request(1, 1, skills=("install",), region="east")
    candidates = [
        agent(1, skills={"install": 3}, count=4),
        agent(2, skills={"install": 3}, count=2),
        agent(3, skills={"install": 1}, count=0, region="east"),
    ]
    ranked = rank(request, candidates, ["skill", "fewest"])
    assert [one.candidate.id for one in ranked] == [2, 1, 3]
    assert [one.loses_to(ranked[0]) for one in ranked[1:]] == ["fewest", "skill"]
    assert best(request, candidates, "region", "skill")[0] == 3


# --- rules ----------------------------------------------------------------------------------------------------------

SALES, SUPPORT = 1, 2
ANY = frozenset()


def rule(number: int, applies_to: RuleScope = RuleScope.everybody, **more) -> RuleFacts:
    facts = {
        "department_id": None,
        "team_id": None,
        "problem_type": None,
        "is_emergency": False,
        "strategies": ("fewest",),
        "target_teams": ANY,
        "first_visit_team_id": None,
        "first_visit_strategies": (),
        "no_relation_team_id": None,
        "no_relation_strategies": (),
        "off_hours": OffHours.duty,
        **more,
    }
    return RuleFacts(number, f"rule {number}", applies_to, **facts)


def floor(*rules: RuleFacts) -> Floor:
    """Two teams in departments of a tree: sales in 10/11, support in 10/12."""
    teams = {
        SALES: replace(team(SALES), department_ids=frozenset({10, 11})),
        SUPPORT: replace(team(SUPPORT), department_ids=frozenset({10, 12})),
    }
    return Floor([], teams, list(rules), True, Duty(ANY, ANY), MORNING.date())


def of_team(*numbers: int) -> tuple[Relation, ...]:
    return tuple(Relation(number, place == 0, ANY) for place, number in enumerate(numbers))


FITTING = {
    "everybody": (rule(1), PLAIN, True),
    "urgent": (rule(1, is_emergency=True), replace(PLAIN, is_urgent=True), True),
    "not urgent": (rule(1, is_emergency=True), PLAIN, False),
    "type": (rule(1, RuleScope.problem_type, problem_type="login"), replace(PLAIN, problem_type="login"), True),
    "other type": (rule(1, RuleScope.problem_type, problem_type="login"), replace(PLAIN, problem_type="data"), False),
    "no type": (rule(1, RuleScope.problem_type), PLAIN, False),
    "meant for the team": (rule(1, RuleScope.team, team_id=SALES), replace(PLAIN, team_id=SALES), True),
    "customer's team": (
        rule(1, RuleScope.team, team_id=SALES),
        replace(PLAIN, relations=of_team(SUPPORT, SALES)),
        True,
    ),
    "meant for another": (
        rule(1, RuleScope.team, team_id=SALES),
        replace(PLAIN, team_id=SUPPORT, relations=of_team(SALES)),
        False,
    ),
    "department": (rule(1, RuleScope.department, department_id=11), replace(PLAIN, team_id=SALES), True),
    "department above": (rule(1, RuleScope.department, department_id=10), replace(PLAIN, team_id=SUPPORT), True),
    "other department": (rule(1, RuleScope.department, department_id=11), replace(PLAIN, team_id=SUPPORT), False),
}


@pytest.mark.parametrize(("facts", "request_", "expected"), FITTING.values(), ids=FITTING)
def test_rule_fits_what_it_is_for(facts, request_, expected):
    assert fits(facts, request_, floor()) is expected


def test_the_first_rule_that_fits_decides_and_without_one_all_strategies_do():
    first = rule(
        1, RuleScope.problem_type, problem_type="login", strategies=("skill",), target_teams=frozenset({SALES})
    )
    last = rule(2, target_teams=frozenset({99}))
    plan = plan_for(replace(PLAIN, problem_type="login"), floor(first, last))
    assert (plan.rule, plan.strategies, plan.team_ids, plan.because) == (first, ("skill",), {SALES}, "rule")
    plan = plan_for(PLAIN, floor(first, last))
    assert (plan.rule, plan.team_ids, plan.because) == (last, None, None), "a team that is gone restricts nobody"
    plan = plan_for(replace(PLAIN, team_id=SUPPORT), floor())
    assert (plan.rule, plan.strategies, plan.team_ids, plan.because) == (None, DEFAULT, {SUPPORT}, "meant")


def test_who_comes_for_the_first_time_or_has_no_team_is_looked_after_as_the_rule_says():
    facts = rule(1, first_visit_team_id=SALES, no_relation_team_id=SUPPORT, no_relation_strategies=("region",))
    place = floor(facts)
    stranger = plan_for(replace(PLAIN, is_first_visit=True), place)
    assert (stranger.team_ids, stranger.because, stranger.strategies) == ({SALES}, "first_visit", ("fewest",))
    known = plan_for(PLAIN, place)
    assert (known.team_ids, known.because, known.strategies) == ({SUPPORT}, "no_relation", ("region",))
    assert plan_for(replace(PLAIN, relations=of_team(SALES)), place).team_ids is None
    assert plan_for(replace(PLAIN, is_first_visit=True, team_id=SUPPORT), place).because == "meant"


# --- hours ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("09:00-12:00, 13:30-18:00", "09:00-12:00, 13:30-18:00"),
        ("13:30–18:00；9:00 - 12:00", "09:00-12:00, 13:30-18:00"),
        ("9:00至18:00", "09:00-18:00"),
        ("00:00-24:00", "00:00-24:00"),
        ("", None),
        (None, None),
    ],
)
def test_hours_are_read_as_people_write_them(text, stored):
    assert written(parse_hours(text)) == stored


@pytest.mark.parametrize(
    "text", ["9-18", "09:00", "18:00-09:00", "09:00-25:00", "09:60-10:00", "09:00-12:00 11:00-13:00", "x"]
)
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(ValueError):
        parse_hours(text)


def test_week_holiday_and_make_up_day():
    """A Friday that is free, a Saturday that makes up for it, by the clock of Shanghai."""
    friday, saturday = dt.date(2026, 11, 20), dt.date(2026, 11, 21)
    week = ("09:00-12:00, 13:30-18:00",) * 5 + (None, None)
    usual = Hours(pytz.timezone("Asia/Shanghai"), week)
    assert usual.is_open(dt.datetime(2026, 11, 20, 1, 0)) and not usual.is_open(dt.datetime(2026, 11, 20, 0, 59))
    assert not usual.is_open(dt.datetime(2026, 11, 20, 4, 0)), "12:00 there"
    assert usual.next_opening(dt.datetime(2026, 11, 20, 10, 0)) == dt.datetime(2026, 11, 23, 1, 0)
    moved = Hours(usual.zone, week, {friday: None, saturday: "10:00-16:00"})
    assert not moved.is_open(dt.datetime(2026, 11, 20, 1, 0))
    assert moved.next_opening(dt.datetime(2026, 11, 20, 1, 0)) == dt.datetime(2026, 11, 21, 2, 0)
    assert Hours(usual.zone, (None,) * 7).next_opening(dt.datetime(2026, 11, 20)) is None


def test_hours_follow_the_clock_of_their_place_into_summer():
    berlin = Hours(pytz.timezone("Europe/Berlin"), ("09:00-17:00",) * 7)
    assert berlin.is_open(dt.datetime(2026, 7, 1, 7, 30)) and not berlin.is_open(dt.datetime(2026, 1, 7, 7, 30))
