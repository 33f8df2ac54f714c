"""Every endpoint and every socket event by every role, against the table in tests/data/matrix."""

import itertools
from typing import Any

import pytest

import views.sockets.handlers as sockets
from tests.data.matrix import FURTHER, MATRIX, ROLES, SOCKETS, TICKET_SOCKETS, Row
from tests.factories import Thing, Things
from tests.people import Company, Person, unique
from views.api.endpoint import ENDPOINTS

_phones = itertools.count(10_000_000)


@pytest.fixture(scope="module")
def things(people: Company) -> Things:
    people.new_shift()
    return Things(people)


def test_every_endpoint_has_a_line():
    rows = [(row.method, row.path) for row in MATRIX]
    assert len(rows) == len(set(rows)), "a line stands twice"
    assert set(rows) == set(ENDPOINTS), (
        f"without a line: {sorted(set(ENDPOINTS) - set(rows))}; "
        f"without an endpoint: {sorted(set(rows) - set(ENDPOINTS))}"
    )


def test_every_socket_event_has_a_line():
    assert set(SOCKETS) == set(sockets.HANDLERS)
    assert set(TICKET_SOCKETS) == {
        name for name, fields in sockets.HANDLERS.items() if {"ticket_id"} & {f.name for f in fields}
    } | {"resume"}


@pytest.mark.parametrize("row", [*MATRIX, *FURTHER], ids=lambda row: f"{row.method} {row.path} {row.on}".strip())
def test_role_gets_what_the_table_says(people: Company, things: Things, row: Row):
    found = {}
    for role, expected in row.expected.items():
        thing = things.any(row.on) if row.on else None
        answer = _ask(person(people, role, thing, row.fresh), row, thing, things)
        found[role] = answer.status_code
        if answer.status_code == 200 and row.method != "GET" and row.on:
            things.forget(row.on)
        assert found[role] == expected, f"{role}: {answer.status_code} instead of {expected}: {answer.text[:300]}"


@pytest.mark.parametrize("table", [SOCKETS, TICKET_SOCKETS], ids=["session", "ticket"])
def test_role_gets_by_socket_what_the_table_says(people: Company, things: Things, table: dict):
    thing = things.any("session" if table is SOCKETS else "ticket")
    wrong = []
    for role in ROLES:
        with person(people, role, thing).socket() as ears:
            for event, (data, outcomes) in table.items():
                expected = dict(zip(ROLES, outcomes.split(), strict=True))[role]
                answer = ears.call(event, filled(data, thing, things))
                outcome = "ok" if answer["ok"] else answer["error"]
                if outcome != expected:
                    wrong.append(f"{role} {event}: {outcome} instead of {expected}")
    assert not wrong, "\n".join(wrong)


def person(people: Company, role: str, thing: Thing | None, fresh: bool = False) -> Person:
    """Who stands behind a column of the table."""
    if role == "owner":
        return (thing.owner if thing and thing.owner and not fresh else None) or people.visitor()
    known = {
        "anonymous": people.anonymous,
        "customer": people.customer,
        "agent": people.agent,
        "other_agent": people.other_team_agent,
        "supervisor": people.supervisor,
        "admin": people.manager,
        "super_admin": people.admin,
    }[role]
    if not fresh:
        return known
    if role == "super_admin":  # shared by all tests, and wrong passwords are counted for the account
        return people.new(role)
    return Person(people.base_url) if role == "anonymous" else known.again()


def filled(value: Any, thing: Thing | None, things: Things) -> Any:
    """A body with numbers instead of its "$kind"s."""
    if isinstance(value, dict):
        return {key: filled(item, thing, things) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, thing, things) for item in value]
    if value == "$unique":
        return unique("word")
    if value == "$phone":
        return f"+86139{next(_phones):08d}"
    if isinstance(value, str) and value.startswith("$"):
        name = value[1:]
        if thing is not None and name in thing.ids:
            return thing.ids[name]
        number = things.any(name).id
        if name in (
            "waiting_session",
            "waiting_ticket",
            "retired_agent",
            "problem_type",
            "free_ticket_type",
            "new_calendar",
            "new_customer",
            "wechat_channel",
        ):
            things.forget(name)
        return number
    return value


def path_of(row: Row, thing: Thing | None, number: int | None = None) -> str:
    """The row's path about a thing, or about another number of its kind."""
    path = row.path
    if "<code>" in path:
        path = path.replace("<code>", str(thing.ids["code"]) if number is None else f"no-such-{number}")
    if "<key>" in path:
        path = path.replace("<key>", str(thing.ids["key"]))
    if "<id:message_id>" in path:
        path = path.replace("<id:message_id>", str(thing.ids["message"]))
    if "<id:link_id>" in path:
        path = path.replace("<id:link_id>", str(thing.ids["link"]))
    if "<id:number>" in path:
        path = path.replace("<id:number>", str(thing.ids["number"]))
    if "<id:user_id>" in path:
        path = path.replace("<id:user_id>", str(thing.ids["user_id"]))
    return path.replace("<id:id>", str(thing.id if number is None else number)) if "<id:id>" in path else path


def _ask(who: Person, row: Row, thing: Thing | None, things: Things):
    options = (
        {"files": {"file": (row.file[0], row.file[1].replace(b"imported-once", unique("imported").encode()))}}
        if row.file
        else {}
    )
    return who.request(row.method, path_of(row, thing), json=filled(row.body, thing, things), **options)
