"""Automation rules for tests: making them, what they were asked for, and what they did."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests.people import Company, Person, unique
from tests.waiting import eventually

NOTE = [{"action": "note", "value": "seen"}]


def asks(field: str, operator: str = "is", value: object = None) -> dict:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def every(*items: dict) -> dict:
    return {"match": "all", "items": list(items)}


@contextmanager
def rules_of(company: Company) -> Iterator[Callable[..., dict]]:
    """Make active rules of this company by calling what this gives; they are off again afterwards."""
    made: list[int] = []

    def make(*items: dict, event: str = "created", actions: list | None = None, **more) -> dict:
        body = {"name": unique("rule"), "active": True, "event": event, "actions": actions or NOTE}
        one = company.admin.post("/automation-rules", body | {"conditions": every(*items)} | more)
        made.append(one["id"])
        return one

    yield make
    for number in made:
        company.admin.put(f"/automation-rules/{number}", {"active": False})


def runs_of(company: Company, rule: dict, count: int = 1) -> list[dict]:
    def look() -> list[dict]:
        found = company.admin.get("/automation-runs", ruleId=rule["id"])["list"]
        return found if len(found) >= count else []

    return eventually(look, 20)


def seen(company: Company, ticket: dict) -> dict:
    return company.admin.get(f"/tickets/{ticket['id']}")


def change(database: sa.Engine, statement: str, **values) -> None:
    with database.begin() as connection:
        connection.execute(sa.text(statement), values)


def told(company: Company, ticket: dict, type_: str = "text") -> list[dict]:
    return [one for one in company.admin.messages(f"/tickets/{ticket['id']}")["list"] if one["type"] == type_]


def flow(person: Person, ticket: dict, status: str, **more) -> None:
    person.post(f"/tickets/{ticket['id']}/flow", {"status": status, **more})
