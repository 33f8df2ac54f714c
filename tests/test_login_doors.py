"""The doors beside the password, in a browser: a code by text message, a forgotten password, WeChat, own contacts."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, unique
from tests.servers import HOST, AppServer
from tests.standins import MailServer, StandIn

Take = Callable[[Page, str], object]
NEW_PASSWORD = "Brand-new-pass-1"


@pytest.fixture(scope="module")
def others() -> Iterator[StandIn]:
    """SMS gateway and WeChat."""
    with StandIn() as stand_in:
        stand_in.answers["/sms"] = {"sent": True}
        yield stand_in


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def open_doors(backend, others, mailboxes, tmp_path_factory) -> Iterator[AppServer]:
    """A server with all its doors open."""
    settings = {
        **backend.settings,
        "CODE_RATE": "100000 per hour",
        "CODE_RATE_PER_IP": "100000 per hour",
        "OUTBOUND_ALLOW": HOST,
        "SMS_SENDER": "http",
        "SMS_HTTP_URL": f"{others.url}/sms",
        "MAIL_SENDER": "smtp",
        "MAIL_FROM": "客服 <support@example.org>",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(mailboxes.port),
        "SMTP_SECURITY": "none",
        "WECHAT_APP_ID": "wx-tests",
        "WECHAT_APP_SECRET": "wechat-secret-of-the-tests",
        "WECHAT_API_URL": others.url,
    }
    with AppServer(tmp_path_factory.mktemp("open-doors"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def company(open_doors, backend) -> Company:
    return Company(open_doors.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.fixture
def phone_number() -> str:
    """A number that nobody else has."""
    return f"135{int(unique('n').rsplit('-', 1)[1], 16) % 10**8:08d}"


def code_by_sms(others: StandIn, number: str, count: int = 1) -> str:
    """The newest code that the gateway was given for this number."""
    for call in reversed(others.wait_for_calls(count)):
        if call.path == "/sms" and call.json["phone"] == f"+86{number}":
            return call.json["code"]
    raise AssertionError(f"no code for {number}")


@pytest.fixture(autouse=True)
def forget(others):
    others.calls.clear()


def test_agent_signs_in_by_phone_code_and_second_step(
    open_doors, company, others, phone_number, open_page: Pages, screenshot: Take
):
    agent = company.new("agent", "王敏", phone=phone_number)
    totp = pyotp.TOTP(agent.post("/user/totp", {"password": agent.password})["secret"])
    recovery = agent.post("/user/totp/confirm", {"code": totp.now()})["recoveryCodes"]
    open_page.expect_console_error("status of 401")  # a wrong code, and the question for the second step

    page = open_page("/login?next=/desk/tickets", viewport="phone", server=open_doors)
    expect(page.get_by_label("账号", exact=True)).to_be_focused()
    screenshot(page, "login-phone")
    page.get_by_role("button", name="验证码登录").click()
    expect(page.get_by_label("手机号")).to_be_focused()
    page.keyboard.type(phone_number)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text(re.compile("验证码会很快送达"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"\d+ 秒后重发"))).to_be_disabled()
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    screenshot(page, "login-code-phone")
    code = code_by_sms(others, phone_number)
    page.keyboard.type(f"{(int(code) + 1) % 1_000_000:06d}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("验证码不正确或已过期")
    page.get_by_label("验证码", exact=True).fill(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    page.get_by_text("使用恢复码").click()
    page.get_by_label("恢复码").fill(recovery[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tickets")


def test_forgotten_password_is_replaced_by_e_mail(open_doors, company, mailboxes, open_page: Pages, screenshot: Take):
    email = f"{unique('mail')}@example.org"
    customer = company.new("customer", "李明", email=email)
    page = open_page("/login?next=/tickets", server=open_doors)
    screenshot(page, "login")
    page.get_by_role("link", name="忘记密码？").click()
    expect(page.get_by_label("手机号或邮箱")).to_be_focused()
    screenshot(page, "login-forgot")
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    letter = mailboxes.wait_for_letter(email)
    assert customer.username in letter.text
    page.keyboard.type(re.search(r"\d{6}$", letter.subject)[0])
    page.get_by_label("新密码", exact=True).fill(NEW_PASSWORD)
    expect(page.get_by_role("button", name="保存新密码")).to_be_disabled()
    page.get_by_label("再次输入新密码").fill(NEW_PASSWORD)
    screenshot(page, "login-reset")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("密码已更新，所有设备都已退出登录")
    expect(page.get_by_label("账号", exact=True)).to_have_value(customer.username)
    expect(page.get_by_label("密码", exact=True)).to_be_focused()
    screenshot(page, "login-after-reset")
    assert customer.get("/session")["actor"] is None
    page.keyboard.type(NEW_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets")


def test_doors_in_english_and_in_the_dark(open_doors, open_page: Pages, screenshot: Take):
    page = open_page("/login", viewport="phone", locale="en-US", server=open_doors, color_scheme="dark")
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_label("Phone number or e-mail")).to_be_focused()
    screenshot(page, "login-forgot-phone-dark")
    page.keyboard.type("nobody@example.org")
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    expect(page.get_by_text(re.compile("If nobody@example.org belongs to an account"))).to_be_visible()
    screenshot(page, "login-reset-phone-dark")
    page.get_by_role("link", name="Back to account and password").click()
    expect(page.get_by_role("link", name="Sign in with WeChat")).to_be_visible()
    screenshot(page, "login-phone-dark")


def return_from_wechat(page: Page, address: str) -> None:
    """Go where the button leads, and come back. WeChat's own page is not ours to open: only its address is read."""
    sent = page.request.get(address, max_redirects=0)
    away = urlsplit(sent.headers["location"])
    assert (sent.status, away.netloc) == (302, "open.weixin.qq.com")
    page.goto(f"/auth/wechat/callback?state={parse_qs(away.query)['state'][0]}&code=code-of-the-test")


