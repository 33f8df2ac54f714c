"""E's face at `/case` for tests: asking it, and the one shape of its answers (TKT-13)."""

import requests

from tests.people import Person

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
