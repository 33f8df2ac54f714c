"""Two-step verification."""

import pyotp
import pytest
import sqlalchemy as sa

from tests.identity.ways_in import WRONG_PASSWORD, ask, new_phone, nobody
from tests.people import Person, at_once


@pytest.fixture
def careful(company, database):
    """An agent with two-step verification; careful.fresh_code() is one that was not used yet."""
    phone = new_phone()
    person = company.new("agent", phone=phone)
    person.phone = phone
    begun = person.post("/user/totp", {"password": person.password})
    generator = pyotp.TOTP(begun["secret"])
    assert begun["qrSvg"].startswith("data:image/svg+xml") and f"secret={begun['secret']}" in begun["uri"]
    person.recovery_codes = person.post("/user/totp/confirm", {"code": generator.now()})["recoveryCodes"]

    def fresh_code() -> str:
        # as if time had passed: a step counts once
        with database.begin() as connection:
            connection.execute(sa.text("UPDATE ab_user SET totp_last_step = 0 WHERE id = :id"), {"id": person.user_id})
        return generator.now()

    person.fresh_code, person.generator = fresh_code, generator
    return person


def first_step(doors, person) -> Person:
    browser = nobody(doors)
    data = browser.post("/session", {"username": person.username, "password": person.password}, expect=401)
    assert data["error"] == "totp_required"
    return browser


def test_second_factor_is_asked_at_every_door(doors, careful, outbox):
    browser = first_step(doors, careful)
    assert browser.get("/session")["actor"] is None
    assert browser.post("/session/totp", {"code": careful.fresh_code()})["actor"]["totpEnabled"] is True

    data = nobody(doors).post("/auth/login", {"username": careful.username, "password": careful.password}, expect=401)
    assert data["error"] == "totp_required"
    nobody(doors).post(
        "/auth/login", {"username": careful.username, "password": careful.password, "code": careful.fresh_code()}
    )
    assert nobody(doors).post("/auth/login/totp", {"step": data["step"], "code": careful.fresh_code()})["accessToken"]

    ask(doors, careful.phone)
    data = nobody(doors).post("/auth/login/phone", {"phone": careful.phone, "code": outbox(careful.phone)}, expect=401)
    assert data["error"] == "totp_required" and "accessToken" not in data
    assert nobody(doors).post("/auth/login/totp", {"step": data["step"], "code": careful.fresh_code()})["accessToken"]

    ask(doors, careful.phone)
    browser = nobody(doors)
    browser.post("/session/phone", {"phone": careful.phone, "code": outbox(careful.phone, after=1)}, expect=401)
    assert browser.get("/session")["actor"] is None
    assert browser.post("/session/totp", {"code": careful.fresh_code()})["actor"]["username"] == careful.username


def test_code_of_the_authenticator_works_once(doors, careful):
    code = careful.fresh_code()
    assert first_step(doors, careful).post("/session/totp", {"code": code})["actor"]
    first_step(doors, careful).post("/session/totp", {"code": code}, expect=401)


def test_code_of_the_authenticator_sent_twice_at_once_works_once(doors, careful):
    browsers, code = [first_step(doors, careful) for _ in range(4)], careful.fresh_code()
    answers = at_once(
        *[lambda browser=browser: browser.request("POST", "/session/totp", json={"code": code}) for browser in browsers]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


def test_recovery_code_works_once(doors, careful):
    assert len(set(careful.recovery_codes)) == 10
    code = careful.recovery_codes[0]
    assert first_step(doors, careful).post("/session/totp", {"code": f" {code.upper()} "})["actor"]
    first_step(doors, careful).post("/session/totp", {"code": code}, expect=401)
    assert first_step(doors, careful).post("/session/totp", {"code": careful.recovery_codes[1]})["actor"]


def test_guessing_the_second_factor_is_locked(doors, careful):
    browser = first_step(doors, careful)
    statuses = [browser.request("POST", "/session/totp", json={"code": "000000"}).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    # nor does a right code help, at this door or the other, nor a new first step
    assert (
        first_step(doors, careful).request("POST", "/session/totp", json={"code": careful.fresh_code()}).status_code
        == 429
    )
    nobody(doors).post(
        "/auth/login",
        {"username": careful.username, "password": careful.password, "code": careful.fresh_code()},
        expect=429,
    )


def test_guesses_of_the_second_factor_sent_at_once_are_five(doors, careful):
    browser = first_step(doors, careful)
    answers = at_once(*[lambda: browser.request("POST", "/session/totp", json={"code": "000000"})] * 20)
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15


@pytest.mark.parametrize("step", ["", "x", "WzEsMV0.aaaa.bbbb"])
def test_second_step_needs_the_first(doors, careful, step):
    nobody(doors).post("/session/totp", {"code": careful.fresh_code()}, expect=401)
    nobody(doors).post("/auth/login/totp", {"step": step, "code": careful.fresh_code()}, expect=401)


def test_first_step_is_worth_nothing_after_the_password_changed(doors, careful):
    browser = first_step(doors, careful)
    careful.put("/user/password", {"oldPassword": careful.password, "newPassword": "Brand-new-pass-1"})
    browser.post("/session/totp", {"code": careful.fresh_code()}, expect=401)


def test_second_factor_is_switched_off_with_the_password_only(doors, careful):
    careful.delete("/user/totp", {"password": WRONG_PASSWORD}, expect=400)
    careful.delete("/user/totp", {}, expect=400)
    assert careful.get("/user/info")["totpEnabled"] is True
    careful.delete("/user/totp", {"password": careful.password})
    assert nobody(doors).post("/session", {"username": careful.username, "password": careful.password})["actor"]
    # what was handed out for it opens nothing any more
    assert careful.get("/user/info")["totpEnabled"] is False


def test_confirming_passwords_is_rationed(careful):
    statuses = [
        careful.request("DELETE", "/user/totp", json={"password": WRONG_PASSWORD}).status_code for _ in range(6)
    ]
    assert 429 in statuses[4:]
    careful.put("/user/password", {"oldPassword": WRONG_PASSWORD, "newPassword": "Brand-new-pass-1"}, expect=429)


def test_lost_second_factor_is_taken_away_by_an_administrator(doors, company, careful):
    company.admin.post(f"/users/{careful.user_id}/reset-second-factor")
    assert careful.get("/session")["actor"] is None
    assert nobody(doors).post("/session", {"username": careful.username, "password": careful.password})["actor"]
