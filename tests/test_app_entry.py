"""Our pages inside somebody's app: the app says who its user is, and says it once (CHT-17, ID-16)."""

import datetime as dt

import jwt
import pytest

from tests.browsing import Pages
from tests.people import Company, Person, unique


class App:
    """A channel of the kind app, and the app's server, which signs who its users are."""

    def __init__(self, company: Company, kind: str = "app"):
        self.company = company
        self.channel = company.admin.post("/channels", {"code": unique("app"), "name": unique("App"), "kind": kind})
        self.code = self.channel["code"]
        self.secret = company.admin.post(f"/channels/{self.channel['id']}/secret")["secret"]

    def sign(self, **claims) -> str:
        told = {
            "aud": self.code,
            "exp": dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5),
            "nonce": unique("nonce"),
            "externalId": unique("user"),
            **claims,
        }
        return jwt.encode(told, self.secret, "HS256")

    def enter(self, token: str, who: Person | None = None, *, expect: int = 200, **more) -> dict:
        who = who or self.company.anonymous
        return who.post("/session/entry", {"channel": self.code, "identity": token, **more}, expect=expect)


@pytest.fixture
def app(people: Company) -> App:
    return App(people)


def test_the_apps_user_is_the_same_customer_each_time_and_never_an_account(people, strangers, app):
    number = unique("user")
    phone, tablet = people.anonymous, people.anonymous
    first = app.enter(token := app.sign(externalId=number, name="王工"), phone)["actor"]
    assert (first["kind"], first["name"], first["isStaff"]) == ("visitor", "王工", False)
    assert app.enter(app.sign(externalId=number), tablet)["actor"]["customerId"] == first["customerId"]
    # what was shown once, is old, for another channel, or signed by somebody else counts for nothing
    other, widget = App(people), App(people, "widget")
    for bad in (
        token,
        app.sign(exp=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)),
        app.sign(aud=other.code),
        other.sign(aud=app.code),
        "no.token.at-all",
    ):
        assert app.enter(bad, expect=401)["error"] == "identity_refused", bad
    widget.enter(widget.sign(), expect=404)  # a widget's users are let in by the widget
    strangers.anonymous.post("/session/entry", {"channel": app.code, "identity": app.sign()}, expect=404)
    # a link that somebody sends does not make an account another person, nor a staff member a customer
    account = people.new("customer")
    for who in (account, people.agent, people.admin):
        app.enter(app.sign(externalId=number), who, expect=409)
        assert who.get("/session")["actor"]["userId"] == who.user_id
    app.enter(app.sign(), portalPass="both", expect=400)


@pytest.mark.parametrize(("locale", "send"), [("zh-CN", "发送"), ("en-US", "Send")])
def test_an_app_shows_the_chat_and_nothing_of_the_token_stays(people, app, open_page: Pages, screenshot, locale, send):
    agent = people.new_shift()
    token = app.sign(externalId=(number := unique("user")), name="王工")
    page = open_page(f"/chat?channel={app.code}#identity={token}", viewport="phone", locale=locale)
    box = page.get_by_role("textbox").first
    box.wait_for()
    assert "identity" not in page.url and token not in page.content()
    assert page.locator("header.bar").count() == 0 and page.locator("nav.tabs").count() == 0
    box.fill(question := unique("App 里的问题"))
    page.get_by_role("button", name=send, exact=True).click()
    page.get_by_text(question).first.wait_for()
    page.wait_for_url("**/chat/*")
    screenshot(page, f"app-{locale}")
    conversation = people.admin.get("/sessions", channel=app.code)["list"][0]
    assert conversation["customer"]["name"] == "王工" and conversation["channelKind"] == "app"
    people.admin.post(f"/sessions/{conversation['id']}/assign", {"agentId": agent.agent_id})
    agent.say(f"/sessions/{conversation['id']}", answer := unique("好的"))
    page.get_by_text(answer).wait_for()
    # a reload is the same person, without the app saying it anew
    page.reload()
    page.get_by_text(answer).wait_for()
    # and so is the app opened another time: he is led to where he left off
    again = open_page(
        f"/chat?channel={app.code}#identity={app.sign(externalId=number)}", viewport="phone", locale=locale
    )
    again.get_by_text(answer).wait_for()
