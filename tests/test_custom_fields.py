"""Fields that a company defines: every kind, every refusal, two at once, what customers may, strangers (SET-4)."""

import pytest

from tests.people import Company, Person, at_once, unique

OPTIONS = [
    {"code": "red", "label": "红色", "labelEn": "Red"},
    {"code": "blue", "label": "蓝色", "labelEn": "Blue"},
    {"code": "green", "label": "绿色"},
]
SELECTS = ("select", "multi_select")


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def define(company: Company, kind: str = "text", subject: str = "ticket", **more) -> dict:
    if kind in SELECTS:
        more = {"options": OPTIONS, **more}
    code = more.pop("code", unique("field"))
    return company.admin.post(
        "/custom-fields", {"subject": subject, "code": code, "label": f"标签 {code}", "kind": kind, **more}
    )


def retire(company: Company, field: dict) -> None:
    """Others' forms do not ask for it any more."""
    company.admin.put(f"/custom-fields/{field['id']}", {"active": False})


def ticket_with(company: Company, who: Person | None = None, **custom) -> dict:
    return (who or company.admin).post("/tickets", {"title": unique("ticket"), "custom": custom})


def change(company: Company, ticket: dict, custom: dict, expect: int = 200) -> dict:
    version = company.admin.get(f"/tickets/{ticket['id']}")["version"]
    return company.admin.put(f"/tickets/{ticket['id']}", {"version": version, "custom": custom}, expect=expect)


GOOD = [
    ("text", " 一行  字 ", "一行 字", "一行 字"),
    ("long_text", "第一行\n第二行", "第一行\n第二行", "第一行\n第二行"),
    ("number", 12.5, 12.5, "12.5"),
    ("number", -3, -3, "-3"),
    ("number", 0, 0, "0"),
    ("number", 99_999_999_999.9999, 99_999_999_999.9999, "99999999999.9999"),
    ("date", "2026-02-28", "2026-02-28", "2026-02-28"),
    ("select", "blue", "blue", "蓝色"),
    ("multi_select", ["green", "red", "red"], ["red", "green"], "红色、绿色"),
    ("yes_no", True, True, "是"),
    ("yes_no", False, False, "否"),
]


@pytest.mark.parametrize(("kind", "given", "stored", "text"), GOOD)
def test_each_kind_keeps_what_fits_and_lists_filters_and_takes_it_away(company, kind, given, stored, text):
    field = define(company, kind)
    code = field["code"]
    company.admin.put("/session/locale", {"locale": "zh"})
    ticket = ticket_with(company, **{code: given})
    for shown in (ticket, company.admin.get(f"/tickets/{ticket['id']}"), company.admin.get("/tickets")["list"][0]):
        assert shown["custom"][code] == stored and type(shown["custom"][code]) is type(stored)
        assert shown["customText"][code] == text
    cleared = change(company, ticket, {code: None})
    assert code not in cleared["custom"] and cleared["version"] == ticket["version"] + 1
    log = company.admin.get("/operation-logs", targetType="ticket", targetId=ticket["id"])["list"][0]
    assert (log["operation"], log["before"], log["after"]) == (
        "ticket.update",
        {f"custom.{code}": stored},
        {f"custom.{code}": None},
    )


BAD = [
    ("text", "x" * 192),
    ("text", 5),
    ("text", "a\x00b"),
    ("long_text", "x" * 5001),
    ("number", "12"),
    ("number", True),
    ("number", 1e11),
    ("number", 1.00001),
    ("number", -(10**400)),
    ("date", "2026-02-30"),
    ("date", "28.2.2026"),
    ("date", 20260228),
    ("select", "purple"),
    ("select", ["red"]),
    ("multi_select", ["red", "purple"]),
    ("multi_select", "red"),
    ("multi_select", [["red"]]),
    ("person", 987_654_321),
    ("person", "1"),
    ("organization", 987_654_321),
    ("yes_no", 1),
    ("yes_no", "true"),
]


@pytest.mark.parametrize(("kind", "given"), BAD)
def test_what_does_not_fit_is_refused_by_name_and_changes_nothing(company, kind, given):
    field = define(company, kind)
    before = company.admin.get("/tickets")["total"]
    refused = company.admin.post("/tickets", {"title": "x", "custom": {field["code"]: given}}, expect=400)
    assert list(refused["fields"]) == [f"custom.{field['code']}"]
    assert company.admin.get("/tickets")["total"] == before


