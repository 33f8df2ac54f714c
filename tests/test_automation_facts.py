"""Automation with what a company defines itself: its own fields, tags, service levels, ratings; macros on many."""

import datetime as dt
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.automating import NOTE, asks, every, rules_of, runs_of, seen
from tests.people import Company, unique
from tests.waiting import ago, eventually

OPTIONS = [{"code": "red", "label": "红色", "labelEn": "Red"}, {"code": "blue", "label": "蓝色"}]
#: by the clock of a company in China, whatever clock the machine has
TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(number: int) -> str:
    return (TODAY + dt.timedelta(days=number)).isoformat()


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def own(company) -> Callable[[str], str]:
    """The name under which rules know this company's field of a kind; made when it is first asked for."""
    made: dict[tuple[str, str], str] = {}

    def name(kind: str, subject: str = "ticket") -> str:
        if (kind, subject) not in made:
            more = {"options": OPTIONS} if kind.endswith("select") else {}
            code = unique("f")
            company.admin.post(
                "/custom-fields", {"subject": subject, "code": code, "label": f"字段 {code}", "kind": kind, **more}
            )
            made[kind, subject] = f"custom.{code}" if subject == "ticket" else f"{subject}.custom.{code}"
        return made[kind, subject]

    return name


def code_of(name: str) -> str:
    return name.rpartition(".")[2]


def tried(company: Company, *items: dict, **more) -> list[int]:
    body = {"event": "created", "actions": NOTE, "conditions": every(*items)} | more
    return [one["id"] for one in company.admin.post("/automation-rules/try", body)["list"]]


@pytest.fixture
def rule(company) -> Iterator[Callable]:
    """Make an active rule for tickets with a word in their title; all of a test are off again afterwards."""
    with rules_of(company) as make:

        def about(word: str, actions: list | None = None, *items: dict, event: str = "created") -> dict:
            return make(asks("title", "contains", [word]), *items, event=event, actions=actions)

        yield about


def edited(company: Company, ticket: dict, **values) -> dict:
    path = f"/tickets/{ticket['id']}"
    return company.admin.put(path, {"version": company.admin.get(path)["version"], **values})


# --- asking ---------------------------------------------------------------------------------------------------------

#: kind of field, what stands in it, operator, with what it is compared, whether that holds
COMPARISONS = [
    ("text", "ＰＲＩＮＴＥＲ room", "contains", ["printer"], True),
    ("text", "ＰＲＩＮＴＥＲ room", "lacks", ["printer"], False),
    ("long_text", "first\nsecond", "contains", ["second"], True),
    ("number", 0, "filled", None, True),
    ("number", 12.5, "at_least", 12.5, True),
    ("number", 12.5, "at_most", 12, False),
    ("number", -3, "is", -3, True),
    ("date", day(0), "within", 0, True),
    ("date", day(3), "within", 3, True),
    ("date", day(4), "within", 3, False),
    ("date", day(-1), "within", 3, False),
    ("date", day(-1), "passed", None, True),
    ("date", day(0), "passed", None, False),
    ("date", "2026-03-31", "is", "2026-03-31", True),
    ("date", "2026-03-31", "from", "2026-04-01", False),
    ("date", "2026-03-31", "until", "2026-03-31", True),
    ("select", "red", "is", "red", True),
    ("select", "red", "none_of", ["red", "blue"], False),
    ("multi_select", ["red", "blue"], "one_of", ["blue"], True),
    ("multi_select", ["red"], "none_of", ["blue"], True),
    ("yes_no", False, "is", False, True),
    ("yes_no", True, "is", False, False),
]


@pytest.mark.parametrize(("kind", "value", "operator", "wanted", "holds"), COMPARISONS, ids=str)
def test_every_kind_of_field_is_compared(company, own, kind, value, operator, wanted, holds):
    name = own(kind)
    ticket = company.admin.post("/tickets", {"title": unique("ticket"), "custom": {code_of(name): value}})
    bare = company.admin.post("/tickets", {"title": unique("ticket")})
    assert (ticket["id"] in tried(company, asks(name, operator, wanted))) == holds
    assert bare["id"] in tried(company, asks(name, "empty"))
    assert ticket["id"] not in tried(company, asks(name, "empty"))
    if operator not in ("lacks", "none_of"):
        assert bare["id"] not in tried(company, asks(name, operator, wanted))


