"""Tickets like the one that somebody is writing: of staff what they may see, of customers their own that can go on.

Words alone find things here (no model).
"""

import pytest

from tests.people import Company, Person
from tests.waiting import eventually

PATH = "/tickets/similar"
TITLE, TEXT = "报表导出中文乱码", "导出到表格后中文全是乱码"
ALIKE = {"title": "导出报表中文是乱码", "text": "报表导出以后中文乱码"}


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """With other matters, among which words weigh something."""
    company = new_company()
    for title in ("打印机卡纸", "怎么申请发票", "忘记登录密码", "会议室投影没有信号"):
        company.ticket(title=title, description=f"{title}，请尽快处理")
    return company


def report(company: Company, customer: Person, assignee: Person | None = None) -> dict:
    return company.ticket(customer, assignee, title=TITLE, description=TEXT)


def found_by(person: Person, **query) -> list[int]:
    return [one["ticketId"] for one in person.get(PATH, **(query or ALIKE))]


def test_customer_is_shown_his_own_and_nobody_elses(company):
    mine, other = company.visitor("孙医生"), company.visitor("赵主任")
    ticket = report(company, mine)
    report(company, other)
    assert eventually(lambda: found_by(mine)) == [ticket["id"]]
    shown = mine.get(PATH, **ALIKE)[0]
    assert (shown["no"], shown["title"], shown["status"]) == (ticket["no"], TITLE, "pending")
    assert "reply" not in shown
    assert found_by(company.visitor()) == []
    assert found_by(mine, title="怎么申请发票", text="发票抬头要改") == []
    assert found_by(mine, title="", text="") == []


def test_solved_ones_can_go_on_and_ended_ones_cannot(company):
    agent, customer = company.new("agent"), company.visitor()
    path = f"/tickets/{report(company, customer, agent)['id']}"
    eventually(lambda: found_by(customer))
    agent.post(f"{path}/flow", {"status": "resolved", "resolution": "请选择 UTF-8 编码导出"})
    assert eventually(lambda: customer.get(PATH, **ALIKE)[0]["resolution"]) == "请选择 UTF-8 编码导出"
    customer.post(f"{path}/flow", {"status": "closed"})
    assert found_by(customer) == []


def test_agent_sees_what_he_may_see_with_what_solved_it(company):
    mine, other = company.new("agent"), company.new("agent")
    visible, hidden = report(company, company.visitor(), mine), report(company, company.visitor(), other)
    mine.post(f"/tickets/{visible['id']}/flow", {"status": "resolved", "resolution": "选择 UTF-8 编码"})
    numbers = eventually(lambda: found_by(mine))
    assert visible["id"] in numbers and hidden["id"] not in numbers
    assert mine.get(PATH, **ALIKE)[0]["reply"] == "选择 UTF-8 编码"
    assert hidden["id"] in eventually(lambda: found_by(other))


def test_other_companies_are_not_looked_at(company, new_company):
    customer, stranger = company.visitor(), new_company()
    report(company, customer)
    stranger.ticket(title="网络很慢")
    eventually(lambda: found_by(customer))
    assert found_by(stranger.visitor()) == found_by(stranger.admin) == []


def test_nobody_without_a_session_and_no_endless_text(company):
    company.anonymous.get(PATH, expect=401, **ALIKE)
    assert isinstance(company.visitor().get(PATH, title="乱码" * 100, text="导出" * 200), list)
