"""Accounts from an OA system, played by the test."""

import itertools
import secrets

import pytest

from tests.identity.ways_in import OA_KEY
from tests.people import Company, Person, unique
from tests.servers import run_cli
from tests.standins import Reply, StandIn

_ids = itertools.count(secrets.randbelow(10**8))


@pytest.fixture(autouse=True)
def forget(others):
    others.calls.clear()
    others.answers.clear()


@pytest.fixture(scope="module")
def oa_company(connected, backend) -> Company:
    """A company whose list nobody else's tests change."""
    code = unique("office")
    run_cli("company", code, code, "--host", f"{code}.localhost", settings=backend.settings)
    return Company(connected.base_url, f"admin@{code}", backend.settings["ADMIN_PASSWORD"], host=f"{code}.localhost")


@pytest.fixture
def office(oa_company, others) -> Company:
    """The same with nobody on the list: the people of earlier tests have left."""
    sync(oa_company, others, [], confirm=True)
    others.calls.clear()
    return oa_company


def person(**more) -> dict:
    number = next(_ids)
    return {
        "id": f"oa-{number}",
        "username": f"oa.{number}",
        "name": "员工",
        "phone": f"137{number % 10**8:08d}",
        "email": f"oa{number}@example.org",
        "department": "service",
        "active": True,
        **more,
    }


def sync(office: Company, others: StandIn, people: object, expect: int = 200, **more):
    others.answers["/people"] = people
    return office.admin.post("/users/sync/oa", {"roleId": office.role_id("agent"), **more}, expect=expect)


def user_of(office: Company, row: dict) -> dict:
    found = office.admin.get("/users", q=row["username"])["list"]
    assert len(found) == 1, found
    return found[0]


def counts(report: dict) -> tuple:
    return report["created"], report["updated"], report["unchanged"], report["deactivated"], len(report["errors"])


def test_people_of_the_oa_get_accounts_and_a_second_time_changes_nothing(office, others):
    rows = [person(name=f"员工{number}") for number in range(3)]
    assert counts(sync(office, others, rows)) == (3, 0, 0, 0, 0)
    assert others.calls[0].headers["Authorization"] == f"Bearer {OA_KEY}"
    user = user_of(office, rows[1])
    assert (user["fullName"], user["email"], user["phone"], user["departmentName"]) == (
        "员工1",
        rows[1]["email"],
        f"+86{rows[1]['phone']}",
        "客户服务部",
    )
    assert [role["code"] for role in user["roles"]] == ["agent"]
    assert counts(sync(office, others, rows)) == (0, 0, 3, 0, 0)
    rows[0]["name"], rows[2]["phone"] = "改名", "13700000000"
    assert counts(sync(office, others, rows)) == (0, 2, 1, 0, 0)
    assert user_of(office, rows[0])["fullName"] == "改名"


def test_roles_never_come_from_the_payload(office, others):
    row = person(
        role="super_admin", roles=[1], roleIds=[office.role_id("super_admin")], isAdmin=True, password="x", tenant_id=1
    )
    assert counts(sync(office, others, [row])) == (1, 0, 0, 0, 0)
    assert [role["code"] for role in user_of(office, row)["roles"]] == ["agent"]
    row["role"] = "admin"
    assert counts(sync(office, others, [row])) == (0, 0, 1, 0, 0)


def test_role_must_be_the_callers_to_give(office, others):
    others.answers["/people"] = [person()]
    manager = office.new("admin")
    manager.post("/users/sync/oa", {"roleId": office.role_id("super_admin")}, expect=403)
    manager.post("/users/sync/oa", {"roleId": 10**12}, expect=404)
    assert others.calls == []
    assert counts(manager.post("/users/sync/oa", {"roleId": office.role_id("agent")})) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "spoil",
    [
        {"username": ""},
        {"username": "<b>"},
        {"username": 7},
        {"email": "no address"},
        {"phone": "abc"},
        {"id": None},
        {"id": ""},
        {"id": True},
        {"id": "x" * 200},
        {"active": "yes"},
        {"department": "nowhere"},
        {"name": ["x"]},
    ],
    ids=str,
)
def test_bad_row_is_reported_and_the_others_go_on(office, others, spoil):
    good = person()
    report = sync(office, others, [person(**spoil), good, "no row"])
    assert counts(report) == (1, 0, 0, 0, 2)
    assert [error["row"] for error in report["errors"]] == [1, 3] and all(error["reason"] for error in report["errors"])
    assert user_of(office, good)


