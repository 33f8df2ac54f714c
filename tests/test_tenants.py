"""What one may not see does not exist: things of another company, and of another customer, by every door.

Everything foreign carries a marker; it must appear in no answer and no socket frame. An answer about a foreign thing
equals the answer about a number that nothing has.
"""

import re

import pytest
import requests

from tests.data.matrix import MATRIX, SOCKETS, TICKET_SOCKETS, Row
from tests.factories import Thing, Things
from tests.people import Company, Person, listening, unique
from tests.test_matrix import filled, path_of
from views.api.endpoint import ENDPOINTS, Endpoint

#: a number that no row has
NOBODY = 987_654_321_012
MARKER = "foreign-marker"

WITH_THING = [row for row in MATRIX if row.on]
LISTS = [row for row in MATRIX if row.method == "GET" and not row.on]
CONCERNING_A_CUSTOMER = [
    row for row in WITH_THING if row.on in ("session", "held_session", "closed_session", "ticket", "file", "customer")
]

#: field → kind of the thing its number names, where the endpoint does not say otherwise
KINDS = {
    "agent_id": "agent",
    "to_agent_id": "agent",
    "assignee_id": "agent",
    "customer_id": "customer",
    "department_id": "department",
    "role_ids": "role",
    "role_id": "role",
    "user_ids": "user",
    "user_id": "user",
    "file_id": "own_file",
    "organization_id": "organization",
    "contact_id": "contact",
    "leader_id": "user",
    "category_id": "category",
    "article_id": "article",
    "dictionary_id": "dictionary",
    "owner_id": "user",
    "team_id": "team",
    "into_id": "team",
    "to_team_id": "team",
    "other_id": "ticket",
    "first_visit_team_id": "team",
    "no_relation_team_id": "team",
    "calendar_id": "work_calendar",
    "session_id": "session",
    "customer_ids": "customer",
    "channel_id": "wechat_channel",
    "invitation_id": "invitation",
    "policy_id": "sla_policy",
    "team_ids": "team",
    "article_ids": "article",
    "translation_of_id": "article",
    "replaces_id": "quick_reply",
    "macro_id": "macro",
    "template_id": "ticket_template",
}
KINDS_BY_PATH = {
    "/bot-menu-entries": "bot_menu_entry",
    "/departments": "department",
    "/kb/categories": "category",
    "/sessions/batch-assign": "waiting_session",
    "/tickets/batch-assign": "waiting_ticket",
    "/tickets/batch": "ticket",
    "/tickets/exports": "ticket",
    "/tickets/<id:id>/merge": "ticket",
    "/notifications/read": "notification",
}


@pytest.fixture(scope="module")
def own(people: Company) -> Things:
    people.new_shift()
    return Things(people)


@pytest.fixture(scope="module")
def foreign(strangers: Company) -> Things:
    strangers.make_room(strangers.agent)
    return Things(strangers, MARKER)


@pytest.fixture(scope="module")
def viewers(people: Company) -> list[Person]:
    return [
        people.anonymous,
        people.visitor(),
        people.customer,
        people.agent,
        people.supervisor,
        people.manager,
        people.admin,
    ]


def ask(who: Person, row: Row, path: str, body: dict | None) -> requests.Response:
    return who.request(row.method, path, json=body, **({"files": {"file": row.file}} if row.file else {}))


