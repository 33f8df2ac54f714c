"""Files of tickets at `/case`: what is accepted, who reads them (TKT-13)."""

import io
import re
import zipfile

import pytest
from PIL import Image

from tests.case_face import ask, call, new_ticket, send


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
