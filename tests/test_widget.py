"""The widget on other sites, as those sites, their visitors and attackers meet it (CHT-17, ID-16, SECURITY §E)."""

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
import sqlalchemy as sa

from tests.factories import picture
from tests.people import Company, Ears, Person, unique
from tests.screens import Screens, text_of
from tests.waiting import ago

SITE, EVIL = "https://www.example.org", "https://www.example.org.evil.example"


class Widget:
    """A channel with its secret, and the site behind it, which signs who its users are."""

    def __init__(self, company: Company, **more):
        self.company = company
        body = {"code": unique("site"), "name": unique("widget"), "origins": [SITE], **more}
        self.channel = company.admin.post("/channels", body)
        self.code = self.channel["code"]
        self.secret = company.admin.post(f"/channels/{self.channel['id']}/secret")["secret"]

    def sign(self, *, secret: str = "", algorithm: str = "HS256", headers: dict | None = None, **claims) -> str:
        """What the site's server says about its user; a claim of None is left out."""
        told = {
            "aud": self.code,
            "exp": dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5),
            "nonce": unique("nonce"),
            "externalId": unique("user"),
            **claims,
        }
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, secret or self.secret, algorithm, headers)

    def visitor(self, *, beside: Person | None = None, expect: int = 200, **body) -> Person:
        """A frame that has been let in: it keeps a key and sends it, and has no cookie."""
        frame = Person(self.company.base_url, host=self.company.host)
        if beside is not None:
            frame.http.headers["Authorization"] = beside.http.headers["Authorization"]
        state = frame.post(f"/widget/{self.code}/session", body, expect=expect)
        if expect == 200:
            assert not frame.http.cookies
            frame.actor = state["actor"]
            if "visitorKey" in state:
                frame.key = state["visitorKey"]
                frame.http.headers["Authorization"] = f"Bearer {frame.key}"
        return frame

    def known(self, **claims) -> Person:
        return self.visitor(identity=self.sign(**claims))


@pytest.fixture
def widget(people: Company) -> Widget:
    return Widget(people)


# --- which sites ------------------------------------------------------------------------------------------------------


def test_only_the_channels_sites_may_frame_it_and_nothing_else_may_be_framed(people, widget):
    base = people.base_url
    answer = people.anonymous.http.get(f"{base}/widget/{widget.code}")
    assert answer.status_code == 200
    assert f"frame-ancestors {SITE}" in answer.headers["Content-Security-Policy"].split("; ")
    assert "X-Frame-Options" not in answer.headers and widget.secret not in answer.text
    assert "Set-Cookie" not in answer.headers
    nowhere = Widget(people, origins=[])
    for path in ("/login", "/desk", "/admin/", "/", "/chat", "/api/docs", "/widget/no-such", f"/widget/{nowhere.code}"):
        answer = people.agent.http.get(base + path)  # E07
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Frame-Options"] == "DENY", path


def test_the_look_is_told_to_the_channels_sites_alone(people, widget):
    ask = people.anonymous.request
    path = f"/widget/{widget.code}"
    told = ask("GET", path, headers={"Origin": SITE})
    assert told.headers["Access-Control-Allow-Origin"] == SITE and "Origin" in told.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in told.headers
    assert told.json()["data"]["color"] == "#0f766e" and widget.secret not in told.text
    for origin in (EVIL, "https://example.org", "http://www.example.org", f"{SITE}:8443", "null"):
        refused = ask("GET", path, headers={"Origin": origin})
        assert refused.status_code == 403 and "Access-Control-Allow-Origin" not in refused.headers, origin
    people.admin.put(f"/channels/{widget.channel['id']}", {"active": False})
    assert ask("GET", path, headers={"Origin": SITE}).status_code == 404
    widget.visitor(expect=404)


