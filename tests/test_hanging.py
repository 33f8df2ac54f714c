"""Third parties that accept and never answer: whoever talks meanwhile does not notice (F38)."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from tests.people import Company, unique
from tests.waiting import eventually

#: no message may take longer than this while somebody else waits for a third party
MOST_SECONDS = 1.0
#: people who wait, more than there are native threads
WAITING = 8


class Silence(NamedTuple):
    """A server that takes every connection and never says a word."""

    port: int
    taken: list[socket.socket]


@pytest.fixture
def silence() -> Iterator[Silence]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    taken.append(listener.accept()[0])
            except OSError:
                return

        threading.Thread(target=take, daemon=True).start()
        yield Silence(listener.getsockname()[1], taken)
        for one in taken:
            one.close()


def talk_beside(company: Company, silence: Silence, wait) -> list[float]:
    """Seconds that each message takes while WAITING others call `wait(number)`, for which somebody is asked who never
    answers.
    """
    served = company.served()
    waiting = [threading.Thread(target=wait, args=(number,), daemon=True) for number in range(WAITING)]
    for thread in waiting:
        thread.start()
    eventually(lambda: silence.taken)
    took = []
    for _ in range(20):
        began = time.perf_counter()
        served.customer.say(served.path)
        took.append(time.perf_counter() - began)
    return took


def test_a_mail_server_that_hangs_keeps_nobody_else_waiting(backend, people, start_server, silence, database):
    if backend.name != "sqlite":
        pytest.skip("the same way beside every database")
    mailing = {"MAIL_SENDER": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(silence.port), "SMTP_SECURITY": "none"}
    server = start_server(**mailing, MAIL_FROM="support@example.org", OUTBOUND_ALLOW="127.0.0.1")
    company = people.at(server.base_url)
    names = [f"{unique('hang')}@example.org" for _ in range(WAITING)]
    for name in names:
        company.admin.post(
            "/users", {"username": unique("hang"), "password": "Some-pass-1", "email": name, "roleIds": []}
        )

    with database.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET email_verified = 1 WHERE email LIKE 'hang-%'"))

    def ask_for_code(number: int) -> None:
        company.anonymous.request("POST", "/auth/codes", json={"target": names[number], "purpose": "reset"}, timeout=60)

    took = talk_beside(company, silence, ask_for_code)
    assert max(took) < MOST_SECONDS, took
