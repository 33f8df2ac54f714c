"""What WeChat sends, what others send in its name, and what an administrator may set up (CHT-17; SECURITY §E)."""

import json
import time

import pytest
import requests

from tests.people import at_once, unique
from tests.standins import Reply
from tests.waiting import eventually
from tests.wechat.fake import WechatApp, alnum

BOMB = """<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xml><FromUserName>o123456</FromUserName><MsgType>text</MsgType><Content>&b;</Content></xml>"""
OUTSIDE = """<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<xml><FromUserName>o123456</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId><Content>&x;</Content></xml>"""


def stored(app: WechatApp) -> int:
    """How many conversations came of it; nothing that was refused leads to one, however long one waits."""
    return app.company.admin.get("/sessions", channel=app.code)["total"]


def test_wechat_is_shown_that_the_address_is_ours_and_nobody_else_is(people, strangers, app, wechat):
    def ask(query: dict, where: WechatApp = app, code: str = "") -> requests.Response:
        return requests.get(
            f"{people.base_url}/wechat/{code or where.code}", {**query, "echostr": "<b>5577</b>"}, timeout=10
        )

    answer = ask(app.signed())
    assert (answer.status_code, answer.text) == (200, "<b>5577</b>")
    assert answer.headers["Content-Type"].startswith("text/plain") and not answer.cookies
    for query in (
        app.signed() | {"signature": "0" * 40},
        app.signed() | {"nonce": "another"},
        app.signed(timestamp=int(time.time()) - 3600),
        app.signed(timestamp=int(time.time()) + 3600),
        app.signed() | {"timestamp": "now"},
        app.signed() | {"signature": "ü"},
        {},
    ):
        refused = ask(query)
        assert (refused.status_code, refused.text) == (403, ""), query
    assert ask(app.signed(), code="no-such").status_code == ask(app.signed(), code="portal").status_code == 404
    # the account of another company is not there under our name, though its signature is right
    theirs = WechatApp(strangers, wechat)
    assert ask(theirs.signed(), theirs).status_code == 404
    # and one that is switched off is not there at all
    people.admin.put(f"/channels/{app.channel['id']}", {"active": False})
    assert ask(app.signed()).status_code == 404


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
def test_a_message_comes_in_once_however_often_wechat_repeats_it(people, wechat, mode):
    app = WechatApp(people, wechat, mode=mode)
    person = app.person()
    text = unique("你好")
    told = person.message("text", Content=text)
    # repeated at once, and once more later, as calls of their own
    assert {answer.text for answer in at_once(*[lambda: app.call(told)] * 4)} == {"success"}
    assert person.wait_until_said(text)["sender"]["kind"] == "customer"
    assert app.call(told).text == "success"
    person.writes(other := unique("还在吗"))
    person.wait_until_said(other)
    assert [row["content"] for row in person.said() if row["sender"]["kind"] == "customer"] == [text, other]
    conversation = person.conversation()
    assert conversation["channel"] == app.code and conversation["customer"]["isTemporary"]


def test_what_was_not_signed_for_us_is_refused_and_leaves_nothing(people, app, wechat):
    person = app.person()
    told, plain = person.message("text", Content="x"), WechatApp(people, wechat, mode="plain")
    encrypted = app.encrypted(app.xml(told), app.app_id)
    envelope = f"<xml><Encrypt>{encrypted}</Encrypt></xml>"
    flipped = encrypted[:-8] + ("A" if encrypted[-8] != "A" else "B") + encrypted[-7:]
    attacks = {
        "plain words where they must be encrypted": app.post(app.xml(told), app.signed()),
        "no signature over the words": app.post(envelope, app.signed()),
        "a signature over other words": app.post(envelope, app.signed("other")),
        "somebody else's token": app.post(envelope, plain.signed(encrypted)),
        "another account": app.call(told, app_id="wx0000000000000000"),
        "words that were changed": app.post(f"<xml><Encrypt>{flipped}</Encrypt></xml>", app.signed(flipped)),
        "an old call": app.call(told, timestamp=int(time.time()) - 1000),
        "no base64": app.post("<xml><Encrypt>!!!</Encrypt></xml>", app.signed("!!!")),
        "no whole block": app.post("<xml><Encrypt>QUJD</Encrypt></xml>", app.signed("QUJD")),
        "nobody": app.call(told | {"FromUserName": ""}),
        "a name that is none": app.call(told | {"FromUserName": "../../x' OR 1=1"}),
        "nothing": app.post(b"", app.signed()),
        "no XML": app.post(b"\x00\xff{[", app.signed()),
        "a bomb": plain.post(BOMB, plain.signed()),
        "a file of ours": plain.post(OUTSIDE, plain.signed()),
        "deep JSON": plain.post("{" + '"a":{' * 5000, plain.signed()),
        "far too much": plain.post(app.xml(told | {"Content": "x" * 70_000}), plain.signed()),
    }
    assert {name: answer.status_code for name, answer in attacks.items() if answer.status_code not in (400, 403)} == {}
    assert {answer.text for answer in attacks.values()} == {""}
    # a call that was heard before says nothing new, not even in plain mode, where the words are not signed
    query, heard = plain.signed(), plain.person()
    assert plain.call(heard.message("text", Content="first"), query=query).text == "success"
    assert plain.call(heard.message("text", Content="second"), query=query).status_code == 403
    heard.wait_until_said("first")
    assert stored(app) == 0 and stored(plain) == 1 and not [row for row in heard.said() if row["content"] == "second"]


