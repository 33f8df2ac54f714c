"""E-mail about tickets, through a real mail server: what arrives, when, at whom, once (TKT-11; E §6)."""

import pytest
import sqlalchemy as sa

from tests.conftest import prepare_database, settings_of_own
from tests.people import Company, Person, unique
from tests.servers import HOST, AppServer, free_port
from tests.standins import MailServer, Received
from tests.waiting import eventually

PUBLIC = "https://help.example.org"
#: two rounds of the timetable, and what a busy machine adds
SOON = 25
#: kinds of letters as they are stored
CREATED, MESSAGE, MOVED = 1, 2, 3


@pytest.fixture(scope="module")
def settings(backend, tmp_path_factory):
    """A database and a timetable of our own: letters leave by the clock."""
    return {
        **settings_of_own(backend, tmp_path_factory.mktemp("letters")),
        "MAIL_SENDER": "smtp",
        "MAIL_FROM": "客服 <support@example.org>",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(free_port()),
        "SMTP_SECURITY": "none",
        "PUBLIC_URL": PUBLIC,
    }


@pytest.fixture(scope="module")
def company(settings, tmp_path_factory):
    prepare_database(settings)
    with AppServer(tmp_path_factory.mktemp("server"), settings) as running:
        yield Company(running.base_url, "admin", settings["ADMIN_PASSWORD"])


@pytest.fixture(scope="module")
def rows(settings, company):
    """The letters as they are stored."""
    url = settings.get("DATABASE_URL") or f"sqlite:///{settings['DATA_DIR']}/smartsupport.db"
    engine = sa.create_engine(url)
    yield lambda ticket_id: _rows(engine, ticket_id)
    engine.dispose()


def _rows(engine: sa.Engine, ticket_id: int) -> list[sa.Row]:
    statement = f"SELECT kind, state, attempts, last_error FROM ticket_letter WHERE ticket_id = {ticket_id} ORDER BY id"
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(statement))


@pytest.fixture
def post(settings):
    with MailServer(port=int(settings["SMTP_PORT"])) as server:
        yield server


@pytest.fixture(autouse=True)
def at_once(company):
    """Nothing is gathered unless a test says so."""
    company.admin.put("/settings", {"values": {"mail_gather_seconds": 0}})


def somebody(company: Company, role: str, **more) -> tuple[Person, str]:
    """A new account and its confirmed address."""
    address = f"{unique(role)}@example.com"
    return company.new(role, unique(role), email=address, **more), address


def about(server: MailServer, ticket: dict) -> list[Received]:
    return [letter for letter in server.letters if ticket["no"] in letter.subject]


def letter(server: MailServer, to: str) -> Received:
    return server.wait_for_letter(to, timeout=SOON)


def settled(rows, ticket: dict, count: int = 1, kind: int = 0) -> list[sa.Row]:
    """What became of the letters (of one kind) about a ticket, once none waits any more (state 1)."""

    def ended() -> list[sa.Row] | None:
        found = [row for row in rows(ticket["id"]) if kind in (0, row.kind)]
        return found if len(found) >= count and all(row.state != 1 for row in found) else None

    return eventually(ended, timeout=SOON)


def test_new_ticket_is_told_to_those_who_look_after_tickets(company, post):
    (_, leader), (_, agent) = somebody(company, "supervisor"), somebody(company, "agent")
    ticket = company.visitor().post(
        "/tickets",
        {
            "title": "打不开\r\nBcc: victim@example.com",
            "description": "点了没有反应",
            "contactName": "张三",
            "contactEmail": f"{unique('z')}@example.com",
            "contactPhone": "13800138000",
        },
    )
    told = letter(post, leader)
    assert told.subject == f"新工单 {ticket['no']}：打不开 Bcc: victim@example.com" and told.message["Bcc"] is None
    for part in (ticket["no"], "张三", ticket["contactEmail"], "13800138000", "点了没有反应"):
        assert part in told.text
    assert f"查看工单：{PUBLIC}/case/ticket/{ticket['id']}" in told.text
    assert told.message["Auto-Submitted"] == "auto-generated"
    assert {one.to for one in about(post, ticket)}.isdisjoint({agent, ticket["contactEmail"], "victim@example.com"})


