"""A customer in WeChat, the bot and an agent: what each of them gets to see (CHT-17, CHT-13, ID-4)."""

import contextlib
import re

import pytest
import sqlalchemy as sa

from tests.factories import Things, picture
from tests.people import Company, Person, unique
from tests.standins import Reply
from tests.waiting import eventually
from tests.wechat.fake import FakeWeChat, WechatApp, WechatPerson

AMR = b"#!AMR\n" + bytes(range(1, 90))


@pytest.fixture
def agent(people: Company) -> Person:
    return people.new_shift()


def take(people: Company, person: WechatPerson, agent: Person) -> str:
    """The agent takes his conversation; its path."""
    conversation = person.conversation()
    people.admin.post(f"/sessions/{conversation['id']}/assign", {"agentId": agent.agent_id})
    return f"/sessions/{conversation['id']}"


def test_from_following_to_the_verdict(people, wechat, agent):
    app = WechatApp(people, wechat, greetingZh="欢迎关注！")
    title = unique("怎样重置门禁卡")
    Things(people).make("article")
    article = people.admin.post(
        "/kb/articles", {"title": title, "body": f"{title}：到前台登记。", "visibility": "public"}
    )
    people.admin.post(f"/kb/articles/{article['id']}/publish")
    person = app.person()

    person.sends("event", Event="subscribe", EventKey="")
    assert person.wait_for("欢迎关注") == "欢迎关注！"

    # the bot answers with its source, as a link into our pages
    person.writes(f"{title}？")
    answer = person.wait_for("到前台登记")
    assert f"{people.base_url}/articles/{article['id']}" in answer
    person.sends("event", Event="CLICK", EventKey=unique("完全无关的问题"))
    assert "回复“人工”可转人工客服" in person.wait_for("抱歉")
    person.writes("人工")
    waiting = person.wait_for("稍候")
    assert "您排在第" in waiting and "#pass=" in waiting

    path = take(people, person, agent)
    person.wait_for(f"客服 {agent.actor['name']} 为您服务")
    agent.say(path, "内部：先查一下", type="note")
    agent.say(path, hello := unique("您好，我是"))
    person.wait_for(hello)
    # longer than WeChat takes: in pieces of whole characters, in order
    agent.say(path, long := "一二三四五六七八九十" * 150)
    eventually(lambda: "".join(person.texts).endswith(long))
    assert all(len(text.encode()) <= 2048 for text in person.texts)
    red = agent.upload("red.png", picture())
    agent.say(path, "red.png", type="image", fileId=red["fileId"])
    stored = agent.request("GET", red["url"]).content
    assert eventually(lambda: [sent.media for sent in person.got if sent.kind == "image"]) == [stored]
    paper = agent.upload("说明.txt", "内容".encode())
    agent.say(path, "说明.txt", type="file", fileId=paper["fileId"])
    assert "/chat?channel=" in person.wait_for("说明.txt")
    wrong = agent.say(path, unique("说错了"))
    person.wait_for(wrong["content"])
    agent.post(f"{path}/messages/{wrong['messageId']}/recall")
    person.wait_for(f"{agent.actor['name']} 撤回了一条消息")

    # as far as WeChat has taken it, it counts as delivered
    last = agent.say(path, unique("最后"))
    eventually(
        lambda: [
            mark
            for mark in agent.messages(path)["reads"]
            if mark["senderKind"] == "customer" and mark["receivedSeq"] >= last["seq"]
        ]
    )
    person.writes("好的，谢谢")
    person.wait_until_said("好的，谢谢")
    agent.put(f"{path}/close")
    assert "回复数字 1 到 5" in person.wait_for("会话已结束")
    person.writes("４")  # as a Chinese keyboard writes it
    person.wait_for("感谢您的评价")
    assert people.admin.get(f"{path}/rating")["score"] == 4
    assert people.admin.get(path)["status"] == "closed"
    assert not [text for text in person.texts if "内部" in text or "先查一下" in text]


