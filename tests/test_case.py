"""E's ticket system at `/case`: each endpoint by each role, and what tickets do there (TKT-13)."""

import pytest

from tests.case_face import TICKET, ask, call, checked, new_ticket, send
from tests.data.case_matrix import CASE_MATRIX
from tests.data.matrix import Row
from tests.factories import Thing, Things
from tests.people import Company, Person, at_once, unique
from tests.test_matrix import filled, person
from views.case.face import CASE

NOBODY = 987_654_321_012


# --- who may what ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def things(people: Company) -> Things:
    return Things(people)


def test_every_endpoint_has_a_line():
    rows = [(row.method, row.path) for row in CASE_MATRIX]
    assert len(rows) == len(set(rows)) and set(rows) == set(CASE.endpoints)


def _asked(people: Company, who: Person, row: Row, thing: Thing | None, things: Things, number: int | None = None):
    body, options = filled(row.body, thing, things) if row.body and "$name" not in row.body.values() else row.body, {}
    if body and body.get("assignee"):
        body = {"assignee": str(people.other_team_agent.agent_id)}
    path = row.path.replace("<id:id>", str(number or (thing.id if thing else "")))
    if row.file:
        options = {"files": {"file": row.file}, "data": {"ticket_id": number or thing.id}}
    if "<filename>" in path:
        address = "nothing.txt" if number else _file_of(people, thing)
        path = path.replace("<filename>", address)
    return ask(who, row.method, path, json=body, **options)


def _file_of(people: Company, thing: Thing) -> str:
    return send(people.admin, thing.id, "screen.txt", b"hello")["file_url"].rpartition("/")[2]


@pytest.mark.parametrize("row", CASE_MATRIX, ids=lambda row: f"{row.method} {row.path}")
def test_role_gets_what_the_table_says(people, things, row):
    for role, expected in row.expected.items():
        thing = things.make(row.on) if row.on else None
        answer = _asked(people, person(people, role, thing), row, thing, things)
        assert answer.status_code == expected, (
            f"{role}: {answer.status_code} instead of {expected}: {answer.text[:300]}"
        )
        if "uploads" not in row.path or answer.status_code != 200:
            checked(answer)


def test_ticket_of_another_company_is_like_none(people, strangers):
    foreign = Things(strangers, "foreign-marker")
    ticket = foreign.make("ticket")
    address = _file_of(strangers, ticket)
    for row in CASE_MATRIX:
        if not row.on:
            continue
        for who in (people.anonymous, people.visitor(), people.customer, people.agent, people.supervisor, people.admin):
            real = (
                ask(who, "GET", f"/uploads/{address}")
                if "<filename>" in row.path
                else _asked(people, who, row, ticket, foreign)
            )
            none = _asked(people, who, row, ticket, foreign, NOBODY)
            assert (real.status_code, real.text) == (none.status_code, none.text), row.path
            assert real.status_code in (401, 403, 404) and "foreign-marker" not in real.text
    assert "foreign-marker" not in ask(people.admin, "GET", "/api/tickets", params={"per_page": 100}).text
    title = strangers.admin.get(f"/tickets/{ticket.id}")["title"]
    assert call(people.admin, "GET", "/api/tickets", params={"search": title})["total"] == 0


# --- reporting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["customer_name", "customer_email", "title", "description"])
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_what_e_requires_is_required(people, missing, blank):
    body = {**TICKET, missing: blank} if blank is not None else {k: v for k, v in TICKET.items() if k != missing}
    assert missing in call(people.customer, "POST", "/api/tickets", body, expect=400)["fields"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"customer_email": "zhangsan"}, "customer_email"),
        ({"customer_phone": "call me"}, "customer_phone"),
        ({"customer_name": "x" * 101}, "customer_name"),
        ({"title": "x" * 256}, "title"),
        ({"title": 5}, "title"),
        ({"type": "不存在"}, "type"),
        ({"priority": "最高"}, "priority"),
        ({"status": "已关闭"}, "status"),
        ({"sender_type": "admin"}, "sender_type"),
        ({"assignee": "客服A"}, "assignee"),
        ({"customer_id": 1}, "customer_id"),
        ({"tenant_id": 2}, "tenant_id"),
        ({"ticket_number": "TK1"}, "ticket_number"),
    ],
    ids=repr,
)
def test_what_is_wrong_or_not_ones_to_say_is_refused(people, wrong, field):
    before = call(people.customer, "GET", "/api/tickets")["total"]
    assert field in call(people.customer, "POST", "/api/tickets", {**TICKET, **wrong}, expect=400)["fields"]
    assert call(people.customer, "GET", "/api/tickets")["total"] == before


