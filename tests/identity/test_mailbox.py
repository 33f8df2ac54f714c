"""Codes by e-mail, through a real mail server."""

import pytest

from tests.identity.ways_in import CODE, ask, by_api, nobody
from tests.people import Company, unique
from tests.servers import HOST
from tests.standins import MailServer
from tests.waiting import eventually

NEW_PASSWORD = "Brand-new-pass-1"


@pytest.fixture(scope="module")
def company(connected, backend) -> Company:
    return Company(connected.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.mark.parametrize(
    ("locale", "subject", "sentence"),
    [("zh", "您的验证码是", "重新设置密码"), ("en", "your verification code is", "choose a new password")],
)
def test_forgotten_password_is_replaced_by_a_letter_in_the_readers_language(
    connected, company, mailboxes, locale, subject, sentence
):
    email = f"{unique('mail')}@example.org"
    person = company.new("customer", email=email)
    person.put("/user/info", {"locale": locale})
    ask(connected, email.upper(), "reset")
    letter = mailboxes.wait_for_letter(email)
    code = CODE.search(letter.subject)[0]
    assert letter.message["From"] == "客服 <support@example.org>" and letter.message["To"] == email
    assert subject in letter.subject
    assert all(words in letter.text for words in (sentence, person.username, code))
    answer = nobody(connected).post(
        "/user/password/reset", {"target": email, "code": code, "newPassword": NEW_PASSWORD}
    )
    assert answer == {"username": person.username}
    assert by_api(connected, person.username, NEW_PASSWORD).status_code == 200
    assert code not in connected.log_text() and email not in connected.log_text()


def test_mailbox_that_one_typed_oneself_is_confirmed_by_a_letter(connected, company, mailboxes):
    email = f"{unique('mail')}@example.org"
    person = company.new("customer")
    assert person.put("/user/info", {"email": email})["emailVerified"] is False
    ask(connected, email, "reset")  # not confirmed yet: nothing is sent
    person.post("/auth/codes", {"target": email, "purpose": "verify"})
    letter = mailboxes.wait_for_letter(email)
    assert "属于账号" in letter.text and len([one for one in mailboxes.letters if one.to == email]) == 1
    code = CODE.search(letter.subject)[0]
    assert person.post("/user/contact/verify", {"target": email, "code": code})["emailVerified"] is True
    ask(connected, email, "reset")
    mailboxes.wait_for_letter(email, count=2)


def test_account_without_address_has_none_to_write_to(connected, company, mailboxes):
    person = company.new("customer")
    info = person.get("/user/info")
    assert (info["email"], info["emailVerified"]) == (None, False)
    made_up = f"{person.username}@local.invalid"
    ask(connected, made_up, "reset")
    person.post("/auth/codes", {"target": made_up, "purpose": "verify"}, expect=400)
    email = f"{unique('mail')}@example.org"
    company.new("customer", email=email)
    ask(connected, email, "reset")
    mailboxes.wait_for_letter(email)  # the made-up one has had its time
    assert made_up not in [letter.to for letter in mailboxes.letters]


def test_mail_server_that_refuses_is_noted_without_naming_anybody(start_server, backend):
    email = f"{unique('mail')}@example.org"
    with MailServer(refuse="550 5.1.1 no such mailbox") as refusing:
        server = start_server(
            MAIL_SENDER="smtp",
            MAIL_FROM="support@example.org",
            SMTP_HOST=HOST,
            SMTP_PORT=str(refusing.port),
            SMTP_SECURITY="none",
        )
        Company(server.base_url, "admin", backend.settings["ADMIN_PASSWORD"]).new("customer", email=email)
        ask(server, email, "reset")
        eventually(lambda: "could not be sent: NotDelivered SMTPDataError 550" in server.log_text())
    assert email not in server.log_text()
