"""E's ticket system at `/case`: each endpoint and page, by each role, with what it refuses (TKT-13)."""

import io
import re
import zipfile

import pytest
import requests
from PIL import Image

from tests.data.case_matrix import CASE_MATRIX
from tests.data.matrix import Row
from tests.factories import Thing, Things
from tests.people import CSRF_HEADER, Company, Person, at_once, unique
from tests.test_matrix import filled, person
from views.case.face import CASE

NOBODY = 987_654_321_012
TICKET = {
    "customer_name": "张三",
    "customer_email": "zhangsan@example.com",
    "customer_phone": "13800138000",
    "title": "系统无法登录",
    "type": "技术支持",
    "priority": "高",
    "description": "无法登录系统，提示密码错误",
}


def ask(who: Person, method: str, path: str, **options) -> requests.Response:
    return who.request(method, f"{who.base_url}/case{path}", **options)


def call(who: Person, method: str, path: str, json: dict | None = None, *, expect: int = 200, **options) -> dict:
    """What E's face answers; fails unless it has the one shape of success and refusal."""
    answer = ask(who, method, path, json=json, **options)
    assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
    assert answer.headers["Cache-Control"] == "no-store"
    return checked(answer)


def checked(answer: requests.Response) -> dict:
    told = answer.json()
    assert told["success"] is (answer.status_code == 200), answer.text
    if answer.status_code != 200:
        assert told["message"] and told["error"], answer.text
        assert set(told) & {"code", "data", "timestamp"} == set(), answer.text
    return told


def new_ticket(who: Person, **more) -> int:
    return call(who, "POST", "/api/tickets", {**TICKET, **more})["ticket_id"]


def send(who: Person, ticket_id: object, name: str, content: bytes, *, expect: int = 200) -> dict:
    return call(
        who, "POST", "/api/upload", expect=expect, data={"ticket_id": ticket_id}, files={"file": (name, content)}
    )


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


# --- signing in -----------------------------------------------------------------------------------------------------


def at_the_door(people: Company, door: str, username: str, password: str, **more) -> requests.Response:
    return requests.post(
        f"{people.base_url}/case/api/{door}", json={"username": username, "password": password, **more}, timeout=30
    )


def test_each_door_lets_in_those_it_is_for(people):
    for door, insider, outsider, role in (
        ("login", people.customer, people.agent, "customer"),
        ("admin/login", people.agent, people.customer, "admin"),
    ):
        told = at_the_door(people, door, insider.username, insider.password)
        assert told.status_code == 200 and told.json()["user"]["role"] == role
        wrong = at_the_door(people, door, insider.username, "wrong-password")
        stranger = at_the_door(people, door, unique("nobody"), "wrong-password")
        # a right password at the wrong door says no more than a wrong one
        refused = at_the_door(people, door, outsider.username, outsider.password)
        assert {answer.status_code for answer in (wrong, stranger, refused)} == {401}
        assert wrong.text == stranger.text == refused.text and not refused.cookies


def test_doors_share_the_lock_of_all_doors(people):
    victim = people.new("customer")
    for _ in range(5):
        at_the_door(people, "login", victim.username, "wrong-password")
    assert at_the_door(people, "login", victim.username, victim.password).status_code == 429
    assert at_the_door(people, "admin/login", victim.username, victim.password).json()["error"] == "locked"
    Person(people.base_url).post("/session", {"username": victim.username, "password": victim.password}, expect=429)


def test_first_password_must_be_changed_before_anything_else(people):
    username, password = unique("new"), "First-password-1"
    people.admin.post("/users", {"username": username, "password": password, "roleIds": [people.role_id("customer")]})
    client = Person(people.base_url)
    call(client, "POST", "/api/login", {"username": username, "password": password})
    assert call(client, "GET", "/api/tickets", expect=403)["error"] == "password_change_required"


def test_login_takes_exactly_its_fields(people):
    call(people.anonymous, "POST", "/api/login", {"username": "x"}, expect=400)
    told = call(people.anonymous, "POST", "/api/login", {"username": "x", "password": "y", "role": "admin"}, expect=400)
    assert told["fields"] == {"role": told["fields"]["role"]}


# --- writes that another site may have caused -----------------------------------------------------------------------


