"""A customer's tickets in the browser: written with help beside them, found again, talked about, reopened, rated."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.factories import picture
from tests.people import Company, Person
from tests.waiting import eventually

Take = Callable[[Page, str], object]
VIEWPORTS = pytest.mark.parametrize("viewport", ["phone", "desktop"])
#: a file as the mouse or the clipboard hands it over: the kind of event, its name, where
HAND_OVER = """([kind, name, selector]) => {
  const carried = new DataTransfer()
  carried.items.add(new File(['the log of the machine'], name, { type: 'text/plain' }))
  const options = { bubbles: true, cancelable: true }
  const target = document.querySelector(selector)
  if (kind === 'paste') {
    target.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: carried }))
  } else {
    target.dispatchEvent(new DragEvent('dragover', { ...options, dataTransfer: carried }))
    target.dispatchEvent(new DragEvent('drop', { ...options, dataTransfer: carried }))
  }
}"""


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def solve(agent: Person, path: str) -> None:
    agent.post(f"{path}/flow", {"status": "resolved", "resolution": "已更换硒鼓"})


def write(page: Page, title: str, description: str) -> None:
    page.get_by_label("标题").fill(title)
    page.get_by_label("详细描述").fill(description)


# --- submitting ---------------------------------------------------------------------------------


@VIEWPORTS
def test_customer_submits_with_files_and_a_contact_of_this_ticket(
    company: Company, open_page: Pages, screenshot: Take, viewport: str
):
    items = company.admin.get("/dictionaries", size=100)["list"]
    product = next(one["id"] for one in items if one["code"] == "product")
    company.admin.post("/dictionary-items", {"dictionaryId": product, "code": "his", "label": "门诊系统"})
    customer = company.new("customer", "王芳")
    page = open_page.signed_in(customer, "/tickets/new", viewport=viewport)
    write(page, "门诊打印没有反应", "从今天早上开始，点击打印没有任何反应")
    page.get_by_label("产品或系统").select_option(label="门诊系统")
    page.get_by_text("紧急", exact=True).click()
    expect(page.get_by_text("部分功能受影响，工作受阻")).to_be_visible()
    page.evaluate(HAND_OVER, ["drop", "拖入.txt", "form"])
    page.evaluate(HAND_OVER, ["paste", "粘贴.txt", "textarea"])
    page.locator("input[type=file]").set_input_files({"name": "截图.png", "mimeType": "image/png", "buffer": picture()})
    for name in ("拖入.txt", "粘贴.txt", "截图.png"):
        expect(page.get_by_role("button", name=f"移除 {name}")).to_be_visible()
    page.get_by_role("button", name="移除 粘贴.txt").click()
    expect(page.get_by_role("group", name="联系方式")).to_contain_text("王芳")
    page.get_by_role("button", name="修改").click()
    page.get_by_label("联系电话").fill("电话")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("请填写正确的电话号码")).to_be_visible()
    page.get_by_label("联系电话").fill("13800138000")
    screenshot(page, f"ticket-new-{viewport}")
    page.reload()  # what was written and uploaded is there again
    expect(page.get_by_label("标题")).to_have_value("门诊打印没有反应")
    expect(page.get_by_role("button", name="移除 拖入.txt")).to_be_visible()
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    expect(page.get_by_text("13800138000")).to_be_visible()
    path = f"/tickets/{page.url.rsplit('/', 1)[1]}"
    ticket = customer.get(path)
    told = {name: ticket[name] for name in ("priority", "product", "contactName", "contactPhone")}
    assert told == {"priority": "urgent", "product": "his", "contactName": "王芳", "contactPhone": "13800138000"}
    sent = eventually(
        lambda: [
            names
            for names in [[one["content"] for one in customer.messages(path)["list"] if one["type"] != "system"]]
            if len(names) == 2
        ]
    )
    assert sorted(sent[0]) == ["截图.png", "拖入.txt"]


def test_no_more_files_than_are_allowed(company: Company, open_page: Pages):
    page = open_page.signed_in(company.customer, "/tickets/new")
    many = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(12)]
    page.locator("input[type=file]").set_input_files(many)
    expect(page.get_by_text("最多添加 10 个文件")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^移除"))).to_have_count(10)


@VIEWPORTS
def test_an_article_and_an_own_ticket_are_offered_before_sending(
    company: Company, open_page: Pages, screenshot: Take, viewport: str
):
    for title in ("怎么申请发票", "忘记登录密码", "会议室投影没有信号"):
        company.ticket(title=title)
    admin, customer = company.admin, company.visitor("孙医生")
    body = {"title": "打印机卡纸怎么办", "body": "打开后盖，取出卡住的纸。", "visibility": "public"}
    article = admin.post("/kb/articles", body)
    admin.post(f"/kb/articles/{article['id']}/publish")
    ticket = company.ticket(customer, title="打印机卡纸", description="打印机一直卡纸，打不出来")
    eventually(lambda: customer.get("/tickets/similar", title="打印机卡纸", text="打印机卡纸"))
    eventually(lambda: customer.get("/kb/articles/search", q="打印机卡纸")["list"])
    page = open_page.signed_in(customer, "/tickets/new", viewport=viewport)
    write(page, "打印机又卡纸", "打印机卡纸打不出来")
    own = page.get_by_role("region", name="您提交过类似的工单，要继续跟进吗？")
    expect(own).to_contain_text("打印机卡纸")
    screenshot(page, f"ticket-hints-{viewport}")
    own.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/tickets/{ticket['id']}$"))
    page.go_back()
    expect(page.get_by_label("标题")).to_have_value("打印机又卡纸")
    page.get_by_role("button", name="打印机卡纸怎么办").click()
    sheet = page.get_by_role("dialog", name="打印机卡纸怎么办")
    expect(sheet).to_contain_text("取出卡住的纸")
    screenshot(page, f"ticket-hint-article-{viewport}")
    sheet.get_by_role("button", name="没有解决，继续提交").click()
    expect(page.get_by_label("详细描述")).to_have_value("打印机卡纸打不出来")
    page.get_by_role("button", name="打印机卡纸怎么办").click()
    sheet.get_by_role("button", name="问题已解决").click()
    expect(page.get_by_text("很高兴您的问题已经解决")).to_be_visible()
    assert eventually(lambda: admin.get(f"/kb/articles/{article['id']}")["helpfulCount"]) == 1
    page.goto("/tickets/new")
    expect(page.get_by_label("标题")).to_have_value("")
    assert customer.get("/tickets")["total"] == 1


# --- my tickets ---------------------------------------------------------------------------------


@VIEWPORTS
def test_my_tickets_are_found_by_state_words_and_urgency(
    company: Company, open_page: Pages, screenshot: Take, viewport: str
):
    agent, customer = company.new("agent", "王敏"), company.visitor("孙医生")
    waiting = company.ticket(customer, agent, title="打印机卡纸", priority="urgent")
    agent.post(f"/tickets/{waiting['id']}/flow", {"status": "waiting"})
    agent.say(f"/tickets/{waiting['id']}", "请问是哪一台？")
    done = company.ticket(customer, agent, title="登录失败")
    solve(agent, f"/tickets/{done['id']}")
    company.ticket(customer, title="怎么申请发票")
    page = open_page.signed_in(customer, "/tickets", viewport=viewport)
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="打印机卡纸")).to_contain_text("等待您回复")
    screenshot(page, f"my-tickets-{viewport}")
    for state, titles in (
        ("等待我回复 1", ["打印机卡纸"]),
        ("已解决", ["登录失败"]),
        ("已关闭", []),
        ("进行中", ["怎么申请发票", "打印机卡纸"]),
        ("全部", ["怎么申请发票", "打印机卡纸", "登录失败"]),
    ):
        page.get_by_role("group", name="按状态筛选").get_by_text(state, exact=True).click()
        expect(rows).to_have_count(len(titles))
        for title in titles:
            expect(rows.filter(has_text=title)).to_be_visible()
    page.get_by_role("searchbox", name="搜索工单号或标题").fill("发票")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox", name="搜索工单号或标题").fill(waiting["no"])
    expect(rows).to_contain_text(["打印机卡纸"])
    page.get_by_role("searchbox", name="搜索工单号或标题").fill("没有的词")
    expect(page.get_by_text("没有符合条件的工单")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="筛选").click()
    sheet = page.get_by_role("dialog", name="筛选")
    sheet.get_by_text("紧急", exact=True).click()
    sheet.get_by_text("近 7 天").click()
    screenshot(page, f"my-tickets-filter-{viewport}")
    sheet.get_by_role("button", name="查看结果").click()
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows.filter(has_text="打印机卡纸")).to_be_visible()
    expect(rows).to_have_count(1)


# --- the room -----------------------------------------------------------------------------------


@VIEWPORTS
def test_room_says_whose_turn_it_is_and_who_writes_and_takes_a_rating(
    company: Company, open_page: Pages, screenshot: Take, viewport: str
):
    agent, customer = company.new("agent", "王敏"), company.visitor("孙医生")
    ticket = company.ticket(customer, agent, title="打印机卡纸", contactName="孙医生", contactPhone="13800138000")
    path = f"/tickets/{ticket['id']}"
    agent.post(f"{path}/flow", {"status": "waiting"})
    page = open_page.signed_in(customer, path, viewport=viewport)
    expect(page.get_by_text("客服在等您回复")).to_be_visible()
    expect(page.get_by_text("孙医生 · 13800138000")).to_be_visible()
    with agent.socket() as ears:
        ears.ok("typing", {"ticketId": ticket["id"], "typing": True})
        expect(page.get_by_text("客服王敏正在输入…")).to_be_visible()
        screenshot(page, f"ticket-waiting-{viewport}")
        ears.ok("join", {"ticketId": ticket["id"]})
        page.locator("textarea").fill("是三楼那一台")
        ears.wait_for("typing", lambda one: one["preview"] == "是三楼那一台")
    page.get_by_role("button", name="发送", exact=True).click()
    expect(page.get_by_text("客服在等您回复")).to_have_count(0)
    solve(agent, path)
    expect(page.get_by_text("这次的处理您满意吗？")).to_be_visible()
    page.get_by_role("radio", name="很不满意").check(force=True)
    page.get_by_role("button", name="问题没解决").click()
    page.get_by_placeholder("还有什么想告诉我们的？（选填）").fill("还是卡")
    screenshot(page, f"ticket-rating-{viewport}")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("感谢您的评价")).to_be_visible()
    told = agent.get(f"{path}/rating")
    assert (told["score"], told["tags"], told["comment"]) == (1, ["bad.unsolved"], "还是卡")
    page.get_by_role("button", name="问题还没解决，重新打开工单").click()
    page.get_by_label("还有什么问题？").fill("换了纸也一样")
    page.get_by_role("button", name="重新处理").click()
    expect(page.get_by_role("heading", name="上次的处理结果")).to_be_visible()
    expect(page.get_by_text("换了纸也一样")).to_be_visible()
    expect(page.get_by_text("感谢您的评价")).to_have_count(0)
    solve(agent, path)
    page.get_by_role("radio", name="非常满意").check(force=True)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("感谢您的评价")).to_be_visible()
    assert customer.get(f"{path}/rating")["score"] == 5


def test_rated_in_another_tab_is_no_error(company: Company, open_page: Pages):
    agent, customer = company.new("agent"), company.visitor()
    path = f"/tickets/{company.ticket(customer, agent)['id']}"
    solve(agent, path)
    page = open_page.signed_in(customer, path)
    page.get_by_role("radio", name="非常满意").check(force=True)
    customer.post(f"{path}/rating", {"score": 4})
    open_page.expect_console_error("409")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("感谢您的评价")).to_be_visible()
    assert customer.get(f"{path}/rating")["score"] == 4


# --- at the desk --------------------------------------------------------------------------------


def test_staff_see_the_rating_and_the_figures_of_tickets(company: Company, open_page: Pages, screenshot: Take):
    agent, customer = company.new("agent", "王敏"), company.visitor("孙医生")
    path = f"/tickets/{company.ticket(customer, agent, title='打印机卡纸')['id']}"
    solve(agent, path)
    desk = open_page.signed_in(agent, f"/desk{path}")
    expect(desk.get_by_role("heading", name="打印机卡纸")).to_be_visible()
    customer.post(f"{path}/rating", {"score": 2, "comment": "等了三天", "tags": ["bad.slow"]})
    expect(desk.get_by_role("heading", name="客户评价")).to_be_visible()
    expect(desk.get_by_text("等了三天").first).to_be_visible()
    expect(desk.get_by_text("回复太慢")).to_be_visible()
    expect(desk.get_by_text("已邀请客户评价")).to_be_visible()
    screenshot(desk, "ticket-rated-desk")
    boss = open_page.signed_in(company.supervisor, "/desk/console?tab=satisfaction&about=tickets")
    expect(boss.get_by_text("已评价 1 / 已邀请 1").first).to_be_visible()
    screenshot(boss, "satisfaction-of-tickets")


def test_agent_is_shown_tickets_like_the_one_he_writes(company: Company, open_page: Pages, screenshot: Take):
    agent = company.new("agent", "王敏")
    for title in ("怎么申请发票", "忘记登录密码", "会议室投影没有信号"):
        company.ticket(title=title)
    solved = company.ticket(company.visitor(), agent, title="打印机卡纸", description="打印机一直卡纸")
    solve(agent, f"/tickets/{solved['id']}")
    eventually(lambda: agent.get("/tickets/similar", title="打印机卡纸"))
    desk = open_page.signed_in(agent, "/desk/tickets")
    desk.get_by_role("button", name="新建工单").first.click()
    dialog = desk.get_by_role("dialog", name="新建工单")
    dialog.get_by_label("标题").fill("打印机卡纸")
    expect(dialog.get_by_text("已更换硒鼓")).to_be_visible()
    screenshot(desk, "ticket-dialog-similar")


def test_agent_names_a_colleague_in_a_note_of_a_ticket(company: Company, open_page: Pages):
    agent, boss, customer = company.new("agent", "王敏"), company.new("supervisor", "钱勇"), company.visitor()
    path = f"/tickets/{company.ticket(customer, agent)['id']}"
    desk = open_page.signed_in(agent, f"/desk{path}")
    desk.get_by_role("button", name="内部备注").click()
    box = desk.get_by_placeholder(re.compile("^内部备注"))
    box.press_sequentially("请看一下 @钱")
    desk.get_by_role("option", name="钱勇").click()
    box.press("Enter")
    told = eventually(lambda: [one for one in boss.get("/notifications")["list"] if one["kind"] == "message.mentioned"])
    assert told[0]["link"] == f"/desk{path}"
    assert "@钱勇" not in repr(customer.messages(path))
