"""Codes sent to phones and mailboxes: narrow, rationed, and silent about who exists."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.identity.ways_in import (
    STAND_INS,
    WRONG_PASSWORD,
    ask,
    by_api,
    by_form,
    by_phone,
    by_phone_form,
    new_phone,
    nobody,
    other_than,
    sent_to,
    shape,
)
from tests.people import at_once, unique


def test_phone_and_code_sign_a_program_in(doors, holder, outbox):
    ask(doors, holder.phone)
    data = nobody(doors).post("/auth/login/phone", {"phone": holder.phone, "code": outbox(holder.phone)})
    assert data["user"]["username"] == holder.username
    program = nobody(doors)
    program.http.headers["Authorization"] = f"Bearer {data['accessToken']}"
    assert program.get("/user/info")["phone"] == holder.phone


def test_phone_and_code_sign_a_browser_in(doors, holder, outbox):
    ask(doors, holder.phone.removeprefix("+86"))
    browser = nobody(doors)
    state = browser.post(
        "/session/phone", {"phone": f"0086 {holder.phone[3:6]}-{holder.phone[6:]}", "code": outbox(holder.phone)}
    )
    assert state["actor"]["username"] == holder.username
    assert browser.get("/session")["actor"]["userId"] == holder.user_id


def test_code_file_is_for_its_owner_only_and_codes_stay_out_of_log_and_database(
    backend, doors, holder, outbox, database
):
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    assert (Path(backend.settings["DATA_DIR"]) / "sms.log").stat().st_mode & 0o777 == 0o600
    assert holder.phone not in doors.log_text()
    with database.connect() as connection:
        row = (
            connection.execute(sa.text("SELECT * FROM verification_code WHERE target = :t"), {"t": holder.phone})
            .mappings()
            .one()
        )
        assert code not in " ".join(str(value) for key, value in row.items() if "time" not in key)
        outbox_rows = connection.execute(
            sa.text("SELECT payload FROM outbox_event ORDER BY id DESC LIMIT 50")
        ).scalars()
        assert not any(holder.phone in str(payload) for payload in outbox_rows)


@pytest.mark.parametrize("purpose", ["login", "reset"])
def test_asking_for_a_code_does_not_tell_who_exists(backend, doors, holder, outbox, purpose):
    stranger = new_phone()
    answers = [
        shape(nobody(doors).request("POST", "/auth/codes", json={"target": target, "purpose": purpose}))
        for target in (stranger, holder.phone)
    ]
    assert answers[0] == answers[1] and answers[0][0] == 200
    outbox(holder.phone)  # the second was sent, so the first has had its time
    assert sent_to(backend, stranger) == []


@pytest.mark.parametrize(("door", "purpose"), [(by_phone, "login"), (by_phone_form, "login")])
def test_wrong_code_does_not_tell_who_exists(doors, holder, outbox, door, purpose):
    stranger = new_phone()
    ask(doors, stranger)
    ask(doors, holder.phone)
    wrong = other_than(outbox(holder.phone))
    answers = [shape(door(doors, phone, wrong)) for phone in (stranger, holder.phone)]
    assert answers[0] == answers[1] and answers[0][0] == 401


def test_code_opens_once(doors, holder, outbox):
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    assert by_phone(doors, holder.phone, code).status_code == 200
    assert by_phone(doors, holder.phone, code).status_code == 401


def test_one_code_sent_twice_at_the_same_moment_opens_once(doors, holder, outbox):
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    statuses = [answer.status_code for answer in at_once(*[lambda: by_phone(doors, holder.phone, code)] * 4)]
    assert sorted(statuses) == [200, 401, 401, 401]


def test_only_the_newest_code_opens(doors, holder, outbox):
    ask(doors, holder.phone)
    first = outbox(holder.phone)
    ask(doors, holder.phone)
    second = outbox(holder.phone, after=1)
    if first != second:
        assert by_phone(doors, holder.phone, first).status_code == 401
    assert by_phone(doors, holder.phone, second).status_code == 200


def test_code_of_one_purpose_opens_no_other_door(doors, holder, outbox):
    ask(doors, holder.phone, "reset")
    code = outbox(holder.phone)
    assert by_phone(doors, holder.phone, code).status_code == 401
    ask(doors, holder.phone, "login")
    code = outbox(holder.phone, after=1)
    nobody(doors).post(
        "/user/password/reset", {"target": holder.phone, "code": code, "newPassword": "Another-pass-1"}, expect=400
    )


def test_code_of_somebody_else_opens_nothing(doors, company, holder, outbox):
    other = new_phone()
    company.new("customer", phone=other)
    ask(doors, holder.phone)
    ask(doors, other)
    code = outbox(holder.phone)
    if code != outbox(other):
        assert by_phone(doors, other, code).status_code == 401


def test_code_opens_for_five_minutes(doors, holder, outbox, database):
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    with database.begin() as connection:
        late = connection.execute(
            sa.text("SELECT expire_time > create_time FROM verification_code WHERE target = :t"), {"t": holder.phone}
        )
        assert late.scalar()
        connection.execute(
            sa.text("UPDATE verification_code SET expire_time = create_time WHERE target = :t"), {"t": holder.phone}
        )
    assert by_phone(doors, holder.phone, code).status_code == 401


def test_code_bears_five_tries(backend, start_server, holder, outbox):
    """Beside the account's lock-out, which is set out of the way here."""
    server = start_server(
        **STAND_INS, LOGIN_FAILURES="50", CODE_RATE="1000 per hour", CODE_RATE_PER_IP="100000 per hour"
    )
    ask(server, holder.phone)
    code = outbox(holder.phone)
    assert [by_phone(server, holder.phone, other_than(code)).status_code for _ in range(5)] == [401] * 5
    assert by_phone(server, holder.phone, code).status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "",
        " ",
        "12",
        "not-a-number",
        "a@b",
        "a b@example.org",
        "x@example.org\r\nBcc: y@example.org",
        "+86139" + "0" * 20,
        "٠١٢٣٤٥٦٧٨٩٠",
    ],
)
def test_code_is_sent_to_real_targets_only(doors, target):
    data = ask(doors, target, "reset", expect=400)
    assert "target" in data["fields"]