@pytest.mark.parametrize(
    ("said", "told"),
    [("高", "高"), ("中", "中"), ("低", "低"), ("特急", "高"), ("紧急", "中"), ("普通", "低"), ("critical", "高")],
)
def test_priorities_by_their_words(people, said, told):
    number = new_ticket(people.customer, priority=said)
    assert call(people.customer, "GET", f"/api/tickets/{number}")["ticket"]["priority"] == told


@pytest.mark.parametrize(("said", "told"), [("产品咨询", "产品咨询"), ("aftersale", "售后服务"), ("", "")])
def test_types_by_their_labels(people, said, told):
    number = new_ticket(people.customer, type=said)
    assert call(people.customer, "GET", f"/api/tickets/{number}")["ticket"]["type"] == told


def test_customer_is_always_himself(people):
    """The address in the body says how to reach him, not who he is (SECURITY B05)."""
    other = people.admin.post("/customers", {"name": unique("other"), "email": f"{unique('o')}@example.com"})
    number = new_ticket(people.customer, customer_email=other["email"])
    assert people.admin.get(f"/tickets/{number}")["customer"]["id"] == people.customer.customer_id


def test_staff_report_for_the_customer_of_that_address(people):
    address = f"{unique('c')}@example.com"
    one = people.admin.post("/customers", {"name": unique("one"), "email": address})
    number = new_ticket(people.supervisor, customer_email=address)
    assert people.admin.get(f"/tickets/{number}")["customer"]["id"] == one["id"]
    people.admin.post("/customers", {"name": unique("two"), "email": address})
    number = new_ticket(people.supervisor, customer_email=address)  # of two nobody knows which
    ticket = people.admin.get(f"/tickets/{number}")
    assert ticket["customer"] is None and ticket["contactEmail"] == address


def test_addresses_are_shown_in_full_only_to_who_may_see_them(people):
    number = new_ticket(people.customer)
    people.admin.post(f"/tickets/{number}/assign", {"agentId": people.agent.agent_id})
    seen = {
        who: call(person, "GET", f"/api/tickets/{number}")["ticket"]
        for who, person in (("owner", people.customer), ("agent", people.agent), ("supervisor", people.supervisor))
    }
    assert seen["owner"]["customer_email"] == seen["supervisor"]["customer_email"] == "zhangsan@example.com"
    assert (seen["agent"]["customer_email"], seen["agent"]["customer_phone"]) == ("z***@example.com", "138****8000")


# --- lists ----------------------------------------------------------------------------------------------------------


def test_list_is_narrowed_by_words_and_days(people):
    customer = people.new("customer")
    first, second = new_ticket(customer), new_ticket(customer, type="产品咨询", priority="低", title="另一个")
    people.admin.post(f"/tickets/{first}/flow", {"status": "processing"})
    people.admin.post(f"/tickets/{first}/flow", {"status": "waiting"})
    today = call(customer, "GET", f"/api/tickets/{first}")["ticket"]["created_at"][:10]

    def found(**query) -> list[int]:
        return [row["id"] for row in call(customer, "GET", "/api/tickets", params=query)["tickets"]]

    assert found() == found(status="全部") == [second, first]
    assert found(status="处理中") == found(status="waiting") == found(status="等待客户") == [first]
    assert found(status="processing") == []  # the code is our own state, the word E's
    assert found(status="待处理") == found(type="产品咨询") == found(type="consult") == found(priority="低") == [second]
    assert found(search="另一个") == [second]
    assert found(start_date=today, end_date=today) == [second, first]
    assert found(end_date="2020-01-01") == found(start_date="2100-01-01") == []
    page = call(customer, "GET", "/api/tickets", params={"page": 2, "per_page": 1})
    assert ([row["id"] for row in page["tickets"]], page["total"], page["page"], page["per_page"]) == ([first], 2, 2, 1)


