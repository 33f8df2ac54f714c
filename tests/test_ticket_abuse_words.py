"""Attacks by words, files and floods on tickets, their templates, rules and files (docs/security/abuse-cases.md)."""

import csv
import io
import time

import openpyxl
import pytest

from tests.people import Company, Person, unique
from tests.screens import Screens, role_with
from tests.waiting import eventually

#: what spreadsheets take for a formula, in front of which export writes a quote
FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "＝1+1", " =1")
NOTE = [{"action": "note", "value": "looked at"}]


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def path_of(ticket: dict) -> str:
    return f"/tickets/{ticket['id']}"


def clerk(company: Company, *rights: str, scopes: dict) -> Person:
    """An agent with exactly these rights and scopes."""
    person = company.new("agent")
    company.admin.put(f"/users/{person.user_id}", {"roleIds": [role_with(company, *rights, scopes=scopes)]})
    return person.again()


def asks(word: str) -> dict:
    return {"match": "all", "items": [{"field": "title", "operator": "contains", "value": [word]}]}


# --- rules ----------------------------------------------------------------------------------------------------------


KEEPING = ("automation_rule.read", "automation_rule.create", "automation_rule.update", "ticket.read", "ticket.update")


def test_rule_reaches_no_further_than_who_writes_it(company):
    """A rule acts on every ticket of the company: who sees but some of them would by it give himself the others."""
    narrow = clerk(company, *KEEPING, "ticket.assign", "ticket.message", scopes={"*": "own"})
    wide = clerk(company, *KEEPING, "ticket.message", scopes={"*": "all"})
    to_me = [{"action": "assign", "value": narrow.agent_id}]
    rule = {"name": unique("rule"), "conditions": asks("x")}
    narrow.post("/automation-rules", {**rule, "actions": NOTE}, expect=403)
    wide.post("/automation-rules", {**rule, "actions": [{"action": "assign", "value": wide.agent_id}]}, expect=403)
    made = wide.post("/automation-rules", {**rule, "actions": NOTE})
    path = f"/automation-rules/{made['id']}"
    narrow.put(path, {"version": made["version"], "actions": to_me}, expect=403)
    narrow.put(path, {"version": made["version"], "active": True}, expect=403)
    wide.put(path, {"version": made["version"], "actions": to_me}, expect=403)
    assert company.admin.get(path)["actions"] == NOTE and not company.admin.get(path)["active"]
    stronger = company.admin.put(path, {"version": made["version"], "actions": to_me})
    wide.put(path, {"version": stronger["version"], "active": True}, expect=403)


def test_trial_shows_nothing_that_whoever_tries_does_not_see(company):
    """Neither a line nor a count: otherwise conditions would be questions about tickets of others."""
    secret = unique("secret")
    theirs, mine = company.ticket(title=secret), company.agent.post("/tickets", {"title": f"{secret} mine"})
    narrow = clerk(company, "automation_rule.read", "ticket.read", scopes={"*": "own"})
    body = {"event": "created", "actions": NOTE, "conditions": asks(secret)}
    told = narrow.post("/automation-rules/try", body)
    assert (told["looked"], told["matched"], told["list"]) == (0, 0, [])
    ids = [one["id"] for one in company.supervisor.post("/automation-rules/try", body)["list"]]
    assert {theirs["id"], mine["id"]} <= set(ids)


def test_title_of_a_customer_does_not_break_a_rule(company):
    """A text that grows too long by what a name stands for is cut; the rule goes on for everybody else."""
    word = unique("word")
    text = "{ticket.title}" * 142
    rule = company.admin.post(
        "/automation-rules",
        {
            "name": unique("rule"),
            "conditions": asks(word),
            "actions": [{"action": action, "value": text} for action in ("note", "message", "follow_up")]
            + [{"action": "notify", "value": {"to": ["supervisors"], "text": text}}],
        },
    )
    company.admin.put(f"/automation-rules/{rule['id']}", {"version": rule["version"], "active": True})
    ticket = company.ticket(title=(word + "长" * 255)[:255])
    (run,) = eventually(lambda: company.admin.get("/automation-runs", ruleId=rule["id"])["list"])
    assert run["outcome"] == "done", run
    said = [one for one in company.admin.messages(path_of(ticket))["list"] if one["type"] in ("note", "text")]
    assert len(said) == 2 and all(one["content"].startswith(word) for one in said)
    assert max(len(one["content"]) for one in said) <= 8000