def same(one: requests.Response, other: requests.Response) -> bool:
    """Nothing tells the two apart: not status, body, kind or length."""

    def essence(answer: requests.Response) -> tuple:
        text = re.sub(r'"timestamp":\s*\d+', "", answer.text)
        return (
            answer.status_code,
            text,
            {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Security-Policy")},
        )

    return essence(one) == essence(other)


def state_of(things: Things, row: Row, thing: Thing) -> object:
    """What the thing's own company sees of it."""
    base = row.path.split("/<")[0]
    if ("GET", f"{base}/<id:id>") not in ENDPOINTS or row.path.startswith("/files"):
        return None
    reader = things.company.agent if row.on == "own_quick_reply" else things.company.admin
    return reader.get(f"{base}/{thing.id}")


@pytest.mark.parametrize("row", WITH_THING, ids=lambda row: f"{row.method} {row.path}")
def test_thing_of_another_company_is_like_none(viewers, own, foreign, row):
    thing = foreign.any(row.on)
    before = state_of(foreign, row, thing)
    for viewer in viewers:
        body = filled(row.body, Thing(0, ids={"version": 1, "message": NOBODY}), own)
        real, none = (ask(viewer, row, path_of(row, thing, number), body) for number in (None, NOBODY))
        assert real.status_code in (401, 403, 404), f"{viewer}: {real.text[:300]}"
        assert same(real, none), f"{viewer}: {real.text[:300]} / {none.text[:300]}"
        assert MARKER not in real.text
    assert state_of(foreign, row, thing) == before


@pytest.mark.parametrize("row", CONCERNING_A_CUSTOMER, ids=lambda row: f"{row.method} {row.path} {row.on}")
def test_thing_of_another_customer_is_like_none(people, own, row):
    """For other customers, visitors, nobody at all, and for agents who do not serve it."""
    thing = own.any(row.on)
    before = state_of(own, row, thing)
    for viewer in (people.anonymous, people.visitor(), people.customer, people.other_team_agent):
        body = filled(row.body, thing, own)
        real, none = (ask(viewer, row, path_of(row, thing, number), body) for number in (None, NOBODY))
        assert real.status_code in (401, 403, 404), f"{viewer}: {real.text[:300]}"
        assert same(real, none), f"{viewer}: {real.text[:300]} / {none.text[:300]}"
        assert own.marker not in real.text
    assert state_of(own, row, thing) == before


def test_lists_counts_and_searches_show_nothing_of_another_company(viewers, foreign):
    """Every list, as it comes, searched for the marker, and filtered by the numbers of foreign things."""
    for row in WITH_THING:
        foreign.any(row.on)
    for row in LISTS:
        query = ENDPOINTS[row.method, row.path].query
        for viewer in viewers:
            tries = [{"size": 100} if "size" in query else {}]
            tries += [{"q": MARKER}] if "q" in query else []
            tries += [
                {name: foreign.any(KINDS.get(_snake(name), "ticket")).id}
                for name, kind in query.items()
                if name.endswith("Id") and _snake(name) in KINDS and kind in (int, str)
            ]
            for given in tries:
                answer = viewer.request("GET", row.path, params=given)
                assert MARKER not in answer.text, f"{viewer} GET {row.path} {given}: {answer.text[:500]}"
                if (
                    len(given) == 1
                    and "size" not in given
                    and answer.status_code == 200
                    and answer.headers["Content-Type"] == "application/json"
                    and "total" in (answer.json()["data"] or {})
                ):
                    total = answer.json()["data"]["total"]
                    if isinstance(total, dict):  # of statistics
                        total = total["ratings"] if "ratings" in total else total["created"]
                    assert total == 0, f"{viewer} GET {row.path} {given}"


def test_questions_are_not_answered_from_another_companys_articles(people, strangers, foreign):
    secret = unique("quokka-protocol")
    article = strangers.admin.post(
        "/kb/articles", {"title": f"{MARKER} {secret}", "body": f"{secret} means {MARKER}.", "visibility": "public"}
    )
    strangers.admin.post(f"/kb/articles/{article['id']}/publish")
    assert strangers.anonymous.get("/kb/articles", q=secret)["total"] == 1
    for viewer in (people.anonymous, people.visitor(), people.agent, people.admin):
        for answer in (
            viewer.get("/kb/articles/search", q=secret),
            viewer.post("/kb/qa", {"question": f"What is {secret}?"}),
            viewer.get("/kb/articles", q=secret),
        ):
            assert MARKER not in repr(answer)


def _references() -> list[tuple[Endpoint, str]]:
    """Every datum of every request that names a thing by its number."""
    return [
        (entry, field.name)
        for entry in ENDPOINTS.values()
        for field in entry.fields
        if field.name.endswith(("_id", "_ids")) or field.name == "ids"
        # no numbers of our rows; or the same request names them beside it; messages are tried below; an article that
        # is not there is no context
        if field.name
        not in (
            "client_msg_id",
            "permission_ids",
            "app_id",
            "source_id",
            "message_id",
            "message_ids",
            "about_article_id",
        )
    ]


@pytest.mark.parametrize(("entry", "name"), _references(), ids=lambda value: getattr(value, "name", value))
def test_foreign_number_in_a_request_is_like_none(people, own, foreign, entry, name):
    """A foreign agent, customer, role or file cannot be named, and naming it does not say that it exists."""
    row = next(row for row in MATRIX if (row.method, row.path) == (entry.method, entry.path))
    thing = own.any(row.on) if row.on else None
    kind = next(
        (
            kind
            for path, kind in KINDS_BY_PATH.items()
            if entry.path.startswith(path) and name in ("parent_id", "ids", "into_id")
        ),
        KINDS.get(name),
    )
    assert kind, f"{entry.method} {entry.path}: which kind of thing does {name} name?"
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    many = name.endswith("s")
    answers = []
    for number in (foreign.any(kind).id, NOBODY):
        body = filled(row.body or {}, thing, own) | {camel: [number] if many else number}
        if name == "team_ids":
            body |= {"visibility": "teams"}
        if name == "file_id":
            body |= {"type": "file", "content": ""}
        answers.append(people.admin.request(entry.method, path_of(row, thing), json=body))
    real, none = answers
    if entry.path == "/notifications/read":
        assert real.json()["data"] == none.json()["data"] == {"changed": 0}
        return
    assert real.status_code in (400, 403, 404), real.text
    assert same(real, none), f"{real.text} / {none.text}"


def test_message_of_another_thread_is_not_reached_through_ones_own(people, foreign, own):
    mine = own.any("session")
    for other in (foreign.any("session").ids["message"], own.make("session").ids["message"], NOBODY):
        mine.owner.post(f"/sessions/{mine.id}/messages/{other}/recall", expect=404)
        choice = {"messageId": other, "offered": []}
        own.company.agent.post(f"/sessions/{mine.id}/suggestions/choice", choice, expect=404)
    ticket = own.any("ticket")
    for other in (foreign.any("ticket").ids["message"], own.make("ticket").ids["message"], NOBODY):
        part = {"title": "part", "messageIds": [other]}
        own.company.agent.post(f"/tickets/{ticket.id}/split", part, expect=404)


@pytest.mark.parametrize("table", [SOCKETS, TICKET_SOCKETS], ids=["session", "ticket"])
def test_socket_event_about_a_foreign_thing_is_like_about_none(viewers, own, foreign, table):
    kind = "session" if table is SOCKETS else "ticket"
    thing, nothing = foreign.any(kind), Thing(NOBODY, ids={kind: NOBODY})
    for viewer in viewers[1:]:
        with viewer.socket() as ears:
            for event, (data, _) in table.items():
                if event in ("auth", "ping"):
                    continue
                real, none = ears.call(event, filled(data, thing, own)), ears.call(event, filled(data, nothing, own))
                assert real == none and real["ok"] is False and real["error"] == "not_found", (
                    f"{viewer} {event}: {real}"
                )
            assert MARKER not in ears.text()


def test_nothing_of_another_company_is_heard(viewers, people, strangers, foreign):
    """While the other company opens, talks, transfers, closes and makes tickets, nobody of this one hears a thing."""
    with listening(*viewers[1:], strangers.admin) as ears:
        witness = ears[-1]
        for kind in ("session", "waiting_session", "ticket", "closed_session"):
            last = foreign.make(kind)
        strangers.agent.be("online")
        strangers.agent.be("offline")
        witness.wait_for("session_update", lambda data: data["sessionId"] == last.id and data["event"] == "closed")
        witness.wait_for("status_update", lambda data: data.get("presence", {}).get("presence") == "offline")
        own_agents = {agent["id"] for agent in people.admin.get("/agents", size=100)["list"]}
        for one in ears[:-1]:
            one.settle()
            assert MARKER not in one.text()
            assert all(
                item["presence"]["agentId"] in own_agents
                for item in one.all("status_update", lambda data: "presence" in data)
            )


def test_host_name_decides_which_help_centre_a_stranger_reads(people, strangers, own, foreign):
    mine, theirs = own.any("article"), foreign.any("article")
    for company, sees, not_sees in ((people, mine, theirs), (strangers, theirs, mine)):
        company.anonymous.get(f"/kb/articles/{sees.id}")
        company.anonymous.get(f"/kb/articles/{not_sees.id}", expect=404)
        visitor = company.visitor()
        visitor.get(f"/kb/articles/{sees.id}")
        visitor.get(f"/kb/articles/{not_sees.id}", expect=404)


def test_signed_in_person_stays_with_his_company_under_any_host_name(people, strangers, foreign):
    lost = Person(people.base_url, host=strangers.host)
    lost.http.headers["Cookie"] = people.agent.cookie
    assert lost.get("/user/info")["id"] == people.agent.user_id
    assert MARKER not in repr(lost.get("/departments", size=100))
    lost.get(f"/departments/{foreign.any('department').id}", expect=404)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", name)
