"""What is written down about an assignment: who else was there, and why each of them did not get it (RTE-6, TKT-7)."""

from collections.abc import Mapping, Sequence

from services.routing.plans import Plan
from services.routing.strategies import Ranked

#: candidates kept in the record of an assignment; in a large company nobody reads more
RECORDED = 30


def compared(plan: Plan, chosen: Ranked, others: Sequence[Ranked], obstacles: Mapping[int, str | None]) -> dict:
    """By which rule and strategies, decided by what, and the candidates with their scores; `others`: best first."""
    runner_up = next((one for one in others if obstacles[one.candidate.id] is None), None)
    return {
        "rule": {"id": plan.rule.id, "name": plan.rule.name} if plan.rule else None,
        "teams": {"ids": sorted(plan.team_ids), "because": plan.because} if plan.team_ids else None,
        "strategies": list(plan.strategies),
        # whom nobody was there to be compared with got it for being the only one
        "decidedBy": runner_up.loses_to(chosen) if runner_up else "only",
        "candidates": [
            candidate(one, None if one is chosen else obstacles[one.candidate.id], chosen)
            for one in (chosen, *others)[:RECORDED]
        ],
        "further": max(0, len(others) + 1 - RECORDED),
    }


def candidate(ranked: Ranked, obstacle: str | None, best: Ranked | None) -> dict:
    """One candidate's facts; `best` is who got it, or would get it."""
    one = ranked.candidate
    return {
        "agentId": one.id,
        "name": one.name,
        "count": one.count,
        "max": one.most,
        "passedOver": obstacle,
        "lostBy": None if ranked is best or best is None or obstacle else ranked.loses_to(best),
        "scores": {name: {"score": score.value, **score.facts} for name, score in ranked.scores.items() if score.facts},
    }