def test_unknown_and_switched_off_fields_are_refused(company):
    field = define(company)
    retire(company, field)
    refused = company.admin.post("/tickets", {"title": "x", "custom": {field["code"]: "a", "nothing": 1}}, expect=400)
    assert set(refused["fields"]) == {f"custom.{field['code']}", "custom.nothing"}
    company.admin.post("/tickets", {"title": "x", "custom": "text"}, expect=400)


def test_persons_and_organizations_are_ours_and_shown_by_name(company, people):
    person, place = define(company, "person"), define(company, "organization")
    organization = company.admin.post("/organizations", {"name": unique("clinic")})
    ticket = ticket_with(company, **{person["code"]: company.agent.agent_id, place["code"]: organization["id"]})
    assert ticket["custom"] == {person["code"]: company.agent.agent_id, place["code"]: organization["id"]}
    assert ticket["customText"][place["code"]] == organization["name"]
    assert ticket["customText"][person["code"]] == company.agent.get("/user/info")["fullName"]
    foreign = people.admin.post("/organizations", {"name": unique("foreign")})["id"]
    for field, number in ((person, people.agent.agent_id), (place, foreign)):
        refused = change(company, ticket, {field["code"]: number}, expect=400)
        assert list(refused["fields"]) == [f"custom.{field['code']}"]


@pytest.mark.parametrize("subject", ["customer", "organization"])
def test_customers_and_organizations_have_fields_of_their_own(company, subject):
    field = define(company, "select", subject)
    path = f"/{subject}s"
    row = company.admin.post(path, {"name": unique("name"), "custom": {field["code"]: "red"}})
    assert row["custom"] == {field["code"]: "red"}
    changed = company.admin.put(f"{path}/{row['id']}", {"version": row["version"], "custom": {field["code"]: "blue"}})
    assert changed["custom"] == {field["code"]: "blue"}
    found = company.admin.get(path, **{f"custom.{field['code']}": "blue"})
    assert [one["id"] for one in found["list"]] == [row["id"]]
    stale = {"version": row["version"], "custom": {field["code"]: "green"}}
    assert company.admin.put(f"{path}/{row['id']}", stale, expect=409)["error"] == "stale"
    company.admin.put(f"{path}/{row['id']}", {"custom": {field["code"]: "purple"}}, expect=400)
    assert company.admin.get(f"{path}/{row['id']}")["custom"] == {field["code"]: "blue"}


def test_agents_fill_in_the_fields_of_their_conversations(company):
    field = define(company, "select", "conversation", shownToCustomers=True)
    inner = define(company, "text", "conversation")
    served = company.served()
    path = f"/sessions/{served.id}"
    served.agent.put(f"{path}/custom-fields", {"custom": {field["code"]: "red", inner["code"]: "内部"}})
    assert served.customer.get(path)["custom"] == {field["code"]: "red"}, "customers see what is meant for them"
    served.agent.put(f"{path}/close")
    served.agent.put(f"{path}/custom-fields", {"custom": {field["code"]: "blue"}})
    assert served.agent.get(path)["custom"] == {field["code"]: "blue", inner["code"]: "内部"}
    served.customer.put(f"{path}/custom-fields", {"custom": {field["code"]: "green"}}, expect=403)
    company.other_team_agent.put(f"{path}/custom-fields", {"custom": {field["code"]: "green"}}, expect=404)
    served.agent.put(f"{path}/custom-fields", {"custom": {field["code"]: "purple"}}, expect=400)


def test_lists_are_narrowed_by_what_stands_in_a_field(company):
    colour, amount, day = define(company, "multi_select"), define(company, "number"), define(company, "date")
    text, sure = define(company, "text"), define(company, "yes_no")
    rows = [
        {colour["code"]: ["red", "blue"], amount["code"]: 1.5, day["code"]: "2026-01-01", text["code"]: "a, b"},
        {colour["code"]: ["blue"], amount["code"]: 20, day["code"]: "2026-02-01", sure["code"]: False},
        {amount["code"]: 3, sure["code"]: True},
    ]
    ids = [ticket_with(company, **row)["id"] for row in rows]

    def found(**wanted) -> list[int]:
        asked = {f"custom.{name}": value for name, value in wanted.items()}
        answer = company.admin.get("/tickets", sort="id", size=100, **asked)
        return [ids.index(row["id"]) for row in answer["list"] if row["id"] in ids]

    assert found(**{colour["code"]: "red"}) == [0]
    assert found(**{colour["code"]: "red,blue"}) == [0, 1]
    assert found(**{colour["code"]: "none"}) == [2]
    assert found(**{amount["code"]: "1.5,3"}) == [0, 2]
    assert found(**{f"{amount['code']}.from": "3"}) == [1, 2]
    assert found(**{f"{amount['code']}.from": "2", f"{amount['code']}.to": "3"}) == [2]
    assert found(**{f"{day['code']}.to": "2026-01-31"}) == [0]
    assert found(**{text["code"]: "a, b"}) == [0] and found(**{text["code"]: "a"}) == []
    assert found(**{sure["code"]: "false"}) == [1]
    assert found(**{colour["code"]: "blue", f"{amount['code']}.from": "2"}) == [1]
    wrong = {
        "nothing": "1",
        amount["code"]: "many",
        f"{colour['code']}.from": "red",
        f"{day['code']}.to": "soon",
        f"{amount['code']}.above": "1",
    }
    for name, value in wrong.items():
        refused = company.admin.get("/tickets", **{f"custom.{name}": value}, expect=400)
        assert list(refused["fields"]) == [f"custom.{name}"]


