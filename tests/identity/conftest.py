"""A server whose codes are not rationed, and people with phones."""


import pytest

from tests.identity.ways_in import new_phone, sent_to
from tests.people import Company, Person, unique
from tests.servers import AppServer
from tests.waiting import eventually


@pytest.fixture(scope="session")
def doors(backend, tmp_path_factory):
    """A server whose codes are not rationed: what rationing does is tested on servers of its own."""
    settings = {**backend.settings, "CODE_RATE": "100000 per hour", "CODE_RATE_PER_IP": "100000 per hour"}
    with AppServer(tmp_path_factory.mktemp("doors"), settings) as server:
        yield server


@pytest.fixture(scope="session")
def company(doors, backend) -> Company:
    return Company(doors.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.fixture
def holder(company) -> Person:
    """A customer with a proven phone and mailbox."""
    phone, email = new_phone(), f"{unique('mail')}@example.org"
    person = company.new("customer", phone=phone, email=email)
    person.phone, person.email = phone, email
    return person


@pytest.fixture
def outbox(backend):
    """What was sent: outbox(target) is the newest code for it, waited for."""
    def newest(target: str, after: int = 0) -> str:
        return eventually(lambda: sent_to(backend, target)[after:])[-1]

    return newest