def test_portal_and_codes_of_another_company_are_no_widgets(people, strangers, widget):
    people.anonymous.get("/widget/portal", expect=404)
    strangers.anonymous.get(f"/widget/{widget.code}", expect=404)
    twin = Widget(strangers, code=widget.code)
    # the same code elsewhere has another secret: neither signs for the other
    widget.visitor(identity=twin.sign(), expect=401)
    twin.visitor(identity=widget.sign(), expect=401)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origins", ["*"]),
        ("origins", ["https://*.example.org"]),
        ("origins", ["https://example.org/help"]),
        ("origins", ["https://user@example.org"]),
        ("origins", ["javascript:alert(1)"]),
        ("origins", ["https://example.org; script-src *"]),
        ("origins", ["https://example.org 'self'"]),
        ("color", "red;}"),
        ("code", 'x" onload="alert(1)'),
        ("locale", "xx"),
        ("kind", "portal"),
    ],
)
def test_what_would_open_a_channel_to_others_is_refused(people, field, value):
    body = {"code": unique("site"), "name": "x", "origins": [SITE]} | {field: value}
    assert field in people.admin.post("/channels", body, expect=400)["fields"]


def test_origins_are_kept_as_browsers_write_them(people):
    given = ["HTTPS://WWW.Example.org/", "https://www.example.org:443", "http://127.0.0.1:8080", "https://例子.cn"]
    widget = Widget(people, origins=given)
    assert widget.channel["origins"] == [SITE, "http://127.0.0.1:8080", "https://xn--fsqu00a.cn"]


def test_the_portal_stays(people):
    portal = people.admin.get("/channels", kind="portal")["list"][0]
    people.admin.delete(f"/channels/{portal['id']}", expect=409)
    for change in ({"active": False}, {"kind": "widget"}, {"code": "other"}):
        people.admin.put(f"/channels/{portal['id']}", change, expect=400)
    people.admin.post(f"/channels/{portal['id']}/secret", expect=409)


# --- visitors without a name ------------------------------------------------------------------------------------------


def test_a_visitor_talks_by_his_key_and_the_agent_sees_where_he_began(people, widget):
    visitor = widget.visitor(name="小张")
    page = {"pageUrl": f"{SITE}/prices?token=secret#top", "pageTitle": "  价格\n与 方案 "}
    conversation = visitor.post("/sessions", {"channel": widget.code, "question": "在吗", **page})
    assert conversation["source"] == {"page": f"{SITE}/prices", "title": "价格 与 方案"}
    assert (conversation["channel"], conversation["channelName"]) == (widget.code, widget.channel["name"])
    assert visitor.get("/sessions")["total"] == 1 and visitor.get("/session")["actor"]["name"] == "小张"
    served = people.served(visitor)
    with Ears(people.base_url, token=visitor.key) as ears:
        ears.ok("join", {"sessionId": served.id})
        served.agent.say(served.path, "您好")
        assert ears.wait_for("message", lambda data: data["content"] == "您好")
        ears.ok("send_message", {"sessionId": served.id, "clientMsgId": unique("m"), "content": "谢谢"})
        visitor.delete("/session")
        assert ears.closed.wait(5)
    visitor.get("/sessions", expect=401)


def test_a_widget_page_is_named_only_where_the_widget_stands(people, widget):
    for address in (f"{EVIL}/prices", "javascript:alert(1)", "https://", "http://[", "data:text/html,x"):
        opened = widget.visitor().post("/sessions", {"channel": widget.code, "pageUrl": address, "pageTitle": ""})
        assert opened["source"] is None, address
    assert people.visitor().post("/sessions", {"channel": "gone-long-ago"})["channel"] == "portal"


def test_the_team_of_the_channel_serves_it(people):
    team = people.admin.post("/teams", {"name": unique("team")})
    widget = Widget(people, teamId=team["id"])
    assert widget.visitor().post("/sessions", {"channel": widget.code})["teamId"] == team["id"]


def test_pictures_are_read_by_a_key_that_opens_nothing_else(people, widget):
    """An address in a frame carries no header. Nor does a stranger's key, a forged one, or one that has ended, read."""
    visitor, other = widget.visitor(), widget.visitor()
    conversation = visitor.post("/sessions", {"channel": widget.code})
    file = visitor.upload("x.png", picture(), "image/png")
    visitor.say(f"/sessions/{conversation['id']}", type="image", fileId=file["fileId"])
    keys = [one.get("/session")["fileKey"] for one in (visitor, other)]
    look = people.anonymous.request
    assert look("GET", file["url"], params={"key": keys[0]}).headers["Content-Type"] == "image/png"
    assert look("GET", file["url"], params={"key": keys[1]}).status_code == 404
    for key in (keys[0][:-2], visitor.key, "x"):
        assert look("GET", file["url"], params={"key": key}).status_code == 401
    assert look("GET", "/sessions", headers={"Authorization": f"Bearer {keys[0]}"}).status_code == 401
    visitor.delete("/session")
    assert look("GET", file["url"], params={"key": keys[0]}).status_code == 401
    anonymous = people.anonymous.request("POST", "/files", files={"file": ("x.png", picture(), "image/png")})
    assert anonymous.status_code == 401  # E11


