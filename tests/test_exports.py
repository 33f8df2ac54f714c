"""Conversations as files: what is in them, who gets them, how long they last, and that no cell runs as a formula."""

import csv
import datetime as dt
import io
import os
import re
import time
from pathlib import Path

import openpyxl
import pypdf
import pytest
import sqlalchemy as sa

from models.exports import ExportJob, ExportState
from services.exports import lettering
from tests.conftest import Backend
from tests.people import Company, Person, Served, unique
from tests.screens import role_with
from tests.servers import run_module
from tests.waiting import ago, eventually

EVIL = ("=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1+1", "  =1+1", "＝1+1", '=HYPERLINK("http://x.invalid","y")')

JOBS = ExportJob.__table__


def past(seconds: int) -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def talk(company) -> Served:
    """What a spreadsheet must not run, a note, a picture of a character no font has."""
    served = company.served(company.visitor("=李医生"), company.new("agent", "王敏"))
    for text in EVIL:
        served.customer.say(served.path, text)
    served.agent.say(served.path, "请重新登录：瞿晓敏，𠮷野家 💉 OK")
    served.agent.say(served.path, "内部备注", type="note")
    served.agent.put(f"{served.path}/close")
    served.customer.post(f"{served.path}/rating", {"score": 4, "comment": "@好", "tags": ["good.fast", "good.solved"]})
    return served


def made(person: Person, **wanted) -> dict:
    """The export when it is ready."""
    number = person.post("/exports", {"timeZone": "Asia/Shanghai", **wanted})["id"]
    job = eventually(
        lambda: job if (job := person.get(f"/exports/{number}"))["state"] not in ("queued", "running") else None,
        timeout=30,
    )
    assert job["state"] == "done" and job["done"] == job["total"], job
    return job


def content(person: Person, job: dict, expect: int = 200) -> bytes:
    answer = person.request("GET", f"/exports/{job['id']}/content")
    assert answer.status_code == expect, answer.text[:300]
    return answer.content


def rows_of(data: bytes, format_: str) -> list[list[str]]:
    if format_ == "csv":
        assert data.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for another alphabet"
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_tables_hold_all_and_run_nothing(company, talk, format_):
    boss = company.supervisor
    title, *rows = rows_of(content(boss, made(boss, format=format_)), format_)
    row = dict(zip(title, rows[0], strict=True))
    assert (row["客户"], row["客服"], row["状态"], row["评分"], row["标签"], row["评语"]) == (
        "'=李医生",
        "王敏",
        "已结束",
        "4",
        "回复及时、问题已解决",
        "'@好",
    )
    title, *rows = rows_of(content(boss, made(boss, format=format_, content="messages")), format_)
    texts = [row[-1] for row in rows]
    assert [text.removeprefix("'") for text in texts if text.startswith("'")] == list(EVIL)
    assert "请重新登录：瞿晓敏，𠮷野家 💉 OK" in texts
    assert not [cell for row in rows for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝"))]


def test_notes_leave_the_house_only_when_asked_for(company, talk):
    boss = company.supervisor
    plain, whole = (
        content(boss, made(boss, format="csv", content="messages", sessionId=talk.id, withNotes=wanted)).decode()
        for wanted in (False, True)
    )
    assert "内部备注" not in plain and "内部备注" in whole


def test_pdf_can_be_read_on_a_machine_without_fonts(company, talk):
    boss = company.supervisor
    job = made(boss, format="pdf", content="messages", sessionId=talk.id)
    assert job["name"].startswith(boss.get(talk.path)["no"])
    data = content(boss, job)
    reader = pypdf.PdfReader(io.BytesIO(data))
    text = "".join(page.extract_text() for page in reader.pages)
    for words in ("瞿晓敏", "[注射器] OK", "[U+20BB7]野家", "王敏", "=HYPERLINK"):
        assert words in text, text
    fonts = {
        name: font.get_object()
        for page in reader.pages
        for name, font in page["/Resources"]["/Font"].items()
        if font.get_object()["/Subtype"] == "/TrueType"
    }
    assert fonts and all("/FontFile2" in font["/FontDescriptor"] for font in fonts.values()), "not in the file"
    table = pypdf.PdfReader(io.BytesIO(content(boss, made(boss, format="pdf"))))
    assert "王敏" in table.pages[0].extract_text()


def test_the_file_is_its_owners_alone_and_ends(company, talk, database):
    boss = company.supervisor
    job = made(boss, format="csv")
    for person in (company.admin, company.manager, company.new("supervisor")):
        content(person, job, expect=404)
    content(talk.agent, job, expect=403)
    content(talk.customer, job, expect=403)
    assert [row["id"] for row in boss.get("/exports", size=1)["list"]] == [job["id"]]
    assert company.new("supervisor").get("/exports")["total"] == 0
    company.admin.delete(f"/exports/{job['id']}", expect=404)
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE export_job SET expire_time = :past WHERE id = :id"), {"past": ago(5), "id": job["id"]}
        )
    content(boss, job, expect=404)
    removed = boss.delete(f"/exports/{job['id']}")
    assert removed["state"] == "removed" and removed["size"] is None
    logged = [row["operation"] for row in boss.get("/user/operation-logs", size=5)["list"]]
    assert "conversation.export" in logged