def test_people_and_organizations_in_fields_are_compared_by_number(company, own):
    person, organization = own("person"), own("organization")
    hospital = company.admin.post("/organizations", {"name": unique("医院")})["id"]
    values = {code_of(person): company.agent.agent_id, code_of(organization): hospital}
    ticket = company.admin.post("/tickets", {"title": unique("ticket"), "custom": values})
    both = (asks(person, "is", company.agent.agent_id), asks(organization, "one_of", [hospital]))
    assert tried(company, *both) == [ticket["id"]]


def test_fields_of_the_customer_and_of_his_organization(company, own):
    contract, region = own("date", "customer"), own("select", "organization")
    hospital = company.admin.post("/organizations", {"name": unique("医院"), "custom": {code_of(region): "blue"}})
    customer = company.visitor("王敏")
    company.admin.put(
        f"/customers/{customer.customer_id}",
        {"organizationId": hospital["id"], "custom": {code_of(contract): day(7)}},
    )
    ticket, other = company.ticket(customer), company.ticket()
    found = tried(company, asks(contract, "within", 7), asks(region, "is", "blue"))
    assert ticket["id"] in found and other["id"] not in found
    titles = {one["name"]: one["title"] for one in company.admin.get("/automation-rules/vocabulary")["fields"]}
    assert titles[contract].endswith(f"字段 {code_of(contract)}") and " · " in titles[contract]


def test_tags_and_reopenings_are_asked(company):
    ticket = edited(company, company.ticket(), tags=["网络", "加急"])
    assert ticket["id"] in tried(company, asks("tags", "contains", ["加急", "别的"]), asks("reopened", "is", 0))
    assert ticket["id"] not in tried(company, asks("tags", "lacks", ["网络"]))
    assert ticket["id"] not in tried(company, asks("tags", "empty"))


@pytest.mark.parametrize(
    ("kind", "operator", "value", "place"),
    [
        ("number", "at_least", "12", "value"),
        ("number", "is", True, "value"),
        ("number", "is", 1e12, "value"),
        ("date", "from", "31.3.2026", "value"),
        ("date", "within", -1, "value"),
        ("date", "within", 1.5, "value"),
        ("date", "contains", ["x"], "operator"),
        ("select", "is", "purple", "value"),
        ("yes_no", "is", "yes", "value"),
        ("person", "is", 999_999, "value"),
    ],
)
def test_what_does_not_fit_a_field_is_told_by_its_place(company, own, kind, operator, value, place):
    conditions = {"match": "all", "items": [asks(own(kind), operator, value)]}
    body = {"name": unique("rule"), "actions": NOTE, "conditions": conditions}
    refusal = company.admin.post("/automation-rules", body, expect=400)
    assert list(refusal["fields"]) == [f"conditions.items.0.{place}"]


def test_field_that_is_gone_breaks_the_rule_and_says_so(company, rule):
    word, code = unique("word"), unique("f")
    field = company.admin.post("/custom-fields", {"subject": "ticket", "code": code, "label": "旧", "kind": "text"})
    mine = rule(word, None, asks(f"custom.{code}", "filled"))
    company.admin.put(f"/custom-fields/{field['id']}", {"active": False})
    company.ticket(title=word)
    run = runs_of(company, mine)[0]
    assert (run["outcome"], bool(run["reason"])) == ("broken", True)
    unknown = {"conditions": {"match": "all", "items": [asks(f"custom.{code}", "filled")]}, "actions": NOTE}
    refusal = company.admin.post("/automation-rules", {"name": unique("rule"), **unknown}, expect=400)
    assert list(refusal["fields"]) == ["conditions.items.0.field"]


# --- service levels and ratings -------------------------------------------------------------------------------------


def late(database: sa.Engine, ticket: dict) -> None:
    """What no face offers: the ticket's clocks have run for a week."""
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE ticket_clock SET running_since = :then, next_check_time = :now"
                " WHERE ticket_id = :id AND running_since IS NOT NULL"
            ),
            {"then": ago(7 * 86_400), "now": ago(1), "id": ticket["id"]},
        )


def test_ticket_that_is_overdue_calls_its_rules(company, rule, database):
    word = unique("word")
    for row in company.admin.get("/sla-policies")["list"]:
        company.admin.delete(f"/sla-policies/{row['id']}")
    promise = {"name": unique("policy"), "resolutionMinutes": 60, "aroundTheClock": True}
    policy = company.admin.post("/sla-policies", promise)
    mine = rule(word, [{"action": "add_tags", "value": ["超时"]}], asks("sla", "is", "breached"), event="sla_breached")
    ticket = company.ticket(title=word)
    assert ticket["id"] in tried(company, asks("sla", "one_of", ["running"]), asks("due", "at_most", 1))
    assert ticket["id"] not in tried(company, asks("due", "at_least", 2))
    late(database, ticket)
    eventually(lambda: seen(company, ticket)["tags"] == ["超时"], 40)
    assert len(runs_of(company, mine)) == 1
    assert ticket["id"] in tried(company, asks("due", "at_most", 0))
    company.admin.delete(f"/sla-policies/{policy['id']}")