def test_reply_reaches_the_customer_and_letters_of_a_ticket_belong_together(company, post, rows):
    customer, address = somebody(company, "customer")
    agent, desk = somebody(company, "agent")
    ticket = company.ticket(customer, agent, title="打印机坏了")
    path, note = f"/tickets/{ticket['id']}", unique("note")
    agent.say(path, note, type="note")
    agent.say(path, "请重启一下")
    told = letter(post, address)
    assert told.subject == f"工单 {ticket['no']} 有新回复：打印机坏了"
    assert "请重启一下" in told.text and agent.actor["name"] in told.text and ticket["no"] in told.text
    customer.say(path, "还是不行")
    heard = letter(post, desk)
    assert heard.subject == f"工单 {ticket['no']} 有客户新消息：打印机坏了" and "还是不行" in heard.text
    assert told.message["References"] == heard.message["References"] == told.message["In-Reply-To"]
    assert told.message["Message-ID"] != heard.message["Message-ID"]
    settled(rows, ticket, 2)
    assert note not in "".join(one.text for one in about(post, ticket))


def test_several_messages_make_one_letter(company, post, rows):
    company.admin.put("/settings", {"values": {"mail_gather_seconds": 4}})
    customer, address = somebody(company, "customer")
    agent, _ = somebody(company, "agent")
    ticket = company.ticket(customer, agent)
    for turn in range(3):
        agent.say(f"/tickets/{ticket['id']}", f"第{turn}句")
    told = letter(post, address)
    assert [told.text.count(f"第{turn}句") for turn in range(3)] == [1, 1, 1]
    settled(rows, ticket)
    assert len([one for one in about(post, ticket) if one.to == address]) == 1


def test_who_has_read_it_gets_no_letter(company, post, rows):
    company.admin.put("/settings", {"values": {"mail_gather_seconds": 2}})
    customer, address = somebody(company, "customer")
    agent, _ = somebody(company, "agent")
    ticket = company.ticket(customer, agent)
    with customer.socket() as ears:
        ears.ok("join", {"ticketId": ticket["id"]})
        agent.say(f"/tickets/{ticket['id']}", "看到了吗")
        seen = ears.wait_for("message", lambda data: data["content"] == "看到了吗")
        ears.ok("message_ack", {"ticketId": ticket["id"], "seq": seen["seq"]})
    settled(rows, ticket)
    assert [one for one in about(post, ticket) if one.to == address] == []


def test_change_of_state_is_told_from_where_to_where_and_by_whom(company, post, rows):
    company.admin.put("/settings", {"values": {"mail_gather_seconds": 2}})
    customer, address = somebody(company, "customer")
    agent, _ = somebody(company, "agent")
    ticket = company.ticket(customer, agent)
    answer = company.supervisor.request(
        "POST", f"{company.base_url}/case/api/tickets/{ticket['id']}/close", json={"resolution": "换了保险丝"}
    )
    assert answer.status_code == 200, answer.text
    told = letter(post, address)
    for line in ("原状态：待处理", "新状态：已关闭", f"处理人：{agent.actor['name']}", "换了保险丝"):
        assert line in told.text
    customer.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})  # his own doing needs no letter
    settled(rows, ticket)
    assert len([one for one in about(post, ticket) if one.to == address]) == 1


def test_being_looked_through_is_no_news_for_the_customer(company, post, rows):
    customer, address = somebody(company, "customer")
    ticket = company.ticket(customer, somebody(company, "agent")[0])
    company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})
    assert "新状态：处理中" in letter(post, address).text
    company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "review"})
    assert [row.state for row in settled(rows, ticket, 2, MOVED)] == [2, 3]  # sent, dropped


def test_letter_is_tried_again_until_the_mail_server_is_back_and_arrives_once(company, settings, rows):
    customer, address = somebody(company, "customer")
    ticket = company.ticket(customer, somebody(company, "agent")[0])
    company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})
    eventually(
        lambda: [row for row in rows(ticket["id"]) if row.kind == MOVED and row.attempts and row.last_error],
        timeout=SOON,
    )
    with MailServer(port=int(settings["SMTP_PORT"])) as back:
        letter(back, address)
        (row,) = settled(rows, ticket, 1, MOVED)
        assert (row.state, row.attempts >= 2, row.last_error) == (2, True, None)
        company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "waiting"})
        back.wait_for_letter(address, 2, timeout=SOON)
        assert len([one for one in back.letters if one.to == address]) == 2


