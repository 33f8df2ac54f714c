"""Signing in through WeChat, played by the test."""

import itertools
import secrets
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tests.identity.ways_in import WECHAT_SECRET
from tests.people import Company, Person, at_once
from tests.standins import Reply, StandIn

_ids = itertools.count(secrets.randbelow(10**8))


@pytest.fixture(scope="module")
def company(connected, backend) -> Company:
    return Company(connected.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.fixture(autouse=True)
def forget(others):
    others.calls.clear()
    others.answers.clear()


class WeChatUser:
    """Somebody with the WeChat app: `others` gives a code to each sign-in of his."""

    def __init__(self, others: StandIn, nickname: str, unionid: str = ""):
        self.openid, self.nickname, self.unionid = f"o{next(_ids):027d}", nickname, unionid
        self.others = others

    def code(self) -> str:
        code, unused = secrets.token_hex(8), [True]

        def exchange(call):
            if call.query.get("code") != code or not unused:
                return {"errcode": 40029, "errmsg": "invalid code"}
            unused.clear()
            return {
                "access_token": f"at-{code}",
                "expires_in": 7200,
                "openid": self.openid,
                "scope": "snsapi_login",
            } | self._union()

        self.others.answers["/sns/oauth2/access_token"] = exchange
        self.others.answers["/sns/userinfo"] = {
            "openid": self.openid,
            "nickname": self.nickname,
            "sex": 1,
        } | self._union()
        return code

    def _union(self) -> dict:
        return {"unionid": self.unionid} if self.unionid else {}


def login(connected, code: str, expect: int = 200, **more):
    return Person(connected.base_url).post("/auth/login/wechat", {"code": code, **more}, expect=expect)


def test_new_person_of_wechat_becomes_a_customer_and_is_known_the_next_time(connected, others):
    person = WeChatUser(others, "张 三")
    first = login(connected, person.code())
    assert first["user"]["fullName"] == "张 三" and [role["code"] for role in first["user"]["roles"]] == ["customer"]
    assert others.calls[0].query == {
        "appid": "wx-tests",
        "secret": WECHAT_SECRET,
        "code": others.calls[0].query["code"],
        "grant_type": "authorization_code",
    }
    assert (
        others.calls[1].query["access_token"] == f"at-{others.calls[0].query['code']}"
        and others.calls[1].query["openid"] == person.openid
    )
    second = login(connected, person.code())
    assert second["user"]["id"] == first["user"]["id"]
    assert WECHAT_SECRET not in connected.log_text()


def test_nickname_is_plain_text(connected, others):
    name = login(connected, WeChatUser(others, "<img src=x onerror=alert(1)>\r\n\x00\u202e" + "长" * 100).code())[
        "user"
    ]["fullName"]
    assert name.startswith("<img src=x onerror=alert(1)>") and len(name) <= 64 and name.isprintable()


def test_person_without_nickname_has_a_name(connected, others):
    assert login(connected, WeChatUser(others, "").code())["user"]["fullName"]


def test_same_person_in_another_app_of_the_company_is_known_by_unionid(connected, others):
    union = f"u{next(_ids):027d}"
    first = login(connected, WeChatUser(others, "一", union).code())
    assert login(connected, WeChatUser(others, "一", union).code())["user"]["id"] == first["user"]["id"]


def test_somebody_who_is_signed_in_is_linked(connected, company, others):
    agent, person = company.new("agent"), WeChatUser(others, "客服")
    assert agent.post("/auth/login/wechat", {"code": person.code()})["id"] == agent.user_id
    assert login(connected, person.code())["user"]["id"] == agent.user_id
    # not to a second account, and a second person not to this one
    other = company.new("agent")
    other.post("/auth/login/wechat", {"code": person.code()}, expect=409)
    agent.post("/auth/login/wechat", {"code": WeChatUser(others, "二").code()}, expect=409)


def test_linking_needs_the_page_of_the_own_site(connected, company, others):
    agent, person = company.new("agent"), WeChatUser(others, "x")
    agent.http.headers["X-CSRF-Token"] = "of-another-page"
    agent.post("/auth/login/wechat", {"code": person.code()}, expect=403)
    assert others.calls == []


@pytest.mark.parametrize(
    "answer", [{"errcode": 40029, "errmsg": "invalid code"}, {"errcode": 40163, "errmsg": "code been used"}]
)
def test_code_that_wechat_does_not_know_signs_nobody_in(connected, others, answer):
    others.answers["/sns/oauth2/access_token"] = answer
    login(connected, "x", expect=401)


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 40125, "errmsg": "invalid appsecret"},
        {"errcode": -1},
        [],
        "x",
        {},
        {"openid": 7},
        {"openid": ""},
        {"openid": "o"},
        {"openid": "' OR 1=1 --"},
        Reply(b"<html>"),
        Reply(status=302, headers={"Location": "http://169.254.169.254/"}),
        Reply(b"x" * 70_000),
    ],
    ids=str,
)
def test_wechat_that_answers_nonsense_is_unavailable(connected, others, answer):
    others.answers["/sns/oauth2/access_token"] = answer
    assert login(connected, "x", expect=503)["error"] == "unavailable"


