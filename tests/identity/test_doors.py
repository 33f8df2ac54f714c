"""Every way in has the same lock, and none tells who exists."""

import hashlib
import time

import pytest
import sqlalchemy as sa

from tests.identity.ways_in import (
    WRONG_PASSWORD,
    ask,
    by_api,
    by_form,
    by_phone,
    by_phone_form,
    new_phone,
    nobody,
    other_than,
    shape,
)
from tests.people import at_once, unique


def test_failures_at_all_doors_count_together_and_lock_all_doors(doors, holder, outbox):
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    failures = [
        by_form(doors, holder.username, WRONG_PASSWORD),
        by_api(doors, holder.username, WRONG_PASSWORD),
        by_form(doors, holder.email, WRONG_PASSWORD),
        by_phone(doors, holder.phone, other_than(code)),
        by_phone_form(doors, holder.phone, other_than(code)),
    ]
    assert [answer.status_code for answer in failures] == [401] * 5
    for answer in (
        by_form(doors, holder.username, holder.password),
        by_api(doors, holder.email.upper(), holder.password),
        by_phone(doors, holder.phone, code),
        by_phone_form(doors, holder.phone, code),
    ):
        assert (answer.status_code, answer.json()["data"]["error"]) == (429, "locked")
    # who is inside stays inside
    assert holder.get("/session")["actor"]["username"] == holder.username


def test_lock_is_known_to_every_process(doors, start_server, holder):
    for _ in range(5):
        by_form(doors, holder.username, WRONG_PASSWORD)
    assert by_api(start_server(), holder.username, holder.password).status_code == 429


def test_lock_ends_by_itself(doors, company, database, start_server):
    """After the configured time: the row says when, and a process that saw no failures believes it."""
    person = company.new("customer")
    for _ in range(5):
        by_form(doors, person.username, WRONG_PASSWORD)
    with database.begin() as connection:
        until = connection.execute(
            sa.text("SELECT locked_until FROM ab_user WHERE id = :id"), {"id": person.user_id}
        ).scalar()
        assert until is not None
        connection.execute(
            sa.text("UPDATE ab_user SET locked_until = :past WHERE id = :id"),
            {"past": "2020-01-01 00:00:00", "id": person.user_id},
        )
    # a number of failures of its own, so that it counts apart from the others
    assert by_api(start_server(LOGIN_FAILURES="6"), person.username, person.password).status_code == 200


@pytest.mark.parametrize("door", [by_form, by_api])
def test_known_and_unknown_accounts_are_refused_alike_until_the_lock_and_beyond(doors, company, door):
    known = company.new("customer").username
    answers = [[shape(door(doors, name, WRONG_PASSWORD)) for _ in range(7)] for name in (known, unique("nobody"))]
    assert answers[0] == answers[1]
    assert [answer[0] for answer in answers[0]] == [401] * 5 + [429] * 2


@pytest.mark.parametrize("door", [by_phone, by_phone_form])
def test_known_and_unknown_phones_are_refused_alike_until_the_lock_and_beyond(doors, holder, door):
    answers = [[shape(door(doors, phone, "000000")) for _ in range(7)] for phone in (holder.phone, new_phone())]
    assert answers[0] == answers[1]
    assert [answer[0] for answer in answers[0]] == [401] * 5 + [429] * 2


def test_guesses_sent_at_once_are_counted_like_guesses_in_a_row(doors, company):
    person = company.new("customer")
    answers = at_once(*[lambda: by_api(doors, person.username, WRONG_PASSWORD)] * 24)
    assert {answer.status_code for answer in answers} == {401, 429}
    assert by_api(doors, person.username, person.password).status_code == 429


def test_right_password_forgets_the_failures(doors, company):
    person = company.new("customer")
    for _ in range(2):
        assert [by_form(doors, person.username, WRONG_PASSWORD).status_code for _ in range(4)] == [401] * 4
        assert by_form(doors, person.username, person.password).status_code == 200