def test_form_writes_to_no_stranger(company, post, rows):
    """Whose address stands in a form nobody knows: it hears of our people's own doing only, and of that not much."""
    stranger, bait = f"{unique('stranger')}@example.com", unique("bait")
    visitor = company.visitor()
    tickets = [
        visitor.post("/tickets", {"title": f"{bait} {turn}", "description": bait, "contactEmail": stranger})
        for turn in range(22)
    ]
    visitor.say(f"/tickets/{tickets[0]['id']}", bait)
    for ticket in tickets:
        company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})
    ended = [settled(rows, ticket, 1, MOVED) for ticket in tickets]
    moved = [row for found in ended for row in found]
    assert sorted(row.state for row in moved) == [2] * 20 + [4] * 2
    letters = [one for one in post.letters if one.to == stranger]
    assert len(letters) == 20
    assert all(bait not in one.text + one.subject and "新状态：处理中" in one.text for one in letters)
    page = company.admin.request("GET", f"{company.base_url}/admin/ticket_letter/list/").text
    assert "发送失败" in page and stranger not in page


def test_confirmed_address_comes_before_what_stands_in_a_form(company, post, rows):
    customer, address = somebody(company, "customer")
    other = f"{unique('other')}@example.com"
    ticket = company.ticket(customer, somebody(company, "agent")[0], contactEmail=other)
    company.supervisor.say(f"/tickets/{ticket['id']}", "您好")
    assert "您好" in letter(post, address).text
    settled(rows, ticket)
    assert [one for one in post.letters if one.to == other] == []


@pytest.mark.parametrize("kind", ["created", "message", "moved"])
def test_company_switches_letters_off(company, post, rows, kind):
    name = f"mail_ticket_{kind}"
    company.admin.put("/settings", {"values": {name: False}})
    try:
        customer, _ = somebody(company, "customer")
        agent, _ = somebody(company, "agent")
        somebody(company, "supervisor")
        ticket = company.ticket(customer)
        company.admin.post(f"/tickets/{ticket['id']}/assign", {"agentId": agent.agent_id})
        customer.say(f"/tickets/{ticket['id']}", "在吗")
        company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})
        kinds = {"created": CREATED, "message": MESSAGE, "moved": MOVED}
        settled(rows, ticket, 2)
        assert {row.kind for row in rows(ticket["id"])} == set(kinds.values()) - {kinds[kind]}
    finally:
        company.admin.put("/settings", {"values": {name: True}})


@pytest.mark.parametrize("choice", [{"mail": False}, {"notices": {"ticket.message": False}}], ids=str)
def test_person_switches_letters_off(company, post, rows, choice):
    agent, address = somebody(company, "agent")
    agent.put("/user/preferences", choice)
    customer, home = somebody(company, "customer")
    ticket = company.ticket(customer, agent)
    customer.say(f"/tickets/{ticket['id']}", "在吗")
    agent.say(f"/tickets/{ticket['id']}", "在的")
    letter(post, home)
    settled(rows, ticket)
    assert [one for one in about(post, ticket) if one.to == address] == []


def test_reader_is_written_to_in_his_language(company, post):
    customer, address = somebody(company, "customer")
    customer.put("/session/locale", {"locale": "en"})
    ticket = company.ticket(customer, somebody(company, "agent")[0], title="Printer")
    company.supervisor.say(f"/tickets/{ticket['id']}", "Please restart it")
    told = letter(post, address)
    assert told.subject == f"Ticket {ticket['no']}: you have a reply: Printer"
    assert f"Open the ticket: {PUBLIC}/case/ticket/{ticket['id']}" in told.text


def test_agents_read_addresses_masked_in_letters_too(company, post):
    agent, desk = somebody(company, "agent")
    ticket = company.visitor().post("/tickets", {"title": "x", "contactEmail": "zhangsan@example.com"})
    company.admin.post(f"/tickets/{ticket['id']}/assign", {"agentId": agent.agent_id})
    other = agent.post("/tickets", {"title": "y", "contactEmail": "zhangsan@example.com"})
    assert other["contactEmail"] == "z***@example.com"
    assert "zhangsan@example.com" not in "".join(one.text for one in post.letters if one.to == desk)