def test_customers_see_and_fill_in_what_is_meant_for_them(company):
    open_ = define(company, "text", fillableByCustomers=True)
    shown = define(company, "text", shownToCustomers=True)
    inner = define(company, "text")
    customer = company.visitor()
    fields = customer.get("/custom-fields", subject="ticket", size=100)["list"]
    assert {open_["code"], shown["code"]} <= {field["code"] for field in fields}
    assert inner["code"] not in {field["code"] for field in fields}
    for field in (shown, inner):
        refused = customer.post("/tickets", {"title": "x", "custom": {field["code"]: "mine"}}, expect=400)
        assert list(refused["fields"]) == [f"custom.{field['code']}"]
    ticket = ticket_with(company, customer, **{open_["code"]: "A-17"})
    change(company, ticket, {shown["code"]: "for you", inner["code"]: "for us"})
    seen = customer.get(f"/tickets/{ticket['id']}")
    assert seen["custom"] == {open_["code"]: "A-17", shown["code"]: "for you"}
    assert set(seen["customText"]) == set(seen["custom"])
    customer.get("/tickets", **{f"custom.{inner['code']}": "for us"}, expect=400)
    assert customer.get("/tickets", **{f"custom.{open_['code']}": "A-17"})["total"] == 1
    customer.put(f"/tickets/{ticket['id']}", {"version": 1, "custom": {open_["code"]: "B"}}, expect=403)
    company.visitor().get(f"/tickets/{ticket['id']}", expect=404)


def test_required_fields_are_asked_of_those_who_can_fill_them_in(company):
    inner = define(company, "yes_no", required=True)
    open_ = define(company, "text", required=True, fillableByCustomers=True)
    try:
        refused = company.admin.post("/tickets", {"title": "x"}, expect=400)
        assert set(refused["fields"]) == {f"custom.{inner['code']}", f"custom.{open_['code']}"}
        customer = company.visitor()
        refused = customer.post("/tickets", {"title": "x", "custom": {open_["code"]: "  "}}, expect=400)
        assert list(refused["fields"]) == [f"custom.{open_['code']}"]
        ticket = ticket_with(company, customer, **{open_["code"]: "here"})
        assert change(company, ticket, {open_["code"]: ""}, expect=400)["fields"], "nobody empties it either"
        version = company.admin.get(f"/tickets/{ticket['id']}")["version"]
        company.admin.put(f"/tickets/{ticket['id']}", {"version": version, "title": "other"})
        assert ticket_with(company, **{inner["code"]: False, open_["code"]: "there"})["custom"][inner["code"]] is False
    finally:
        retire(company, inner), retire(company, open_)


def test_fields_of_one_ticket_type_are_not_for_others(company):
    types = company.admin.get("/dictionaries/ticket_type/items")
    field = define(company, "text", ticketTypes=[types[0]["code"]])
    refused = company.admin.post(
        "/tickets", {"title": "x", "type": types[1]["code"], "custom": {field["code"]: "a"}}, expect=400
    )
    assert list(refused["fields"]) == [f"custom.{field['code']}"]
    ticket = company.admin.post("/tickets", {"title": "x", "type": types[0]["code"], "custom": {field["code"]: "a"}})
    assert ticket["custom"] == {field["code"]: "a"}


