"""Attacks that no other test is about: headers and cookies, reading that writes, notes on further ways, old files.

The list of all attacks, with the test that shows each, is docs/security/abuse-cases.md.
"""

import hashlib
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.data.matrix import MATRIX
from tests.factories import Things
from tests.people import Company, Person, unique
from tests.servers import ROOT
from tests.test_matrix import path_of
from tests.waiting import eventually

#: what people have made and said; presence, sign-ins, counters of reading and the log go their own way
BUSINESS = (
    *("conversation", "chat_message", "thread", "read_mark", "rating", "conversation_assignment", "file_object"),
    *("conversation_transfer", "ticket", "ticket_follow_up", "ticket_assignment", "customer", "export_job", "channel"),
    *("entry_code", "quick_reply", "notification", "team", "team_member", "sensitive_word", "sensitive_alert"),
    *("routing_rule", "ticket_rule", "ticket_transfer"),
    *("department", "organization", "contact", "dictionary", "dictionary_item", "system_setting"),
)


def test_every_attack_of_the_list_names_tests_that_exist():
    folder, file = Path(__file__).parent, ""
    named = re.findall(
        r"((?:identity/)?test_\w+\.py)?::(test_\w+)", (ROOT / "docs/security/abuse-cases.md").read_text("utf-8")
    )
    assert len(named) > 60
    for told, name in named:
        file = told or file
        assert f"def {name}(" in (folder / file).read_text("utf-8"), f"{file}::{name}"


# --- headers and cookies (J) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/desk/", "/login", "/admin/", "/api/v1/session", "/api/v1/none", "/none", "/api/v1/files/1/content"]
)
def test_every_answer_keeps_browsers_from_guessing_framing_and_telling(people: Company, path: str):
    """J09: also on errors and redirects."""
    for who in (people.anonymous, people.supervisor):
        headers = who.http.get(people.base_url + path, allow_redirects=False).headers
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy or policy.startswith("sandbox")
        assert "unsafe-eval" not in policy and "script-src *" not in policy
        if path.startswith("/api/"):
            assert "no-store" in headers["Cache-Control"], "an answer about people may be kept by somebody"


def test_cookies_cannot_be_read_or_sent_along_and_are_bound_to_https_where_it_is_used(people: Company, start_server):
    """J07: the browser's key is no script's business; with HTTPS it never travels without."""
    for server, is_secure in ((people.base_url, False), (start_server(COOKIE_SECURE="1").base_url, True)):
        answer = Person(server).request("POST", "/session/visitor", json={})
        (cookie,) = answer.raw.headers.getlist("Set-Cookie")
        assert cookie.startswith("smartsupport=")
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= flags and ("secure" in flags) is is_secure
        assert "visitor" not in cookie.lower()
        assert ("Strict-Transport-Security" in answer.headers) is is_secure


# --- reading changes nothing (J03) ----------------------------------------------------------------------------------


def test_reading_writes_nothing(new_company, database: sa.Engine):
    """A link in a letter, a picture in a page: no address that is only opened does anything."""
    company = new_company()
    things = Things(company)
    rows = [row for row in MATRIX if row.method == "GET"]
    found = {row: things.any(row.on) if row.on else None for row in rows}
    passer_by, tenant_id = company.visitor(), _tenant_of(database, company)
    before = _fingerprints(database, tenant_id)
    for row, thing in found.items():
        owner = thing.owner if thing and thing.owner else passer_by
        for who in (owner, company.agent, company.admin):
            answer = who.request("GET", path_of(row, thing))
            assert answer.status_code < 500, (row.path, answer.text[:300])
    after = _fingerprints(database, tenant_id)
    assert [table for table in BUSINESS if before[table] != after[table]] == []


def _tenant_of(database: sa.Engine, company: Company) -> int:
    with database.connect() as connection:
        return connection.scalar(sa.text("SELECT tenant_id FROM ab_user WHERE id = :id"), {"id": company.admin.user_id})


def _fingerprints(database: sa.Engine, tenant_id: int) -> dict[str, str]:
    """Of each table, all that a company has in it."""
    with database.connect() as connection:
        return {
            table: hashlib.sha256(
                repr(
                    connection.execute(
                        sa.text(f"SELECT * FROM {table} WHERE tenant_id = :tenant ORDER BY id"), {"tenant": tenant_id}
                    ).all()
                ).encode()
            ).hexdigest()
            for table in BUSINESS
        }


# --- internal notes on further ways (B13) ---------------------------------------------------------------------------


def test_note_does_not_come_out_by_ticket_search_or_number(people: Company):
    """Neither words nor sender, whatever the customer asks; that something was said can be seen by a missing number."""
    served, secret = people.served(), unique("secret")
    served.customer.say(served.path, "words")
    note = served.agent.say(served.path, secret, type="note")
    ticket = served.agent.post(f"{served.path}/ticket", {"title": "follow up"})
    served.agent.say(f"/tickets/{ticket['id']}", secret, type="note")
    served.agent.post(f"/tickets/{ticket['id']}/follow-ups", {"content": secret})
    served.agent.put(f"{served.path}/close", {"reason": secret})
    number, seq = note["messageId"], note["seq"]
    seen = [
        served.customer.request("GET", path).text
        for path in (
            "/sessions",
            f"/sessions?q={secret}",
            served.path,
            *(f"{served.path}/messages?{page}" for page in ("", "afterChange=0", f"beforeSeq={seq + 1}")),
            *(f"{served.path}/messages?{page}" for page in (f"afterSeq={seq - 1}", f"aroundSeq={seq}")),
            "/tickets",
            f"/tickets?q={secret}",
            f"/tickets/{ticket['id']}",
            f"/tickets/{ticket['id']}/messages?afterChange=0",
            *(f"{served.path}/{more}" for more in ("suggestions", "colleagues", "marks", "assignments", "transfers")),
            f"/history?q={secret}",
            f"/tickets/{ticket['id']}/follow-ups",
        )
    ]
    assert not [text[:200] for text in seen if secret in text]
    served.customer.post(f"{served.path}/messages/{number}/recall", expect=404)


# --- a file made before a right was lost (A13) ----------------------------------------------------------------------


def test_export_is_not_given_to_whoever_may_export_no_more(people: Company):
    served = people.served()
    boss = people.new("supervisor")
    job = boss.post("/exports", {"format": "csv", "content": "messages", "sessionId": served.id})["id"]
    eventually(lambda: boss.get(f"/exports/{job}")["state"] == "done", timeout=30)
    assert boss.request("GET", f"/exports/{job}/content").status_code == 200
    people.admin.put(f"/users/{boss.user_id}", {"roleIds": [people.role_id("agent")]})
    for who in (boss, boss.again(), boss.program()):
        for path in (f"/exports/{job}", f"/exports/{job}/content"):
            assert who.request("GET", path).status_code in (401, 403)
    people.admin.put(f"/users/{boss.user_id}", {"roleIds": [people.role_id("supervisor")], "active": False})
    assert boss.request("GET", f"/exports/{job}/content").status_code == 401
