"""Roles of a test's own."""

import secrets

from tests.people import Person, unique


def right_ids(people, *names: str) -> list[int]:
    known = {right["name"]: right["id"] for right in people.admin.get("/permissions")}
    return [known[name] for name in names]


def new_with_role(people, role_id: int) -> Person:
    username, password = unique("person"), f"First-{secrets.token_hex(6)}"
    people.admin.post("/users", {"username": username, "password": password, "roleIds": [role_id]})
    return Person(people.base_url).sign_in(username, password)