@pytest.mark.parametrize("kind", ["deep", "wide", "words"])
def test_conditions_cannot_be_made_to_take_long(company, kind):
    deep: dict = {"match": "all", "items": []}
    for _ in range(300):
        deep = {"match": "all", "items": [deep]}
    leaf = {"field": "description", "operator": "contains", "value": ["(a+)+$"] * 50}
    conditions = {
        "deep": deep,
        "wide": {"match": "all", "items": [leaf] * 200},
        "words": {"match": "any", "items": [leaf] * 20},
    }[kind]
    company.ticket(description="a" * 19_000)
    body = {"event": "created", "actions": NOTE, "conditions": conditions}
    began = time.monotonic()
    answer = company.admin.request("POST", "/automation-rules/try", json=body)
    assert answer.status_code == (200 if kind == "words" else 400), answer.text[:300]
    assert time.monotonic() - began < 5
    if kind == "words":
        assert answer.json()["data"]["matched"] == 0, "a word is a word, no pattern"


# --- many at once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/tickets/batch-assign", {"agentId": 1}),
        ("/tickets/batch", {"action": "change", "priority": "urgent"}),
        ("/tickets/exports", {}),
    ],
)
def test_thousands_of_numbers_are_refused_before_anything_is_read(company, path, more):
    refused = company.supervisor.post(path, {"ids": list(range(1, 5001)), **more}, expect=400)
    assert "ids" in refused["fields"]


def test_doors_of_e_count_with_all_others(company, start_server):
    """K01: tickets and files by `/case` are counted for the person together with what he says elsewhere."""
    server = start_server(MESSAGE_RATE="4 per minute")
    customer = company.visitor()
    ticket = company.ticket(customer)
    at = customer.at(server.base_url)
    body = {"customer_name": "x", "customer_email": "x@example.com", "title": "t", "description": "d"}
    status = []
    for _ in range(2):
        status.append(at.request("POST", f"{at.base_url}/case/api/tickets", json=body).status_code)
        upload = {"data": {"ticket_id": ticket["id"]}, "files": {"file": ("a.txt", b"words")}}
        status.append(at.request("POST", f"{at.base_url}/case/api/upload", **upload).status_code)
    assert status == [200] * 4
    assert at.request("POST", f"{at.base_url}/case/api/tickets", json=body).status_code == 429
    assert at.request("POST", f"{at.base_url}/case/api/upload", **upload).status_code == 429
    at.say(path_of(ticket), expect=429)


# --- files ----------------------------------------------------------------------------------------------------------


def exported(person: Person, format_: str, **wanted) -> list[list[str]]:
    number = person.post("/tickets/exports", {"format": format_, **wanted})["id"]
    path = f"/tickets/exports/{number}"
    eventually(lambda: person.get(path)["state"] == "done", timeout=30)
    data = person.request("GET", f"{path}/content").content
    if format_ == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink]
    return [[cell or "" for cell in row] for row in book.active.iter_rows(values_only=True)]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("evil", FORMULAS, ids=ascii)
