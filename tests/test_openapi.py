"""The REST face against its own description: made-up requests get answers as described, never an error of ours."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.people import Company, Person, check_shape
from views.api.openapi import build

#: made-up requests per operation and person; the whole must stay a matter of a minute
EXAMPLES = 4
#: these would end the sign-in that the following requests are made with; tests/test_matrix.py covers them
ENDS_THE_SIGN_IN = {("POST", "/api/v1/auth/logout"), ("DELETE", "/api/v1/session")}
pytestmark = pytest.mark.backend("sqlite")  # what answers look like does not depend on the database

#: answer 503 as long as the other system is not configured
NEEDS_ANOTHER_SYSTEM = {
    "/api/v1/auth/login/wechat",
    "/api/v1/users/sync/oa",
    "/api/v1/sessions/{id}/suggestions/reply",
}

CONFIG = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": False}, "examples": {"enabled": False}}})
SCHEMA = schemathesis.openapi.from_dict(build(), config=CONFIG).exclude(
    lambda context: (context.operation.method.upper(), context.operation.path) in ENDS_THE_SIGN_IN
)


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of its own: made-up requests change and delete things."""
    return new_company()


@pytest.fixture(scope="module")
def programs(company: Company) -> dict[str, Person]:
    """Clients with a token, as the description says programs sign in."""
    for kind in (company.served, company.ticket):  # so that some made-up numbers meet something
        kind()
    return {"super administrator": company.admin.program(), "customer": company.customer.program()}


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
def test_answers_are_as_described(case: schemathesis.Case, company: Company, programs: dict[str, Person]):
    for program in programs.values():
        response = case.call(
            base_url=company.base_url,
            headers={"Authorization": program.http.headers["Authorization"], "Host": program.http.headers["Host"]},
        )
        checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
        if case.operation.path not in NEEDS_ANOTHER_SYSTEM:
            checks.append(not_a_server_error)
        case.validate_response(response, checks=checks)
        is_json = response.headers["content-type"][0].startswith("application/json")
        if response.status_code != 200 or (is_json and case.operation.path != "/api/v1/openapi.json"):
            check_shape(  # whatever is not a file stands in the envelope
                response.status_code, response.json(), f"{case.method} {case.formatted_path}: {response.text[:400]}"
            )


@pytest.mark.parametrize("who", ["super administrator", "customer"])
def test_programs_were_signed_in_all_the_time(programs, who):
    """Otherwise all of the above would have tested refusals only. (Runs after them: same file, same fixtures.)"""
    assert programs[who].get("/user/info")["username"] == programs[who].username


def test_description_is_served_to_everybody(people):
    answer = people.anonymous.request("GET", "/openapi.json")
    assert answer.status_code == 200 and answer.json() == build()