def test_mailbox_is_no_phone(doors, holder):
    ask(doors, holder.email, "login", expect=400)


@pytest.mark.parametrize("code", ["", " ", "null", "0", "false", "[]", "000000 OR 1=1", "１２３４５６", "x" * 64])
def test_empty_and_odd_codes_open_nothing(doors, holder, code):
    nobody(doors).post("/auth/login/phone", {"phone": holder.phone, "code": code}, expect=401)


@pytest.mark.parametrize(
    "body",
    [
        {"phone": {"$ne": None}, "code": "1"},
        {"phone": ["+8613900000000"], "code": "1"},
        {"phone": True, "code": 1},
        {"phone": "+8613900000000", "code": 123456},
        {"code": "123456"},
    ],
)
def test_types_that_are_no_text_are_refused(doors, body):
    nobody(doors).post("/auth/login/phone", body, expect=400)


def test_codes_are_rationed_per_number_in_all_its_spellings(backend, start_server, holder):
    """Two an hour here; a restart forgives nothing."""
    rationed = {**STAND_INS, "CODE_RATE": "2 per hour", "CODE_RATE_PER_IP": "9000 per hour"}
    server = start_server(**rationed)
    local = holder.phone.removeprefix("+86")
    ask(server, holder.phone)
    ask(server, f"0086{local}", "reset")
    wide = local.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    for spelling in (holder.phone, local, f"+86 {local[:3]} {local[3:]}", wide, f"(+86){local}"):
        ask(server, spelling, expect=429)
    another = start_server(**rationed)
    ask(another, local, expect=429)
    # a number without account is treated alike
    stranger = new_phone()
    assert [
        nobody(server).request("POST", "/auth/codes", json={"target": stranger, "purpose": "login"}).status_code
        for _ in range(3)
    ] == [200, 200, 429]


def test_default_is_one_code_a_minute(start_server, holder):
    server = start_server(**STAND_INS, CODE_RATE_PER_IP="9001 per hour")
    ask(server, holder.phone)
    ask(server, holder.phone, expect=429)


