"""Questions without a good answer become articles, and how well is answered can be measured (KB-7, AI-9)."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.language_model import FakeModel
from tests.people import Company, Person, unique
from tests.waiting import eventually

REFUND = ("退款多久可以到账", "退款申请通过后，款项将在3个工作日内原路退回您的付款账户。使用余额支付的订单即时到账。")
ASKED = ("会员积分怎么兑换礼品", "怎么用会员积分兑换礼品", "会员积分兑换礼品怎么操作")
ANSWER = "请在个人中心打开会员积分页面，选择礼品后点击兑换，7天内寄出。"


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


def publish(company: Company, title: str, body: str) -> int:
    article = company.admin.post("/kb/articles", {"title": title, "body": body, "visibility": "public"})
    company.admin.post(f"/kb/articles/{article['id']}/publish")
    return article["id"]


def ask(person: Person, question: str) -> dict:
    return person.post("/kb/qa", {"question": question})


def groups(company: Company, **query) -> list[dict]:
    company.supervisor.post("/kb/question-groups/refresh")
    return company.supervisor.get("/kb/question-groups", sort="-asked", **query)["list"]


def test_what_was_not_answered_is_grouped_and_becomes_an_article(company, database):
    known = publish(company, *REFUND)
    visitor = company.visitor()
    assert ask(visitor, REFUND[0])["answered"]
    for question in (*ASKED, ASKED[0], "月球上可以寄快递吗"):
        assert not ask(visitor, question)["answered"]
    found = groups(company)
    assert [row["asked"] for row in found] == [4, 1] and found[0]["text"] in ASKED
    assert (found[0]["lastWeek"], found[0]["weekBefore"], found[0]["state"]) == (4, 0, "open")
    assert [row["asked"] for row in groups(company)] == [4, 1], "nothing is counted twice"
    with database.begin() as connection:  # one of the four was last week's
        week_ago = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=8)
        connection.execute(
            sa.text("UPDATE question SET create_time = :at WHERE text = :text"), {"at": week_ago, "text": ASKED[1]}
        )
    shown = company.supervisor.get(f"/kb/question-groups/{found[0]['id']}")
    assert (shown["lastWeek"], shown["weekBefore"]) == (3, 1)
    assert {(one["text"], one["count"]) for one in shown["examples"]} == {(ASKED[0], 2), (ASKED[1], 1), (ASKED[2], 1)}

    path = f"/kb/question-groups/{found[0]['id']}"
    article = company.supervisor.post(f"{path}/draft")
    written = company.supervisor.get(f"/kb/articles/{article['id']}")
    assert written["status"] == "draft" and {written["title"], *written["phrasings"]} == set(ASKED)
    company.supervisor.post(f"{path}/draft", expect=409)
    assert company.supervisor.get(path)["state"] == "drafted"
    for _ in range(2):
        ask(visitor, ASKED[0])
    assert groups(company)[0]["state"] == "drafted"
    ask(visitor, ASKED[0])
    assert groups(company)[0]["state"] == "open", "asked three times more, nothing seems to have come of it"

    other = f"/kb/question-groups/{found[1]['id']}"
    company.supervisor.post(f"{other}/dismiss")
    assert [row["id"] for row in groups(company, state="open")] == [found[0]["id"]]
    company.supervisor.post(f"{path}/add", {"articleId": known, "texts": []}, expect=400)
    company.supervisor.post(f"{path}/add", {"articleId": known, "texts": list(ASKED)})
    assert company.supervisor.get(f"/kb/articles/{known}")["phrasings"] == list(ASKED)
    assert ask(visitor, ASKED[0])["citations"][0]["articleId"] == known, "the article knows these words now"
    company.agent.get("/kb/question-groups", expect=403)


def test_what_was_recalled_is_no_question_of_any_group(company):
    talks = [company.visitor(unique("asker")) for _ in range(2)]
    said = []
    for visitor, words in zip(talks, ASKED, strict=False):
        opened = visitor.post("/sessions", {"channel": "portal"})
        path = f"/sessions/{opened['id']}"
        said.append((visitor, path, visitor.say(path, words)["messageId"]))
    found = eventually(lambda: [row for row in groups(company) if row["asked"] == 2])[0]
    visitor, path, message = said[ASKED.index(found["text"])]
    visitor.post(f"{path}/messages/{message}/recall")
    left = company.supervisor.get(f"/kb/question-groups/{found['id']}")
    assert left["asked"] == 1 and left["text"] in ASKED and left["text"] != found["text"]
    assert [one["text"] for one in left["examples"]] == [left["text"]]
    visitor, path, message = next(one for one in said if one[2] != message)
    visitor.post(f"{path}/messages/{message}/recall")
    assert groups(company) == []


@pytest.mark.backend("sqlite")
def test_a_draft_is_written_from_what_staff_answered(company):
    served = company.served(company.visitor())
    customer = company.visitor("李雷")
    conversation = customer.open_conversation(f"{ASKED[0]}，我的手机号13912345678")
    path = f"/sessions/{conversation['id']}"
    eventually(lambda: [one for one in customer.messages(path)["list"] if one["type"] == "answer"])
    customer.post(f"{path}/handover")
    if (company.admin.get(path)["agent"] or {}).get("id") != served.agent.agent_id:
        company.admin.post(f"{path}/assign", {"agentId": served.agent.agent_id})
    served.agent.say(path, "您好")
    served.agent.say(path, ANSWER)
    served.agent.say(path, "内部：这位客户很急", type="note")
    (group,) = groups(company)
    assert "13912345678" not in group["text"]
    with FakeModel() as model:
        model.switch_on(company, "draftArticles")
        model.say = lambda told: f"会员积分怎么兑换礼品\n\n{ANSWER}"
        article = company.supervisor.post(f"/kb/question-groups/{group['id']}/draft")
        told = model.told()
    assert ANSWER in told and "13912345678" not in told and "这位客户很急" not in told
    written = company.supervisor.get(f"/kb/articles/{article['id']}")
    assert (written["title"], written["bodyMarkdown"]) == ("会员积分怎么兑换礼品", ANSWER)


@pytest.mark.backend("sqlite")
def test_quality_is_counted_by_day_channel_and_article(company):
    known = publish(company, *REFUND)
    visitor = company.visitor()
    for question in (REFUND[0], REFUND[0], unique("月球")):
        ask(visitor, question)
    found = company.supervisor.get("/stats/knowledge", zone="Asia/Shanghai")
    total = found["total"]
    assert (total["asked"], total["answered"], total["answerRate"]) == (3, 2, 0.6667)
    assert [(row["channel"], row["asked"]) for row in found["channels"]] == [("portal", 3)]
    assert [(row["articleId"], row["answered"]) for row in found["articles"]] == [(known, 2)]
    assert len(found["days"]) == 1 and found["days"][0]["asked"] == 3
    company.supervisor.get("/stats/knowledge", fromDay="2026-01-01", toDay="2026-12-31", expect=400)
    for number in range(4):
        company.visitor().post(f"/kb/articles/{known}/feedback", {"helpful": number == 0})
    assert [row["id"] for row in company.supervisor.get("/kb/articles/low-rated")] == [known]


@pytest.mark.backend("sqlite")
def test_the_evaluation_set_is_filled_from_questions_tried_and_compared(company):
    known = publish(company, *REFUND)
    lead = company.supervisor
    lead.post("/kb/evaluation-runs", expect=409)
    lead.post("/kb/evaluation-questions", {"text": REFUND[0], "articleIds": [known]})
    lead.post("/kb/evaluation-questions", {"text": "", "articleIds": []}, expect=400)
    lead.post("/kb/evaluation-questions", {"text": "x", "articleIds": [10**9]}, expect=400)
    wrong = lead.post("/kb/evaluation-questions", {"text": "款项几天能退回付款账户", "articleIds": []})
    ask(company.visitor(), "月球上可以寄快递吗")
    (group,) = groups(company)
    example = lead.get(f"/kb/question-groups/{group['id']}")["examples"][0]
    taken = lead.post(f"/kb/questions/{example['questionId']}/evaluate", {"articleIds": []})
    again = lead.post(f"/kb/questions/{example['questionId']}/evaluate", {"articleIds": [known]})
    assert taken["id"] == again["id"] and again["articles"] == [{"articleId": known, "title": REFUND[0]}]

    def trial(**body) -> dict:
        number = lead.post("/kb/evaluation-runs", body)["id"]
        return eventually(
            lambda: (row := lead.get(f"/kb/evaluation-runs/{number}"))["state"] in ("done", "failed") and row
        )

    first = trial(note="第一次")
    assert (first["state"], first["done"], first["total"]) == ("done", 3, 3)
    figures = first["figures"]
    assert (figures["answerable"], figures["unanswerable"], figures["hit1"]) == (2, 1, 0.5)
    assert figures["answeredRight"] == 0.5 and figures["missed"] == 0.5
    verdicts = {one["text"]: one["verdict"] for one in first["results"]}
    assert verdicts[REFUND[0]] == "right" and verdicts[taken["text"]] == "missed"
    lead.put(f"/kb/evaluation-questions/{taken['id']}", {"articleIds": []})
    lead.delete(f"/kb/evaluation-questions/{wrong['id']}")
    second = trial(note="第二次", mode="words")
    assert (second["figures"]["hit1"], second["figures"]["silent"], second["figures"]["answeredWrong"]) == (1, 1, 0)
    assert [row["note"] for row in lead.get("/kb/evaluation-runs", sort="-id")["list"]] == ["第二次", "第一次"]

    tried = lead.post("/kb/try", {"question": REFUND[0]})
    assert (tried["kind"], tried["hits"][0]["articleId"]) == ("answer", known)
    assert tried["signals"]["nearness"] > 0 and tried["hits"][0]["lexical"] > 0
    lead.delete(f"/kb/evaluation-runs/{first['id']}")
    lead.get(f"/kb/evaluation-runs/{first['id']}", expect=404)
