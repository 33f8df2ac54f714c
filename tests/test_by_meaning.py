"""With the model that comes with the product: what is said in other words is found, for customers and for agents."""

import pytest

from tests.people import Company, Person, unique
from tests.servers import run_module
from tests.waiting import eventually

# the same vectors on both databases: which of them stores them is asked elsewhere
pytestmark = pytest.mark.backend("sqlite")

ARTICLES = {
    "忘记密码怎么办": "在登录页点“忘记密码”，用收到的验证码设置新密码。",
    "发票怎么开": "在“费用”页面提交开票信息，三个工作日内寄出。",
    "怎样更换手机号": "在个人资料里点手机号，验证后填写新的号码。",
    "系统什么时候维护": "每月最后一个周六的夜里，维护前一天有公告。",
}
ASKED, MEANT = "我的密码丢了", "忘记密码怎么办"


@pytest.fixture
def company(bare_company, start_server) -> Company:
    """A company at a server that has the model, with articles that have their vectors."""
    company = bare_company.at(start_server(EMBEDDING_MODEL="default").base_url)
    for title, body in ARTICLES.items():
        made = company.admin.post("/kb/articles", {"title": title, "body": body})
        company.admin.post(f"/kb/articles/{made['id']}/publish")
    eventually(lambda: company.admin.get("/kb/index")["withVectors"] == len(ARTICLES), 60)
    return company


def suggested(agent: Person, path: str) -> dict:
    return agent.post("/kb/suggest", {"sessionId": int(path.rsplit("/", 1)[1])})


def test_a_customer_is_answered(company: Company):
    told = company.visitor().post("/kb/qa", {"question": ASKED})
    assert told["answered"] and told["citations"][0]["title"] == MEANT and told["tier"] == "semantic"
    assert not company.visitor().post("/kb/qa", {"question": "明天上海会下雨吗"})["answered"]


def test_an_agent_is_offered_articles_scripts_and_what_solved_it_before(company: Company, backend):
    agent = company.new("agent")
    script = "请点登录页上的“忘记密码”，按短信提示设置新密码。"
    company.admin.post("/quick-replies", {"code": unique("s"), "title": "忘记密码如何找回", "content": script})
    solved = company.served(company.visitor("孙医生"), agent)
    solved.customer.say(solved.path, "密码丢了怎么办")
    agent.say(solved.path, "我已经把您的密码重置了，请查收短信里的新密码。")
    agent.put(f"{solved.path}/close", {})
    solved.customer.post(f"{solved.path}/rating", {"score": 5})

    served = company.served(company.visitor("赵主任"), agent)
    served.customer.say(served.path, ASKED)

    def offered() -> dict | None:
        run_module("tests.task", "assistance.embed", settings={**backend.settings, "EMBEDDING_MODEL": "default"})
        found = suggested(agent, served.path)
        sources = {one["source"] for one in found["replies"]}
        return found if sources == {"article", "quick_reply", "past_answer"} else None

    found = eventually(offered, 30)
    assert found["articles"][0]["title"] == MEANT
    assert script in {one["text"] for one in found["replies"]}
    other = company.served(company.visitor("钱先生"), agent)
    other.customer.say(other.path, "明天上海会下雨吗")
    assert suggested(agent, other.path)["replies"] == []