def test_secrets_of_an_account_are_shown_nowhere(people, app, server):
    people.admin.put(f"/wechat-accounts/{app.account['id']}", {"token": (token := alnum(16)), "appSecret": app.secret})
    app.token = token
    app.person().sends("event", Event="subscribe", EventKey="")
    answers = [
        json.dumps(people.admin.get(path, **query))
        for path, query in (
            (f"/wechat-accounts/{app.account['id']}", {}),
            ("/wechat-accounts", {"size": 100}),
            ("/operation-logs", {"size": 100}),
        )
    ]
    pages = [
        people.admin.http.get(f"{people.base_url}/admin/wechat_account/{way}/{app.account['id']}").text
        for way in ("show", "edit")
    ]
    assert app.app_id in answers[0] and f"/wechat/{app.code}" in pages[0] and 'type="password"' in pages[1]
    given = eventually(lambda: app.wechat.apps[app.app_id].tokens)[-1]
    for secret in (app.secret, app.aes_key, token, given):
        assert not [text for text in [*answers, *pages, server.log_text()] if secret in text], secret
    for other in (people.supervisor, people.agent, people.customer):
        other.get("/wechat-accounts", expect=403)
    # a form that is saved as it came changes none of them
    people.admin.put(f"/wechat-accounts/{app.account['id']}", {"kind": "mini"})
    assert app.call(app.person().message("text", Content="still known")).text == "success"


def test_an_account_that_would_send_its_secret_astray_is_refused(people, app, wechat):
    fresh = people.admin.post("/channels", {"code": unique("wx"), "name": "x", "kind": "wechat"})

    def refused(**change) -> dict:
        return people.admin.post("/wechat-accounts", app.body(channelId=fresh["id"], **change), expect=400)["fields"]

    for address in (
        "http://169.254.169.254",
        "https://169.254.169.254/latest",
        "https://10.0.0.8",
        "https://[::1]",
        "http://api.weixin.qq.com",
        "https://user@api.weixin.qq.com",
        "https://api.weixin.qq.com:8443",
        "https://api.weixin.qq.com?x=1",
        "file:///etc/passwd",
        "gopher://x",
    ):
        assert "apiUrl" in refused(apiUrl=address), address
    assert "aesKey" in refused(aesKey=None) and "aesKey" in refused(aesKey="short")
    assert "token" in refused(token="!") and "appId" in refused(appId="") and "appSecret" in refused(appSecret=" ")
    portal = people.admin.get("/channels", kind="portal")["list"][0]["id"]
    people.admin.post("/wechat-accounts", app.body(channelId=portal), expect=400)
    people.admin.post("/wechat-accounts", app.body(), expect=409)  # one account behind a channel
    # whoever may change the address does not get the stored secret by it
    path = f"/wechat-accounts/{app.account['id']}"
    assert "appSecret" in people.admin.put(path, {"apiUrl": "https://evil.example.com"}, expect=400)["fields"]
    assert people.admin.get(path)["apiUrl"] == wechat.url


def test_an_address_that_turns_internal_is_not_called(people, app, wechat):
    """A picture is said to lie inside our own network, or is larger than anything we take."""
    person = app.person()
    wechat.media["inside"] = {"video_url": "http://169.254.169.254/latest/meta-data"}
    wechat.media["huge"] = Reply(b"\xff\xd8" + b"x" * 11_000_000, headers={"Content-Type": "image/jpeg"})
    person.sends("video", MediaId="inside", ThumbMediaId="t")
    person.sends("image", MediaId="huge", PicUrl="http://169.254.169.254/x.jpg")
    person.sends("image", MediaId="no-such", PicUrl="")
    person.writes(last := unique("后面的话"))
    person.wait_until_said(last)
    said = [row["content"] for row in person.said() if row["sender"]["kind"] == "customer"]
    assert said == ["[视频：没能从微信取到]", *["[图片：没能从微信取到]"] * 2, last]
