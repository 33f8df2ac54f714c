"""The desk for its users: what agents and supervisors see and may do there, in a browser and over REST."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person
from tests.servers import ROOT

ROUTERS = {"desk": "/desk", "portal": ""}
REPLY_BOX = "输入回复，按 / 选择快捷回复"


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def addresses() -> list[str]:
    """Every address that the front end's own routers write, with and without a slash at the end."""
    found = {"/login", "/login/"}
    for name, base in ROUTERS.items():
        text = (ROOT / "frontend" / "src" / name / "router.ts").read_text(encoding="utf-8")
        for path in re.findall(r"path: '([^']+)'", text):
            if "rest" not in path:
                address = base + re.sub(r":id\(.*\)$", "1", path).rstrip("/")
                found |= {address or "/", f"{address}/"}
    return sorted(found)


def page_of(person: Person, path: str) -> requests.Response:
    return person.request("GET", person.base_url + path, allow_redirects=False)


def row_of(page: Page, name: str):
    return page.get_by_role("row").filter(has_text=name)


def big_picture(folder: Path) -> Path:
    path = folder / "screen.png"
    Image.effect_noise((1600, 900), 60).save(path)
    return path


# --- addresses --------------------------------------------------------------------------------------------------------


def test_every_address_of_the_routers_is_served(people: Company):
    assert {"/desk/", "/desk/c/1", "/tickets/", "/chat/1", "/login/"} <= set(addresses())
    answers = {path: page_of(people.supervisor, path).status_code for path in addresses()}
    assert set(answers.values()) == {200}, answers


def test_who_may_enter_the_desk(people: Company):
    """Strangers sign in first and come back; a customer's account is told so, instead of being sent in a circle."""
    stranger = page_of(people.anonymous, "/desk/console?tab=agents&status=closed")
    assert stranger.status_code == 302
    assert stranger.headers["Location"] == "/login?next=/desk/console%3Ftab%3Dagents%26status%3Dclosed"
    customer = page_of(people.customer, "/desk")
    assert customer.status_code == 403
    assert 'href="/"' in customer.text
    assert 'href="/desk"' not in customer.text


