"""Forms before a conversation, as customers fill them in and agents read them (CHT-9, CHT-17)."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company, Person, unique
from tests.test_widget import Widget
from tests.waiting import eventually

EVERYTHING = ["name", "phone", "email", "organization", "problem_type", "question"]


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def asked(person: Person, channel: str, part: str = "first") -> dict[str, bool]:
    """Field → whether it is required, in order."""
    return {one["name"]: one["required"] for one in person.get("/sessions/form", channel=channel)[part]}


def close_for_today(company: Company) -> None:
    """Nobody works: the company's calendar has no hours left."""
    calendar = company.admin.get("/work-calendars")["list"][0]
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    company.admin.put(f"/work-calendars/{calendar['id']}", dict.fromkeys(days, ""))


def test_what_is_required_is_given_before_a_conversation_begins_and_goes_to_the_profile(people):
    widget = Widget(people, formWhen="always", formFields=EVERYTHING, formRequired=["phone", "problem_type"])
    visitor = widget.visitor()
    assert asked(visitor, widget.code) == {
        "name": False,
        "phone": True,
        "email": False,
        "organization": False,
        "problemType": True,
        "question": False,
    }
    choices = visitor.get("/sessions/form", channel=widget.code)["first"][4]["choices"]
    open_ = {"channel": widget.code, "question": "上报失败"}
    assert visitor.post("/sessions", open_, expect=400)["error"] == "form_required"
    wrong = {"phone": "12", "email": "nobody", "problemType": "no-such", "name": "x" * 65}
    refused = visitor.post("/sessions", {**open_, "form": wrong}, expect=400)
    assert set(refused["fields"]) == set(wrong)
    visitor.post("/sessions", {**open_, "form": {"phone": "13800138000", "shoeSize": "44"}}, expect=400)
    visitor.post("/sessions", {**open_, "form": {"phone": 13800138000}}, expect=400)
    assert visitor.get("/sessions")["total"] == 0  # nothing has begun by what was refused
    form = {
        "name": "  李 芳 ",
        "phone": "１３８００１３８０００",
        "organization": "云城区疾控中心",
        "problemType": choices[0]["code"],
    }
    conversation = visitor.post("/sessions", {**open_, "form": form})
    shown = people.admin.get(f"/sessions/{conversation['id']}")
    assert (shown["problemType"], shown["subject"]) == (choices[0]["code"], "上报失败")
    assert shown["answers"]["organization"] == "云城区疾控中心" and "question" not in shown["answers"]
    row = people.admin.get(f"/customers/{visitor.customer_id}")
    assert (row["name"], row["phone"], row["organizationTold"], row["organizationName"]) == (
        "李 芳",
        "13800138000",
        "云城区疾控中心",
        None,  # who says where he is from is not yet from there
    )
    assert "answers" not in conversation or conversation["answers"] is None
    # the agent sees the number as everywhere else
    served = people.served(visitor)
    assert served.agent.get(served.path)["answers"]["phone"] == "138****8000"
    # the next time he is known: what is required is not asked again, and nothing else either
    visitor.put(f"/sessions/{conversation['id']}/close")
    assert set(asked(visitor, widget.code)) == {"email", "problemType", "question"}


def test_what_is_known_of_somebody_is_neither_asked_nor_changed(people):
    widget = Widget(people, formWhen="always", formFields=["name", "phone", "email"], formRequired=["name", "phone"])
    known = widget.known(name="王芳", phone="13800138000")
    assert asked(known, widget.code) == {"email": False}
    opened = known.post(
        "/sessions", {"channel": widget.code, "form": {"phone": "13999999999", "email": "wf@example.org"}}
    )
    row = people.admin.get(f"/customers/{known.customer_id}")
    assert (row["name"], row["phone"], row["email"]) == ("王芳", "13800138000", "wf@example.org")
    # the agent reads what was given this time, beside what is known for certain
    assert people.admin.get(f"/sessions/{opened['id']}")["answers"]["phone"] == "13999999999"
    known.put("/session/visitor", {"contact": "13777777777"})
    assert people.admin.get(f"/customers/{known.customer_id}")["phone"] == "13800138000"


