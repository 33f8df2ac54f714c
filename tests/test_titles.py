"""What operations are called: the same words in the administration and in everybody's own record."""

import ast
from collections.abc import Iterator

import pytest

from app import factory
from services.operation import OPERATIONS
from tests.servers import ROOT
from views import titles

assert factory  # whose imports define the operations

#: functions that write a name into the operation log, with the name as their second argument
WRITERS = {"run", "record"}


def logged_names() -> Iterator[str]:
    """Every operation that the program can write down: those with a right, and bookkeeping."""
    yield from OPERATIONS
    for folder in ("app", "services", "views"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and len(node.args) > 1 and _name(node.func) in WRITERS:
                    yield from _constants(node.args[1])


def _name(function: ast.expr) -> str | None:
    return getattr(function, "id", None) or getattr(function, "attr", None)


def _constants(node: ast.expr) -> list[str]:
    choices = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)
    return [one.value for one in choices if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def test_whatever_is_logged_has_a_name_in_words():
    names = set(logged_names())
    assert {"session.sign_in", "article.import", "ticket.flow"} <= names
    assert [name for name in sorted(names) if titles.title_of(name) == name] == []


@pytest.mark.parametrize(("locale", "title"), [("zh", "登录: 已登录"), ("en", "Sign-in: Signed in")])
def test_own_record_says_in_the_readers_language_what_was_done(people, locale, title):
    person = people.new("agent")
    log = person.call("GET", "/user/operation-logs", headers={"Accept-Language": locale})["list"]
    assert title in [row["title"] for row in log if row["operation"] == "session.sign_in"]
