"""Tickets as files: the rows of the list in the columns that were chosen, and no cell runs as a formula (TKT-9)."""

import csv
import datetime as dt
import io

import openpyxl
import pypdf
import pytest

from tests.people import Company, Person
from tests.screens import role_with
from tests.waiting import eventually

EVIL = '=HYPERLINK("http://x.invalid","y")'
COLUMNS = ["no", "title", "status", "priority", "customer", "assignee", "contactPhone", "createTime"]
TITLES = ["编号", "标题", "状态", "优先级", "客户", "处理人", "联系电话", "创建时间"]


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def tickets(company) -> list[dict]:
    agent = company.new("agent", "王敏")
    first = company.supervisor.post("/tickets", {"title": EVIL, "priority": "urgent", "contactPhone": "13800001111"})
    second = company.ticket(company.visitor("+李医生"), agent, title="报表打不开")
    return [company.supervisor.get(f"/tickets/{one['id']}") for one in (first, second)]


def made(person: Person, **wanted) -> dict:
    number = person.post("/tickets/exports", {"timeZone": "Asia/Shanghai", "columns": COLUMNS, **wanted})["id"]
    path = f"/tickets/exports/{number}"
    eventually(lambda: person.get(path)["state"] not in ("queued", "running"), timeout=30)
    job = person.get(path)
    assert job["state"] == "done" and job["done"] == job["total"], job
    return job


def content(person: Person, job: dict, expect: int = 200) -> bytes:
    answer = person.request("GET", f"/tickets/exports/{job['id']}/content")
    assert answer.status_code == expect, answer.text[:300]
    return answer.content


def rows_of(data: bytes, format_: str) -> list[list[str]]:
    if format_ == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_file_holds_the_rows_of_the_list(company, tickets, format_):
    boss = company.supervisor
    title, *rows = rows_of(content(boss, made(boss, format=format_, sort="id")), format_)
    assert title == TITLES
    assert [row[0] for row in rows] == [one["no"] for one in boss.get("/tickets", sort="id", size=100)["list"]]
    assert rows[0][1:7] == [f"'{EVIL}", "待处理", "紧急", "", "", "13800001111"]
    assert rows[1][1:6] == ["报表打不开", "待处理", "普通", "'+李医生", "王敏"]
    created = dt.datetime.fromisoformat(tickets[0]["createTime"]) + dt.timedelta(hours=8)
    assert rows[0][7] == created.strftime("%Y-%m-%d %H:%M")
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_filters_and_choice_decide_what_is_in_it(company, tickets):
    boss = company.supervisor
    by_filter = made(boss, format="csv", filters={"priority": "urgent"})
    assert [row[0] for row in rows_of(content(boss, by_filter), "csv")[1:]] == [tickets[0]["no"]]
    chosen = made(boss, format="csv", ids=[tickets[1]["id"]], columns=["title"])
    assert rows_of(content(boss, chosen), "csv") == [["标题"], ["报表打不开"]]


def test_pdf_has_a_table(company, tickets):
    boss = company.supervisor
    reader = pypdf.PdfReader(io.BytesIO(content(boss, made(boss, format="pdf"))))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "报表打不开" in text and "王敏" in text and tickets[0]["no"] in text


def test_reader_of_english_gets_english(company, tickets):
    boss = company.new("supervisor")
    boss.put("/session/locale", {"locale": "en"})
    title, row, *_ = rows_of(content(boss, made(boss, format="csv", sort="id")), "csv")
    assert title[:3] == ["Number", "Title", "State"] and row[2] == "Pending"


def clerk_of(company: Company, *more: str, scope: str) -> Person:
    role = role_with(company, "ticket.export", "ticket.read", "agent.read", *more, scopes={"*": scope})
    company.admin.post(
        "/users", {"username": (name := f"clerk-{scope}-{len(more)}"), "password": "First-pass-12", "roleIds": [role]}
    )
    return Person(company.base_url, host=company.host).sign_in(name, "First-pass-12")


def test_file_holds_what_its_owner_may_see(company, tickets):
    clerk = clerk_of(company, scope="own")
    clerk.post("/tickets/exports", {"format": "csv"}, expect=400)
    clerk.post("/tickets/exports", {"format": "csv", "ids": [tickets[0]["id"]]}, expect=400)
    reader = clerk_of(company, scope="all")
    rows = rows_of(content(reader, made(reader, format="csv", ids=[tickets[0]["id"]])), "csv")
    assert rows[1][6] == "138****1111"
    company.agent.post("/tickets/exports", {"format": "csv"}, expect=403)


def test_file_is_its_owners_alone(company, tickets, strangers):
    boss = company.supervisor
    job = made(boss, format="csv")
    for person in (company.manager, company.admin, strangers.supervisor):
        content(person, job, expect=404)
    boss.get(f"/exports/{job['id']}", expect=404)  # conversations and tickets are two rights
    company.manager.delete(f"/tickets/exports/{job['id']}", expect=404)
    assert boss.delete(f"/tickets/exports/{job['id']}")["state"] == "removed"
    content(boss, job, expect=404)
    logged = {row["operation"] for row in boss.get("/user/operation-logs", size=20)["list"]}
    assert {"ticket.export", "export.fetch"} <= logged


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "zip"},
        {"columns": ["password"]},
        {"filters": {"status": "open"}},
        {"filters": {"q": "nothing like this"}},
        {"sort": "title"},
        {"timeZone": "Moon/Crater"},
        {"ids": list(range(1, 202))},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_what_cannot_be_made_is_refused(company, tickets, wrong):
    company.supervisor.post("/tickets/exports", {"format": "csv"} | wrong, expect=400)


def test_company_limits_how_many_one_file_holds(company, tickets):
    company.admin.put("/settings", {"values": {"export_max_tickets": 1}})
    company.supervisor.post("/tickets/exports", {"format": "csv"}, expect=413)
    company.admin.put("/settings", {"values": {"export_max_tickets": 20000}})
