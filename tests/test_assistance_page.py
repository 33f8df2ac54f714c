"""The assistant beside a conversation, as agents use it: by keys at a desk, by touch on a phone; scripts to approve."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, unique
from tests.test_assistance import PROBLEM, SOLUTION, talk
from tests.waiting import eventually

BOX = "输入回复，按 / 选择快捷回复"
SCRIPT = "您好，{customer}，导出的报表中文乱码时，请选择编码 UTF-8。"


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


def told(page: Page):
    """Wait for the server being told what became of a suggestion."""
    return page.expect_response(lambda answer: answer.url.endswith("/suggestions/choice") and answer.ok)


def test_one_key_puts_a_suggestion_in_and_the_next_sends_it(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    solved = company.ticket(company.visitor("孙医生"), agent, title=PROBLEM, description="报表导出以后中文乱码")
    agent.post(f"/tickets/{solved['id']}/flow", {"status": "processing"})
    agent.post(f"/tickets/{solved['id']}/flow", {"status": "resolved", "resolution": f"孙医生换了编码。{SOLUTION}"})
    agent.post("/quick-replies", {"code": unique("q"), "title": "导出报表中文乱码", "content": SCRIPT})
    served = company.served(company.visitor("赵主任"), agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    panel = desk.get_by_role("complementary", name="客户与助手")
    expect(panel.get_by_text("暂无推荐")).to_be_visible()

    with served.customer.socket() as customer:
        customer.ok("join", {"sessionId": served.id})
        customer.ok("typing", {"sessionId": served.id, "typing": True, "preview": "导出的报表中文乱码"})
        expect(panel.get_by_text("根据客户正在输入的内容")).to_be_visible()
        card = panel.get_by_role("article").filter(has_text="话术").first
        expect(card).to_contain_text("您好，赵主任，导出的报表中文乱码时")
    before = agent.messages(served.path)["lastSeq"]
    served.customer.say(served.path, PROBLEM)
    expect(panel.get_by_text("相似工单")).to_be_visible()
    desk.keyboard.press("Alt+Shift+Digit1")
    box = desk.get_by_placeholder(BOX)
    expect(box).to_have_value(re.compile("^您好，赵主任"))
    assert agent.messages(served.path)["lastSeq"] == before + 1  # the customer's own: nothing is sent by itself
    with told(desk):
        box.press("Enter")
    expect(desk.get_by_role("log").get_by_text("您好，赵主任，导出的报表中文乱码时")).to_be_visible()

    ticket = panel.get_by_role("article").filter(has_text="已解决")
    ticket.get_by_role("button", name="插入解决方案").click()
    expect(box).to_have_value(re.compile(re.escape(SOLUTION)))
    assert "孙医生" not in box.input_value()
    box.fill("")
    panel.get_by_role("searchbox").fill("今天晚上去哪里吃火锅")
    expect(panel.get_by_text("暂无推荐")).to_be_visible()
    panel.get_by_role("searchbox").fill("中文乱码")
    expect(panel.get_by_role("article").filter(has_text="话术")).to_be_visible()

    ticket_page = open_page.signed_in(
        agent, f"/desk/tickets/{company.ticket(served.customer, agent, title=PROBLEM)['id']}"
    )
    ticket_page.get_by_role("tab", name="相似工单").click()
    ticket_page.get_by_role("button", name="插入解决方案").click()
    expect(ticket_page.get_by_placeholder("写给客户的消息")).to_have_value(re.compile(re.escape(SOLUTION)))


def test_on_a_phone_a_past_answer_is_put_in_and_its_blank_is_marked(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    talk(company, agent, name="孙医生", question=PROBLEM, answers=[f"{SOLUTION}您的单号是 2026112100017。"], score=5)
    served = company.served(company.visitor("赵主任"), agent)
    served.customer.say(served.path, PROBLEM)
    eventually(lambda: agent.get(f"{served.path}/suggestions")["replies"])
    phone = open_page.signed_in(agent, f"/desk/c/{served.id}", viewport="phone")
    phone.get_by_role("button", name="显示或隐藏侧栏").click()
    card = phone.get_by_role("article").filter(has_text="好评回答")
    expect(card).to_contain_text("含待补充内容")
    card.get_by_role("button", name="插入").click()
    box = phone.get_by_placeholder(BOX)
    expect(box).to_have_value(re.compile(r"单号是 \[…\]"))
    assert box.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)") == "[…]"
    before = agent.messages(served.path)["lastSeq"]
    phone.get_by_role("button", name="发送", exact=True).click()
    phone.get_by_role("dialog").get_by_role("button", name="取消").click()  # a blank is left: better not
    expect(box).to_have_value(re.compile(r"单号是 \[…\]"))
    assert agent.messages(served.path)["lastSeq"] == before
    phone.keyboard.insert_text("A7")
    expect(box).to_have_value(re.compile("单号是 A7"))


def test_own_words_are_proposed_and_approved_and_a_conversation_becomes_a_draft(company: Company, open_page: Pages):
    agent, boss = company.new("agent", "王敏"), company.new("supervisor", "刘主管")
    agent.post("/quick-replies", {"code": "calm", "title": "安抚客户", "content": "实在抱歉", "category": "售后/安抚"})
    page = open_page.signed_in(agent, "/desk/quick-replies")
    page.get_by_role("button", name="申请共享 安抚客户").click()
    page.get_by_role("dialog").get_by_role("button", name="申请共享").click()
    expect(page.get_by_text("等待审批：公共")).to_be_visible()

    console = open_page.signed_in(boss, "/desk/quick-replies?whose=pending")
    expect(console.get_by_text("王敏 申请共享：公共")).to_be_visible()
    console.get_by_role("button", name="驳回 安抚客户").click()
    console.get_by_role("dialog").get_by_label("原因").fill("再具体一些")
    console.get_by_role("dialog").get_by_role("button", name="驳回").click()
    expect(console.get_by_text("没有匹配的快捷回复").or_(console.get_by_text("还没有快捷回复"))).to_be_visible()
    page.reload()
    expect(page.get_by_text("未通过：再具体一些")).to_be_visible()

    served = company.served(company.visitor("孙医生"), agent)
    served.customer.say(served.path, PROBLEM)
    agent.say(served.path, f"孙医生，{SOLUTION}")
    agent.put(f"{served.path}/close", {})
    console.goto(f"{console.url.split('/desk')[0]}/desk/c/{served.id}")
    console.get_by_role("button", name="生成知识草稿").click()
    console.wait_for_url(re.compile(r"/desk/knowledge/\d+/edit"))
    article = boss.get("/kb/articles", status="draft")["list"][0]
    assert PROBLEM[:8] in article["title"]