def test_no_column_of_a_file_runs(company, evil, format_):
    """I07: whoever can write a word, as customer or colleague, cannot make a spreadsheet of his leader calculate."""
    word, author = unique("w"), company.visitor(f"{evil}n")
    ticket = author.post(
        "/tickets", {"title": f"{evil} {word}", "description": f"{evil} text", "contactName": f"{evil}c"}
    )
    path = path_of(ticket)
    version = company.admin.get(path)["version"]
    company.admin.put(path, {"version": version, "tags": [f"{evil}t"]})
    company.admin.post(f"{path}/flow", {"status": "resolved", "resolution": f"{evil} solved"})
    columns = ["title", "tags", "customer", "contactName", "description", "resolution"]
    _, row = exported(company.supervisor, format_, ids=[ticket["id"]], columns=columns)
    assert all(row) and not [cell for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝"))]


def test_file_hides_what_its_owner_does_not_see_elsewhere(company):
    """M09: addresses are masked in a file as on the screen, whatever columns are asked for."""
    given = {"contactName": "王敏", "contactEmail": "wangmin@example.org", "contactPhone": "13800138000"}
    ticket = company.admin.post("/tickets", {"title": unique("t"), **given})
    narrow = clerk(company, "ticket.read", "ticket.export", scopes={"*": "all"})
    columns = ["contactEmail", "contactPhone"]
    _, row = exported(narrow, "csv", ids=[ticket["id"]], columns=columns)
    _, whole = exported(company.supervisor, "csv", ids=[ticket["id"]], columns=columns)
    assert whole == [given["contactEmail"], given["contactPhone"]]
    assert not set(row) & set(whole) and row[1].endswith("8000")
    for words in ("13800138000", "1380013", "wangmin@example.org", "wangmin"):
        assert narrow.get("/tickets", q=words)["total"] == 0
        for name in ("contactPhone", "contactEmail", "contact_phone"):
            narrow.get("/tickets", **{name: words}, expect=400)
            narrow.post("/tickets/exports", {"filters": {name: words}}, expect=400)
    for sort in ("contactPhone", "-contactEmail", "contact_phone"):
        narrow.get("/tickets", sort=sort, expect=400)
        narrow.post("/tickets/exports", {"sort": sort}, expect=400)


def test_addresses_cannot_be_tried_out(company):
    """M09: E lets staff name a customer by his address; who reads such masked is not told whether he guessed right."""
    address = f"{unique('c')}@example.com"
    agent = clerk(company, "ticket.read", "ticket.create", "customer.read", scopes={"*": "all"})
    one = company.admin.post("/customers", {"name": unique("one"), "email": address})
    body = {"customer_name": "x", "customer_email": address, "title": "t", "description": "d"}
    for who, told in ((agent, None), (company.supervisor, one["id"])):
        made = who.request("POST", f"{who.base_url}/case/api/tickets", json=body).json()["ticket_id"]
        customer = company.admin.get(f"/tickets/{made}")["customer"]
        assert (customer and customer["id"]) == told


def test_log_tells_no_address_that_is_masked_elsewhere(company):
    """M09: whoever writes another number over a masked one does not read the former one in his log."""
    secrets = {"contactPhone": "13800138000", "contactEmail": f"{unique('wangmin')}@example.org"}
    agent = company.new("agent")
    ticket = company.ticket(assignee=agent, **secrets)
    path = path_of(ticket)
    seen = agent.get(path)
    agent.put(path, {"version": seen["version"], "contactPhone": "13900139000", "contactEmail": "x@example.org"})
    customer = agent.post("/customers", {"name": unique("c"), "phone": "13700137000"})
    company.admin.put(f"/customers/{customer['id']}", {"phone": secrets["contactPhone"]})
    agent.put(f"/customers/{customer['id']}", {"phone": "13600136000"})
    told = agent.request("GET", "/user/operation-logs").text
    assert "ticket.update" in told and "138****8000" in told
    assert not [text for text in secrets.values() if text in told]
    auditor = clerk(company, "operation_log.read", "admin.enter", scopes={"*": "all"})
    listed = auditor.request("GET", "/operation-logs", params={"targetType": "ticket", "targetId": ticket["id"]}).text
    (entry,) = [
        one["id"]
        for one in company.admin.get("/operation-logs", targetType="ticket", targetId=ticket["id"])["list"]
        if one["operation"] == "ticket.update"
    ]
    shown = Screens(auditor).page(f"/operation_log/show/{entry}")
    for text in (listed, shown):
        assert "138****8000" in text and not [secret for secret in secrets.values() if secret in text]
    whole = company.supervisor.request("GET", "/operation-logs", params={"targetId": ticket["id"]}).text
    assert all(text in whole for text in secrets.values())


@pytest.mark.parametrize(
    "given",
    [
        {"contactEmail": "a@example.com\r\nBcc: victim@example.com"},
        {"contactEmail": "a@example.com, victim@example.com"},
        {"contactEmail": "<a@example.com> victim@example.com"},
        {"contactEmail": "a@example.com\n"},
        {"contactPhone": "138\r\n00138000"},
    ],
    ids=repr,
)
def test_address_is_one_address(company, given):
    """I09: nobody adds a reader or a header to letters about his ticket."""
    (name,) = given
    made = company.visitor().request("POST", "/tickets", json={"title": "t", **given})
    if made.status_code == 200:  # blanks around it are no part of it
        assert made.json()["data"][name] == given[name].strip() and "\n" not in made.json()["data"][name]
    else:
        assert made.status_code == 400 and list(made.json()["data"]["fields"]) == [name]


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "UTC\r\nX: y", "Nowhere/City", "x" * 5000])
def test_time_zones_are_names_and_no_paths(company, zone):
    company.ticket()
    company.supervisor.post("/tickets/exports", {"timeZone": zone}, expect=400)
    company.supervisor.get("/stats/tickets", zone=zone, expect=400)
