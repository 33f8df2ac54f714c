"""Servers for what the shared one does not do, and people with phones."""

import pytest

from tests.identity.ways_in import OA_KEY, STAND_INS, WECHAT_SECRET, new_phone, sent_to
from tests.people import Company, Person, unique
from tests.servers import HOST, AppServer
from tests.standins import MailServer, StandIn
from tests.waiting import eventually


@pytest.fixture(scope="session")
def doors(backend, tmp_path_factory):
    """A server whose codes are not rationed: what rationing does is tested on servers of its own."""
    unlimited = {"CODE_RATE": "100000 per hour", "CODE_RATE_PER_IP": "100000 per hour"}
    settings = {**backend.settings, **STAND_INS, **unlimited}
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


@pytest.fixture(scope="session")
def others():
    """All the other systems on one port."""
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def mailboxes():
    """The mail server of everybody."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session")
def connected(backend, others, mailboxes, tmp_path_factory):
    settings = {
        **backend.settings,
        "OUTBOUND_ALLOW": "127.0.0.1",
        "CODE_RATE": "100000 per hour",
        "CODE_RATE_PER_IP": "100000 per hour",
        "SMS_SENDER": "http",
        "SMS_HTTP_URL": f"{others.url}/sms",
        "MAIL_SENDER": "smtp",
        "MAIL_FROM": "客服 <support@example.org>",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(mailboxes.port),
        "SMTP_SECURITY": "none",
        "WECHAT_APP_ID": "wx-tests",
        "WECHAT_APP_SECRET": WECHAT_SECRET,
        "WECHAT_API_URL": others.url,
        "OA_API_URL": f"{others.url}/people",
        "OA_API_KEY": OA_KEY,
    }
    with AppServer(tmp_path_factory.mktemp("external"), settings) as running:
        yield running