def test_cookies_of_staff_count_for_nothing_in_the_frame(people, widget):
    """The frame may stand on a page of our own site, where browsers send our cookies along."""
    state = people.agent.again().post(f"/widget/{widget.code}/session")
    assert state["actor"]["kind"] == "visitor" and not state["actor"]["isStaff"]
    # and a key from a cookie is no token: whoever stole one could not use it without the browser's protections
    for person in (people.agent.again(), people.customer.again()):
        thief = people.anonymous
        thief.http.headers["Authorization"] = f"Bearer {person.http.cookies['smartsupport']}"
        thief.get("/session", expect=401)


def test_keys_of_visitors_are_shown_to_nobody(people, widget):
    visitor = widget.visitor()
    conversation = visitor.post("/sessions", {"channel": widget.code})
    keys = (visitor.key, visitor.get("/session")["fileKey"])
    admin = Screens(people.admin)
    seen = [
        people.admin.request("GET", path).text
        for path in (f"/sessions/{conversation['id']}", f"/customers/{visitor.customer_id}", "/user/operation-logs")
    ] + [admin.page("/login_session/list/"), admin.page("/operation_log/list/")]
    assert not [text for text in seen for key in keys if key in text]  # E03


# --- who the site says it is ------------------------------------------------------------------------------------------


def test_a_signed_person_is_the_same_customer_in_every_browser(people, widget):
    number = unique("user")
    first = widget.known(externalId=number, name="王芳", phone="13800138000", email="wf@example.org")
    conversation = first.post("/sessions", {"channel": widget.code})
    again = widget.known(externalId=number, name="王芳芳")
    assert again.customer_id == first.customer_id
    assert again.get(f"/sessions/{conversation['id']}")["id"] == conversation["id"]
    row = people.admin.get(f"/customers/{first.customer_id}")
    assert (row["name"], row["phone"], row["email"]) == ("王芳芳", "13800138000", "wf@example.org")
    assert (row["source"], row["isTemporary"], row["userId"]) == ("widget", False, None)
    # the number is the site's: on another site it is somebody else, and so is one that differs in case
    assert Widget(people).known(externalId=number).customer_id != first.customer_id
    assert widget.known(externalId=number.upper()).customer_id != first.customer_id
    people.admin.put(f"/sessions/{conversation['id']}/close")
    people.admin.delete(f"/customers/{first.customer_id}")
    assert widget.known(externalId=number).customer_id != first.customer_id


def test_signing_in_keeps_what_was_said_before_it(people, widget):
    visitor = widget.visitor()
    conversation = visitor.post("/sessions", {"channel": widget.code, "question": "在吗"})
    known = widget.visitor(beside=visitor, identity=widget.sign(externalId="7-keeps", name="李强"))
    assert known.customer_id == visitor.customer_id
    assert known.get(f"/sessions/{conversation['id']}")["customer"]["name"] == "李强"
    visitor.get("/session", expect=401)  # its key was good for somebody without a name
    # whoever is known already goes on as himself; what was open without a name has nobody to answer it any more
    stranger = widget.visitor()
    left = stranger.post("/sessions", {"channel": widget.code})
    back = widget.visitor(beside=stranger, identity=widget.sign(externalId="7-keeps"))
    assert back.customer_id == known.customer_id
    assert people.admin.get(f"/sessions/{left['id']}")["status"] == "closed"
    # and nobody takes over one that has a name by signing another
    assert widget.visitor(beside=back, identity=widget.sign(externalId="8-other")).customer_id != known.customer_id


def test_nobody_becomes_an_account_by_a_signature(people, widget):
    """Not by its name, number, e-mail or phone: E09, and the way from a customer's door to the desk."""
    for account in (people.agent, people.admin, people.customer):
        info = account.get("/user/info")
        claims = {"externalId": str(account.user_id), "name": info["username"], "email": info["email"]}
        known = widget.known(**claims, roles=["super_admin"], userId=account.user_id, isStaff=True)
        assert (known.actor["kind"], known.actor["userId"], known.actor["isStaff"]) == ("visitor", None, False)
        assert known.customer_id != account.customer_id
        known.get("/users", expect=403)
        assert known.get("/tickets")["total"] == 0