def test_each_sees_in_the_list_what_is_his(people):
    number = new_ticket(people.customer)
    assert number in [row["id"] for row in call(people.customer, "GET", "/api/tickets")["tickets"]]
    for stranger in (people.other_customer, people.visitor()):
        assert number not in [row["id"] for row in call(stranger, "GET", "/api/tickets")["tickets"]]


def test_times_are_those_of_the_companys_clock(people):
    number = new_ticket(people.customer)
    stored = people.customer.get(f"/tickets/{number}")["createTime"]
    shown = call(people.customer, "GET", f"/api/tickets/{number}")["ticket"]["created_at"]
    assert int(shown[11:13]) == (int(stored[11:13]) + 8) % 24 and shown[14:] == stored[14:19]


# --- moving, giving, closing ----------------------------------------------------------------------------------------


def state_of(people: Company, number: int) -> str:
    return people.admin.get(f"/tickets/{number}")["status"]


@pytest.mark.parametrize("word", ["处理中", "processing"])
def test_state_by_its_word(people, word):
    number = new_ticket(people.customer)
    call(people.supervisor, "POST", f"/api/tickets/{number}/status", {"status": word})
    assert state_of(people, number) == "processing"
    call(people.supervisor, "POST", f"/api/tickets/{number}/status", {"status": "等待客户"})
    assert state_of(people, number) == "waiting"
    assert call(people.supervisor, "GET", f"/api/tickets/{number}")["ticket"]["status"] == "处理中"
    call(people.supervisor, "POST", f"/api/tickets/{number}/status", {"status": "关了"}, expect=400)
    call(people.supervisor, "POST", f"/api/tickets/{number}/status", {"status": "已关闭"}, expect=409)
    call(people.supervisor, "POST", f"/api/tickets/{number}/status", {"status": "已解决"}, expect=400)
    call(people.supervisor, "POST", f"/api/tickets/{number}/status", {"status": "已解决", "resolution": "重启"})
    call(people.customer, "POST", f"/api/tickets/{number}/status", {"status": "已关闭"})
    assert state_of(people, number) == "closed"


def test_agent_by_name_number_or_id(people):
    name = unique("客服")
    one, other = people.new("agent", name), people.new("agent")
    work_no = people.admin.get(f"/agents/{other.agent_id}")["workNo"]
    number = new_ticket(people.customer)
    for word, agent in ((name, one), (work_no, other), (str(one.agent_id), one), (other.username, other)):
        call(people.supervisor, "POST", f"/api/tickets/{number}/assign", {"assignee": word})
        assert people.admin.get(f"/tickets/{number}")["assignee"]["id"] == agent.agent_id
    people.new("agent", name)
    told = call(people.supervisor, "POST", f"/api/tickets/{number}/assign", {"assignee": name}, expect=400)
    assert "assignee" in told["fields"]
    for nobody in (unique("nobody"), "", str(NOBODY)):
        call(people.supervisor, "POST", f"/api/tickets/{number}/assign", {"assignee": nobody}, expect=404)


@pytest.mark.parametrize("way", ["", "processing", "processing waiting", "processing review", "resolved"])
def test_closing_goes_all_the_way_at_once(people, way):
    number = new_ticket(people.customer)
    for status in way.split():
        people.supervisor.post(f"/tickets/{number}/flow", {"status": status, "resolution": "先这样"})
    call(people.supervisor, "POST", f"/api/tickets/{number}/close", {"resolution": "问题已解决"})
    ticket = people.admin.get(f"/tickets/{number}")
    assert (ticket["status"], ticket["resolution"]) == ("closed", "问题已解决")
    call(people.supervisor, "POST", f"/api/tickets/{number}/close", {"resolution": "again"}, expect=409)