def test_low_rating_calls_its_rules(company, rule):
    word, customer = unique("word"), company.visitor()
    rule(word, [{"action": "add_tags", "value": ["差评"]}], asks("rating", "at_most", 2), event="rated")
    tickets = [company.ticket(customer, company.agent, title=f"{word} {number}") for number in range(2)]
    for ticket, score in zip(tickets, (1, 5), strict=True):
        path = f"/tickets/{ticket['id']}"
        company.agent.post(f"{path}/flow", {"status": "processing"})
        company.agent.post(f"{path}/flow", {"status": "resolved", "resolution": "done"})
        customer.post(f"{path}/rating", {"score": score})
    eventually(lambda: seen(company, tickets[0])["tags"] == ["差评"], 20)
    assert seen(company, tickets[1])["tags"] is None
    assert tried(company, asks("rating", "is", 5), asks("title", "contains", [word])) == [tickets[1]["id"]]


# --- doing ----------------------------------------------------------------------------------------------------------


def test_fields_tags_and_watchers_are_set_in_one_go(company, own, rule):
    word = unique("word")
    hospital = company.admin.post("/organizations", {"name": unique("医院")})["id"]
    wanted = {
        "text": ("{ticket.no} 号", None),
        "number": (12.5, 12.5),
        "date": (3, day(3)),
        "select": ("red", "red"),
        "multi_select": (["blue", "red"], ["red", "blue"]),
        "yes_no": (False, False),
        "person": (company.agent.agent_id, company.agent.agent_id),
        "organization": (hospital, hospital),
    }
    steps = [{"action": own(kind), "value": value} for kind, (value, _stored) in wanted.items()]
    mine = rule(
        word,
        [
            *steps,
            {"action": "add_tags", "value": ["网络", "网络", " 加急 "]},
            {"action": "watch", "value": company.supervisor.agent_id},
        ],
    )
    ticket = company.ticket(title=word)
    run = runs_of(company, mine)[0]
    assert run["outcome"] == "done"
    shown = {step["action"]: step["after"] for step in run["steps"]}
    assert shown[own("select")] == "红色" and shown[own("yes_no")] == "no" and shown["add_tags"] == "网络、加急"
    now = seen(company, ticket)
    for kind, (_value, stored) in wanted.items():
        assert now["custom"][code_of(own(kind))] == (f"{ticket['no']} 号" if kind == "text" else stored)
    assert now["tags"] == ["网络", "加急"]
    watchers = company.admin.get(f"/tickets/{ticket['id']}/relations")["watchers"]
    assert [one["userId"] for one in watchers] == [company.supervisor.user_id]


def test_fields_and_tags_are_taken_away(company, own):
    name = own("number")
    ticket = company.admin.post("/tickets", {"title": unique("ticket"), "custom": {code_of(name): 0}})
    edited(company, ticket, tags=["一", "二"])
    actions = [{"action": name, "value": ""}, {"action": "remove_tags", "value": ["一", "三"]}]
    macro = company.admin.post("/macros", {"name": unique("macro"), "actions": actions})
    changes = company.admin.post(f"/tickets/{ticket['id']}/macro-preview", {"macroId": macro["id"]})
    assert [(one["before"], one["after"]) for one in changes] == [("0", ""), ("一、二", "二")]
    company.admin.post(f"/tickets/{ticket['id']}/macro", {"macroId": macro["id"]})
    now = seen(company, ticket)
    assert code_of(name) not in now["custom"] and now["tags"] == ["二"]
    assert company.admin.post(f"/tickets/{ticket['id']}/macro-preview", {"macroId": macro["id"]}) == []


def test_two_actions_on_the_same_fact_follow_each_other(company):
    ticket = edited(company, company.ticket(), tags=["旧"])
    actions = [{"action": "add_tags", "value": ["新"]}, {"action": "remove_tags", "value": ["旧", "新"]}]
    macro = company.admin.post("/macros", {"name": unique("macro"), "actions": actions})
    changes = company.admin.post(f"/tickets/{ticket['id']}/macro-preview", {"macroId": macro["id"]})
    assert [(one["before"], one["after"]) for one in changes] == [("旧", "旧、新"), ("旧、新", "")]
    assert company.admin.post(f"/tickets/{ticket['id']}/macro", {"macroId": macro["id"]})["tags"] is None