def test_notification_opens_the_conversation_from_any_page(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    desk = open_page.signed_in(agent, "/desk/tickets")
    served = company.served(company.visitor("李医生"), agent)
    desk.get_by_role("button", name=re.compile("通知，1 条未读")).click()
    desk.get_by_text("新会话分配给您").click()
    desk.wait_for_url(f"**/desk/c/{served.id}")
    expect(desk.get_by_placeholder(REPLY_BOX)).to_be_visible()
    desk.goto(f"/desk?session={served.id}")  # as notifications of earlier days say it
    desk.wait_for_url(f"**/desk/c/{served.id}")


# --- lists ------------------------------------------------------------------------------------------------------------


def test_list_says_what_the_customer_wants_and_since_when(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    served.customer.say(served.path, "报表打不开")
    served.agent.say(served.path, "请同事看一下", type="note")
    session = agent.get(served.path)
    assert session["lastSaid"]["preview"] == "报表打不开"
    assert session["lastMessage"]["type"] == "note"
    desk = open_page.signed_in(agent, "/desk")
    listed = desk.get_by_role("region", name="会话列表")
    expect(listed.get_by_text("报表打不开")).to_be_visible()
    expect(listed.get_by_text("请同事看一下")).to_have_count(0)


def test_only_what_was_in_view_is_read(company: Company, open_page: Pages):
    """Who has scrolled up or looks at another conversation is told how many wait, as the server counts them."""
    agent = company.new("agent", "王敏")
    one, other = (company.served(company.visitor(name), agent) for name in ("李医生", "周女士"))
    for number in range(30):
        one.customer.say(one.path, f"第 {number + 1} 行日志")
    desk = open_page.signed_in(agent, f"/desk/c/{one.id}")
    rows = desk.get_by_role("region", name="会话列表").locator("[data-id]")
    counts = {
        served.id: rows.filter(has_text=served.customer.actor["name"]).locator(".badge, .count")
        for served in (one, other)
    }
    expect(desk.get_by_text("第 30 行日志").first).to_be_visible()
    expect(counts[one.id]).to_have_count(0)
    desk.get_by_role("log").evaluate("list => list.scrollTop = 0")
    expect(desk.get_by_role("button", name="回到底部")).to_be_visible()
    one.customer.say(one.path, "还在吗？")
    expect(desk.get_by_role("button", name="1 条新消息")).to_be_visible()
    expect(counts[one.id]).to_have_text("1")
    rows.filter(has_text="周女士").click()
    expect(desk.get_by_role("heading", name="周女士")).to_be_visible()
    expect(counts[one.id]).to_have_text("1")
    assert agent.get(one.path)["unread"] == 1
    with desk.expect_response(lambda answer: "/sessions?" in answer.url):
        rows.filter(has_text="李医生").click()
        expect(desk.get_by_role("article").filter(has_text="还在吗？")).to_be_visible()
        other.customer.say(other.path, "您好")
        company.served(company.visitor("陈主任"), agent)  # the list is asked for anew
    expect(counts[one.id]).to_have_count(0)
    expect(counts[other.id]).to_have_text("1")
    assert [agent.get(served.path)["unread"] for served in (one, other)] == [0, 1]


def test_supervisor_sorts_by_wait_and_finds_those_left_alone(company: Company):
    """Who waits longest comes first, who does not wait last; `offline` names those whose agent has gone."""
    agent, colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
    answered, first, second = (company.served(company.visitor(), who) for who in (agent, agent, colleague))
    for served in (first, second):
        served.customer.say(served.path, "在吗")
    answered.customer.say(answered.path, "在吗")
    answered.agent.say(answered.path, "在的")
    boss = company.new("supervisor")
    rows = boss.get("/sessions", sort="waitingSince", status="active")["list"]
    assert [row["id"] for row in rows] == [first.id, second.id, answered.id]
    assert [row["waitingSince"] is None for row in rows] == [False, False, True]
    colleague.be("online")
    alone = boss.get("/sessions", agentId="offline")["list"]
    assert {row["id"] for row in alone} == {answered.id, first.id}
    boss.get("/sessions", agentId="nobody", expect=400)


# --- the console ------------------------------------------------------------------------------------------------------


def test_supervisor_gives_all_conversations_of_an_absent_agent_to_another(company: Company, open_page: Pages):
    absent, present = company.new("agent", "王敏"), company.new("agent", "李雷")
    boss = company.new("supervisor", "赵静")
    names = ("李医生", "周女士")
    served = [company.served(company.visitor(name), absent) for name in names]
    company.make_room(present)
    present.be("online")
    console = open_page.signed_in(boss, "/desk/console?tab=agents")
    card = console.get_by_role("listitem").filter(has_text="王敏")
    expect(card).to_contain_text("2 个会话无人接待")
    card.get_by_role("button", name="2 个会话无人接待").click()
    console.wait_for_url("**/desk/console?agent=*")
    for name in names:
        expect(row_of(console, name)).to_contain_text("客服已离线")
    console.get_by_role("columnheader").locator(".el-checkbox").click()
    console.get_by_role("button", name="转给…").click()
    dialog = console.get_by_role("dialog")
    people = dialog.get_by_role("radio", name=re.compile("王敏|李雷"))
    expect(people.first).to_have_accessible_name(re.compile("李雷"))  # who is there comes first
    expect(dialog.get_by_role("button", name="转接", exact=True)).to_be_disabled()
    dialog.get_by_text("李雷").click()
    dialog.get_by_label("说明").fill("王敏已下线")
    dialog.get_by_role("button", name="转接", exact=True).click()
    expect(console.get_by_text("会话已转接")).to_be_visible()
    assert {boss.get(one.path)["agent"]["id"] for one in served} == {present.agent_id}


def test_console_keeps_its_view_in_the_address_and_asks_why_one_takes_over(company: Company, open_page: Pages):
    agent, boss = company.new("agent", "王敏"), company.new("supervisor", "赵静")
    served = company.served(company.visitor("李医生"), agent)
    console = open_page.signed_in(boss, "/desk/console")
    console.get_by_role("tab", name="全部会话").focus()
    console.keyboard.press("ArrowRight")
    expect(console.get_by_role("tab", name="排队池")).to_be_focused()
    console.keyboard.press("ArrowRight")
    expect(console.get_by_role("tabpanel")).to_have_attribute("aria-labelledby", "console-tab-agents")
    console.reload()
    expect(console.get_by_role("tab", name="客服", exact=True)).to_have_attribute("aria-selected", "true")

    console.get_by_role("button", name=re.compile("^进行中")).click()  # a number that leads to what it counts
    console.wait_for_url("**/desk/console?status=active")
    expect(console.get_by_text("平均评分")).to_be_visible()
    expect(console.get_by_role("button", name=re.compile("平均评分"))).to_have_count(0)
    console.get_by_placeholder("搜索客户、主题或编号").fill("李医生")
    console.wait_for_url(re.compile("status=active&q="))
    console.reload()
    expect(console.get_by_placeholder("搜索客户、主题或编号")).to_have_value("李医生")

    row_of(console, "李医生").get_by_role("button", name="接管").click()
    dialog = console.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="接管")).to_be_disabled()
    dialog.get_by_label("说明").fill("客户投诉升级")
    dialog.get_by_role("button", name="接管").click()
    console.wait_for_url(f"**/desk/c/{served.id}")
    note = console.get_by_role("article").filter(has_text="客户投诉升级")
    expect(note).to_contain_text("赵静")  # the system stores the reason; it is hers
    console.go_back()
    expect(console.get_by_placeholder("搜索客户、主题或编号")).to_have_value("李医生")