def test_an_option_that_is_gone_keeps_its_words(company):
    field = define(company, "select")
    code = field["code"]
    ticket = ticket_with(company, **{code: "red"})
    changed = company.admin.put(f"/custom-fields/{field['id']}", {"options": [OPTIONS[1]]})
    assert [(o["code"], o["active"]) for o in changed["options"]] == [("blue", True), ("red", False)]
    company.admin.put("/session/locale", {"locale": "zh"})
    assert company.admin.get(f"/tickets/{ticket['id']}")["customText"][code] == "红色"
    company.admin.post("/tickets", {"title": "x", "custom": {code: "red"}}, expect=400)
    assert change(company, ticket, {code: "red"})["custom"][code] == "red", "what stands there may stay"
    assert change(company, ticket, {code: "blue"})["custom"][code] == "blue"
    change(company, ticket, {code: "red"}, expect=400)


def test_a_field_in_use_keeps_its_kind_and_is_not_deleted(company):
    field = define(company, "text")
    path = f"/custom-fields/{field['id']}"
    assert company.admin.put(path, {"kind": "number"})["kind"] == "number", "nothing stands in it yet"
    ticket = ticket_with(company, **{field["code"]: 5})
    for other in ({"kind": "text"}, {"code": unique("other")}, {"subject": "customer"}):
        company.admin.put(path, other, expect=409)
    company.admin.delete(path, expect=409)
    retire(company, field)
    assert field["code"] not in company.admin.get(f"/tickets/{ticket['id']}")["custom"]
    company.admin.put(path, {"active": True})
    assert company.admin.get(f"/tickets/{ticket['id']}")["custom"][field["code"]] == 5
    unused = define(company, "text")
    company.admin.delete(f"/custom-fields/{unused['id']}")
    define(company, "text", code=unused["code"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "With Blank"},
        {"code": "9th"},
        {"code": "a.b"},
        {"label": " "},
        {"kind": "colour"},
        {"kind": "select"},
        {"kind": "select", "options": [{"code": "a", "label": ""}]},
        {"kind": "select", "options": [{"code": "a", "label": "A"}, {"code": "a", "label": "B"}]},
        {"kind": "select", "options": [{"code": "a", "label": "A", "active": False}]},
        {"kind": "select", "options": [{"code": "a", "label": "A", "colour": "red"}]},
        {"kind": "person", "fillableByCustomers": True},
        {"subject": "customer", "fillableByCustomers": True},
        {"ticketTypes": ["no-such-type"]},
        {"subject": "customer", "ticketTypes": ["consult"]},
        {"tenantId": 1},
    ],
)
def test_definitions_that_make_no_sense_are_refused(company, wrong):
    body = {"subject": "ticket", "code": unique("field"), "label": "x", "kind": "text", **wrong}
    company.admin.post("/custom-fields", body, expect=400)


def test_two_editors_at_once_do_not_double_a_value(company, database):
    field = define(company, "multi_select", "customer")
    row = company.admin.post("/customers", {"name": unique("name")})

    def write(code: str):
        path, body = f"/customers/{row['id']}", {"version": row["version"], "custom": {field["code"]: [code]}}
        return lambda: company.admin.again().request("PUT", path, json=body).status_code

    statuses = at_once(*map(write, ("red", "blue", "green", "red")))
    assert sorted(statuses) == [200, 409, 409, 409]
    assert len(company.admin.get(f"/customers/{row['id']}")["custom"][field["code"]]) == 1


def test_two_fields_of_one_name_cannot_be(company):
    code = unique("same")
    body = {"subject": "ticket", "code": code, "label": "x", "kind": "text"}
    person = company.admin
    statuses = at_once(*[lambda: person.again().request("POST", "/custom-fields", json=body).status_code] * 3)
    assert sorted(statuses) == [200, 409, 409]
    assert define(company, "text", "customer", code=code)["code"] == code, "another subject is another matter"


def test_only_administrators_define_and_nobody_sees_another_companys(company, people):
    field = define(company)
    assert company.agent.get(f"/custom-fields/{field['id']}")["code"] == field["code"]
    for who in (company.agent, company.supervisor, company.visitor()):
        who.post("/custom-fields", {"subject": "ticket", "code": "x", "label": "x", "kind": "text"}, expect=403)
        who.delete(f"/custom-fields/{field['id']}", expect=403 if who.agent_id else (403, 404))
    people.admin.get(f"/custom-fields/{field['id']}", expect=404)
    people.admin.put(f"/custom-fields/{field['id']}", {"label": "mine"}, expect=404)
    people.admin.post("/tickets", {"title": "x", "custom": {field["code"]: "a"}}, expect=400)
    people.admin.get("/tickets", **{f"custom.{field['code']}": "a"}, expect=400)
