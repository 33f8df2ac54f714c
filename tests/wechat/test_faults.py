"""WeChat's server is away, slow, busy, or forgets our token: what is said waits, and arrives once and in order."""

import itertools
import threading
import time

import pytest

from tests.factories import picture
from tests.people import Company, Person, at_once, unique
from tests.standins import Call, Reply
from tests.waiting import eventually
from tests.wechat.fake import FakeWeChat, WechatApp

SEND, TOKEN = "/cgi-bin/message/custom/send", "/cgi-bin/stable_token"


@pytest.fixture
def agent(people: Company) -> Person:
    return people.new_shift()


def served(app: WechatApp, agent: Person):
    """Somebody in WeChat whom the agent serves, and his conversation's path; all that is said by itself has arrived."""
    person = app.person()
    person.writes("人工")
    person.wait_for("稍候")
    path = person.path
    app.company.admin.post(f"{path}/assign", {"agentId": agent.agent_id})
    person.wait_for("为您服务")
    return person, path


def hang_up(handler) -> None:
    """The connection ends without an answer."""
    handler.close_connection = True


def troubles() -> dict:
    """Whatever may be wrong with WeChat for a while."""
    return {
        "5xx": lambda call: Reply(b"<html>bad gateway</html>", status=502),
        "nothing": lambda call: Reply(write=hang_up),
        "busy": lambda call: {"errcode": -1, "errmsg": "system error"},
        "too quick": lambda call: {"errcode": 45009, "errmsg": "reach max api daily quota limit"},
        "nonsense": lambda call: Reply(b"[]"),
    }


@pytest.mark.parametrize("kind", troubles())
def test_what_is_said_while_wechat_is_away_arrives_afterwards_once_and_in_order(app, agent, wechat, kind):
    person, path = served(app, agent)
    before, refused = len(person.got), threading.Event()

    def trouble(call: Call):
        if call.path != SEND or call.json["touser"] != person.openid:
            return None
        refused.set()
        return troubles()[kind](call)

    wechat.trouble = trouble
    texts = [f"{number}:{unique('话')}" for number in range(12)]
    for text in texts:
        agent.say(path, text)
    person.writes("还在吗")  # what comes in is not held up by what cannot go out
    person.wait_until_said("还在吗")
    assert refused.wait(10)
    assert not agent.get(f"{path}/undelivered"), "it is late, not lost"
    wechat.trouble = None
    eventually(lambda: len(person.got) - before >= len(texts), timeout=30)
    assert person.texts[before:] == texts


def test_a_token_that_is_no_longer_good_is_renewed_once_for_everybody(people, app, agent, wechat):
    talks = [served(app, agent) for _ in range(6)]
    asked = wechat.apps[app.app_id].asked
    assert asked == 1, "all that was sent so far went by one token"
    wechat.expire(app.app_id)
    said = [unique("令牌") for _ in talks]
    at_once(*[lambda path=path, text=text: agent.say(path, text) for (_, path), text in zip(talks, said, strict=True)])
    for (person, _), text in zip(talks, said, strict=True):
        person.wait_for(text)
        assert person.texts.count(text) == 1
    assert wechat.apps[app.app_id].asked == 2


def test_an_app_secret_that_is_wrong_is_told_and_put_right(people, app, agent, wechat):
    person, path = served(app, agent)
    wechat.apps[app.app_id].secret = "another-secret-than-before"
    wechat.expire(app.app_id)
    agent.say(path, unique("没有令牌"))
    assert eventually(lambda: agent.get(f"{path}/undelivered"))[0]["reason"] == "setup"
    assert "40125" in people.admin.get(f"/wechat-accounts/{app.account['id']}")["problem"]
    people.admin.put(f"/wechat-accounts/{app.account['id']}", {"appSecret": "another-secret-than-before"})
    agent.say(path, fine := unique("好了"))
    person.wait_for(fine)
    assert people.admin.get(f"/wechat-accounts/{app.account['id']}")["problem"] is None


def test_a_picture_that_cannot_be_fetched_yet_is_waited_for_and_what_follows_it_too(app, wechat):
    person, tries = app.person(), itertools.count(1)
    wechat.media["later"] = Reply(picture("JPEG"), headers={"Content-Type": "image/jpeg"})

    def trouble(call: Call):
        return Reply(status=503) if call.path == "/cgi-bin/media/get" and next(tries) < 3 else None

    wechat.trouble = trouble
    person.sends("image", PicUrl="", MediaId="later")
    person.writes(after := unique("图片后面"))
    eventually(lambda: [row for row in person.said() if row["content"] == after], timeout=30)
    said = [row for row in person.said() if row["sender"]["kind"] == "customer"]
    assert [row["type"] for row in said] == ["image", "text"]


def test_many_people_at_once_lose_nothing_and_get_nothing_twice(people, app, wechat: FakeWeChat):
    crowd = [app.person() for _ in range(12)]
    words = [[f"{who}-{number}-{unique('w')}" for number in range(5)] for who in range(len(crowd))]

    def talk(person, texts):
        for text in texts:
            began = time.monotonic()
            told = person.message("text", Content=text)
            for _ in range(2):  # WeChat repeats itself
                assert app.call(told).text == "success"
            assert time.monotonic() - began < 5, "WeChat waits five seconds"

    at_once(*[lambda one=one, texts=texts: talk(one, texts) for one, texts in zip(crowd, words, strict=True)])

    def heard() -> list[list[str]]:
        found = people.admin.get("/sessions", channel=app.code, size=50)["list"]
        rows = [people.admin.messages(f"/sessions/{row['id']}", limit=200)["list"] for row in found]
        return [[one["content"] for one in said if one["sender"]["kind"] == "customer"] for said in rows]

    eventually(lambda: sum(map(len, heard())) >= 60, timeout=60)
    assert sorted(heard()) == sorted(words)
    # and each one's answers have reached him: the bot's, once for each question
    for person in crowd:
        eventually(lambda person=person: len(person.got) >= 2, timeout=30)