def test_absent_agent_cannot_be_put_on_line(company: Company, open_page: Pages):
    company.new("agent", "王敏")
    console = open_page.signed_in(company.new("supervisor"), "/desk/console?tab=agents")
    open_page.expect_console_error("status of 409")
    console.get_by_role("button", name="调整 王敏 的状态").click()
    console.get_by_role("menuitem", name="在线").click()
    expect(console.get_by_text("没有打开工作台")).to_be_visible()


def test_deleted_customer_leaves_a_conversation_one_can_still_read(company: Company, open_page: Pages):
    agent, boss = company.new("agent", "王敏"), company.new("supervisor")
    served = company.served(company.visitor("李医生"), agent)
    served.customer.say(served.path, "报表打不开")
    agent.put(f"{served.path}/close", {})
    company.admin.delete(f"/customers/{served.customer.customer_id}")
    console = open_page.signed_in(boss, "/desk/console?status=all")
    row = row_of(console, "报表打不开")
    expect(row).to_contain_text("已删除的客户")
    row.get_by_role("link", name="查看").click()
    expect(console.get_by_role("heading", name="已删除的客户")).to_be_visible()
    expect(console.get_by_text("这位客户已被删除")).to_be_visible()


# --- a conversation ---------------------------------------------------------------------------------------------------


def test_picture_that_arrives_does_not_take_the_end_out_of_view(company: Company, open_page: Pages, tmp_path: Path):
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    for number in range(30):
        served.customer.say(served.path, f"第 {number} 行")
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    expect(desk.get_by_text("第 29 行").last).to_be_in_viewport()
    picture = served.customer.upload("screen.png", big_picture(tmp_path).read_bytes(), "image/png")
    served.customer.post(
        f"{served.path}/messages",
        {"clientMsgId": "picture", "type": "image", "content": "screen.png", "fileId": picture["fileId"]},
    )
    image = desk.get_by_role("img", name="图片：screen.png")
    expect(image).to_be_in_viewport(ratio=0.9)
    served.customer.say(served.path, "看到了吗")
    expect(desk.get_by_role("article").get_by_text("看到了吗")).to_be_in_viewport()
    expect(desk.get_by_role("button", name=re.compile("新消息"))).to_have_count(0)
    desk.get_by_role("log").hover()
    desk.mouse.wheel(0, -900)  # only who scrolls up leaves the end
    expect(desk.get_by_role("button", name="回到底部")).to_be_visible()