def test_same_person_twice_in_the_list_is_reported(office, others):
    row = person()
    report = sync(office, others, [row, row | {"username": "someone.else"}])
    assert counts(report) == (1, 0, 0, 0, 1) and report["errors"][0]["row"] == 2


def test_account_that_is_not_of_the_oa_is_not_taken_over(office, others):
    """A row with the name or address of an account made here is an error, not a way in."""
    admin = office.admin.get("/user/info")
    email = f"{unique('own')}@example.org"
    office.new("customer", email=email)
    report = sync(office, others, [person(username=admin["username"]), person(email=email)])
    assert counts(report) == (0, 0, 0, 0, 2)
    assert office.admin.get("/user/info")["fullName"] == admin["fullName"]


def test_few_who_left_are_switched_off_and_come_back_when_the_oa_says_so(office, others):
    rows = [person() for _ in range(20)]
    sync(office, others, rows)
    rows[0]["active"] = False
    assert counts(sync(office, others, [*rows[:19]])) == (0, 0, 18, 2, 0)  # one inactive, one gone from the list
    assert [user_of(office, rows[number])["active"] for number in (0, 1, 19)] == [False, True, False]
    assert counts(sync(office, others, rows)) == (0, 1, 19, 0, 0)
    assert [user_of(office, rows[number])["active"] for number in (0, 19)] == [False, True]


def test_account_that_an_administrator_switched_off_stays_off(office, others):
    row = person()
    sync(office, others, [row])
    office.admin.put(f"/users/{user_of(office, row)['id']}", {"active": False})
    sync(office, others, [row | {"name": "neu"}])
    assert user_of(office, row)["active"] is False


@pytest.mark.parametrize("remaining", [0, 17])
def test_many_who_left_need_confirmation(office, others, remaining):
    rows = [person() for _ in range(20)]
    sync(office, others, rows)
    newcomer = person()
    left = [*rows[:remaining], newcomer]
    refused = sync(office, others, left, expect=409)
    assert (refused["error"], refused["deactivations"], refused["active"]) == (
        "confirmation_required",
        20 - remaining,
        20,
    )
    assert office.admin.get("/users", q=newcomer["username"])["total"] == 0  # nothing was changed
    assert counts(sync(office, others, left, confirm=True)) == (1, 0, remaining, 20 - remaining, 0)


def test_switched_off_person_is_out_at_once(office, others, connected):
    rows = [person() for _ in range(20)]
    sync(office, others, rows)
    user = user_of(office, rows[3])
    password = office.admin.post(f"/users/{user['id']}/reset-password")["initialPassword"]
    signed_in = Person(connected.base_url, host=office.host).sign_in(rows[3]["username"], password)
    with signed_in.socket() as ears:
        sync(office, others, [row for row in rows if row is not rows[3]])
        assert ears.closed.wait(5)
    assert signed_in.get("/session")["actor"] is None


@pytest.mark.parametrize(
    "answer",
    [{"users": []}, "x", None, 7, Reply(b"<html>"), Reply(status=500), Reply(status=401), [person()] * 20_001],
    ids=["no list", "text", "null", "number", "page", "failing", "refusing", "too many"],
)
def test_oa_that_answers_nonsense_changes_nothing(office, others, answer):
    rows = [person()]
    sync(office, others, rows)
    sync(office, others, answer, expect=503)
    assert user_of(office, rows[0])["active"] is True


def test_people_of_one_company_are_not_those_of_another(office, others, new_company, connected):
    row = person()
    sync(office, others, [row])
    second = new_company().at(connected.base_url)
    # the same list there: the names are taken, and nobody here is switched off
    assert counts(sync(second, others, [row, person()])) == (1, 0, 0, 0, 1)
    assert user_of(office, row)["active"] is True
