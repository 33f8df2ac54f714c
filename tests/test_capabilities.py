"""The role matrix by every door: what a role may do, it may do on screen, by REST and by socket, and nothing else.

The table is tests/data/capabilities.py.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

import views.sockets.handlers as sockets
from tests.data.capabilities import CAPABILITIES, SOCKET_EVENTS, Capability, Door, holders
from tests.people import Company, Person, Served, unique
from tests.screens import Screens, carry_form_key, form_key

# which doors are open to a role does not depend on the database; test_matrix asks on both
pytestmark = pytest.mark.backend("sqlite")

DOORS = [
    pytest.param(capability, door, id=f"{capability.title}: {door.what}")
    for capability in CAPABILITIES
    for door in capability.doors
]


@pytest.fixture(scope="module")
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def askers(company: Company) -> dict[str, Person]:
    """Somebody of each role; the visitor and the customers have a conversation of their own."""
    return {
        "anonymous": company.anonymous,
        "visitor": company.visitor(),
        "customer": company.customer,
        "agent": company.agent,
        "supervisor": company.supervisor,
        "admin": company.manager,
        "super_admin": company.new("super_admin"),
    }


@dataclass(frozen=True)
class Situation:
    """What a role finds: a conversation of its own and one of somebody else, with a word in each."""

    own: Served
    other: Served
    #: what stands for "{own}", "{other_no}" … in a door
    values: dict[str, Any]


class Situations:
    """One for each role, until somebody has changed it."""

    def __init__(self, company: Company, askers: dict[str, Person]):
        self.company, self.askers = company, askers
        self.colleague = company.new("agent")
        company.make_room(self.colleague)
        self.colleague.be("busy")  # there to be asked
        self._known: dict[str, Situation] = {}

    def of(self, role: str) -> Situation:
        if role not in self._known:
            self._known[role] = self._make(role)
        return self._known[role]

    def forget(self, role: str) -> None:
        self._known.pop(role, None)

    def _make(self, role: str) -> Situation:
        asker, agent = self.askers[role], self.company.other_team_agent
        if role in ("visitor", "customer"):
            own = self.company.served(asker, agent)
        else:  # nothing belongs to who is anonymous: what stands there is somebody else's
            own = self.company.served(agent=agent if role == "anonymous" else asker)
        other = self.company.served(agent=agent)
        values = {"agent": agent.agent_id, "colleague": self.colleague.agent_id}
        for name, served in (("own", own), ("other", other)):
            word = unique(name)
            served.customer.say(served.path, word)
            number = served.customer.get(served.path)["no"]
            values |= {name: served.id, f"{name}_word": word, f"{name}_no": number}
        return Situation(own, other, values)


@pytest.fixture(scope="module")
def situations(company: Company, askers: dict[str, Person]) -> Situations:
    return Situations(company, askers)


@pytest.fixture(scope="module")
def key(company: Company) -> tuple[str, str]:
    return form_key(Screens(company.admin))


# --- the table and the product --------------------------------------------------------------------------------------


def test_every_socket_event_is_known_to_the_matrix():
    """Figures, presence and settings have no event: a new one that reaches them needs a line."""
    assert set(sockets.HANDLERS) == SOCKET_EVENTS
    named = {door.what.split()[1] for line in CAPABILITIES for door in line.doors if door.what.startswith("SOCKET ")}
    assert named <= SOCKET_EVENTS


def test_every_exception_of_the_matrix_has_its_reason():
    for line in CAPABILITIES:
        for door in line.doors:
            assert set(door.not_for) <= holders(line.marks), f"{line.title}: {door.what}"
            assert bool(door.not_for) == bool(door.why), f"{line.title}: {door.what}"


def test_every_role_has_a_way_to_what_it_may():
    """Nobody is left without a door to a capability that he has."""
    for line in CAPABILITIES:
        for role in holders(line.marks):
            assert any(role not in door.not_for for door in line.doors), f"{line.title}: {role}"


# --- the doors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("capability", "door"), DOORS)
def test_door_opens_for_whom_the_matrix_says(company, situations, database, key, capability: Capability, door: Door):
    wrong = []
    for role, asker in situations.askers.items():
        now = situations.of(role)
        company.other_team_agent.be("online")
        may = role in holders(capability.marks) and role not in door.not_for
        before = entries(database, company, capability.operation)
        opened = try_door(company, asker, door, now, key)
        done = entries(database, company, capability.operation) > before
        if done:
            situations.forget(role)
        if opened is not may:
            wrong.append(f"{role}: {'came in' if opened else 'was refused'}")
        if capability.operation and done is not may:
            wrong.append(f"{role}: {'it was done' if done else 'nothing was done'}")
    assert not wrong, "\n".join(wrong)


def try_door(company: Company, asker: Person, door: Door, now: Situation, key: tuple[str, str]) -> bool:
    """Whether the asker came in."""
    values = now.values | {"new": unique("new")}
    kind, what = filled(door.what, values).split()
    data, holds = filled(door.data or {}, values), filled(door.holds, values)
    if kind == "HEAR":
        return hears(asker, what, data, now)
    if kind == "SOCKET":
        with asker.socket() as ears:
            answer = ears.call(what, data)
        return answer["ok"] and holds in json.dumps(answer, ensure_ascii=False)
    if what.startswith("/api/"):
        answer = asker.request(kind, what, json=data if kind != "GET" else None)
        return judged(answer, {200}, {401, 403, 404}) and holds in answer.text
    return on_screen(company, asker, kind, what, data, key, holds)


def on_screen(
    company: Company, asker: Person, method: str, path: str, data: dict, key: tuple[str, str], holds: str
) -> bool:
    screens = Screens(asker)
    where = f"{asker.base_url}{path}"
    if method == "GET":
        answer = screens.person.http.get(where, allow_redirects=False, timeout=30)
        return judged(answer, {200}, {302, 403, 404}) and holds in answer.text
    token = carry_form_key(screens, key)
    if path == "/admin/settings/":  # its form sends all fields
        data = company.admin.get("/settings") | data
    answer = screens.person.http.post(where, {**data, "csrf_token": token}, allow_redirects=False, timeout=30)
    to_sign_in = answer.headers.get("Location", "").startswith("/login")
    return judged(answer, {302}, {403, 404}) and not to_sign_in


def judged(answer, good: set[int], bad: set[int]) -> bool:
    """Whether the answer is a yes; fails for what is neither yes nor no."""
    assert answer.status_code in good | bad, f"{answer.request.method} {answer.url}: {answer.text[:400]}"
    return answer.status_code in good


def hears(asker: Person, event: str, data: dict, now: Situation) -> bool:
    """Whether the asker is told when the agent in charge lays the conversation aside."""
    served = next(one for one in (now.own, now.other) if one.id == data["sessionId"])
    with asker.socket() as ears, served.customer.socket() as witness:
        ears.ok("ping")
        served.agent.post(f"{served.path}/hold")
        served.agent.post(f"{served.path}/resume")
        held = {"sessionId": served.id, "event": "held"}
        witness.wait_for(event, lambda heard: held.items() <= heard.items())
        ears.settle()
        return bool(ears.all(event, lambda heard: held.items() <= heard.items()))


def entries(database: sa.Engine, company: Company, operation: str) -> int:
    """How often this operation stands in the company's log."""
    with database.connect() as connection:
        return connection.scalar(
            sa.text(
                "SELECT count(*) FROM operation_log WHERE operation = :operation AND tenant_id ="
                " (SELECT tenant_id FROM ab_user WHERE id = :somebody)"
            ),
            {"operation": operation, "somebody": company.admin.user_id},
        )


def filled(value: Any, now: dict[str, Any]) -> Any:
    """The value with what stands for its "{names}"; a lone "{name}" keeps its type."""
    if isinstance(value, dict):
        return {name: filled(item, now) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, now) for item in value]
    if not isinstance(value, str):
        return value
    alone = re.fullmatch(r"\{(\w+)\}", value)
    return now[alone[1]] if alone else re.sub(r"\{(\w+)\}", lambda match: str(now[match[1]]), value)