def test_attempts_of_one_address_are_limited_over_all_doors(start_server):
    server = start_server(LOGIN_RATE_PER_IP="6 per minute")
    statuses = [
        answer.status_code
        for answer in (
            by_form(server, unique(), "x"),
            by_api(server, unique(), "x"),
            by_phone(server, new_phone(), "1"),
            by_phone_form(server, new_phone(), "1"),
            by_form(server, unique(), "x"),
            nobody(server).request(
                "POST",
                "/user/password/reset",
                json={"target": new_phone(), "code": "1", "newPassword": "Another-pass-1"},
            ),
            by_api(server, unique(), "x"),
            by_phone(server, new_phone(), "1"),
        )
    ]
    assert statuses == [401, 401, 401, 401, 401, 400, 429, 429]


def test_administrator_unlocks_with_a_new_password(doors, company):
    person = company.new("customer")
    for _ in range(5):
        by_form(doors, person.username, WRONG_PASSWORD)
    made = company.admin.post(f"/users/{person.user_id}/reset-password")["initialPassword"]
    state = by_form(doors, person.username, made).json()["data"]
    assert state["actor"]["mustChangePassword"] is True


# --- old and planted things -----------------------------------------------------------------------------------------


def test_old_md5_password_is_accepted_and_becomes_bcrypt(doors, company, database):
    person = company.new("customer")
    digest = hashlib.md5(b"old-Secret-1").hexdigest()
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE ab_user SET password = :hash WHERE id = :id"),
            {"hash": f"md5${digest}", "id": person.user_id},
        )
    assert by_form(doors, person.username, digest).status_code == 401  # the stored text itself is no password
    assert by_form(doors, person.username, f"md5${digest}").status_code == 401
    assert by_form(doors, person.username, "old-Secret-1").status_code == 200
    with database.connect() as connection:
        stored = connection.execute(
            sa.text("SELECT password FROM ab_user WHERE id = :id"), {"id": person.user_id}
        ).scalar()
    assert stored.startswith("$2b$")
    assert by_form(doors, person.username, "old-Secret-1").status_code == 200
    assert by_form(doors, person.username, digest).status_code == 401


@pytest.mark.parametrize(
    ("username", "password"),
    [("admin", "admin123"), ("admin", "123456"), ("admin", "admin"), ("customer", "customer123")],
)
def test_accounts_of_the_documents_do_not_exist(doors, username, password):
    data = nobody(doors).request("POST", "/auth/login", json={"username": f"{username}", "password": password})
    assert data.status_code in (401, 429)


def test_cookie_that_was_planted_never_signs_in(doors, company):
    person = company.new("customer")
    browser = nobody(doors)
    browser.http.cookies.set("smartsupport", "planted-by-somebody-else")
    browser.post("/session", {"username": person.username, "password": person.password})
    values = [cookie.value for cookie in browser.http.cookies if cookie.name == "smartsupport"]
    assert "planted-by-somebody-else" not in values[-1:]
    victim = nobody(doors)
    victim.http.cookies.set("smartsupport", "planted-by-somebody-else")
    assert victim.get("/session")["actor"] is None


def test_signing_in_again_gives_a_new_cookie_and_ends_the_old_one(doors, company):
    person = company.new("customer")
    old = dict(person.http.cookies)["smartsupport"]
    person._remember(person.post("/session", {"username": person.username, "password": person.password}))
    assert dict(person.http.cookies)["smartsupport"] != old
    thief = nobody(doors)
    thief.http.cookies.set("smartsupport", old)
    assert thief.get("/session")["actor"] is None


@pytest.mark.parametrize("header", ["X-Remote-User", "Remote-User", "X-Auth-User", "X-Forwarded-User", "X-User-Id"])
def test_headers_sign_nobody_in(doors, header):
    answer = nobody(doors).request("GET", "/user/info", headers={header: "admin"})
    assert answer.status_code == 401


def test_signing_in_takes_the_same_time_whoever_it_is(doors, company):
    """Medians of many tries: a hash is computed for unknown names too, and a cheap one costs no less."""
    person = company.new("customer")

    def median(names: list[str]) -> float:
        times = []
        for name in names:
            started = time.perf_counter()
            by_api(doors, name, WRONG_PASSWORD)
            times.append(time.perf_counter() - started)
        return sorted(times)[len(times) // 2]

    people = [company.new("customer").username for _ in range(4)]
    known, unknown = median(people * 4), median([unique("nobody") for _ in range(16)])
    # the tests' hashes are quick, so the network is most of it: only a gross difference can be seen here
    assert abs(known - unknown) < max(0.05, 0.6 * max(known, unknown)), (person.username, known, unknown)