def test_before_a_person_is_called_and_not_before_the_bot(people):
    widget = Widget(people, formWhen="before_person", formFields=["phone", "organization"], formRequired=["phone"])
    visitor = widget.visitor()
    assert asked(visitor, widget.code) == {}
    assert asked(visitor, widget.code, "person") == {"phone": True, "organization": False}
    path = f"/sessions/{visitor.post('/sessions', {'channel': widget.code, 'question': '你好'})['id']}"
    refused = visitor.post(f"{path}/handover", expect=400)
    assert (refused["error"], set(refused["fields"])) == ("form_required", {"phone"})
    left = {"clientMsgId": unique("m"), "text": "请回电"}
    visitor.post(f"{path}/left-message", left, expect=400)
    assert visitor.get(path)["status"] == "bot" and not [
        one for one in visitor.messages(path)["list"] if one["content"] == "请回电"
    ]
    people.visitor().get(f"{path}/form", expect=404)
    visitor.post(f"{path}/handover", {"form": {"phone": "13800138001"}})
    assert visitor.get(path)["status"] != "bot"
    assert visitor.get(f"{path}/form")["person"] == []  # asked once
    assert people.admin.get(f"/customers/{visitor.customer_id}")["phone"] == "13800138001"


def test_the_bot_waits_for_no_form_and_it_can_be_filled_in_afterwards(people):
    widget = Widget(people, formWhen="before_person", formFields=["phone"], formRequired=["phone"])
    visitor = widget.visitor()
    path = f"/sessions/{visitor.post('/sessions', {'channel': widget.code, 'question': '转人工'})['id']}"
    eventually(lambda: visitor.get(path)["status"] != "bot")
    assert [one["name"] for one in visitor.get(f"{path}/form")["person"]] == ["phone"]
    visitor.post(f"{path}/form", {"form": {}}, expect=400)
    people.visitor().post(f"{path}/form", {"form": {"phone": "13800138002"}}, expect=404)
    visitor.post(f"{path}/form", {"form": {"phone": "13800138002"}})
    assert people.admin.get(f"/customers/{visitor.customer_id}")["phone"] == "13800138002"


def test_only_outside_working_hours(company):
    widget = Widget(company, formWhen="off_hours", formFields=["phone"], formRequired=["phone"])
    assert asked(widget.visitor(), widget.code) == {}
    close_for_today(company)
    visitor = widget.visitor()
    told = visitor.get("/sessions/form", channel=widget.code)
    assert (told["isStaffed"], [one["name"] for one in told["first"]]) == (False, ["phone"])
    visitor.post("/sessions", {"channel": widget.code}, expect=400)
    conversation = visitor.post("/sessions", {"channel": widget.code, "form": {"phone": "13800138003"}})
    left = {"clientMsgId": unique("m"), "text": "请明天回电", "contact": "13800138004"}
    path = f"/sessions/{conversation['id']}"
    assert visitor.post(f"{path}/left-message", left)["leftMessageTime"]
    assert company.admin.get(path)["answers"] == {"phone": "13800138003", "contact": "13800138004"}


def test_the_problem_type_leads_to_who_knows_about_it(people):
    """It goes into routing as if the keywords had been recognised, and is not guessed anew."""
    widget = Widget(people, formWhen="always", formFields=["problem_type"])
    visitor = widget.visitor()
    first, *_, last = (one["code"] for one in visitor.get("/sessions/form", channel=widget.code)["first"][0]["choices"])
    opened = visitor.post("/sessions", {"channel": widget.code, "form": {"problemType": last}})
    visitor.post(f"/sessions/{opened['id']}/handover")
    assert people.admin.get("/sessions", problemType=last, ids=str(opened["id"]))["total"] == 1 and first != last