def test_the_log_knows_who_exported_and_fetched(company, talk):
    boss = company.new("supervisor")
    content(boss, made(boss, format="csv", q="登录"))
    logged = boss.get("/user/operation-logs", size=20)["list"]
    assert {"conversation.export", "export.fetch"} <= {row["operation"] for row in logged}
    exported = next(row for row in logged if row["operation"] == "conversation.export")
    assert exported["after"]["params"] == {"q": "登录"}


def test_an_export_holds_what_its_owner_may_see(company, talk):
    """Somebody who sees his own conversations only exports these."""
    role = role_with(company, "conversation.export", "conversation.read", "agent.read", scopes={"*": "own"})
    username = unique("clerk")
    company.admin.post("/users", {"username": username, "password": "First-pass-12", "roleIds": [role]})
    clerk = Person(company.base_url, host=company.host).sign_in(username, "First-pass-12")
    clerk.post("/exports", {"format": "csv"}, expect=400)
    clerk.post("/exports", {"format": "csv", "sessionId": talk.id}, expect=404)


def sweep(backend: Backend) -> None:
    run_module("tests.task", "exports.sweep", settings=backend.settings)


def test_day_after_the_file_is_gone_from_the_disk_too(company, talk, backend, database):
    boss = company.new("supervisor")
    over, kept = made(boss, format="csv"), made(boss, format="csv")
    key = sa.select(JOBS.c.storage_key).where(JOBS.c.id == over["id"])
    with database.begin() as connection:
        name = connection.scalar(key)
        connection.execute(JOBS.update().where(JOBS.c.id == over["id"]).values(expire_time=past(5)))
    folder = Path(backend.settings["DATA_DIR"]) / "exports"
    file, half, young = folder / name[:2] / name, folder / "00" / f"{unique('x')}.part", folder / "00" / unique("y")
    assert file.is_file()
    half.parent.mkdir(exist_ok=True)
    for path, age in ((half, 3 * 86_400), (young, 3600)):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age,) * 2)
    sweep(backend)
    assert boss.get(f"/exports/{over['id']}")["state"] == "removed"
    assert not file.exists() and not half.exists() and young.exists()
    content(boss, kept)
    young.unlink()


def test_export_of_a_process_that_died_is_made_by_another(company, talk, backend, database):
    """One was never begun, one's process has died in the middle; a third is being made, and left alone."""
    boss = company.new("supervisor")
    lost, dead, alive = (made(boss, format="csv")["id"] for _ in range(3))
    begun = {"state": ExportState.running, "start_time": past(600), "done": 0, "finish_time": None, "storage_key": None}
    with database.begin() as connection:
        for number, values in (
            (lost, {**begun, "state": ExportState.queued, "start_time": None, "create_time": past(120)}),
            (dead, {**begun, "update_time": past(300)}),
            (alive, {**begun, "update_time": past(0)}),
        ):
            connection.execute(JOBS.update().where(JOBS.c.id == number).values(**values))
    for number in (lost, dead, alive):
        assert boss.get(f"/exports/{number}")["state"] != "done"
    sweep(backend)
    for number in (lost, dead):
        job = boss.get(f"/exports/{number}")
        assert (job["state"], job["done"]) == ("done", job["total"])
        assert "=李医生" in content(boss, job).decode()
    assert boss.get(f"/exports/{alive}")["state"] == "running"
    boss.delete(f"/exports/{alive}")


def test_file_says_in_words_what_it_was_made_of(company, talk):
    boss = company.supervisor
    search = {
        "status": "closed,active",
        "agentId": str(talk.agent.agent_id),
        "customerId": talk.customer.customer_id,
        "channel": "portal",
        "rating": "4,5",
        "since": "2026-01-01T16:00:00.000Z",
    }
    data = content(boss, made(boss, format="pdf", **search))
    text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    for words in (
        "状态: 已结束、进行中",
        "客服: 王敏",
        "=李医生",
        "渠道: 服务门户",
        "评分: 4 星、5 星",
        "2026-01-02 00:00",
    ):
        assert words in text, text
    assert "closed" not in text and "portal" not in text
    # neither numbers nor dates are broken
    assert boss.get(talk.path)["no"] in text and len(re.findall(r"20\d\d-\d\d-\d\d\n\d\d:\d\d", text)) == 3, text


def test_limits_and_nonsense_are_refused(company, talk):
    boss = company.supervisor
    company.served()
    company.admin.put("/settings", {"values": {"export_max_conversations": 1}})
    assert boss.post("/exports", {"format": "csv"}, expect=413)["limit"] == 1
    boss.post("/exports", {"format": "csv", "sessionId": talk.id})
    company.admin.put("/settings", {"values": {"export_max_conversations": 5000}})
    for wrong in ({"format": "doc"}, {"timeZone": "Mars/Olympus"}, {"content": "files"}, {"rating": "9"}, {"q": 5}):
        boss.post("/exports", wrong, expect=400)


def test_longest_word_of_a_customer_holds_nobody_up():
    """Breaking a word that is a whole message took a minute of the process, once for each such message in the file."""
    began = time.monotonic()
    for word in ("a" * 8000, "W" * 8000, "-" * 8000):
        lines = lettering.lines_of(word, 9.5, 500)
        assert "".join(lines) == word and all(lettering.width_of(line, 9.5) <= 500 for line in lines)
    assert time.monotonic() - began < 3
