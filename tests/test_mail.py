"""Letters leave through a mail server that is who it says it is, and arrive as they were written."""

import json
import socket
import ssl
import subprocess
import sys

import pytest

from app.errors import Unavailable
from config import Config, ConfigError
from services import mail, safe_http
from services.mail import FileOutlet, Letter, NotDelivered, Post, SmtpOutlet, SmtpServer
from tests.certificates import make_certificate
from tests.servers import HOST, ROOT, clean_environment, free_port
from tests.standins import MailServer

LETTER = Letter("li@example.org", "工单 TK1：有新回复", "您好，\n\n问题已解决。\n")
ACCOUNT = ("support", "mail-password-1")


@pytest.fixture
def certificate(tmp_path):
    return make_certificate(tmp_path, "mail.internal", HOST)


@pytest.fixture
def tls(certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trust(certificate, monkeypatch):
    """Call it, and who signed the certificate is known here."""

    def take() -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        safe_http.tls_context.cache_clear()

    safe_http.tls_context.cache_clear()
    yield take
    safe_http.tls_context.cache_clear()


def outlet(port: int, security: str = "none", host: str = HOST, account: tuple[str, str] = ("", "")) -> SmtpOutlet:
    return SmtpOutlet(SmtpServer(host, port, security, "客服中心 <support@example.org>", *account))


def test_letter_arrives_as_it_was_written():
    with MailServer() as server:
        outlet(server.port).deliver(LETTER)
        received = server.wait_for_letter(LETTER.to)
    assert (received.sender, received.to) == ("support@example.org", "li@example.org")
    assert (received.subject, received.text.replace("\r\n", "\n")) == (LETTER.subject, LETTER.text)
    assert received.message["From"] == "客服中心 <support@example.org>" and received.message["To"] == LETTER.to
    assert received.message["Message-ID"].strip().endswith("@example.org>")
    assert received.message["Date"] and received.message["Auto-Submitted"] == "auto-generated"
    assert not received.encrypted


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd knows TLS by STARTTLS only
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letter_and_password_travel_encrypted(tls, trust, security):
    trust()
    with MailServer(tls, security, ACCOUNT) as server:
        outlet(server.port, security, account=ACCOUNT).deliver(LETTER)
        assert server.wait_for_letter(LETTER.to).encrypted


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificate_must_be_trusted_and_name_the_server(tls, trust, security):
    with MailServer(tls, security) as server:
        with pytest.raises(NotDelivered) as refused:  # nobody we know has signed it
            outlet(server.port, security).deliver(LETTER)
        assert "SSL" in refused.value.data["reason"]
        trust()
        with pytest.raises(NotDelivered):  # signed, but for another name
            outlet(server.port, security, host="localhost").deliver(LETTER)
        assert server.letters == []
        outlet(server.port, security).deliver(LETTER)


def test_server_without_encryption_gets_nothing_where_encryption_is_wanted():
    """Else somebody on the way could switch it off."""
    with MailServer() as server:
        for security in ("starttls", "tls"):
            with pytest.raises(NotDelivered):
                outlet(server.port, security).deliver(LETTER)
        assert server.letters == []


def test_wrong_password_and_refused_letter_are_told_without_their_content(tls, trust):
    trust()
    with MailServer(tls, "starttls", ACCOUNT) as server, pytest.raises(NotDelivered) as refused:
        outlet(server.port, "starttls", account=("support", "wrong-password")).deliver(LETTER)
    assert refused.value.data["reason"] == "SMTPAuthenticationError 535"
    with (
        MailServer(refuse="554 5.7.1 li@example.org is full of 工单") as server,
        pytest.raises(NotDelivered) as refused,
    ):
        outlet(server.port).deliver(LETTER)
    assert refused.value.data["reason"] == "SMTPDataError 554"


def test_server_that_is_away_or_says_nothing_holds_nobody_up(monkeypatch):
    with pytest.raises(NotDelivered):
        outlet(free_port()).deliver(LETTER)
    monkeypatch.setattr(mail, "SECONDS", 0.2)
    with socket.create_server((HOST, 0)) as mute, pytest.raises(NotDelivered) as refused:
        outlet(mute.getsockname()[1]).deliver(LETTER)
    assert refused.value.data["reason"] == "SMTPServerDisconnected"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "li",
        "li@example.org, wang@example.org",
        "li@example.org\r\nBcc: wang@example.org",
        "li(x)@example.org",  # a comment: it would go to li@example.org, who is somebody else
        "Li <li@example.org>",
    ],
)
def test_letter_goes_to_one_plain_address_or_to_nobody(to):
    with MailServer() as server:
        with pytest.raises(NotDelivered):
            outlet(server.port).deliver(Letter(to, "x", "x"))
        assert server.letters == []