def test_unsigned_names_are_only_shown(widget):
    known = widget.known(externalId="42", name="赵敏")
    pretender = widget.visitor(name="42")
    assert pretender.customer_id != known.customer_id and pretender.get("/sessions")["total"] == 0  # E01
    pretender.put("/session/visitor", {"name": "<img src=x onerror=alert(1)>"})
    assert pretender.get("/session")["actor"]["name"] == "<img src=x onerror=alert(1)>"


def test_a_signed_name_is_text_everywhere(people, widget):
    mark = unique("bold")
    known = widget.known(name=f"<b>{mark}</b>")
    page = Screens(people.admin).page(f"/customer/list/?q={mark}")
    assert f"&lt;b&gt;{mark}" in page and f"<b>{mark}" not in page
    assert people.admin.get(f"/customers/{known.customer_id}")["name"] == f"<b>{mark}</b>"


def _in(seconds: int) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


@pytest.mark.filterwarnings("ignore:The HMAC key is")  # of HS512, which is refused for another reason
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"secret": "x" * 43}, "the signature is not right"),
        ({"algorithm": "HS512"}, "the signature is not right"),
        ({"aud": "portal"}, "aud is not the channel's code"),
        ({"aud": None}, "aud is missing"),
        ({"exp": None}, "exp is missing"),
        ({"exp": _in(-60)}, "expired"),
        ({"exp": _in(2 * 86400)}, "exp lies more than an hour ahead"),
        ({"exp": 10**18}, "exp lies more than an hour ahead"),
        ({"exp": 1e308}, "exp lies more than an hour ahead"),
        ({"nonce": None}, "nonce is missing"),
        ({"nonce": "short"}, "nonce is too short or too long"),
        ({"externalId": None}, "externalId is missing"),
        ({"externalId": 7}, "externalId is not a text"),
        ({"externalId": "  "}, "externalId is too short or too long"),
        ({"externalId": {"$ne": ""}}, "externalId is not a text"),
        ({"name": "x" * 65}, "name is too short or too long"),
        ({"phone": "call me"}, "This is not a phone number"),
        ({"email": "nobody"}, "This is not an e-mail address"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_signature_that_proves_nothing_is_refused_with_its_reason(widget, change, reason):
    frame = Person(widget.company.base_url, host=widget.company.host)
    frame.http.headers["Accept-Language"] = "en"
    refused = frame.post(f"/widget/{widget.code}/session", {"identity": widget.sign(**change)}, expect=401)
    assert (refused["error"], refused["fields"]["identity"]) == ("identity_refused", reason)


def test_forged_tokens_are_refused(widget):
    """No algorithm, keys that the token itself brings, and what is none at all (D11)."""
    claims = jwt.decode(widget.sign(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, "none")
    own_key = widget.sign(secret="x" * 43, headers={"kid": "../../dev/null", "jwk": {"kty": "oct", "k": "eHh4"}})
    for token in (unsigned, own_key, "x", "a.b.c", f"{widget.sign()}x", widget.sign()[:-3], "." * 3000):
        widget.visitor(identity=token, expect=401)
    widget.visitor(identity="x" * 5000, expect=400)


def test_a_signed_identity_counts_once_also_at_the_same_moment(widget):
    token = widget.sign()
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: (
                    Person(widget.company.base_url)
                    .request("POST", f"/widget/{widget.code}/session", json={"identity": token})
                    .status_code
                ),
                range(8),
            )
        )
    assert sorted(answers) == [200, *[401] * 7]


def test_two_tabs_that_sign_in_at_once_are_one_customer(widget):
    number = unique("user")
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: widget.known(externalId=number).customer_id, range(6)))
    assert len(found) == 1