def test_closing_needs_a_solution_and_leaves_nothing_halfway(people):
    number = new_ticket(people.customer)
    for body in ({"resolution": ""}, {"resolution": "  "}, {}):
        call(people.supervisor, "POST", f"/api/tickets/{number}/close", body, expect=400)
    assert state_of(people, number) == "pending"
    call(people.customer, "POST", f"/api/tickets/{number}/close", {"resolution": "x"}, expect=403)
    assert state_of(people, number) == "pending"


def test_two_who_close_at_once_close_it_once(people):
    number = new_ticket(people.customer)
    path = f"/api/tickets/{number}/close"
    answers = at_once(*[lambda: ask(people.supervisor, "POST", path, json={"resolution": "好了"}).status_code] * 4)
    assert sorted(answers) == [200, 409, 409, 409]


# --- what is said ---------------------------------------------------------------------------------------------------


def test_notes_and_recalled_words_are_told_to_nobody_here(people):
    number, secret, taken = new_ticket(people.customer), unique("secret"), unique("taken")
    path = f"/tickets/{number}"
    people.admin.say(path, secret, type="note")
    message = people.admin.say(path, taken)
    people.admin.post(f"{path}/messages/{message['messageId']}/recall")
    people.admin.say(path, "您好")
    for who in (people.customer, people.admin):
        text = ask(who, "GET", f"/api{path}/messages").text
        assert secret not in text and taken not in text and "您好" in text


def test_long_rooms_are_told_whole(people):
    number = new_ticket(people.customer)
    for turn in range(205):
        people.admin.say(f"/tickets/{number}", f"said {turn}")
    said = call(people.customer, "GET", f"/api/tickets/{number}/messages")["messages"]
    assert [row["content"] for row in said[1:]] == [f"said {turn}" for turn in range(205)]


# --- figures --------------------------------------------------------------------------------------------------------


def test_figures_are_of_what_the_reader_sees(new_company):
    company = new_company()
    customer, agent = company.customer, company.agent
    numbers = [new_ticket(customer) for _ in range(5)]
    for number in numbers[:2]:
        company.admin.post(f"/tickets/{number}/assign", {"agentId": agent.agent_id})
    company.admin.post(f"/tickets/{numbers[0]}/flow", {"status": "processing"})
    company.admin.post(f"/tickets/{numbers[0]}/flow", {"status": "waiting"})
    company.admin.post(f"/tickets/{numbers[3]}/flow", {"status": "cancelled"})
    company.admin.post(f"/tickets/{numbers[4]}/flow", {"status": "resolved", "resolution": "好了"})
    assert call(company.admin, "GET", "/api/statistics") == {
        "success": True,
        "total_tickets": 5,
        "pending": 2,
        "processing": 1,
        "resolved": 1,
        "closed": 1,
        "avg_response_time": None,
    }
    stranger = company.new("agent")
    company.admin.post(f"/tickets/{numbers[2]}/assign", {"agentId": company.new("agent").agent_id})
    assert call(agent, "GET", "/api/statistics")["total_tickets"] >= 2
    assert call(stranger, "GET", "/api/statistics")["total_tickets"] < 5


def test_time_to_the_first_reply_is_told_in_hours(new_company, database):
    company = new_company()
    for hours in (1, 4):
        number = new_ticket(company.customer)
        company.admin.say(f"/tickets/{number}", "您好")
        with database.begin() as connection:
            column = "create_time"
            earlier = (
                f"datetime({column}, '-{hours} hours')"
                if database.dialect.name == "sqlite"
                else f"{column} - INTERVAL {hours} HOUR"
            )
            connection.exec_driver_sql(f"UPDATE ticket SET {column} = {earlier} WHERE id = {number}")
    assert call(company.admin, "GET", "/api/statistics")["avg_response_time"] == "2.5 hours"