def test_subject_cannot_smuggle_headers():
    with MailServer() as server:
        outlet(server.port).deliver(Letter(LETTER.to, "ACME\r\nBcc: wang@example.org", "x"))
        received = server.wait_for_letter(LETTER.to)
    assert received.subject == "ACME Bcc: wang@example.org" and received.message["Bcc"] is None


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_letters_leave_under_every_async_server(tls, certificate, mode):
    program = f"""
from app.offload import patch
patch({mode!r}, 2)
from services.mail import Letter, SmtpOutlet, SmtpServer
for security, port in (("starttls", PORT1), ("tls", PORT2)):
    SmtpOutlet(SmtpServer("{HOST}", port, security, "support@example.org")).deliver(Letter("li@example.org", "x", "y"))
"""
    with MailServer(tls, "starttls") as first, MailServer(tls, "tls") as second:
        done = subprocess.run(
            [
                sys.executable,
                "-W",
                "ignore",
                "-c",
                program.replace("PORT1", str(first.port)).replace("PORT2", str(second.port)),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            env=clean_environment(SSL_CERT_FILE=str(certificate)),
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert first.wait_for_letter("li@example.org").encrypted and second.wait_for_letter("li@example.org").encrypted


def test_closed_post_office_says_so():
    with pytest.raises(Unavailable):
        Post().deliver(LETTER)


def test_stand_in_writes_letters_where_only_the_owner_reads(tmp_path):
    path = tmp_path / "mail.log"
    Post(FileOutlet(path)).deliver(LETTER)
    assert path.stat().st_mode & 0o777 == 0o600
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written.pop("time").endswith("Z")
    assert written == {"to": LETTER.to, "subject": LETTER.subject, "text": LETTER.text}


SMTP = {"MAIL_SENDER": "smtp", "SMTP_HOST": "mail.example.org", "MAIL_FROM": "Support <support@example.org>"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"MAIL_SENDER": "pigeon"},
        {"SMTP_SECURITY": "ssl"},
        {**SMTP, "SMTP_HOST": ""},
        {**SMTP, "MAIL_FROM": ""},
        {**SMTP, "MAIL_FROM": "Support"},
        {**SMTP, "MAIL_FROM": "a@example.org\nBcc: b@example.org"},
        {**SMTP, "SMTP_USERNAME": "support", "SMTP_PASSWORD": "密码"},
        {"SMS_SENDER": "http"},
        {"SMS_SENDER": "pigeon"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_at_start(wrong):
    with pytest.raises(ConfigError):
        Config(wrong).check()


def test_settings_that_can_work_are_accepted():
    Config(SMTP).check()
    Config({**SMTP, "MAIL_FROM": "support@example.org"}).check()


def test_password_over_an_open_line_is_unsafe_unless_the_server_is_this_machine():
    open_line = {**SMTP, "SMTP_USERNAME": "support", "SMTP_PASSWORD": "secret-1", "SMTP_SECURITY": "none"}

    def complaints(settings: dict) -> list[str]:
        return [sentence for sentence in Config(settings).unsafe() if sentence.startswith("SMTP_SECURITY")]

    assert len(complaints(open_line)) == 1
    assert (
        complaints({**open_line, "SMTP_HOST": "localhost"}) == complaints({**open_line, "SMTP_SECURITY": "tls"}) == []
    )


def test_stand_ins_count_for_nothing_in_production():
    stand_ins = {"SMS_SENDER": "log", "MAIL_SENDER": "log"}
    assert (Config(stand_ins).sms_sender, Config(stand_ins).mail_sender) == ("log", "log")
    production = Config({**stand_ins, "ENVIRONMENT": "production"})
    assert (production.sms_sender, production.mail_sender) == ("none", "none")
