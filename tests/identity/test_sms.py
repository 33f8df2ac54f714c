"""Codes through an SMS gateway, played by the test."""

import itertools
import secrets
import threading

import pytest
import sqlalchemy as sa

from tests.people import Company, Person
from tests.standins import Reply
from tests.waiting import eventually

_ids = itertools.count(secrets.randbelow(10**8))


@pytest.fixture(scope="module")
def company(connected, backend) -> Company:
    return Company(connected.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.fixture(autouse=True)
def forget(others):
    others.calls.clear()
    others.answers.clear()


def test_code_goes_to_the_sms_gateway(connected, company, others):
    phone = f"+86136{next(_ids) % 10**8:08d}"
    customer = company.new("customer", phone=phone)
    others.answers["/sms"] = {"sent": True}
    Person(connected.base_url).post("/auth/codes", {"target": phone, "purpose": "login"})
    call = others.wait_for_calls(1)[0]
    assert call.method == "POST" and call.json["phone"] == phone
    data = Person(connected.base_url).post("/auth/login/phone", {"phone": phone, "code": call.json["code"]})
    assert data["user"]["id"] == customer.user_id


def test_sms_gateway_that_hangs_or_fails_holds_nobody_up(connected, company, others, database):
    phone = f"+86136{next(_ids) % 10**8:08d}"
    company.new("customer", phone=phone)
    go_on = threading.Event()
    others.answers["/sms"] = lambda call: go_on.wait(20) and Reply(status=500)
    Person(connected.base_url).post("/auth/codes", {"target": phone, "purpose": "login"}, timeout=5)
    call = others.wait_for_calls(1)[0]
    assert Person(connected.base_url).request("GET", "/session", timeout=5).status_code == 200
    go_on.set()
    eventually(lambda: "could not be sent" in connected.log_text())
    code = call.json["code"]
    assert phone not in connected.log_text() and code not in connected.log_text()
    with database.connect() as connection:
        assert (
            connection.execute(
                sa.text("SELECT count(*) FROM verification_code WHERE target = :t"), {"t": phone}
            ).scalar()
            == 1
        )