def test_field_of_another_type_refuses_the_whole_but_the_rule_is_well(company, rule):
    word, code = unique("word"), unique("f")
    company.admin.post(
        "/custom-fields",
        {"subject": "ticket", "code": code, "label": "仅缺陷", "kind": "text", "ticketTypes": ["bug"]},
    )
    actions = [{"action": "set_priority", "value": "urgent"}, {"action": f"custom.{code}", "value": "x"}]
    mine = rule(word, actions)
    ticket = company.ticket(title=word)
    run = runs_of(company, mine)[0]
    assert (run["outcome"], run["steps"][0]["action"]) == ("refused", f"custom.{code}")
    assert seen(company, ticket)["priority"] == "normal"
    assert company.admin.get(f"/automation-rules/{mine['id']}")["failures"] == 0
    macro = company.admin.post("/macros", {"name": unique("macro"), "actions": actions})
    changes = company.admin.post(f"/tickets/{ticket['id']}/macro-preview", {"macroId": macro["id"]})
    assert [bool(one["reason"]) for one in changes] == [False, True]


def test_who_cannot_see_the_ticket_cannot_be_made_to_watch_it(company, rule):
    word, stranger = unique("word"), company.new("agent")
    mine = rule(word, [{"action": "watch", "value": stranger.agent_id}], event="assigned")
    ticket = company.ticket(assignee=company.agent, title=word)
    stranger.get(f"/tickets/{ticket['id']}", expect=404)
    assert runs_of(company, mine)[0]["outcome"] == "refused"
    assert company.admin.get(f"/tickets/{ticket['id']}/relations")["watchers"] == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "{agent.password}"),
        ("text", "x" * 2001),
        ("number", "12"),
        ("date", "2026-01-01"),
        ("date", -1),
        ("select", "purple"),
        ("multi_select", "red"),
        ("multi_select", ["red", "purple"]),
        ("multi_select", [["red"]]),
        ("yes_no", "no"),
        ("person", 999_999),
    ],
)
def test_what_cannot_be_written_into_a_field_is_told_by_its_place(company, own, kind, value):
    body = {"name": unique("rule"), "actions": [{"action": own(kind), "value": value}]}
    assert list(company.admin.post("/automation-rules", body, expect=400)["fields"]) == ["actions.0.value"]


@pytest.mark.parametrize("value", ["网络", [], ["x" * 33], [5], ["x"] * 30 + [str(n) for n in range(21)], None])
def test_tags_that_are_none_are_refused(company, value):
    body = {"name": unique("rule"), "actions": [{"action": "add_tags", "value": value}]}
    assert list(company.admin.post("/automation-rules", body, expect=400)["fields"]) == ["actions.0.value"]


# --- macros on several tickets --------------------------------------------------------------------------------------


def test_macro_on_several_tickets_is_all_or_none(company):
    actions = [{"action": "set_priority", "value": "urgent"}, {"action": "move", "value": {"status": "processing"}}]
    macro = company.supervisor.post("/macros", {"name": unique("macro"), "actions": actions})
    tickets = [company.ticket(assignee=company.agent) for _ in range(3)]
    ids = [ticket["id"] for ticket in tickets]
    body = {"ids": ids, "action": "macro", "macroId": macro["id"]}
    company.supervisor.post(f"/tickets/{ids[1]}/flow", {"status": "cancelled"})
    refused = company.agent.request("POST", "/tickets/batch", json=body)
    assert refused.status_code == 409
    assert [one["id"] for one in refused.json()["data"]["refused"]] == [ids[1]]
    assert [seen(company, one)["priority"] for one in tickets] == ["normal"] * 3
    done = company.agent.post("/tickets/batch", body | {"ids": [ids[0], ids[2]]})
    assert done["changed"] == [ids[0], ids[2]]
    assert {seen(company, tickets[place])["status"] for place in (0, 2)} == {"processing"}
    company.agent.post("/tickets/batch", body | {"macroId": 999_999}, expect=400)
    company.agent.post("/tickets/batch", {"ids": ids, "action": "macro"}, expect=400)


def test_macro_of_somebody_else_is_not_there(company):
    macro = company.new("agent").post(
        "/macros", {"name": unique("macro"), "actions": [{"action": "set_priority", "value": "urgent"}]}
    )
    ticket = company.ticket(assignee=company.agent)
    body = {"ids": [ticket["id"]], "action": "macro", "macroId": macro["id"]}
    assert list(company.agent.post("/tickets/batch", body, expect=400)["fields"]) == ["macroId"]
