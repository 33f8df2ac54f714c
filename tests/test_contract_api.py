"""Every call that the specification lists is served; what is still missing stands here by name."""

import csv
import re
from pathlib import Path

import pytest

SPECIFIED = Path(__file__).parent / "data" / "api_v1.csv"
#: not served yet. A row that is served must leave this list, so it only ever shrinks
MISSING = {
    "DELETE /api/v1/groups/{id}",
    "DELETE /api/v1/groups/{id}/members/{customerId}",
    "DELETE /api/v1/integration/webhooks/{id}",
    "GET /api/v1/customers/pending-archive",
    "GET /api/v1/customers/verify-link",
    "GET /api/v1/customers/{id}/recommend-teams",
    "GET /api/v1/customers/{id}/tags",
    "GET /api/v1/groups",
    "GET /api/v1/groups/{id}",
    "GET /api/v1/groups/{id}/files",
    "GET /api/v1/groups/{id}/members",
    "GET /api/v1/groups/{id}/messages",
    "GET /api/v1/groups/{id}/messages/{msgId}/read-status",
    "GET /api/v1/integration/oa/query",
    "GET /api/v1/integration/webhooks",
    "GET /api/v1/stats/customers",
    "GET /api/v1/stats/realtime/sessions",
    "GET /api/v1/stats/sessions",
    "GET /api/v1/stats/summary",
    "GET /api/v1/stats/teams",
    "GET /api/v1/stats/teams/compare",
    "GET /api/v1/stats/workload",
    "GET /api/v1/teams/{id}/performance",
    "GET /api/v1/teams/{id}/statistics",
    "POST /api/v1/customers/quick-register",
    "POST /api/v1/customers/{id}/archive",
    "POST /api/v1/customers/{id}/convert",
    "POST /api/v1/customers/{id}/tags",
    "POST /api/v1/groups",
    "POST /api/v1/groups/{id}/files",
    "POST /api/v1/groups/{id}/members",
    "POST /api/v1/groups/{id}/members/batch",
    "POST /api/v1/groups/{id}/messages",
    "POST /api/v1/groups/{id}/messages/scheduled",
    "POST /api/v1/groups/{id}/messages/{msgId}/recall",
    "POST /api/v1/integration/oa/sync",
    "POST /api/v1/integration/token",
    "POST /api/v1/integration/webhooks",
    "PUT /api/v1/groups/{id}",
}


def canonical(method: str, path: str) -> tuple[str, str]:
    """A call without the names of its placeholders."""
    return method.upper(), re.sub(r"\{[^}]*\}", "{}", path)


def specified() -> dict[tuple[str, str], str]:
    with SPECIFIED.open(encoding="utf-8", newline="") as file:
        return {canonical(row["method"], row["path"]): row["section"] for row in csv.DictReader(file)}


def missing() -> set[tuple[str, str]]:
    return {canonical(*call.split(" ")) for call in MISSING}


@pytest.fixture
def served(people) -> set[tuple[str, str]]:
    """What the running server says it serves."""
    document = people.anonymous.request("GET", "/openapi.json").json()
    return {canonical(method, path) for path, methods in document["paths"].items() for method in methods}


def test_specification_is_complete():
    assert len(specified()) == 140
    assert missing() <= specified().keys()


@pytest.mark.backend("sqlite")
def test_every_specified_call_is_served(served):
    vanished = sorted(specified().keys() - served - missing())
    assert not vanished, f"specified, but not served: {vanished}"
    arrived = sorted(missing() & served)
    assert not arrived, f"served by now: take them off the list: {arrived}"


@pytest.mark.backend("sqlite")
def test_described_calls_exist(people, served):
    """The description is not only words: no described path is unknown to the router."""
    for method, path in sorted(served):
        answer = people.anonymous.request(method, path.replace("{}", "0"))
        assert answer.status_code != 405, (method, path)
        assert answer.status_code != 404 or "{}" in path, (method, path)


@pytest.mark.parametrize("section", ["用户相关接口", "角色权限接口", "组织架构接口"])
def test_sections_that_are_complete_stay_complete(section):
    assert not [call for call, of in specified().items() if of == section and call in missing()]
