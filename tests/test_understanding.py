"""Moods of customers, and problem types, ticket types and priorities learned from corrections (AI-6, AI-11, RTE-3)."""

import zlib
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.people import Company, unique
from tests.waiting import eventually

#: problem type → what customers say who mean it, without a word of its keywords
SAID = {
    "network": ("光猫灯一直闪红色", "断电后交换机起不来", "无线信号满格却上不去", "网线插上没有反应", "路由器总重启"),
    "report": ("月底的表格合计不对", "季度数字加起来不等于年度", "表里少了一列", "柱形图颜色反了", "下载的表格是空白"),
}  # fmt: skip
#: what nobody has said before, for those who come later
LATER = {"network": "交换机的灯不亮，光猫重启也没有反应", "report": "下载的表格少了一列，数字合计不对"}


@pytest.fixture(scope="module")
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def served(company: Company, words: str) -> dict:
    """A new customer's conversation that waits, with these words in it."""
    visitor = company.visitor()
    number = visitor.open_conversation()["id"]
    visitor.post(f"/sessions/{number}/handover")
    visitor.say(f"/sessions/{number}", words)
    return {"visitor": visitor, "path": f"/sessions/{number}", "id": number}


# --- moods -----------------------------------------------------------------------------------------------------------


def test_moods_are_told_to_staff_alone(company):
    one = served(company, "太慢了，等了很久都没人回复，真让人失望")
    visitor, path, admin = one["visitor"], one["path"], company.admin
    with company.admin.socket() as ears, visitor.socket() as own:
        ears.call("join", {"sessionId": one["id"]})
        own.call("join", {"sessionId": one["id"]})
        angry = visitor.say(path, "你们就是一群骗子，再不解决我就投诉你们")
        heard = ears.wait_for("mood", lambda data: data["mood"] == "angry")
        assert heard["sessionId"] == one["id"]
        assert heard["messages"][-1]["messageId"] == angry["messageId"]
        visitor.say(path, "请问导出按钮在哪里")
        own.wait_for("message", lambda data: data["content"].startswith("请问"))
        assert "mood" not in own.names()
    moods = [row["mood"] for row in admin.get(f"{path}/moods")]
    assert moods == ["negative", "angry"], "what is neutral is not named"
    assert admin.get(path)["mood"] == "angry"
    # a customer learns nothing of it, neither by looking nor by asking for those who are angry
    assert visitor.get(path)["mood"] is None
    visitor.get(f"{path}/moods", expect=404)
    assert [row["id"] for row in visitor.get("/sessions", mood="positive")["list"]] == [one["id"]]
    # supervisors find the angry ones
    assert [row["id"] for row in admin.get("/sessions", mood="angry")["list"]] == [one["id"]]
    assert [row["id"] for row in admin.get("/sessions/unassigned", mood="angry,negative")["list"]] == [one["id"]]
    assert admin.get("/sessions", mood="positive")["list"] == []
    admin.get("/sessions", mood="furious", expect=400)
    # thanks change it; and what is taken back sounds like nothing
    visitor.say(path, "问题解决了，非常感谢，服务真好")
    eventually(lambda: admin.get(path)["mood"] == "positive")
    visitor.post(f"{path}/messages/{angry['messageId']}/recall")
    assert [row["mood"] for row in admin.get(f"{path}/moods")] == ["negative", "positive"]


# --- learning --------------------------------------------------------------------------------------------------------


def corrected(company: Company, label: str, words: str) -> str:
    one = served(company, words)
    company.admin.put(f"{one['path']}/problem-type", {"problemType": label})
    company.admin.put(f"{one['path']}/close", {})
    return one["path"]


def models(company: Company) -> list[dict]:
    return company.admin.get("/learned-models", subject="problem_type", sort="-id")["list"]


