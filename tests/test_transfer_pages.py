"""Transfers, waiting, messages left and ratings as people see them: at the desk, and by phone on the portal."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, unique


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


def serving(company: Company, name: str) -> Person:
    """An agent with room who is there; the queue gives him nobody."""
    person = company.new("agent", name)
    company.make_room(person)
    person.be("busy")
    return person


def dialog(page: Page):
    return page.get_by_role("dialog").filter(visible=True).last


def test_agent_asks_a_colleague_who_accepts(company, open_page: Pages, screenshot):
    """The old agent sees whom he waits for; the colleague is asked wherever he is, on a phone too; then it is his."""
    wang, li = serving(company, "王敏"), serving(company, "李雷")
    serving(company, "赵强").be("offline")
    served = company.served(company.visitor("张女士"), wang)
    served.customer.say(served.path, "报表导出以后打不开，能帮我看一下吗？")
    desk = open_page.signed_in(wang, f"/desk/c/{served.id}")
    phone = open_page.signed_in(li, "/desk/tickets", viewport="phone")
    desk.get_by_role("button", name="转接", exact=True).click()
    box = dialog(desk)
    expect(box.get_by_role("radio", disabled=True)).to_have_count(2)  # 赵强 and the administrator are away
    box.get_by_text("李雷").click()
    box.get_by_role("textbox").last.fill("客户问的是报表，您更熟悉")
    screenshot(desk, "transfer-dialog")
    box.get_by_role("button", name="请对方接手").click()
    expect(desk.get_by_text("正在等待 李雷 接受转接")).to_be_visible()
    expect(desk.get_by_text("请 李雷 接手这个会话")).to_be_visible()
    card = phone.get_by_role("alertdialog")
    expect(card).to_contain_text("王敏 请您接手一个会话")
    expect(card).to_contain_text("客户问的是报表，您更熟悉")
    screenshot(desk, "transfer-waiting")
    screenshot(phone, "transfer-asked-phone")
    card.get_by_role("button", name="拒绝").click()
    card.get_by_placeholder("原因（选填").fill("正在接电话")
    card.get_by_role("button", name="拒绝").click()
    expect(card).to_have_count(0)
    expect(desk.get_by_text("李雷 没有接受转接")).to_be_visible()
    expect(desk.get_by_text("正在等待 李雷 接受转接")).to_have_count(0)
    screenshot(desk, "transfer-declined")

    wang.post(f"{served.path}/transfer", {"toAgentId": li.agent_id, "reason": "再请您看一下"})
    phone.get_by_role("alertdialog").get_by_role("button", name="接受").click()
    phone.wait_for_url(re.compile(rf"/desk/c/{served.id}"))
    expect(phone.get_by_text("报表导出以后打不开").first).to_be_visible()
    expect(phone.get_by_role("alertdialog")).to_have_count(0)
    expect(desk.get_by_text("李雷").first).to_be_visible()
    assert company.admin.get(served.path)["agent"]["id"] == li.agent_id


def test_customer_waits_leaves_a_message_and_goes_back_to_the_bot(company, open_page: Pages, screenshot):
    page = open_page("/chat", viewport="phone", host=company.host)
    page.locator("textarea").fill(unique("xyzzy"))
    page.get_by_role("button", name="发送", exact=True).click()
    page.get_by_role("button", name="转人工").first.click()
    expect(page.get_by_text("现在没有客服在线").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"咨询编号 C\d+"))).to_be_visible()
    screenshot(page, "queue-nobody-phone")
    page.get_by_role("button", name="留言", exact=True).click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("您的问题").fill("报表打不开，请回电")
    sheet.get_by_label("手机号或邮箱").fill("13800001234")
    screenshot(page, "leave-message-phone")
    sheet.get_by_role("button", name="提交留言").click()
    expect(page.get_by_text("已收到您的留言", exact=True)).to_be_visible()
    expect(page.get_by_text("报表打不开，请回电")).to_be_visible()
    screenshot(page, "message-left-phone")
    page.get_by_role("button", name="再问问机器人").click()
    expect(page.get_by_text("您已离开排队")).to_be_visible()
    expect(page.get_by_text("已收到您的留言", exact=True)).to_have_count(0)


def test_customer_rates_changes_his_mind_and_goes_on(company, open_page: Pages, screenshot):
    """Asked before the end, and after it; a late word takes the same conversation up again."""
    wang = serving(company, "王敏")
    page = open_page("/chat", viewport="phone", host=company.host)
    page.locator("textarea").fill("报表打不开")
    page.get_by_role("button", name="发送", exact=True).click()
    page.wait_for_url(re.compile(r"/chat/\d+"))
    path = f"/sessions/{page.url.rsplit('/', 1)[1]}"
    company.admin.post(f"{path}/assign", {"agentId": wang.agent_id})
    desk = open_page.signed_in(wang, f"/desk/c/{path.rsplit('/', 1)[1]}")
    desk.get_by_role("button", name="邀请评价").click()
    page.get_by_role("button", name="评价本次服务").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("一般", exact=True).check(force=True)
    sheet.get_by_role("button", name="回复太慢").click()
    screenshot(page, "rating-sheet-phone")
    sheet.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("您给出了 3 星评价")).to_be_visible()
    assert wang.get(f"{path}/rating")["tags"] == ["bad.slow"]

    wang.put(f"{path}/close")
    page.get_by_role("button", name="修改评价").click()
    page.get_by_label("非常满意").check(force=True)
    expect(page.get_by_role("button", name="回复太慢")).to_have_count(0)
    page.get_by_role("button", name="问题已解决").click()
    screenshot(page, "rating-card-phone")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("您将评价改为 5 星")).to_be_visible()
    assert wang.get(f"{path}/rating")["tags"] == ["good.solved"]
    screenshot(page, "rated-phone")
    page.get_by_role("button", name="继续这次咨询").click()
    page.locator("textarea").fill("还有一个问题")
    page.get_by_role("button", name="发送", exact=True).click()
    expect(page.get_by_text("咨询已继续")).to_be_visible()
    expect(page.get_by_text("还有一个问题")).to_be_visible()
    assert company.admin.get(path)["status"] == "queued"


def test_supervisor_narrows_the_pool_and_serves_somebody_first(company, open_page: Pages, screenshot):
    visitors = [company.visitor(name) for name in ("刘先生", "陈女士", "周先生")]
    for visitor in visitors:
        visitor.post(f"/sessions/{visitor.open_conversation()['id']}/handover")
    company.admin.put(f"/customers/{visitors[1].customer_id}", {"vipLevel": 3})
    page = open_page.signed_in(company.supervisor, "/desk/console?tab=pool")
    rows = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="分配"))
    expect(rows).to_have_count(3)
    rows.filter(has_text="周先生").get_by_role("button", name="优先接待").click()
    box = dialog(page)
    box.get_by_role("textbox").fill("系统全部停用")
    box.get_by_role("button", name="优先接待").click()
    expect(rows.filter(has_text="周先生")).to_contain_text("优先")
    expect(rows.filter(has_text="周先生")).to_contain_text("1")
    screenshot(page, "pool")
    page.goto(f"{page.url}&vip=1")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("陈女士")
