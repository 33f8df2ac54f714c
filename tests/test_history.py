"""The history: what was said is found by its words and by what is known of it, and shown where it stands (CHT-11)."""

import datetime as dt

import pytest

from tests.people import Company, Person, Served, unique


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of its own: nobody else's words."""
    return new_company()


@pytest.fixture(scope="module")
def talk(company) -> Served:
    """A closed conversation about a sign-in, with a note and a bad rating."""
    served = company.served(company.visitor("李医生"), company.new("agent", "王敏"))
    served.customer.say(served.path, "您好，我们单位的系統無法登錄，请帮忙看看")
    served.agent.say(served.path, "请先清除缓存，再打开登录页面")
    served.agent.say(served.path, "这位客户上周也来问过登录", type="note")
    served.agent.put(f"{served.path}/close")
    served.customer.post(f"{served.path}/rating", {"score": 2, "comment": "等了很久"})
    return served


@pytest.fixture(scope="module")
def other(company) -> Served:
    """A running one about something else, of another agent."""
    served = company.served(company.visitor("陈主任"), company.new("agent", "李雷"))
    served.customer.say(served.path, "接种记录导出失败")
    return served


def found(person: Person, **search) -> list[dict]:
    return person.get("/history", **search)["list"]


def numbers(person: Person, **search) -> set[int]:
    return {row["id"] for row in found(person, **search)}


def test_a_message_is_found_by_a_part_of_its_words(company, talk, other):
    """登录 finds 无法登录, in the script in which it was written; the words to mark are given apart."""
    (row,) = found(company.supervisor, q="登录")
    assert row["id"] == talk.id
    assert row["matchCount"] == 3, "two messages and the note"
    assert [match["type"] for match in row["matches"]] == ["note", "text", "text"], "newest first"
    assert row["matches"][2]["highlights"] == ["登錄"]
    assert row["matches"][2]["snippet"] == "您好，我们单位的系統無法登錄，请帮忙看看"
    assert row["rating"] == {"score": 2, "comment": "等了很久"}
    seq = row["matches"][1]["seq"]
    around = company.supervisor.messages(talk.path, aroundSeq=seq, limit=2)["list"]
    assert "清除缓存" in next(message["content"] for message in around if message["seq"] == seq)


@pytest.mark.parametrize("asked", ["登陆", "录登", "登录 导出", "%", "_", "\\", "💉", "词" * 300, "' OR 1=1 --"])
def test_other_words_find_nothing(company, talk, other, asked):
    assert found(company.supervisor, q=asked) == []


def test_words_in_name_number_and_subject_count_too(company, talk, other):
    number = company.supervisor.get(other.path)["no"]
    for asked in ("陈主任", number, number[-4:], "接种记录"):
        assert other.id in numbers(company.supervisor, q=asked), asked


def test_filters_leave_what_fits_all_of_them(company, talk, other):
    boss = company.supervisor
    now = dt.datetime.now(dt.UTC)
    hour, tomorrow = ((now + dt.timedelta(hours=hours)).isoformat() for hours in (-1, 24))
    assert numbers(boss) == {talk.id, other.id}
    for search, expected in (
        ({"status": "closed"}, talk),
        ({"status": "active,on_hold"}, other),
        ({"agentId": talk.agent.agent_id}, talk),
        ({"customerId": other.customer.customer_id}, other),
        ({"rating": "1,2"}, talk),
        ({"rating": "none"}, other),
        ({"q": "登录", "since": hour, "until": tomorrow}, talk),
        ({"q": "导出失败", "status": "active", "channel": "portal"}, other),
    ):
        assert numbers(boss, **search) == {expected.id}, search
    for search in (
        {"since": tomorrow},
        {"until": hour},
        {"q": "登录", "until": hour},
        {"agentId": "none"},
        {"channel": "wechat"},
        {"rating": "5"},
        {"q": "登录", "status": "active"},
    ):
        assert numbers(boss, **search) == set(), search
    assert numbers(talk.agent, agentId="me") == {talk.id}


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "open"},
        {"rating": "6"},
        {"agentId": "nobody"},
        {"since": "yesterday"},
        {"until": "9999-99-99"},
        {"sort": "customer"},
        {"size": 101},
        {"word": "x"},
    ],
)
def test_what_cannot_be_meant_is_refused(company, wrong):
    company.supervisor.get("/history", expect=400, **wrong)


def test_nobody_finds_what_he_may_not_see(company, talk, other, people):
    """An agent his own, another company nothing, customers not even the question."""
    assert numbers(talk.agent) == {talk.id}
    assert found(other.agent, q="登录") == []
    assert found(people.admin, q="登录页面 清除缓存") == []
    talk.customer.get("/history", expect=403)
    company.anonymous.get("/history", expect=401)


def test_recalled_words_lead_nowhere(company):
    served = company.served()
    word = unique("geheim")
    said = served.agent.say(served.path, f"密码是 {word}")
    assert numbers(company.supervisor, q=word) == {served.id}
    served.agent.post(f"{served.path}/messages/{said['messageId']}/recall")
    assert numbers(company.supervisor, q=word) == set()


def test_pages_out_of_the_middle_meet_without_gap_or_overlap(company):
    served = company.served()
    for number in range(12):
        served.customer.say(served.path, f"第 {number} 句")
    last = company.supervisor.messages(served.path)["lastSeq"]
    middle = company.supervisor.messages(served.path, aroundSeq=7, limit=6)
    assert [message["seq"] for message in middle["list"]] == [4, 5, 6, 7, 8, 9]
    assert middle["hasMore"] and middle["hasNewer"]
    newer = company.supervisor.messages(served.path, afterSeq=9, limit=100)
    assert [message["seq"] for message in newer["list"]] == list(range(10, last + 1))
    assert newer["hasMore"] and not newer["hasNewer"]
    assert not company.supervisor.messages(served.path, aroundSeq=1, limit=6)["hasMore"]
    company.supervisor.get(f"{served.path}/messages", aroundSeq=7, afterSeq=9, expect=400)


def test_customer_sees_no_note_by_any_page(company):
    served = company.served()
    served.customer.say(served.path, "在吗")
    note = served.agent.say(served.path, "难缠的客户", type="note")
    for place in ({"aroundSeq": note["seq"]}, {"afterSeq": 0}, {"beforeSeq": note["seq"] + 1}):
        assert "难缠" not in str(served.customer.messages(served.path, **place)["list"])
        assert "难缠" in str(company.supervisor.messages(served.path, **place)["list"])
