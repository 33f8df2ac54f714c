"""QR codes that lead to an agent, a team or a channel (CHT-15)."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tests.factories import picture
from tests.people import Company, unique
from tests.waiting import eventually


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def arrive(company: Company, code: str, **more):
    """Somebody scans, writes, and waits for a person: (visitor, conversation)."""
    visitor = company.visitor()
    number = visitor.post("/sessions", {"entryCode": code, **more})["id"]
    visitor.post(f"/sessions/{number}/handover")
    return visitor, visitor.get(f"/sessions/{number}")


def said(visitor, number: int) -> list[str]:
    """The events that stand in the thread."""
    rows = visitor.get(f"/sessions/{number}/messages")["list"]
    return [row["payload"]["event"] for row in rows if row["type"] == "system"]


def test_agents_own_code_leads_to_him(company):
    other, agent = company.new("agent"), company.new("agent")  # whoever takes turns by number comes to the other first
    company.served(agent=agent)  # and he has less to do
    agent.put("/user/avatar", files={"file": ("face.png", picture())})
    assert agent.get("/agents/me/entry-code") is None
    made = agent.post("/agents/me/entry-code")
    assert agent.post("/agents/me/entry-code")["id"] == made["id"], "one for each"
    assert made["url"].endswith(f"/c/{made['code']}") and len(made["code"]) >= 12

    stranger = company.anonymous
    shown = stranger.get(f"/entry/{made['code']}")
    assert shown["agent"]["name"] == agent.username and shown["agent"]["presence"] == "offline"
    assert "id" not in shown["agent"], "a card tells no numbers"
    assert stranger.request("GET", shown["agent"]["avatarUrl"]).headers["Content-Type"] == "image/webp"

    with agent.socket(), other.socket():
        agent.be("online")
        other.be("online")
        visitor, conversation = arrive(company, made["code"], question="您好")
        served = eventually(lambda: visitor.get(f"/sessions/{conversation['id']}")["agent"])
        assert served["id"] == agent.agent_id
        assert conversation["wantedAgent"]["id"] == agent.agent_id
        assert conversation["entry"] == {"id": made["id"], "kind": "agent", "name": agent.username}
        assert "wanted_away" not in said(visitor, conversation["id"])
        assert company.admin.get(f"/customers/{visitor.customer_id}")["agentId"] == agent.agent_id, "his from now on"

        # he has gone: others take it, and the customer is told
        agent.be("offline")
        visitor, conversation = arrive(company, made["code"])
        assert "wanted_away" in said(visitor, conversation["id"])
        served = eventually(lambda: visitor.get(f"/sessions/{conversation['id']}")["agent"])
        assert served["id"] == other.agent_id
        other.be("offline")


def test_scans_are_counted_even_when_many_scan_at_once(company):
    code = company.admin.post("/entry-codes", {"name": "展会", "kind": "channel", "channel": "expo"})
    with ThreadPoolExecutor(10) as many:
        list(many.map(lambda _: company.anonymous.post(f"/entry/{code['code']}/visits"), range(20)))
    row = company.admin.get(f"/entry-codes/{code['id']}")
    assert row["useCount"] == 20 and row["lastUseTime"] and row["version"] == code["version"]
    _, conversation = arrive(company, code["code"])
    assert conversation["channel"] == "expo" and conversation["wantedAgent"] is None


def test_renewed_or_switched_off_codes_lead_nowhere(company):
    agent = company.new("agent")
    made = agent.post("/agents/me/entry-code")
    company.new("agent").post(f"/entry-codes/{made['id']}/renew", expect=403)
    company.new("agent").post("/agents/me/entry-code/renew", expect=404)
    renewed = agent.post("/agents/me/entry-code/renew")
    assert renewed["code"] != made["code"]
    company.anonymous.get(f"/entry/{made['code']}", expect=404)
    company.anonymous.get(f"/entry/{renewed['code']}")
    path = f"/entry-codes/{made['id']}"
    company.supervisor.put(path, {"active": False})
    company.anonymous.get(f"/entry/{renewed['code']}", expect=404)
    company.supervisor.put(path, {"active": True, "lastDay": "2020-01-01"}, expect=409)
    # who has such a card in his hands is still served, by anybody
    _, conversation = arrive(company, made["code"])
    assert conversation["status"] in ("queued", "active") and conversation["entry"] is None


def test_card_of_somebody_who_left_still_leads_to_help(company):
    agent = company.new("agent")
    code = agent.post("/agents/me/entry-code")["code"]
    company.admin.delete(f"/agents/{agent.agent_id}")
    assert company.anonymous.get(f"/entry/{code}")["agent"] is None
    visitor, conversation = arrive(company, code)
    assert conversation["status"] in ("queued", "active") and conversation["wantedAgent"] is None
    assert "wanted_away" in said(visitor, conversation["id"])


def test_code_of_another_company_does_not_exist(company, strangers):
    code = strangers.admin.post("/entry-codes", {"name": "x", "kind": "channel", "channel": "expo"})["code"]
    strangers.anonymous.get(f"/entry/{code}")
    company.anonymous.get(f"/entry/{code}", expect=404)
    company.anonymous.post(f"/entry/{code}/visits", expect=404)


def test_pictures_and_card(company):
    agent = company.new("agent", "王敏")
    made = agent.post("/agents/me/entry-code")
    path = f"/entry-codes/{made['id']}/qr"
    drawn = agent.request("GET", path, params={"format": "png", "download": "1"})
    assert "attachment" in drawn.headers["Content-Disposition"]
    with Image.open(io.BytesIO(drawn.content)) as code:
        assert code.format == "PNG" and code.width > 600
    assert agent.request("GET", path).headers["Content-Type"].startswith("image/svg+xml")
    agent.get(path, format="pdf", expect=400)
    company.new("agent").get(path, expect=404)
    page = agent.http.get(f"{agent.base_url}/cards/{made['id']}", timeout=30)
    assert page.status_code == 200
    for words in ("王敏", company.admin.get(f"/agents/{agent.agent_id}")["workNo"], made["url"], "<svg"):
        assert words in page.text


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "kind": "agent"},  # which?
        {"name": "x", "kind": "team"},
        {"name": "x", "kind": "channel"},
        {"name": " ", "kind": "channel", "channel": "expo"},
        {"name": "x", "kind": "channel", "channel": "a b<script>"},
        {"name": "x", "kind": "agent", "agentId": 10**9},
        {"name": "x", "kind": "somebody"},
    ],
)
def test_code_leads_somewhere(company, body):
    company.admin.post("/entry-codes", body, expect=400)


def test_code_does_not_take_a_customer_away_from_whoever_serves_him(company):
    served = company.served()
    code = company.new("agent").post("/agents/me/entry-code")["code"]
    again = served.customer.post("/sessions", {"entryCode": code})
    assert again["id"] == served.id and again["agent"]["id"] == served.agent.agent_id and again["entry"] is None


def test_unknown_codes_cannot_be_told_from_each_other(company):
    answers = {company.anonymous.request("GET", f"/entry/{unique('c')}").json()["message"] for _ in range(3)}
    assert len(answers) == 1