def test_files_wait_for_the_words_and_follow_them(company: Company, open_page: Pages, tmp_path: Path):
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    box = desk.get_by_placeholder(REPLY_BOX)
    box.fill("请看截图")
    desk.locator("input[type=file]").set_input_files(big_picture(tmp_path))
    expect(desk.get_by_text("待发送")).to_be_visible()
    assert served.customer.messages(served.path)["list"][-1]["type"] == "system"  # nothing has gone out yet
    desk.get_by_role("button", name="发送", exact=True).click()
    expect(desk.get_by_role("img", name="图片：screen.png")).to_be_visible()
    expect(desk.get_by_role("img", name="已发送")).to_have_count(2)
    expect(desk.get_by_text("待发送")).to_have_count(0)
    assert [row["type"] for row in served.customer.messages(served.path)["list"]][-2:] == ["text", "image"]

    open_page.expect_console_error("status of 4")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"MZ\x90\x00 no picture")
    desk.locator("input[type=file]").set_input_files(broken)
    refused = desk.get_by_role("listitem").filter(has_text="broken.png")
    expect(refused.get_by_role("button", name="取消")).to_be_visible()
    expect(refused).not_to_contain_text("待发送")
    expect(refused.get_by_role("button", name="重试")).to_have_count(0)  # it would be refused again


