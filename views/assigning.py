"""Why a conversation or ticket was given to whom, in words: from the facts stored with the assignment (RTE-6, TKT-7).

For REST and the administration's screens alike, in the reader's language.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from models.conversations import ConversationAssignment
from models.tickets import TicketAssignment
from services import problems
from views.dictionary_words import called, word_of


def _as_called(dictionary: str, words: dict[str, tuple]) -> dict[str, tuple]:
    """The same words, by the names that the company reading them has in this dictionary (SET-2)."""
    return {name: (called(dictionary, name, title), meaning) for name, (title, meaning) in words.items()}


_RELATION = (_("The customer's team"), _("Agents of the team that looks after this customer, the first team first"))
_REGION = (_("Region"), _("Agents of the customer's region"))
_IN_TURN = (_("In turn"), _("One after the other: whose last assignment is longest ago"))
#: strategy → what it is called, and what it does, in plain words
_OF_CONVERSATIONS = {
    "exclusive": (_("Exclusive agent"), _("The customer's own agent, or the one whom he asked for, if he is there")),
    "relation": _RELATION,
    "cross_service": (
        _("Team for the problem"),
        _("Of several teams the one for this problem type, by the customer's relations and the teams' problem types"),
    ),
    "skill": (_("Skill"), _("Who has the skill that the problem needs; a higher level comes first")),
    "senior": (_("Seniority for VIPs"), _("VIP customers and urgent problems to experienced agents")),
    "region": _REGION,
    "last_agent": (_("Last agent"), _("Who served this customer the last time")),
    "fewest": (_("Fewest conversations"), _("Who holds the fewest conversations just now")),
    "round_robin": _IN_TURN,
}
#: the same for tickets, in the order in which they are offered
_OF_TICKETS = {
    "exclusive": (_("Exclusive agent"), _("The customer's own agent")),
    "relation": _RELATION,
    "skill": (
        _("Skill"),
        _("Who has the skill that is called like the ticket's type or product, or that the rule names"),
    ),
    "senior": (_("Seniority by priority"), _("Urgent and critical tickets, and those of VIPs, to experienced agents")),
    "region": _REGION,
    "last_agent": (_("Last agent"), _("Who worked on this customer's last ticket")),
    "at_work": (_("Working time"), _("Who works now by the working hours, or is on duty")),
    "fewest": (_("Fewest tickets"), _("Who has the fewest open tickets just now")),
    "round_robin": _IN_TURN,
}
STRATEGY_WORDS = _as_called("routing_strategy", _OF_CONVERSATIONS)
TICKET_STRATEGY_WORDS = _as_called("ticket_strategy", _OF_TICKETS)
#: why a candidate could not get it
OBSTACLES = {
    "busy": _("busy"),
    "offline": _("offline"),
    "disabled": _("account disabled"),
    "full": _("no room"),
    "team_full": _("team has no room"),
    "off_hours": _("not at work now"),
    "promised": _("just came free, for somebody who waits longer"),
    "tickets_full": _("as many open tickets as allowed"),
    "no_skill": _("without the skill that is needed"),
    "not_meant": _("not asked by the rules"),
}


@dataclass(frozen=True)
class Wording:
    """What is said of conversations in one way and of tickets in another."""

    strategies: dict[str, tuple]
    got: Callable[[], str]
    #: how many somebody has, of how many he may have
    used: Callable[[dict], str]
    more: Callable[[dict], str]
    conditions: Callable[[dict], list[str]]


def explanation(row: ConversationAssignment | TicketAssignment) -> dict | None:
    """{summary, conditions, candidates: [{agentId, name, chosen, facts, outcome}]} of an automatic one; else None."""
    detail = row.detail or {}
    candidates = detail.get("candidates")
    if not candidates:
        return None
    wording = TICKETS if isinstance(row, TicketAssignment) else CONVERSATIONS
    return {
        "summary": _summary(row, detail, wording),
        "conditions": [*_rule(detail), *wording.conditions(detail), *_teams(detail)],
        "candidates": [
            {
                "agentId": one["agentId"],
                "name": one["name"],
                "chosen": one["agentId"] == row.to_agent_id,
                "facts": [wording.used(one), *facts_of(one)],
                "outcome": wording.got() if one["agentId"] == row.to_agent_id else outcome(one, wording),
            }
            for one in candidates
        ],
    }


def _summary(row: ConversationAssignment | TicketAssignment, detail: dict, wording: Wording) -> str:
    """One line for a supervisor: who got it, decided by what, and why the others did not."""
    chosen = next((one for one in detail["candidates"] if one["agentId"] == row.to_agent_id), None)
    parts = [_described(chosen, wording)] if chosen else []
    parts.append(_decided(detail.get("decidedBy"), wording))
    others = [one for one in detail["candidates"] if one["agentId"] != row.to_agent_id]
    parts += [_passed(one, wording) for one in others[:3]]
    left = len(others) - 3 + detail.get("further", 0)
    if left > 0:
        parts.append(ngettext("and %(num)d other", "and %(num)d others", left))
    return gettext("; ").join(part for part in parts if part)


def _described(candidate: dict, wording: Wording) -> str:
    """ "王敏: 2/5 in use, skill 安装 level 3" """
    facts = [wording.used(candidate), *facts_of(candidate)]
    return gettext("%(name)s: %(facts)s", name=candidate["name"], facts=gettext(", ").join(facts))


def facts_of(candidate: dict) -> list[str]:
    """What spoke for a candidate."""
    scores = candidate.get("scores") or {}
    return [_FACTS[name](facts) for name, facts in scores.items() if name in _FACTS]


def obstacle_title(name: str) -> str:
    return str(OBSTACLES.get(name, name))


def outcome(candidate: dict, wording: Wording) -> str:
    """Why somebody else got it: what this one lacked, had less of, or had more of."""
    if candidate.get("passedOver"):
        return obstacle_title(candidate["passedOver"])
    lost = candidate.get("lostBy")
    if lost is None or lost == "turn":
        return gettext("later in turn")
    if lost == "fewest":
        return wording.more(candidate)
    facts = (candidate.get("scores") or {}).get(lost) or {}
    return _LACKS[lost](facts, candidate) if lost in _LACKS else gettext("less by “%(name)s”", name=lost)


def _passed(candidate: dict, wording: Wording) -> str:
    return gettext("%(name)s passed over: %(reason)s", name=candidate["name"], reason=outcome(candidate, wording))


def _decided(name: str | None, wording: Wording) -> str:
    if name == "only":
        return gettext("the only one who could take it")
    if name == "turn":
        return gettext("all equal, in turn")
    title = wording.strategies.get(name, (name,))[0]
    return gettext("decided by “%(strategy)s”", strategy=title) if name else ""


def _rule(detail: dict) -> list[str]:
    return [gettext("Rule: %(name)s", name=detail["rule"]["name"])] if detail.get("rule") else []


def _teams(detail: dict) -> list[str]:
    because = (detail.get("teams") or {}).get("because")
    return [str(_TEAMS_BECAUSE[because])] if because in _TEAMS_BECAUSE else []


def _of_conversation(detail: dict) -> list[str]:
    """What was known of the conversation itself."""
    found = []
    if detail.get("problemType"):
        found.append(gettext("Problem type: %(name)s", name=word_of(problems.DICTIONARY, detail["problemType"])))
    if detail.get("isUrgent"):
        found.append(gettext("Urgent"))
    if detail.get("vipLevel", 0) > 1:
        found.append(f"VIP {detail['vipLevel']}")
    if detail.get("isFirstVisit"):
        found.append(gettext("First visit"))
    return found


def _of_ticket(detail: dict) -> list[str]:
    """What was known of the ticket itself."""
    found = []
    if detail.get("ticketType"):
        found.append(gettext("Type: %(name)s", name=word_of("ticket_type", detail["ticketType"])))
    if detail.get("product"):
        found.append(gettext("Product: %(name)s", name=word_of("product", detail["product"])))
    if detail.get("priority") in _PRESSING:
        found.append(word_of("ticket_priority", detail["priority"]))
    if detail.get("vipLevel", 0) > 1:
        found.append(f"VIP {detail['vipLevel']}")
    if detail.get("skillRequired"):
        found.append(gettext("Only with skill %(name)s", name=detail["skillRequired"]))
    return found


#: priorities that say something
_PRESSING = ("urgent", "critical")


_TEAMS_BECAUSE = {
    "meant": _("Meant for one team only"),
    "rule": _("Only the teams that the rule names"),
    "first_visit": _("The team for first visits"),
    "no_relation": _("The team for customers without one of their own"),
}


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
    "at_work": lambda facts: gettext("at work now"),
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
    "at_work": lambda facts, one: gettext("not at work now"),
    "round_robin": lambda facts, one: gettext("had one more recently"),
}

CONVERSATIONS = Wording(
    STRATEGY_WORDS,
    got=lambda: gettext("got the conversation"),
    used=lambda one: gettext("%(count)d/%(max)d in use", count=one["count"], max=one["max"]),
    more=lambda one: gettext("has %(count)d conversations already", count=one["count"]),
    conditions=_of_conversation,
)
TICKETS = Wording(
    TICKET_STRATEGY_WORDS,
    got=lambda: gettext("got the ticket"),
    used=lambda one: gettext("%(count)d of at most %(max)d open tickets", count=one["count"], max=one["max"]),
    more=lambda one: gettext("has %(count)d open tickets already", count=one["count"]),
    conditions=_of_ticket,
)
