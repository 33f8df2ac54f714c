"""Why a conversation was given to whom, in words: from the facts stored with the assignment (RTE-6).

For REST and the administration's screens alike, in the reader's language.
"""

from collections.abc import Callable

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.locale import current_locale
from models.conversations import ConversationAssignment
from services import problems

#: strategy → what it is called, and what it does, in plain words
STRATEGY_WORDS = {
    "exclusive": (_("Exclusive agent"), _("The customer's own agent, or the one whom he asked for, if he is there")),
    "relation": (
        _("The customer's team"),
        _("Agents of the team that looks after this customer, the first team first"),
    ),
    "cross_service": (
        _("Team for the problem"),
        _("Of several teams the one for this problem type, by the customer's relations and the teams' problem types"),
    ),
    "skill": (_("Skill"), _("Who has the skill that the problem needs; a higher level comes first")),
    "senior": (_("Seniority for VIPs"), _("VIP customers and urgent problems to experienced agents")),
    "region": (_("Region"), _("Agents of the customer's region")),
    "last_agent": (_("Last agent"), _("Who served this customer the last time")),
    "fewest": (_("Fewest conversations"), _("Who holds the fewest conversations just now")),
    "round_robin": (_("In turn"), _("One after the other: whose last assignment is longest ago")),
}
#: why a candidate could not get it
OBSTACLES = {
    "busy": _("busy"),
    "offline": _("offline"),
    "disabled": _("account disabled"),
    "full": _("no room"),
    "team_full": _("team has no room"),
    "off_hours": _("not at work now"),
    "promised": _("just came free, for somebody who waits longer"),
}


def strategy_title(name: str) -> str:
    return str(STRATEGY_WORDS[name][0]) if name in STRATEGY_WORDS else name


def explanation(row: ConversationAssignment) -> dict | None:
    """{summary, conditions, candidates: [{agentId, name, chosen, facts, outcome}]} of an automatic one; else None."""
    detail = row.detail or {}
    candidates = detail.get("candidates")
    if not candidates:
        return None
    return {
        "summary": _summary(row, detail),
        "conditions": _conditions(detail),
        "candidates": [
            {
                "agentId": one["agentId"],
                "name": one["name"],
                "chosen": one["agentId"] == row.to_agent_id,
                "facts": facts_of(one),
                "outcome": gettext("got the conversation") if one["agentId"] == row.to_agent_id else outcome(one),
            }
            for one in candidates
        ],
    }


def _summary(row: ConversationAssignment, detail: dict) -> str:
    """One line for a supervisor: who got it, decided by what, and why the others did not."""
    chosen = next((one for one in detail["candidates"] if one["agentId"] == row.to_agent_id), None)
    parts = [described(chosen)] if chosen else []
    parts.append(_decided(detail.get("decidedBy")))
    others = [one for one in detail["candidates"] if one["agentId"] != row.to_agent_id]
    parts += [_passed(one) for one in others[:3]]
    left = len(others) - 3 + detail.get("further", 0)
    if left > 0:
        parts.append(ngettext("and %(num)d other", "and %(num)d others", left))
    return gettext("; ").join(part for part in parts if part)


def described(candidate: dict) -> str:
    """ "王敏: 2/5 in use, skill 安装 level 3" """
    return gettext("%(name)s: %(facts)s", name=candidate["name"], facts=gettext(", ").join(facts_of(candidate)))


def facts_of(candidate: dict) -> list[str]:
    """What spoke for a candidate, beginning with how many conversations he had then."""
    used = gettext("%(count)d/%(max)d in use", count=candidate["count"], max=candidate["max"])
    scores = candidate.get("scores") or {}
    return [used, *(_FACTS[name](facts) for name, facts in scores.items() if name in _FACTS)]


def outcome(candidate: dict) -> str:
    """Why somebody else got it: what this one lacked, had less of, or had more of."""
    if candidate.get("passedOver"):
        reason = candidate["passedOver"]
        return str(OBSTACLES.get(reason, reason))
    lost = candidate.get("lostBy")
    if lost is None or lost == "turn":
        return gettext("later in turn")
    facts = (candidate.get("scores") or {}).get(lost) or {}
    return _LACKS[lost](facts, candidate) if lost in _LACKS else gettext("less by “%(name)s”", name=lost)


