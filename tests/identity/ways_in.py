"""The ways in, as a stranger takes them."""

import itertools
import json
import re
import secrets
from pathlib import Path

from tests.people import Person

_phones = itertools.count(secrets.randbelow(50_000_000))
WRONG_PASSWORD = "Not-the-password-1"
#: codes are written to files instead of being sent
STAND_INS = {"SMS_SENDER": "log", "MAIL_SENDER": "log"}
#: where a letter has its code: at the end of the subject
CODE = re.compile(r"\d{6}$")
#: what the systems of others are told by the servers of these tests
OA_KEY, WECHAT_SECRET = "oa-key-of-the-tests", "wechat-secret-of-the-tests"
#: how soon what was ended must have ended everywhere (B07)
AT_ONCE = 5.0


def new_phone() -> str:
    """A number nobody else in the test run has, as E.164."""
    return f"+86139{next(_phones):08d}"


def sent_to(backend, target: str) -> list[str]:
    """The codes that a server with STAND_INS has written to the phone or mailbox, oldest first."""
    path = Path(backend.settings["DATA_DIR"]) / ("mail.log" if "@" in target else "sms.log")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return [line.get("code") or CODE.search(line["subject"])[0] for line in lines if target in line.values()]


def nobody(server) -> Person:
    return Person(server.base_url)


def ask(server, target: str, purpose: str = "login", expect: int = 200):
    return nobody(server).post("/auth/codes", {"target": target, "purpose": purpose}, expect=expect)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def shape(answer) -> tuple:
    """All of an answer that a stranger could learn from."""
    envelope = answer.json()
    return (
        answer.status_code,
        envelope["code"],
        envelope["message"],
        envelope["data"],
        sorted(name for name in answer.headers if name not in ("Date", "Content-Length")),
    )


def by_form(server, name: str, password: str):
    return nobody(server).request("POST", "/session", json={"username": name, "password": password})


def by_api(server, name: str, password: str):
    return nobody(server).request("POST", "/auth/login", json={"username": name, "password": password})


def by_phone(server, phone: str, code: str):
    return nobody(server).request("POST", "/auth/login/phone", json={"phone": phone, "code": code})


def by_phone_form(server, phone: str, code: str):
    return nobody(server).request("POST", "/session/phone", json={"phone": phone, "code": code})


def bearer(server, token: str) -> Person:
    program = Person(server.base_url)
    program.http.headers["Authorization"] = f"Bearer {token}"
    return program


def sign_in(server, person: Person, **more) -> dict:
    return Person(server.base_url).post(
        "/auth/login", {"username": person.username, "password": person.password, **more}
    )