def test_what_wechat_hands_over_arrives_as_what_it_is(people, wechat, app):
    person = app.person()
    wechat.media |= {
        "picture": Reply(picture("JPEG"), headers={"Content-Type": "image/jpeg"}),
        "voice": Reply(AMR, headers={"Content-Type": "audio/amr"}),
        "film": {"video_url": f"{wechat.url}/film"},
        "trick": Reply(b"<script>alert(1)</script>", headers={"Content-Type": "image/jpeg"}),
    }
    film = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64
    wechat.answers["/film"] = Reply(film, headers={"Content-Type": "video/mp4"})
    person.sends("image", PicUrl="http://x", MediaId="picture")
    person.sends("voice", MediaId="voice", Format="amr", Recognition="我想退货")
    person.sends("video", MediaId="film", ThumbMediaId="t")
    person.sends("image", PicUrl="http://x", MediaId="trick")
    person.sends("location", Location_X="23.13", Location_Y="113.35", Scale=20, Label="天河区")
    person.sends("link", Title="公告", Description="停机", Url="https://example.org/1")
    person.sends("hologram", Depth=3)
    person.writes(last := unique("完了"))
    person.wait_until_said(last)
    said = [row for row in person.said() if row["sender"]["kind"] == "customer"]
    assert [row["type"] for row in said] == ["image", "file", "text", "file", "text", "text", "text", "text", "text"]
    agent = people.admin
    assert agent.request("GET", said[0]["payload"]["url"]).headers["Content-Type"] == "image/jpeg"
    assert agent.request("GET", said[1]["payload"]["url"]).content == AMR
    assert said[2]["content"] == "我想退货"
    assert agent.request("GET", said[3]["payload"]["url"]).content == film
    assert said[4]["content"] == "[图片：没能从微信取到]"
    assert "天河区" in said[5]["content"] and said[6]["content"] == "公告\n停机\nhttps://example.org/1"
    assert "hologram" in said[7]["content"]


def test_what_wechat_does_not_take_is_told_to_the_agent(people, wechat, app, agent):
    person = app.person()
    person.writes("人工")
    path = take(people, person, agent)
    with contextlib.closing(agent.socket()) as ears:
        ears.ok("join", {"sessionId": int(path.rsplit("/", 1)[1])})
        wechat.refuses[person.openid] = 45015
        late = agent.say(path, unique("两天以后"))
        told = ears.wait_for("message_undelivered")
        assert (told["messageId"], told["reason"], told["code"]) == (late["messageId"], "window", 45015)
        wechat.refuses[person.openid] = 48001
        agent.say(path, unique("无权"))
        assert ears.wait_for("message_undelivered", lambda data: data["reason"] == "setup")["code"] == 48001
        del wechat.refuses[person.openid]
        agent.say(path, fine := unique("又行了"))
        person.wait_for(fine)
    assert [row["reason"] for row in agent.get(f"{path}/undelivered")] == ["window", "setup"]
    assert "48001" in people.admin.get(f"/wechat-accounts/{app.account['id']}")["problem"]
    people.other_team_agent.get(f"{path}/undelivered", expect=404)
    people.visitor().get(f"{path}/undelivered", expect=404)


def test_a_word_that_is_blocked_is_refused_in_wechat_too(people, wechat, app):
    word, person = f"{unique('禁')}词", app.person()
    people.admin.post("/sensitive-words", {"word": word, "action": "block"})
    person.writes("你好")
    person.wait_until_said("你好")

    def alerts() -> list[dict]:
        return people.admin.get("/sensitive-alerts", conversationId=person.conversation()["id"])["list"]

    def is_blocked() -> bool:
        """The list of words is looked up every two seconds: until then it is said."""
        person.writes(text := unique(f"说一句{word}"))
        eventually(lambda: alerts() or [row for row in person.said() if row["content"] == text])
        return bool(alerts())

    eventually(is_blocked)
    # he is told the same sentence as on our pages, and nobody has seen what he wrote
    refusal = eventually(lambda: [text for text in person.texts if word in text])[0]
    assert refusal == f"消息未发送：含有不允许使用的词语（{word}）"
    assert len(alerts()) == 1, "what is refused is noted once"