@pytest.mark.parametrize(
    ("field", "value"),
    [("formFields", ["shoe_size"]), ("formRequired", ["password"]), ("formWhen", "sometimes")],
)
def test_a_form_asks_for_what_there_is(people, field, value):
    body = {"code": unique("site"), "name": "x", "formWhen": "always", "formFields": ["phone"]} | {field: value}
    assert field in people.admin.post("/channels", body, expect=400)["fields"]


def test_a_form_that_asks_for_nothing_is_none(people):
    body = {"code": unique("site"), "name": "x", "formWhen": "always"}
    assert "formFields" in people.admin.post("/channels", body, expect=400)["fields"]
    made = people.admin.post("/channels", {**body, "formRequired": ["question", "name"]})
    assert made["formFields"] == ["name", "question"]  # required is asked, in the order of forms


def test_the_portal_has_a_form_too_and_a_card_needs_none(company, database):
    portal = company.admin.get("/channels", kind="portal")["list"][0]
    company.admin.put(
        f"/channels/{portal['id']}", {"formWhen": "always", "formFields": ["name"], "formRequired": ["name"]}
    )
    visitor = company.visitor()
    # he was named when he came; somebody who was not is asked
    assert asked(visitor, "portal") == {} and asked(company.anonymous, "portal") == {"name": True}
    nameless = company.anonymous.visit("")
    nameless.post("/sessions", {"question": "在吗"}, expect=400)
    entry = company.admin.post(
        "/entry-codes", {"name": unique("card"), "kind": "agent", "agentId": company.agent.agent_id}
    )
    opened = nameless.post("/sessions", {"entryCode": entry["code"], "question": "在吗"})
    nameless.post(f"/sessions/{opened['id']}/handover")
    with database.connect() as connection:
        kept = connection.scalar(sa.text("SELECT answers FROM conversation WHERE id = :id"), {"id": opened["id"]})
    assert kept is None


# --- in the browser ---------------------------------------------------------------------------------------------------


def test_a_customer_fills_in_the_form_of_the_portal(company, open_page: Pages, screenshot: Callable):
    portal = company.admin.get("/channels", kind="portal")["list"][0]
    fields = {"formFields": EVERYTHING, "formRequired": ["name", "phone"], "formWhen": "always"}
    company.admin.put(f"/channels/{portal['id']}", fields)
    page = open_page("/chat", viewport="phone", host=company.host)
    page.get_by_role("button", name="开始咨询").click()
    expect(page.get_by_text("请填写此项")).to_have_count(2)
    screenshot(page, "form-portal")
    page.get_by_label("怎么称呼您？").fill("李芳")
    page.get_by_label("手机号").fill("13800138005")
    page.get_by_label("问题类型").select_option(index=1)
    page.get_by_label("想咨询什么？").fill("上报失败怎么办")
    page.get_by_role("button", name="开始咨询").click()
    expect(page.get_by_role("log").get_by_text("上报失败怎么办")).to_be_visible()
    conversation = eventually(lambda: company.admin.get("/sessions")["list"])[0]
    assert (conversation["customer"]["name"], conversation["answers"]["phone"]) == ("李芳", "13800138005")


def test_before_a_person_and_while_nobody_is_there(company, open_page: Pages, screenshot: Callable):
    portal = company.admin.get("/channels", kind="portal")["list"][0]
    fields = {"formFields": ["phone", "organization"], "formRequired": ["phone"], "formWhen": "before_person"}
    company.admin.put(f"/channels/{portal['id']}", fields)
    page = open_page("/chat", viewport="phone", locale="en-GB", host=company.host)
    page.get_by_role("button", name="Talk to a person").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("Nobody is online right now")).to_be_visible()
    screenshot(page, "form-away")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.get_by_text("Please fill this in")).to_be_visible()
    sheet.locator("textarea").fill("Please call me")
    sheet.get_by_label("Phone number").fill("13800138006")
    sheet.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We have your message", exact=True)).to_be_visible()
    left = eventually(lambda: company.admin.get("/sessions")["list"])[0]
    assert left["leftMessageTime"] and left["answers"]["phone"] == "13800138006"
