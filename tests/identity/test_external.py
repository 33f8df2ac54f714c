"""Accounts that come from WeChat, an OA system or an SMS gateway, all three played by the test."""

import itertools
import secrets
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, at_once, unique
from tests.servers import AppServer, run_cli
from tests.standins import Reply, StandIn
from tests.waiting import eventually

_ids = itertools.count(secrets.randbelow(10**8))
KEY = "oa-key-of-the-tests"
SECRET = "wechat-secret-of-the-tests"


@pytest.fixture(scope="module")
def others():
    """All the other systems on one port."""
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def server(backend, others, tmp_path_factory):
    settings = {**backend.settings, "OUTBOUND_ALLOW": "127.0.0.1", "CODE_RATE": "100000 per hour", "CODE_RATE_PER_IP": "100000 per hour",
                "SMS_SENDER": "http", "SMS_HTTP_URL": f"{others.url}/sms", "WECHAT_APP_ID": "wx-tests", "WECHAT_APP_SECRET": SECRET,
                "WECHAT_API_URL": others.url, "OA_API_URL": f"{others.url}/people", "OA_API_KEY": KEY}
    with AppServer(tmp_path_factory.mktemp("external"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def company(server, backend) -> Company:
    return Company(server.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.fixture(autouse=True)
def forget(others):
    others.calls.clear()
    others.answers.clear()


# --- WeChat ---------------------------------------------------------------------------------------------------------

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
            return {"access_token": f"at-{code}", "expires_in": 7200, "openid": self.openid, "scope": "snsapi_login"} | self._union()

        self.others.answers["/sns/oauth2/access_token"] = exchange
        self.others.answers["/sns/userinfo"] = {"openid": self.openid, "nickname": self.nickname, "sex": 1} | self._union()
        return code

    def _union(self) -> dict:
        return {"unionid": self.unionid} if self.unionid else {}


def login(server, code: str, expect: int = 200, **more):
    return Person(server.base_url).post("/auth/login/wechat", {"code": code, **more}, expect=expect)


def test_new_person_of_wechat_becomes_a_customer_and_is_known_the_next_time(server, others):
    person = WeChatUser(others, "张 三")
    first = login(server, person.code())
    assert first["user"]["fullName"] == "张 三" and [role["code"] for role in first["user"]["roles"]] == ["customer"]
    assert others.calls[0].query == {"appid": "wx-tests", "secret": SECRET, "code": others.calls[0].query["code"], "grant_type": "authorization_code"}
    assert others.calls[1].query["access_token"] == f"at-{others.calls[0].query['code']}" and others.calls[1].query["openid"] == person.openid
    second = login(server, person.code())
    assert second["user"]["id"] == first["user"]["id"]
    assert SECRET not in server.log_text()


def test_nickname_is_plain_text(server, others):
    name = login(server, WeChatUser(others, "<img src=x onerror=alert(1)>\r\n\x00\u202e" + "长" * 100).code())["user"]["fullName"]
    assert name.startswith("<img src=x onerror=alert(1)>") and len(name) <= 64 and name.isprintable()


def test_person_without_nickname_has_a_name(server, others):
    assert login(server, WeChatUser(others, "").code())["user"]["fullName"]


def test_same_person_in_another_app_of_the_company_is_known_by_unionid(server, others):
    union = f"u{next(_ids):027d}"
    first = login(server, WeChatUser(others, "一", union).code())
    assert login(server, WeChatUser(others, "一", union).code())["user"]["id"] == first["user"]["id"]


def test_somebody_who_is_signed_in_is_linked(server, company, others):
    agent, person = company.new("agent"), WeChatUser(others, "客服")
    assert agent.post("/auth/login/wechat", {"code": person.code()})["id"] == agent.user_id
    assert login(server, person.code())["user"]["id"] == agent.user_id
    # not to a second account, and a second person not to this one
    other = company.new("agent")
    other.post("/auth/login/wechat", {"code": person.code()}, expect=409)
    agent.post("/auth/login/wechat", {"code": WeChatUser(others, "二").code()}, expect=409)


def test_linking_needs_the_page_of_the_own_site(server, company, others):
    agent, person = company.new("agent"), WeChatUser(others, "x")
    agent.http.headers["X-CSRF-Token"] = "of-another-page"
    agent.post("/auth/login/wechat", {"code": person.code()}, expect=403)
    assert others.calls == []


@pytest.mark.parametrize("answer", [{"errcode": 40029, "errmsg": "invalid code"}, {"errcode": 40163, "errmsg": "code been used"}])
def test_code_that_wechat_does_not_know_signs_nobody_in(server, others, answer):
    others.answers["/sns/oauth2/access_token"] = answer
    login(server, "x", expect=401)


@pytest.mark.parametrize("answer", [
    {"errcode": 40125, "errmsg": "invalid appsecret"}, {"errcode": -1}, [], "x", {}, {"openid": 7}, {"openid": ""}, {"openid": "o"}, {"openid": "' OR 1=1 --"},
    Reply(b"<html>"), Reply(status=302, headers={"Location": "http://169.254.169.254/"}), Reply(b"x" * 70_000)], ids=str)
def test_wechat_that_answers_nonsense_is_unavailable(server, others, answer):
    others.answers["/sns/oauth2/access_token"] = answer
    assert login(server, "x", expect=503)["error"] == "unavailable"


def test_wechat_that_is_away_is_unavailable(backend, start_server, others):
    port = StandIn()
    url = port.url
    port._server.server_close()
    server = start_server(WECHAT_APP_ID="wx", WECHAT_APP_SECRET="s", WECHAT_API_URL=url, OUTBOUND_ALLOW="127.0.0.1")
    login(server, "x", expect=503)


def test_wechat_and_oa_that_are_not_set_up_are_said_so(start_server, backend):
    server = start_server()
    login(server, "x", expect=503)
    company = Company(server.base_url, "admin", backend.settings["ADMIN_PASSWORD"])
    company.admin.post("/users/sync/oa", {"roleId": company.role_id("agent")}, expect=503)
    assert Person(server.base_url).request("GET", "/auth/wechat/start").status_code == 404  # no such path under /api/v1
    assert Person(server.base_url).request("GET", f"{server.base_url}/auth/wechat/start", allow_redirects=False).status_code == 503


def test_wechat_inside_the_own_network_is_not_called(start_server, others):
    server = start_server(WECHAT_APP_ID="wx", WECHAT_APP_SECRET="s", WECHAT_API_URL=others.url)  # not in OUTBOUND_ALLOW
    assert login(server, "x", expect=400)["error"] == "invalid"
    assert others.calls == []


def test_disabled_account_does_not_come_back_through_wechat(server, company, others):
    person = WeChatUser(others, "x")
    user = login(server, person.code())["user"]
    company.admin.put(f"/users/{user['id']}", {"active": False})
    login(server, person.code(), expect=401)


def test_person_whose_account_was_deleted_gets_a_new_one(server, company, others):
    person = WeChatUser(others, "x")
    user = login(server, person.code())["user"]
    company.admin.delete(f"/users/{user['id']}")
    assert login(server, person.code())["user"]["id"] != user["id"]


def test_account_without_password_cannot_be_entered_with_one(server, others):
    user = login(server, WeChatUser(others, "x").code())["user"]
    for password in ("!", "", " ", "None", "password"):
        Person(server.base_url).post("/session", {"username": user["username"], "password": password}, expect=401)


def test_new_person_in_two_tabs_at_once_is_one_customer(server, others):
    person = WeChatUser(others, "x")
    code = person.code()
    others.answers["/sns/oauth2/access_token"] = {"access_token": "at", "openid": person.openid}
    answers = at_once(*[lambda: Person(server.base_url).post("/auth/login/wechat", {"code": code})["user"]["id"]] * 4)
    assert len(set(answers)) == 1


def to_wechat(server, browser: Person) -> str:
    """The state with which a browser is sent away."""
    answer = browser.request("GET", f"{server.base_url}/auth/wechat/start", allow_redirects=False)
    target = urlsplit(answer.headers["Location"])
    query = parse_qs(target.query)
    assert (answer.status_code, target.netloc, query["appid"]) == (302, "open.weixin.qq.com", ["wx-tests"])
    assert query["redirect_uri"] == [f"{server.base_url}/auth/wechat/callback"]
    return query["state"][0]


def come_back(server, browser: Person, **query):
    return browser.request("GET", f"{server.base_url}/auth/wechat/callback", params=query, allow_redirects=False)


def test_browser_goes_to_wechat_and_comes_back_signed_in(server, others):
    browser, person = Person(server.base_url), WeChatUser(others, "浏览器")
    state = to_wechat(server, browser)
    answer = come_back(server, browser, state=state, code=person.code())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert browser.get("/session")["actor"]["name"] == "浏览器"
    # the state is good once
    assert "failed" in come_back(server, browser, state=state, code=person.code()).headers["Location"]


@pytest.mark.parametrize("state", ["", "x", None])
def test_coming_back_without_having_left_signs_nobody_in(server, others, state):
    """Otherwise a link could sign somebody in to the account of whoever sent it."""
    for prepare in (lambda browser: None, lambda browser: to_wechat(server, browser)):
        browser = Person(server.base_url)
        prepare(browser)
        answer = come_back(server, browser, code=WeChatUser(others, "x").code(), **({"state": state} if state is not None else {}))
        assert "failed" in answer.headers["Location"] and browser.get("/session")["actor"] is None
    assert others.calls == []
    login(server, "x", state=state or "x", expect=401)


# --- the OA system --------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def oa_company(server, backend) -> Company:
    """A company whose list nobody else's tests change."""
    code = unique("office")
    run_cli("company", code, code, "--host", f"{code}.localhost", settings=backend.settings)
    return Company(server.base_url, f"admin@{code}", backend.settings["ADMIN_PASSWORD"], host=f"{code}.localhost")


@pytest.fixture
def office(oa_company, others) -> Company:
    """The same with nobody on the list: the people of earlier tests have left."""
    sync(oa_company, others, [], confirm=True)
    others.calls.clear()
    return oa_company


def person(**more) -> dict:
    number = next(_ids)
    return {"id": f"oa-{number}", "username": f"oa.{number}", "name": "员工", "phone": f"137{number % 10**8:08d}", "email": f"oa{number}@example.org",
            "department": "service", "active": True, **more}


def sync(office: Company, others: StandIn, people: object, expect: int = 200, **more):
    others.answers["/people"] = people
    return office.admin.post("/users/sync/oa", {"roleId": office.role_id("agent"), **more}, expect=expect)


def user_of(office: Company, row: dict) -> dict:
    found = office.admin.get("/users", q=row["username"])["list"]
    assert len(found) == 1, found
    return found[0]


def counts(report: dict) -> tuple:
    return report["created"], report["updated"], report["unchanged"], report["deactivated"], len(report["errors"])


def test_people_of_the_oa_get_accounts_and_a_second_time_changes_nothing(office, others):
    rows = [person(name=f"员工{number}") for number in range(3)]
    assert counts(sync(office, others, rows)) == (3, 0, 0, 0, 0)
    assert others.calls[0].headers["Authorization"] == f"Bearer {KEY}"
    user = user_of(office, rows[1])
    assert (user["fullName"], user["email"], user["phone"], user["departmentName"]) == ("员工1", rows[1]["email"], f"+86{rows[1]['phone']}", "客户服务部")
    assert [role["code"] for role in user["roles"]] == ["agent"]
    assert counts(sync(office, others, rows)) == (0, 0, 3, 0, 0)
    rows[0]["name"], rows[2]["phone"] = "改名", "13700000000"
    assert counts(sync(office, others, rows)) == (0, 2, 1, 0, 0)
    assert user_of(office, rows[0])["fullName"] == "改名"


def test_roles_never_come_from_the_payload(office, others):
    row = person(role="super_admin", roles=[1], roleIds=[office.role_id("super_admin")], isAdmin=True, password="x", tenant_id=1)
    assert counts(sync(office, others, [row])) == (1, 0, 0, 0, 0)
    assert [role["code"] for role in user_of(office, row)["roles"]] == ["agent"]
    row["role"] = "admin"
    assert counts(sync(office, others, [row])) == (0, 0, 1, 0, 0)


def test_role_must_be_the_callers_to_give(office, others):
    others.answers["/people"] = [person()]
    manager = office.new("admin")
    manager.post("/users/sync/oa", {"roleId": office.role_id("super_admin")}, expect=403)
    manager.post("/users/sync/oa", {"roleId": 10**12}, expect=404)
    assert others.calls == []
    assert counts(manager.post("/users/sync/oa", {"roleId": office.role_id("agent")})) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("spoil", [{"username": ""}, {"username": "<b>"}, {"username": 7}, {"email": "no address"}, {"phone": "abc"}, {"id": None},
                                   {"id": ""}, {"id": True}, {"id": "x" * 200}, {"active": "yes"}, {"department": "nowhere"}, {"name": ["x"]}], ids=str)
def test_bad_row_is_reported_and_the_others_go_on(office, others, spoil):
    good = person()
    report = sync(office, others, [person(**spoil), good, "no row"])
    assert counts(report) == (1, 0, 0, 0, 2)
    assert [error["row"] for error in report["errors"]] == [1, 3] and all(error["reason"] for error in report["errors"])
    assert user_of(office, good)


def test_same_person_twice_in_the_list_is_reported(office, others):
    row = person()
    report = sync(office, others, [row, row | {"username": "someone.else"}])
    assert counts(report) == (1, 0, 0, 0, 1) and report["errors"][0]["row"] == 2


def test_account_that_is_not_of_the_oa_is_not_taken_over(office, others):
    """A row with the name or address of an account made here is an error, not a way in."""
    admin = office.admin.get("/user/info")
    report = sync(office, others, [person(username=admin["username"]), person(email=admin["email"])])
    assert counts(report) == (0, 0, 0, 0, 2)
    assert office.admin.get("/user/info")["fullName"] == admin["fullName"]


def test_few_who_left_are_switched_off_and_come_back_when_the_oa_says_so(office, others):
    rows = [person() for _ in range(20)]
    sync(office, others, rows)
    rows[0]["active"] = False
    assert counts(sync(office, others, [*rows[:19]])) == (0, 0, 18, 2, 0)  # one inactive, one gone from the list
    assert [user_of(office, rows[number])["active"] for number in (0, 1, 19)] == [False, True, False]
    assert counts(sync(office, others, rows)) == (0, 1, 19, 0, 0)
    assert [user_of(office, rows[number])["active"] for number in (0, 19)] == [False, True]


def test_account_that_an_administrator_switched_off_stays_off(office, others):
    row = person()
    sync(office, others, [row])
    office.admin.put(f"/users/{user_of(office, row)['id']}", {"active": False})
    sync(office, others, [row | {"name": "neu"}])
    assert user_of(office, row)["active"] is False


@pytest.mark.parametrize("remaining", [0, 17])
def test_many_who_left_need_confirmation(office, others, remaining):
    rows = [person() for _ in range(20)]
    sync(office, others, rows)
    newcomer = person()
    left = [*rows[:remaining], newcomer]
    refused = sync(office, others, left, expect=409)
    assert (refused["error"], refused["deactivations"], refused["active"]) == ("confirmation_required", 20 - remaining, 20)
    assert office.admin.get("/users", q=newcomer["username"])["total"] == 0  # nothing was changed
    assert counts(sync(office, others, left, confirm=True)) == (1, 0, remaining, 20 - remaining, 0)


def test_switched_off_person_is_out_at_once(office, others, server):
    rows = [person() for _ in range(20)]
    sync(office, others, rows)
    user = user_of(office, rows[3])
    password = office.admin.post(f"/users/{user['id']}/reset-password")["initialPassword"]
    signed_in = Person(server.base_url, host=office.host).sign_in(rows[3]["username"], password)
    with signed_in.socket() as ears:
        sync(office, others, [row for row in rows if row is not rows[3]])
        assert ears.closed.wait(5)
    assert signed_in.get("/session")["actor"] is None


@pytest.mark.parametrize("answer", [{"users": []}, "x", None, 7, Reply(b"<html>"), Reply(status=500), Reply(status=401), [person()] * 20_001], ids=lambda a: str(a)[:20])
def test_oa_that_answers_nonsense_changes_nothing(office, others, answer):
    rows = [person()]
    sync(office, others, rows)
    sync(office, others, answer, expect=503)
    assert user_of(office, rows[0])["active"] is True


def test_people_of_one_company_are_not_those_of_another(office, others, new_company, server):
    row = person()
    sync(office, others, [row])
    second = new_company().at(server.base_url)
    # the same list there: the names are taken, and nobody here is switched off
    assert counts(sync(second, others, [row, person()])) == (1, 0, 0, 0, 1)
    assert user_of(office, row)["active"] is True


# --- the SMS gateway ------------------------------------------------------------------------------------------------

def test_code_goes_to_the_sms_gateway(server, company, others):
    phone = f"+86136{next(_ids) % 10**8:08d}"
    customer = company.new("customer", phone=phone)
    others.answers["/sms"] = {"sent": True}
    Person(server.base_url).post("/auth/codes", {"target": phone, "purpose": "login"})
    call = others.wait_for_calls(1)[0]
    assert call.method == "POST" and call.json["phone"] == phone
    data = Person(server.base_url).post("/auth/login/phone", {"phone": phone, "code": call.json["code"]})
    assert data["user"]["id"] == customer.user_id


def test_sms_gateway_that_hangs_or_fails_holds_nobody_up(server, company, others, database):
    phone = f"+86136{next(_ids) % 10**8:08d}"
    company.new("customer", phone=phone)
    go_on = threading.Event()
    others.answers["/sms"] = lambda call: go_on.wait(20) and Reply(status=500)
    Person(server.base_url).post("/auth/codes", {"target": phone, "purpose": "login"}, timeout=5)
    call = others.wait_for_calls(1)[0]
    assert Person(server.base_url).request("GET", "/session", timeout=5).status_code == 200
    go_on.set()
    eventually(lambda: "could not be sent" in server.log_text())
    code = call.json["code"]
    assert phone not in server.log_text() and code not in server.log_text()
    with database.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM verification_code WHERE target = :t"), {"t": phone}).scalar() == 1