def test_codes_are_rationed_per_address(start_server):
    server = start_server(**STAND_INS, CODE_RATE="1000 per hour", CODE_RATE_PER_IP="7 per hour")
    statuses = [
        nobody(server)
        .request(
            "POST",
            "/auth/codes",
            json={"target": new_phone(), "purpose": "login"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        .status_code
        for number in range(9)
    ]
    assert statuses == [200] * 7 + [429] * 2


# --- whose phone it is ----------------------------------------------------------------------------------------------


def test_number_that_one_typed_oneself_opens_no_door_until_it_is_proven(backend, doors, company, outbox):
    claimer, phone = company.new("customer"), new_phone()
    info = claimer.put("/user/info", {"phone": phone})
    assert info["phone"] == phone and info["phoneVerified"] is False
    ask(doors, phone)
    claimer.post("/auth/codes", {"target": phone, "purpose": "verify"})
    code = outbox(phone)
    assert len(sent_to(backend, phone)) == 1  # the code for signing in was not sent
    assert by_phone(doors, phone, code).status_code == 401
    claimer.post("/user/contact/verify", {"target": phone, "code": other_than(code)}, expect=400)
    assert claimer.post("/user/contact/verify", {"target": phone, "code": code})["phoneVerified"] is True
    ask(doors, phone)
    assert by_phone(doors, phone, outbox(phone, after=1)).status_code == 200


def test_claiming_the_number_of_somebody_else_changes_nothing_for_the_owner(doors, company, holder, outbox):
    claimer = company.new("customer")
    claimer.put("/user/info", {"phone": holder.phone})
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    assert by_phone(doors, holder.phone, code).json()["data"]["user"]["id"] == holder.user_id
    # even with a code the number stays the owner's
    claimer.post("/auth/codes", {"target": holder.phone, "purpose": "verify"})
    claimer.post("/user/contact/verify", {"target": holder.phone, "code": outbox(holder.phone, after=1)}, expect=409)
    company.admin.post(
        "/users",
        {"username": unique("twin"), "roleIds": [company.role_id("customer")], "phone": holder.phone},
        expect=409,
    )


def test_code_for_proving_goes_to_the_own_number_only(doors, holder):
    holder.post("/auth/codes", {"target": new_phone(), "purpose": "verify"}, expect=400)
    ask(doors, holder.phone, "verify", expect=401)


def test_disabled_account_gets_no_code_and_its_code_opens_nothing(backend, doors, company, holder, outbox):
    ask(doors, holder.phone)
    code = outbox(holder.phone)
    company.admin.put(f"/users/{holder.user_id}", {"active": False})
    assert by_phone(doors, holder.phone, code).status_code == 401
    ask(doors, holder.phone)
    company.admin.put(f"/users/{holder.user_id}", {"active": True})
    ask(doors, holder.phone)
    outbox(holder.phone, after=1)
    assert len(sent_to(backend, holder.phone)) == 2


# --- forgotten passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_forgotten_password_is_replaced_and_all_sign_ins_end(doors, holder, outbox, kind):
    target, program = getattr(holder, kind), holder.program()
    with holder.socket() as ears:
        ask(doors, target, "reset")
        nobody(doors).post(
            "/user/password/reset",
            {"target": target.upper(), "code": outbox(target), "newPassword": "Brand-new-pass-1"},
        )
        assert ears.closed.wait(5)
    program.get("/user/info", expect=401)
    assert holder.get("/session")["actor"] is None
    assert by_api(doors, holder.username, holder.password).status_code == 401
    assert by_api(doors, holder.username, "Brand-new-pass-1").status_code == 200


def test_locked_account_can_be_reset(doors, holder, outbox):
    for _ in range(5):
        by_form(doors, holder.username, WRONG_PASSWORD)
    ask(doors, holder.phone, "reset")
    nobody(doors).post(
        "/user/password/reset",
        {"target": holder.phone, "code": outbox(holder.phone), "newPassword": "Brand-new-pass-1"},
    )
    assert by_form(doors, holder.username, "Brand-new-pass-1").status_code == 200


def test_reset_does_not_tell_who_exists_and_bears_five_tries(doors, holder, outbox):
    ask(doors, holder.phone, "reset")
    code = outbox(holder.phone)

    def tries(phone: str) -> list[tuple]:
        return [
            shape(
                nobody(doors).request(
                    "POST",
                    "/user/password/reset",
                    json={"target": phone, "code": other_than(code), "newPassword": "Brand-new-pass-1"},
                )
            )
            for _ in range(6)
        ]

    answers = [tries(phone) for phone in (holder.phone, new_phone())]
    assert answers[0] == answers[1]
    assert [answer[0] for answer in answers[0]] == [400] * 5 + [429]
    nobody(doors).post(
        "/user/password/reset", {"target": holder.phone, "code": code, "newPassword": "Brand-new-pass-1"}, expect=429
    )


@pytest.mark.parametrize("password", ["short1", "12345678", "aaaaaaaaaaaa", "x" * 1100])
def test_weak_password_is_refused_without_using_up_the_code(doors, holder, outbox, password):
    ask(doors, holder.phone, "reset")
    code = outbox(holder.phone)
    nobody(doors).post(
        "/user/password/reset", {"target": holder.phone, "code": code, "newPassword": password}, expect=400
    )
    nobody(doors).post(
        "/user/password/reset", {"target": holder.phone, "code": code, "newPassword": "Brand-new-pass-1"}
    )