def _passed(candidate: dict) -> str:
    return gettext("%(name)s passed over: %(reason)s", name=candidate["name"], reason=outcome(candidate))


def _decided(name: str | None) -> str:
    if name == "only":
        return gettext("the only one who could take it")
    if name == "turn":
        return gettext("all equal, in turn")
    return gettext("decided by “%(strategy)s”", strategy=strategy_title(name)) if name else ""


def _conditions(detail: dict) -> list[str]:
    """What was known of the conversation itself."""
    found = []
    if detail.get("rule"):
        found.append(gettext("Rule: %(name)s", name=detail["rule"]["name"]))
    if detail.get("problemType"):
        found.append(gettext("Problem type: %(name)s", name=_problem(detail["problemType"])))
    if detail.get("isUrgent"):
        found.append(gettext("Urgent"))
    if detail.get("vipLevel", 0) > 1:
        found.append(f"VIP {detail['vipLevel']}")
    if detail.get("isFirstVisit"):
        found.append(gettext("First visit"))
    teams = detail.get("teams")
    if teams and teams["because"] in _TEAMS_BECAUSE:
        found.append(str(_TEAMS_BECAUSE[teams["because"]]))
    return found


_TEAMS_BECAUSE = {
    "meant": _("Meant for one team only"),
    "rule": _("Only the teams that the rule names"),
    "first_visit": _("The team for first visits"),
    "no_relation": _("The team for customers without one of their own"),
}


def _problem(code: str) -> str:
    words = problems.titles().get(code)
    return words[1 if current_locale() == "en" else 0] if words else code


def _team_fact(facts: dict) -> str:
    if facts["primary"]:
        return gettext("of the customer's own team %(team)s", team=facts["team"])
    return gettext("of the customer's second team %(team)s", team=facts["team"])


#: strategy → what its facts say; "fewest" is said of everybody, "round_robin" is nothing to read
_FACTS: dict[str, Callable[[dict], str]] = {
    "exclusive": lambda facts: gettext("the customer's own agent"),
    "relation": _team_fact,
    "cross_service": lambda facts: gettext("team %(team)s serves this problem", team=facts["team"]),
    "skill": lambda facts: gettext("skill %(skill)s level %(level)d", skill=facts["skill"], level=facts["level"]),
    "senior": lambda facts: gettext("seniority %(number)d", number=facts["seniority"]),
    "region": lambda facts: gettext("region %(name)s", name=facts["region"]),
    "last_agent": lambda facts: gettext("served this customer the last time"),
}


def _less_related(facts: dict, candidate: dict) -> str:
    return gettext("only of the customer's second team") if facts else gettext("not of the customer's team")


def _less_own(facts: dict, candidate: dict) -> str:
    return gettext("somebody else was asked for") if facts else gettext("not the customer's own agent")


def _less_fit(facts: dict, candidate: dict) -> str:
    if facts:
        return gettext("not the customer's own team for this problem")
    return gettext("the team does not serve this problem")


def _less_skilled(facts: dict, candidate: dict) -> str:
    return gettext("skill level %(level)d only", level=facts["level"]) if facts else gettext("without this skill")


#: strategy → what kept somebody from being preferred, from his facts of it and from himself
_LACKS: dict[str, Callable[[dict, dict], str]] = {
    "exclusive": _less_own,
    "relation": _less_related,
    "cross_service": _less_fit,
    "skill": _less_skilled,
    "senior": lambda facts, one: gettext("less senior"),
    "region": lambda facts, one: gettext("another region"),
    "last_agent": lambda facts, one: gettext("did not serve this customer the last time"),
    "fewest": lambda facts, one: gettext("has %(count)d conversations already", count=one["count"]),
    "round_robin": lambda facts, one: gettext("had one more recently"),
}