@pytest.mark.parametrize("origin", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_another_site_cannot_write_with_a_readers_cookie(people, origin):
    browser = people.customer.again()
    answer = ask(browser, "POST", "/api/tickets", json=TICKET, headers=origin)
    assert (answer.status_code, checked(answer)["error"]) == (403, "csrf")


@pytest.mark.parametrize("sign", ["Origin", "Referer", "Sec-Fetch-Site"])
def test_browsers_need_the_word_of_their_page(people, sign):
    """A program with a cookie jar has no page; a browser says in each write where it comes from."""
    browser = people.customer.again()
    word = browser.http.headers.pop(CSRF_HEADER)
    header = {sign: "same-origin" if sign == "Sec-Fetch-Site" else people.base_url}

    def status(**more) -> int:
        return ask(browser, "POST", "/api/tickets", json=TICKET, headers={**header, **more}).status_code

    assert status() == 403
    for wrong in ("", "0" * 64, people.agent.http.headers[CSRF_HEADER]):
        assert (
            ask(browser, "POST", "/api/tickets", json=TICKET, headers={**header, CSRF_HEADER: wrong}).status_code == 403
        )
    assert ask(browser, "POST", "/api/tickets", json=TICKET, headers={**header, CSRF_HEADER: word}).status_code == 200
    assert ask(browser, "POST", "/api/tickets", json=TICKET).status_code == 200


def test_login_tells_pages_their_word(people):
    who, browser = people.customer, requests.Session()
    answer = browser.post(
        f"{people.base_url}/case/api/login", json={"username": who.username, "password": who.password}, timeout=30
    )
    headers = {"Origin": people.base_url, CSRF_HEADER: answer.headers[CSRF_HEADER]}
    made = browser.post(f"{people.base_url}/case/api/tickets", json=TICKET, headers=headers, timeout=30)
    assert made.json()["success"] is True


def test_forms_of_other_sites_are_no_json(people):
    body = '{"customer_name": "x"}'
    answer = ask(people.customer, "POST", "/api/tickets", data=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400 and checked(answer)["error"] == "unsupported_type"


# --- one shape for all refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/tickets/999999999", 404, "not_found"),
        ("GET", "/api/tickets/x", 404, "not_found"),
        ("DELETE", "/api/tickets", 405, "method_not_allowed"),
        ("GET", "/api/tickets?page=0", 400, "invalid"),
        ("GET", "/api/tickets?per_page=101", 400, "invalid"),
        ("GET", "/api/tickets?colour=red", 400, "invalid"),
        ("GET", "/api/tickets?status=完成", 400, "invalid"),
        ("GET", "/api/tickets?priority=很高", 400, "invalid"),
        ("GET", "/api/tickets?type=不存在", 400, "invalid"),
        ("GET", "/api/tickets?start_date=2026-13-01", 400, "invalid"),
        ("GET", "/api/tickets?end_date=0001-01-01", 400, "invalid"),
        ("GET", "/uploads/", 404, "not_found"),
        ("GET", "/uploads/x.txt", 404, "not_found"),
    ],
)
def test_refusals_have_one_shape(people, method, path, status, error):
    answer = ask(people.supervisor, method, path)
    assert (answer.status_code, checked(answer)["error"]) == (status, error)


def test_too_large_bodies_are_refused_in_the_same_shape(people):
    answer = ask(people.customer, "POST", "/api/tickets", json={**TICKET, "description": "x" * 2_000_000})
    assert answer.status_code == 413 and checked(answer)["error"] == "too_large"


def test_too_many_requests_are_refused_in_the_same_shape(start_server, people):
    server = start_server(REQUEST_RATE_PER_IP="2 per minute")
    answers = [requests.get(f"{server.base_url}/case/api/tickets", timeout=30) for _ in range(4)]
    assert answers[-1].status_code == 429 and answers[-1].headers["Retry-After"]
    assert checked(answers[-1])["error"] == "too_many"


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


# --- files ----------------------------------------------------------------------------------------------------------