def test_wechat_that_fails_is_told_and_one_that_works_leads_on(open_doors, others, open_page: Pages, screenshot: Take):
    page = open_page("/login?next=/tickets", server=open_doors)
    button = page.get_by_role("link", name="微信登录")
    others.answers["/sns/oauth2/access_token"] = {"errcode": 40029, "errmsg": "invalid code"}
    return_from_wechat(page, button.get_attribute("href"))
    expect(page.get_by_role("alert")).to_contain_text("微信登录没有成功")
    screenshot(page, "login-wechat-failed")
    page.reload()
    expect(button).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)  # said once
    openid = unique("openid")
    others.answers["/sns/oauth2/access_token"] = {"access_token": "at", "openid": openid}
    others.answers["/sns/userinfo"] = {"openid": openid, "nickname": "微信用户甲"}
    return_from_wechat(page, button.get_attribute("href"))
    page.wait_for_url("**/tickets")


def test_agent_confirms_phone_and_links_wechat(
    open_doors, company, others, phone_number, open_page: Pages, screenshot: Take
):
    agent = company.new("agent", "王敏")
    page = open_page("/login?next=/desk/profile", server=open_doors)
    page.get_by_label("账号", exact=True).fill(agent.username)
    page.get_by_label("密码", exact=True).fill(agent.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/profile")
    page.get_by_label("手机号").fill(phone_number)
    expect(page.get_by_role("button", name="验证", exact=True)).to_have_count(0)  # nothing is stored yet
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("未验证")).to_be_visible()
    page.get_by_role("button", name="验证", exact=True).click()
    page.get_by_role("button", name="获取验证码").click()
    code = code_by_sms(others, phone_number)
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    screenshot(page, "profile-verify")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_text("已验证")).to_be_visible()
    assert agent.get("/user/info")["phoneVerified"] is True
    page.goto("/desk/profile?tab=security")
    screenshot(page, "profile-security")
    openid = unique("openid")
    others.answers["/sns/oauth2/access_token"] = {"access_token": "at", "openid": openid}
    others.answers["/sns/userinfo"] = {"openid": openid, "nickname": "王敏"}
    return_from_wechat(page, page.get_by_role("link", name="绑定微信").get_attribute("href"))
    expect(page.get_by_text("已绑定")).to_be_visible()
    assert urlsplit(page.url).path == "/desk/profile"
