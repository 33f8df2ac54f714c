"""Which ways in are offered, and what a way says that nobody has set up."""

import pytest

from tests.identity.ways_in import STAND_INS, WECHAT_SECRET, nobody, shape
from tests.people import Company

CLOSED = {"phoneCode": False, "wechat": False, "resetByPhone": False, "resetByEmail": False}
SMTP = {"MAIL_SENDER": "smtp", "SMTP_HOST": "127.0.0.1", "MAIL_FROM": "support@example.org"}


def test_nothing_but_the_password_is_offered_unless_it_was_set_up(server):
    assert nobody(server).get("/session")["doors"] == CLOSED


def test_all_that_was_set_up_is_offered(connected):
    assert nobody(connected).get("/session")["doors"] == dict.fromkeys(CLOSED, True)


@pytest.mark.backend("sqlite")
@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        (STAND_INS, {"phoneCode", "resetByPhone", "resetByEmail"}),
        # files are no way to a person: in production they open nothing
        ({**STAND_INS, "ENVIRONMENT": "production", "COOKIE_SECURE": "true", "TRUSTED_HOSTS": "127.0.0.1"}, set()),
        ({"SMS_SENDER": "http", "SMS_HTTP_URL": "http://127.0.0.1:9/sms"}, {"phoneCode", "resetByPhone"}),
        (SMTP, {"resetByEmail"}),
        ({"WECHAT_APP_ID": "wx", "WECHAT_APP_SECRET": WECHAT_SECRET}, {"wechat"}),
        ({"WECHAT_APP_ID": "wx"}, set()),  # without its secret it cannot work
    ],
    ids=["stand-ins", "production", "sms", "smtp", "wechat", "half-wechat"],
)
def test_each_way_is_offered_when_it_was_set_up(start_server, settings, offered):
    doors = nobody(start_server(**settings)).get("/session")["doors"]
    assert doors == {name: name in offered for name in CLOSED}


@pytest.mark.parametrize(("kind", "purpose"), [("phone", "login"), ("phone", "reset"), ("email", "reset")])
def test_closed_way_says_so_to_everybody_alike(server, company, kind, purpose):
    known = {"phone": "+8613700000001", "email": "somebody-known@example.org"}
    unknown = {"phone": "+8613700000002", "email": "nobody-known@example.org"}
    if not company.admin.get("/users", q=known["email"])["list"]:
        company.new("customer", **known)
    answers = [
        shape(nobody(server).request("POST", "/auth/codes", json={"target": target[kind], "purpose": purpose}))
        for target in (known, unknown)
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 503 and answers[0][3]["error"] == "unavailable"


def test_own_number_cannot_be_confirmed_through_a_closed_way(server, backend):
    customer = Company(server.base_url, "admin", backend.settings["ADMIN_PASSWORD"]).new("customer")
    customer.put("/user/info", {"phone": "+8613700000003"})
    customer.post("/auth/codes", {"target": "+8613700000003", "purpose": "verify"}, expect=503)


def test_closed_way_explains_itself_in_both_languages(server):
    for locale, words in (("zh-CN", "没有开通"), ("en", "not set up")):
        answer = nobody(server).request(
            "POST",
            "/auth/codes",
            json={"target": "+8613700000004", "purpose": "login"},
            headers={"Accept-Language": locale},
        )
        assert words in answer.json()["message"]