def test_former_agent_is_told_who_has_the_conversation_now(company: Company, open_page: Pages):
    agent, colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
    served = company.served(company.visitor("李医生"), agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    expect(desk.get_by_placeholder(REPLY_BOX)).to_be_visible()
    company.admin.post(f"{served.path}/assign", {"agentId": colleague.agent_id})
    expect(desk.get_by_text("已转给 李雷")).to_be_visible()
    expect(desk.get_by_placeholder(REPLY_BOX)).to_have_count(0)
    open_page.expect_console_error("status of 404")
    desk.reload()
    expect(desk.get_by_text("会话不在您这里")).to_be_visible()
    desk.get_by_role("link", name="返回列表").click()
    desk.wait_for_url(re.compile("/desk/?$"))


def test_agent_writes_down_who_the_customer_is(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    desk.get_by_role("tab", name="客户").click()
    expect(desk.get_by_text("历史会话（0）")).to_be_visible()  # the one that is open is no history
    for phone, shown in (("13800001111", "138****1111"), ("", "138****1111")):
        desk.get_by_role("button", name="编辑客户").click()
        dialog = desk.get_by_role("dialog")
        if phone:
            dialog.get_by_label("电话").fill(phone)
        dialog.get_by_label("备注").fill(f"偏好电话联系{phone}")
        dialog.get_by_role("button", name="保存").click()
        expect(dialog).to_have_count(0)
        expect(desk.get_by_text(shown)).to_be_visible()
    stored = company.admin.get(f"/customers/{served.customer.customer_id}")
    assert stored["phone"] == "13800001111"  # the second time the number was masked, and left alone
    assert stored["note"] == "偏好电话联系"


def test_rating_with_few_stars_shows_its_words(company: Company, open_page: Pages):
    agent, boss = company.new("agent", "王敏"), company.new("supervisor")
    served = company.served(company.visitor("李医生"), agent)
    agent.put(f"{served.path}/close", {})
    served.customer.post(f"{served.path}/rating", {"score": 2, "comment": "回答太慢"})
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    expect(desk.get_by_text("客户评价：2 星")).to_be_visible()
    expect(desk.get_by_role("log").get_by_text("回答太慢")).to_be_visible()
    console = open_page.signed_in(boss, "/desk/console?status=closed")
    expect(row_of(console, "李医生")).to_contain_text(re.compile("2 星.*回答太慢"))


def test_suggestions_keep_staff_articles_from_the_customer(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    title = "客户要求退款时的内部审批流程"
    article = company.admin.post(
        "/kb/articles", {"title": title, "body": "先报主管审批，再由财务退款。", "visibility": "staff", "locale": "zh"}
    )
    company.admin.post(f"/kb/articles/{article['id']}/publish", {})
    served = company.served(company.visitor("李医生"), agent)
    served.customer.say(served.path, "退款审批流程")
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    found = desk.get_by_role("tabpanel").last.get_by_role("article").filter(has_text=title)
    expect(found).to_contain_text("内部")
    expect(found.get_by_role("button", name=re.compile("插入"))).to_have_count(0)


# --- tickets ----------------------------------------------------------------------------------------------------------


def test_agent_records_a_call_of_somebody_new_and_keeps_it(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    desk = open_page.signed_in(agent, "/desk/tickets")
    expect(desk.get_by_text("还没有工单")).to_be_visible()
    desk.get_by_role("button", name="新建工单").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="新客户").click()
    dialog.get_by_label("姓名").fill("孙工")
    dialog.get_by_label("电话").fill("13900002222")
    dialog.get_by_label("标题").fill("接口返回 500")
    expect(dialog.get_by_text("王敏（我）")).to_be_visible()
    dialog.get_by_role("button", name="创建工单").click()
    desk.wait_for_url(re.compile(r"/desk/tickets/\d+$"))
    expect(desk.get_by_placeholder("写给客户的消息")).to_be_visible()
    ticket = agent.get("/tickets")["list"][0]
    assert (ticket["customer"]["name"], ticket["assignee"]["id"]) == ("孙工", agent.agent_id)
    assert agent.get("/notifications")["list"] == []  # nobody is told of what he did himself


def test_ticket_without_customer_is_for_notes_only(company: Company, open_page: Pages):
    agent, colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
    agent.post("/tickets", {"title": "检查备份", "assigneeId": colleague.agent_id}, expect=403)  # only for himself
    company.visitor().post("/tickets", {"title": "给我找人", "assigneeId": agent.agent_id}, expect=403)
    ticket = agent.post("/tickets", {"title": "检查备份", "assigneeId": agent.agent_id})
    assert ticket["customer"] is None
    desk = open_page.signed_in(agent, f"/desk/tickets/{ticket['id']}")
    box = desk.get_by_placeholder(re.compile("^内部备注"))
    box.fill("已查，备份正常")
    box.press("Enter")
    note = desk.get_by_role("article").filter(has_text="已查，备份正常")
    expect(note.get_by_role("button", name="消息操作")).to_have_count(1)  # what is stored can be taken back
    assert agent.messages(f"/tickets/{ticket['id']}")["list"][-1]["type"] == "note"


def test_reopened_ticket_does_not_look_solved(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    ticket = agent.post("/tickets", {"title": "报表打不开", "assigneeId": agent.agent_id})
    for step in (
        {"status": "processing"},
        {"status": "resolved", "resolution": "已重建索引"},
        {"status": "processing"},
    ):
        agent.post(f"/tickets/{ticket['id']}/flow", step)
    desk = open_page.signed_in(agent, f"/desk/tickets/{ticket['id']}")
    expect(desk.get_by_role("heading", name="上次的解决方案")).to_be_visible()
    expect(desk.get_by_role("heading", name="解决方案", exact=True)).to_have_count(0)


def test_ticket_made_from_a_conversation_shows_beside_it_at_once(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    desk.get_by_role("tab", name="客户").click()
    expect(desk.get_by_text("工单（0）")).to_be_visible()
    desk.get_by_role("button", name="转工单").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("客户都能看到")
    dialog.get_by_label("标题").fill("报表少三行")
    dialog.get_by_role("button", name="创建工单").click()
    expect(desk.get_by_text("工单（1）")).to_be_visible()
    expect(desk.get_by_role("link", name=re.compile("报表少三行"))).to_be_visible()