def test_a_new_secret_ends_the_old_one_and_is_shown_once(people, widget, database):
    before = widget.secret
    page = Screens(people.admin)
    shown = page.submit(
        f"/channel/show/{widget.channel['id']}", {}, to=f"/channel/action/secret/{widget.channel['id']}"
    )
    secret = re.search(r'<code id="secret">([\w-]{43})</code>', shown.text)[1]
    assert shown.headers["Cache-Control"] == "no-store" and secret != before
    widget.visitor(identity=widget.sign(secret=before), expect=401)
    widget.visitor(identity=widget.sign(secret=secret))
    everywhere = [
        page.page(f"/channel/show/{widget.channel['id']}"),
        page.page("/operation_log/list/"),
        people.admin.request("GET", f"/channels/{widget.channel['id']}").text,
        people.admin.request("GET", "/integration/embed", params={"channel": widget.code}).text,
    ]
    assert not [text for text in everywhere if secret in text]
    with database.connect() as connection:
        stored = connection.scalar(sa.text("SELECT secret FROM channel WHERE code = :code"), {"code": widget.code})
        logged = connection.scalars(sa.text("SELECT after FROM operation_log ORDER BY id DESC LIMIT 50")).all()
    assert secret not in stored and not [row for row in logged if secret in str(row)]


def test_a_new_secret_signs_out_whom_the_old_one_has_signed_in(people, widget):
    """At once: who has the old one may have signed anybody in. Who came without a signature stays."""
    known, nameless = widget.known(), widget.visitor()
    before, path = widget.secret, f"/channels/{widget.channel['id']}/secret"
    with Ears(people.base_url, token=known.key) as ears:
        widget.secret = people.admin.post(path)["secret"]
        assert ears.closed.wait(5)
    known.get("/sessions", expect=401)
    assert nameless.get("/sessions")["total"] == 0
    widget.visitor(identity=widget.sign(secret=before), expect=401)
    assert widget.known().get("/sessions")["total"] == 0


def test_for_a_day_both_secrets_may_count(people, widget, database):
    before, path = widget.secret, f"/channels/{widget.channel['id']}/secret"
    earlier = widget.known()
    widget.secret = people.admin.post(path, {"keepOld": True})["secret"]
    old, new = widget.visitor(identity=widget.sign(secret=before)), widget.known()
    for person in (earlier, old, new):
        assert person.get("/sessions")["total"] == 0
    refused = people.anonymous.request(
        "POST", f"/widget/{widget.code}/session", json={"identity": widget.sign(exp=_in(-60))}
    )
    assert refused.json()["data"]["fields"]["identity"] in ("expired", "已过期")
    with database.begin() as connection:
        left = connection.execute(
            sa.text(
                "SELECT customer_id, expire_time, latest_time FROM login_session WHERE customer_id IN (:a, :b, :c)"
            ),
            {"a": earlier.customer_id, "b": old.customer_id, "c": new.customer_id},
        ).all()
        ends = {row.customer_id: row.latest_time and str(row.expire_time) == str(row.latest_time) for row in left}
        assert ends == {earlier.customer_id: True, old.customer_id: True, new.customer_id: None}
        # the day is over
        day = {"code": widget.code, "then": ago(1)}
        connection.execute(sa.text("UPDATE channel SET previous_secret_until = :then WHERE code = :code"), day)
        connection.execute(
            sa.text("UPDATE login_session SET expire_time = :then, latest_time = :then WHERE latest_time IS NOT NULL"),
            day,
        )
    for person in (earlier, old):
        person.get("/sessions", expect=401)
    assert new.get("/sessions")["total"] == 0
    widget.visitor(identity=widget.sign(secret=before), expect=401)
    # and a new one at once ends everybody, also whom the day had spared
    people.admin.post(path)
    new.get("/sessions", expect=401)


# --- setting it up ----------------------------------------------------------------------------------------------------


def test_an_administrator_sets_a_widget_up_on_screen_and_copies_its_line(new_company: Callable[[], Company]):
    company = new_company()
    company.manager.get("/integration/embed", expect=404)
    screens = Screens(company.manager)
    number = screens.make("channel", name="官网", code="www", origins=f"{SITE}\r\nhttps://shop.example.org")
    embedding = company.manager.get("/integration/embed")
    assert embedding["channel"]["origins"] == [SITE, "https://shop.example.org"]
    assert re.fullmatch(
        r'<script src="http://[\w.:-]+/widget\.js" data-channel="www" async></script>', embedding["snippet"]
    )
    shown = text_of(screens.page(f"/channel/show/{number}"))
    assert embedding["snippet"] in shown and "Put it into your site" in shown
    assert "Not made yet" in shown