def test_wechat_that_is_away_is_unavailable(backend, start_server, others):
    port = StandIn()
    url = port.url
    port._server.server_close()
    connected = start_server(WECHAT_APP_ID="wx", WECHAT_APP_SECRET="s", WECHAT_API_URL=url, OUTBOUND_ALLOW="127.0.0.1")
    login(connected, "x", expect=503)


def test_wechat_and_oa_that_are_not_set_up_are_said_so(start_server, backend):
    connected = start_server()
    login(connected, "x", expect=503)
    company = Company(connected.base_url, "admin", backend.settings["ADMIN_PASSWORD"])
    company.admin.post("/users/sync/oa", {"roleId": company.role_id("agent")}, expect=503)
    assert (
        Person(connected.base_url).request("GET", "/auth/wechat/start").status_code == 404
    )  # no such path under /api/v1
    assert (
        Person(connected.base_url)
        .request("GET", f"{connected.base_url}/auth/wechat/start", allow_redirects=False)
        .status_code
        == 503
    )


def test_wechat_inside_the_own_network_is_not_called(start_server, others):
    connected = start_server(
        WECHAT_APP_ID="wx", WECHAT_APP_SECRET="s", WECHAT_API_URL=others.url
    )  # not in OUTBOUND_ALLOW
    assert login(connected, "x", expect=400)["error"] == "invalid"
    assert others.calls == []


def test_disabled_account_does_not_come_back_through_wechat(connected, company, others):
    person = WeChatUser(others, "x")
    user = login(connected, person.code())["user"]
    company.admin.put(f"/users/{user['id']}", {"active": False})
    login(connected, person.code(), expect=401)


def test_person_whose_account_was_deleted_gets_a_new_one(connected, company, others):
    person = WeChatUser(others, "x")
    user = login(connected, person.code())["user"]
    company.admin.delete(f"/users/{user['id']}")
    assert login(connected, person.code())["user"]["id"] != user["id"]


def test_account_without_password_cannot_be_entered_with_one(connected, others):
    user = login(connected, WeChatUser(others, "x").code())["user"]
    for password in ("!", "", " ", "None", "password"):
        Person(connected.base_url).post("/session", {"username": user["username"], "password": password}, expect=401)


def test_new_person_in_two_tabs_at_once_is_one_customer(connected, others):
    person = WeChatUser(others, "x")
    code = person.code()
    others.answers["/sns/oauth2/access_token"] = {"access_token": "at", "openid": person.openid}
    answers = at_once(
        *[lambda: Person(connected.base_url).post("/auth/login/wechat", {"code": code})["user"]["id"]] * 4
    )
    assert len(set(answers)) == 1


def to_wechat(connected, browser: Person, **query: str) -> str:
    """The state with which a browser is sent away."""
    start = f"{connected.base_url}/auth/wechat/start"
    answer = browser.request("GET", start, params=query, allow_redirects=False)
    target = urlsplit(answer.headers["Location"])
    query = parse_qs(target.query)
    assert (answer.status_code, target.netloc, query["appid"]) == (302, "open.weixin.qq.com", ["wx-tests"])
    assert query["redirect_uri"] == [f"{connected.base_url}/auth/wechat/callback"]
    return query["state"][0]


def come_back(connected, browser: Person, **query):
    return browser.request("GET", f"{connected.base_url}/auth/wechat/callback", params=query, allow_redirects=False)


def test_browser_goes_to_wechat_and_comes_back_signed_in(connected, others):
    browser, person = Person(connected.base_url), WeChatUser(others, "浏览器")
    state = to_wechat(connected, browser)
    answer = come_back(connected, browser, state=state, code=person.code())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert browser.get("/session")["actor"]["name"] == "浏览器"
    # the state is good once
    assert "failed" in come_back(connected, browser, state=state, code=person.code()).headers["Location"]