def picture(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(data, kind)
    return data.getvalue()


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a.txt", "hello")
    return data.getvalue()


DOCUMENT = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1024)
ACCEPTED = {
    "图.jpg": picture("JPEG"),
    "a.png": picture("PNG"),
    "a.pdf": b"%PDF-1.4\n%%EOF\n",
    "a.doc": DOCUMENT,
    "a.docx": archive(),
    "a.txt": "您好".encode(),
    "a.zip": archive(),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_file_appears_in_the_room_of_both_sides(people, name):
    number = new_ticket(people.customer)
    address = send(people.customer, number, name, ACCEPTED[name])["file_url"]
    assert re.fullmatch(rf"/case/uploads/[0-9a-f]{{40}}\.{name.rpartition('.')[2]}", address)
    for who in (people.customer, people.admin):
        messages = call(who, "GET", f"/api/tickets/{number}/messages")["messages"]
        assert messages[-1]["attachment_url"] == address
        assert who.messages(f"/tickets/{number}")["list"][-1]["payload"]["name"] == name
        answer = ask(who, "GET", address.removeprefix("/case"))
        assert answer.status_code == 200 and answer.content
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("a.html", b"<script>alert(1)</script>", 400),
        ("a.svg", b"<svg onload='alert(1)'/>", 400),
        ("a.exe", b"MZ", 400),
        ("a.mp3", b"ID3", 400),
        ("a.txt.php", b"<?php", 400),
        ("noending", b"x", 400),
        ("a.png", b"<script>alert(1)</script>", 400),
        ("a.pdf", picture("PNG"), 400),
        ("a.txt", b"", 400),
        ("a.txt", b"\x00\x01", 400),
        ("a.txt", b"x" * 10_485_761, 413),
        ("a.zip", b"x" * 11_000_000, 413),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_too_large_or_not_what_they_say_are_refused(people, name, content, status):
    number = new_ticket(people.customer)
    before = len(call(people.customer, "GET", f"/api/tickets/{number}/messages")["messages"])
    send(people.customer, number, name, content, expect=status)
    assert len(call(people.customer, "GET", f"/api/tickets/{number}/messages")["messages"]) == before


@pytest.mark.parametrize("ticket_id", ["", "x", "-1", "1 or 1=1", "9" * 30])
def test_file_needs_a_ticket(people, ticket_id):
    assert "ticket_id" in send(people.customer, ticket_id, "a.txt", b"x", expect=400)["fields"]


def test_file_is_read_only_by_who_may_see_the_ticket(people):
    number = new_ticket(people.customer)
    address = send(people.customer, number, "a.txt", b"secret")["file_url"]
    people.admin.post(f"/tickets/{number}/assign", {"agentId": people.agent.agent_id})
    for who in (people.anonymous, people.visitor(), people.other_customer, people.other_team_agent):
        answer = ask(who, "GET", address.removeprefix("/case"))
        assert answer.status_code == 404 and b"secret" not in answer.content
    assert ask(people.agent, "GET", address.removeprefix("/case")).content == b"secret"
    for guess in (address[:-4], address[:-4] + ".html", address.replace(".txt", "/../a.txt"), "/case/uploads/1.txt"):
        assert ask(people.customer, "GET", guess.removeprefix("/case")).status_code == 404


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


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "anonymous", "customer", "staff"),
    [
        ("/login", "/login?next=/case/my-tickets", "/tickets", "/desk/tickets"),
        ("/admin/login", "/login?next=/case/admin/tickets", None, "/desk/tickets"),
        ("/submit", "/tickets/new", "/tickets/new", "/desk/tickets?new=1"),
        ("/my-tickets", "/login?next=/case/my-tickets", "/tickets", "/desk/tickets"),
        ("/admin/tickets", "/login?next=/case/admin/tickets", None, "/desk/tickets"),
        ("/ticket/17", "/login?next=/case/ticket/17", "/tickets/17", "/desk/tickets/17"),
        ("", "/login?next=/case/my-tickets", "/tickets", "/desk/tickets"),
    ],
)
def test_pages_of_e_lead_to_our_own(people, page, anonymous, customer, staff):
    for who, wanted in (
        (people.anonymous, anonymous),
        (people.customer, customer),
        (people.agent, staff),
        (people.supervisor, staff),
    ):
        answer = ask(who, "GET", page, allow_redirects=False)
        found = (answer.status_code, answer.headers.get("Location"))
        assert found == ((302, wanted) if wanted else (403, None)), who
        if wanted:
            assert ask(who, "GET", page).status_code == 200


def test_unknown_page_is_a_page(people):
    answer = ask(people.anonymous, "GET", "/nothing")
    assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")
