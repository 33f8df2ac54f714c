"""Synonyms and words of the trade: kept on screen and by REST, at work in every search within seconds (KB-3)."""

import pytest

from tests.people import Company, unique


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of its own: nobody else's words."""
    return new_company()


def tickets(company: Company, text: str) -> list[int]:
    return [row["id"] for row in company.admin.get("/tickets", q=text)["list"]]


def test_a_word_finds_what_was_written_with_another(company):
    ticket = company.ticket(title="系统无法登录")
    customer = company.admin.post("/customers", {"name": "市疾控中心"})
    served = company.served()
    served.customer.say(served.path, "VPN 今天断线了")
    article = company.admin.post("/kb/articles", {"title": "如何签到打卡", "body": "在首页点击签到。"})
    company.admin.post(f"/kb/articles/{article['id']}/publish")
    assert tickets(company, "无法登陆") == []
    group = company.admin.post("/kb/synonyms", {"words": ["登录", " 登陆 ", "登錄", "sign in"]})
    assert group["words"] == ["登录", "登陆", "sign in"], "the same word in another script counts once"
    company.admin.post("/kb/synonyms", {"words": ["疾控", "CDC"]})
    company.admin.post("/kb/synonyms", {"words": ["断线", "掉线"]})
    company.admin.post("/kb/synonyms", {"words": ["签到", "点名"]})
    assert tickets(company, "无法登陆") == [ticket["id"]]
    assert tickets(company, "无法 SIGN IN") == [ticket["id"]]
    assert tickets(company, "assign interval") == [], "no word inside another"
    assert [row["id"] for row in company.admin.get("/customers", q="市cdc")["list"]] == [customer["id"]]
    assert [row["id"] for row in company.supervisor.get("/sessions", q="vpn 掉线")["list"]] == [served.id]
    assert [row["id"] for row in company.supervisor.get("/history", q="掉线")["list"]] == [served.id]
    company.admin.put(f"/kb/synonyms/{group['id']}", {"active": False, "version": group["version"]})
    assert tickets(company, "无法登陆") == []
    company.admin.delete(f"/kb/synonyms/{group['id']}")
    assert company.admin.post("/kb/synonyms/check", {"text": "VPN掉线"})["wordings"] == ["vpn断线"]


def test_groups_are_refused_that_would_contradict_each_other(company):
    one, two, three = (unique("w") for _ in range(3))
    company.admin.post("/kb/synonyms", {"words": [one, two]})
    other = company.admin.post("/kb/synonyms", {"words": [two.upper(), three]}, expect=409)
    assert other["words"] == [one, two]
    for wrong in ([], [one], ["", "  "], [three, three.upper()], ["x" * 65, "y"], [f"{three}{n}" for n in range(21)]):
        company.admin.post("/kb/synonyms", {"words": wrong}, expect=400)
    company.agent.post("/kb/synonyms", {"words": [three, unique("w")]}, expect=403)


def test_lists_come_from_files(company):
    one, two, three, four, five = (unique("w") for _ in range(5))
    company.admin.post("/kb/synonyms", {"words": [four, five]})
    report = company.admin.post(
        "/kb/synonyms/import",
        {"text": f"{one}={two}\n{one.upper()}，{two}\n{two}|{three}\n{four},{one}\n只有一个\n\n"},
    )
    counts = {name: report[name] for name in ("created", "updated", "unchanged", "refused")}
    assert counts == {"created": 1, "updated": 1, "unchanged": 1, "refused": 2}
    assert [line["line"] for line in report["lines"]] == [4, 5]
    words = company.admin.post("/kb/domain-words/import", {"text": f"{one}、{two}\n{one}\nx"})
    assert {name: words[name] for name in counts} == {"created": 2, "updated": 0, "unchanged": 1, "refused": 1}
    company.admin.post("/kb/domain-words", {"word": one.upper()}, expect=409)
    company.admin.post("/kb/synonyms/import", {"text": " \n "}, expect=400)