@pytest.mark.parametrize("state", ["", "x", None])
def test_coming_back_without_having_left_signs_nobody_in(connected, others, state):
    """Otherwise a link could sign somebody in to the account of whoever sent it."""
    for prepare in (lambda browser: None, lambda browser: to_wechat(connected, browser)):
        browser = Person(connected.base_url)
        prepare(browser)
        answer = come_back(
            connected, browser, code=WeChatUser(others, "x").code(), **({"state": state} if state is not None else {})
        )
        assert "failed" in answer.headers["Location"] and browser.get("/session")["actor"] is None
    assert others.calls == []
    login(connected, "x", state=state or "x", expect=401)


def lands(connected, browser: Person, person: WeChatUser, **start: str) -> str:
    """Where a browser ends that goes to WeChat and comes back as this person."""
    state = to_wechat(connected, browser, **start)
    return come_back(connected, browser, state=state, code=person.code()).headers["Location"]


def test_browser_lands_where_it_wanted_to_go(connected, others):
    assert (
        lands(connected, Person(connected.base_url), WeChatUser(others, "x"), next="/tickets/9?a=b") == "/tickets/9?a=b"
    )


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",  # browsers read a backslash as a slash
        "/\t/evil.example",  # and drop tabs and line ends
        "javascript:alert(1)",
        "tickets",
        "/login?next=/login",  # would lead in a circle
        "/" + "x" * 501,
    ],
)
def test_browser_lands_on_this_site_only(connected, others, wanted):
    assert lands(connected, Person(connected.base_url), WeChatUser(others, "x"), next=wanted) == "/"


def test_failed_sign_in_keeps_in_mind_where_to_go(connected, others):
    browser = Person(connected.base_url)
    state = to_wechat(connected, browser, next="/tickets")
    others.answers["/sns/oauth2/access_token"] = {"errcode": 40029}
    answer = come_back(connected, browser, state=state, code="x")
    assert answer.headers["Location"] == "/login?failed=wechat&next=%2Ftickets"
    state = to_wechat(connected, browser)
    others.answers["/sns/oauth2/access_token"] = Reply(status=500)
    assert come_back(connected, browser, state=state, code="x").headers["Location"] == "/login?failed=unavailable"


def test_second_step_keeps_in_mind_where_to_go(connected, company, others):
    agent, person = company.new("agent"), WeChatUser(others, "x")
    agent.post("/auth/login/wechat", {"code": person.code()})
    totp = pyotp.TOTP(agent.post("/user/totp", {"password": agent.password})["secret"])
    recovery = agent.post("/user/totp/confirm", {"code": totp.now()})["recoveryCodes"]
    browser = Person(connected.base_url)
    assert lands(connected, browser, person, next="/desk/tickets") == "/login?step=totp&next=%2Fdesk%2Ftickets"
    assert browser.get("/session")["actor"] is None
    assert browser.post("/session/totp", {"code": recovery[0]})["actor"]["userId"] == agent.user_id


def test_account_is_linked_from_its_own_page_and_says_so(connected, company, others):
    agent, person, page = company.new("agent"), WeChatUser(others, "x"), "/desk/profile?tab=security"
    assert agent.get("/user/info")["wechatLinked"] is False
    assert lands(connected, agent, person, next=page) == page
    assert agent.get("/user/info")["wechatLinked"] is True
    # one person of WeChat, one account: whoever comes second reads why on his own page
    other = company.new("agent")
    assert lands(connected, other, person, next=page) == f"{page}&failed=linked"
    assert lands(connected, other, person) == "/desk/profile?failed=linked"
    assert other.get("/user/info")["wechatLinked"] is False
    to_wechat(connected, other, next=page)
    assert come_back(connected, other, state="x", code="x").headers["Location"] == f"{page}&failed=wechat"


def test_a_link_is_undone_unless_it_is_the_only_way_in(connected, company, others):
    agent, person = company.new("agent"), WeChatUser(others, "客服")
    agent.delete("/user/wechat", expect=404)
    agent.post("/auth/login/wechat", {"code": person.code()})
    assert agent.get("/user/info")["wechatLinked"] is True
    agent.delete("/user/wechat")
    assert agent.get("/user/info")["wechatLinked"] is False
    # the person is nobody's now, and may be linked again
    stranger = login(connected, person.code())["user"]
    assert stranger["id"] != agent.user_id
    agent.post("/auth/login/wechat", {"code": person.code()}, expect=409)
    again = WeChatUser(others, "又来")
    agent.post("/auth/login/wechat", {"code": again.code()})
    # whoever came by WeChat alone would lock himself out
    token = login(connected, person.code())["accessToken"]
    only = Person(connected.base_url)
    only.http.headers["Authorization"] = f"Bearer {token}"
    assert only.delete("/user/wechat", expect=409)["error"] == "only_way_in"
    assert only.get("/user/info")["wechatLinked"] is True