def test_problem_types_are_learned_from_corrections(company, database):
    """Corrected, learned, compared, used before assignment, suggested with how surely, corrected again."""
    admin = company.admin
    admin.post("/learned-models/train", {"subject": "problem_type"}, expect=409)
    for round_ in range(4):
        for label, sentences in SAID.items():
            for words in sentences:
                corrected(company, label, f"{words}{'，麻烦看看' * (round_ % 2)}（第{round_}次）")
    counts = {row["subject"]: row for row in admin.get("/learned-models/cases")}
    assert counts["problem_type"]["cases"] == 40 and counts["ticket_type"]["cases"] == 0
    admin.post("/learned-models/train", {"subject": "problem_type"})
    (model,) = eventually(lambda: models(company), timeout=60)
    assert model["state"] == "in_use" and model["accuracy"] >= 900 > model["accuracyBefore"]
    assert model["trainedOn"] + model["heldBack"] == 40 and model["heldBack"] >= 3
    assert sum(count for *_, count in model["confusions"]) == model["heldBack"]

    # who comes now is recognised before he is given to somebody
    one = served(company, LATER["network"])
    company.agent.be("online")
    eventually(lambda: admin.get(one["path"])["agent"], timeout=20)
    seen = admin.get(one["path"])
    assert (seen["problemType"], seen["problemSource"]) == ("network", "learned") and seen["problemConfidence"] >= 600
    guesses = admin.get(f"{one['path']}/problem-guesses")
    assert guesses[0]["code"] == "network" and 0.6 <= guesses[0]["probability"] <= 1
    one["visitor"].get(f"{one['path']}/problem-guesses", expect=403)

    # one click confirms, and that is a case more; a person's word stays
    admin.put(f"{one['path']}/problem-type", {"problemType": "network"})
    assert admin.get(one["path"])["problemSource"] == "staff"
    counts = {row["subject"]: row for row in admin.get("/learned-models/cases")}
    assert (counts["problem_type"]["cases"], counts["problem_type"]["asGuessed"]) == (41, 1)

    # a model that is worse on what neither has seen does not get in: everything is called something else now
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE labelled_case SET label = CASE WHEN owner_id % 2 = 0 THEN 'network' ELSE 'report' END"
                " WHERE tenant_id = (SELECT tenant_id FROM conversation WHERE id = :id)"
                f" AND owner_id NOT IN ({','.join(map(str, held_back(connection, one['id'])))})"
            ),
            {"id": one["id"]},
        )
    admin.post("/learned-models/train", {"subject": "problem_type"})
    second = eventually(lambda: models(company) if len(models(company)) == 2 else None, timeout=60)
    assert [(row["number"], row["state"]) for row in second] == [(2, "rejected"), (1, "in_use")]
    assert second[0]["accuracy"] < second[0]["accuracyBefore"]


def held_back(connection: sa.Connection, conversation_id: int) -> list[int]:
    rows = connection.scalars(
        sa.text(
            "SELECT owner_id FROM labelled_case WHERE tenant_id = (SELECT tenant_id FROM conversation WHERE id = :id)"
        ),
        {"id": conversation_id},
    )
    return [number for number in rows if zlib.crc32(f"problem_type:{number}".encode()) % 5 == 0] or [0]


def test_types_and_priorities_of_tickets_are_learned_from_staff(company):
    admin = company.admin
    for number in range(20):
        admin.post("/tickets", {"title": f"系统崩溃无法登录 {number}", "type": "bug", "priority": "critical"})
        admin.post("/tickets", {"title": f"咨询续费价格 {number}", "type": "consult", "priority": "normal"})
    assert admin.post("/tickets/guesses", {"title": "系统崩溃"}) == {"types": [], "priorities": []}
    for subject in ("ticket_type", "ticket_priority"):
        admin.post("/learned-models/train", {"subject": subject})
        eventually(lambda subject=subject: admin.get("/learned-models", subject=subject)["list"], timeout=60)
    found = eventually(
        lambda: [found for found in [admin.post("/tickets/guesses", {"title": "又崩溃了，无法登录"})] if found["types"]]
    )[0]
    assert (found["types"][0]["code"], found["priorities"][0]["code"]) == ("bug", "critical")
    company.visitor().post("/tickets/guesses", {"title": unique()}, expect=403)