def test_the_menu_is_numbers_in_wechat(people, app):
    for label, kind in (("办事指南", "question"), ("官方网站", "link"), ("联系人工", "person")):
        more = {"url": "https://example.org/"} if kind == "link" else {}
        entry = {"labelZh": label, "kind": kind, "channelId": app.channel["id"], **more}
        people.admin.post("/bot-menu-entries", entry)
    person = app.person()
    person.sends("event", Event="subscribe", EventKey="")
    assert "1. 办事指南\n2. 官方网站\n3. 联系人工\n回复数字选择，0 返回主菜单" in person.wait_for("办事指南")
    person.writes("2")
    assert person.wait_for("官方网站\nhttps://example.org/")
    person.writes("菜单")
    eventually(lambda: len([text for text in person.texts if "1. 办事指南" in text]) == 2)
    person.writes("3")
    person.wait_for("这就为您转接人工客服")
    eventually(lambda: person.conversation()["status"] in ("queued", "active"))


def test_the_same_person_is_one_customer_in_all_our_accounts(people, wechat, app):
    union = unique("union")
    person, other = app.person(union), WechatApp(people, wechat).person(union)
    person.writes("甲")
    person.wait_until_said("甲")
    first = person.conversation()
    people.admin.put(f"/sessions/{first['id']}/close")
    # the late word goes on in the same conversation; and is answered where it was written
    other.writes("乙")
    assert eventually(lambda: "乙" in [row["content"] for row in person.said()])
    people.admin.post(f"/sessions/{first['id']}/handover")
    other.wait_for("稍候")
    person.sends("event", Event="unsubscribe", EventKey="")
    stranger = WechatApp(people, wechat).person()
    stranger.writes("丙")
    assert stranger.conversation()["customer"]["id"] != first["customer"]["id"]


def test_the_link_in_a_message_makes_the_browser_him_once(people, strangers, app, wechat):
    person = app.person()
    person.writes("人工")
    link = re.search(r"#pass=(\S+)", person.wait_for("稍候"))[1]
    browser = Person(people.base_url)
    state = browser.post("/session/entry", {"portalPass": link})
    assert state["actor"]["kind"] == "visitor"
    browser._remember(state)
    mine = browser.get("/sessions")["list"]
    assert [row["id"] for row in mine] == [person.conversation()["id"]]
    # again in the same browser: nothing new; in another one, or with what somebody made up: nothing at all
    assert browser.post("/session/entry", {"portalPass": link})["actor"] == state["actor"]
    assert people.anonymous.post("/session/entry", {"portalPass": link}, expect=401)["error"] == "pass_refused"
    people.anonymous.post("/session/entry", {"portalPass": f"{link[:-2]}xx"}, expect=401)
    strangers.anonymous.post("/session/entry", {"portalPass": link}, expect=401)
    people.agent.post("/session/entry", {"portalPass": link}, expect=409)
    people.anonymous.post("/session/entry", {}, expect=400)
    # what he writes here is not sent to his phone a second time, what he is answered is
    browser.say(f"/sessions/{mine[0]['id']}", here := unique("网页上说"))
    people.admin.put(f"/sessions/{mine[0]['id']}/close")
    person.wait_for("会话已结束")
    assert not [text for text in person.texts if here in text]


def test_a_mini_program_is_answered_as_it_can_be(people, wechat: FakeWeChat, agent):
    app = WechatApp(people, wechat, kind="mini")
    person = app.person(unique("union"))
    person.writes("人工")
    path = take(people, person, agent)
    agent.say(path, hello := unique("小程序您好"))
    person.wait_for(hello)
    assert not [
        call for call in wechat.calls if call.path == "/cgi-bin/user/info" and call.query["openid"] == person.openid
    ]


def test_whoever_signs_in_through_wechat_is_that_account_in_wechat_too(people, app, database):
    account, person = people.new("customer"), app.person(union := unique("union"))
    with database.begin() as connection:  # signing in through WeChat has its own tests: identity/test_wechat.py
        connection.execute(
            sa.text(
                "INSERT INTO external_identity (provider, subject, union_subject, user_id, disabled_by_source, "
                "create_time, update_time, deleted, delete_token, tenant_id) SELECT 'wechat', :subject, :union_id, id, "
                "0, create_time, create_time, 0, 0, tenant_id FROM ab_user WHERE id = :user_id"
            ),
            {"subject": unique("openid"), "union_id": union, "user_id": account.user_id},
        )
    person.writes(text := unique("我是老用户"))
    assert person.conversation()["customer"]["id"] == account.customer_id
    person.wait_until_said(text)
    # what he asked in WeChat he finds on our pages
    assert text in [row["content"] for row in account.messages(person.path)["list"]]
