"""The bot on the pages: menu, choices and thumbs on a phone; moods and recognised problems where agents work."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company
from tests.test_bot import DESK, SELF
from tests.waiting import eventually


def test_customer_walks_by_menu_choice_and_thumb(new_company: Callable[[], Company], open_page: Pages, screenshot):
    company = new_company()
    admin = company.admin
    for title, body in (DESK, SELF):
        article = admin.post("/kb/articles", {"title": title, "body": body, "visibility": "public"})
        admin.post(f"/kb/articles/{article['id']}/publish")
    more = admin.post("/bot-menu-entries", {"labelZh": "缴费问题", "kind": "menu"})
    asks = {"labelZh": "修改缴费密码", "kind": "question", "question": "怎么修改缴费密码", "parentId": more["id"]}
    admin.post("/bot-menu-entries", asks)
    page = open_page("/chat", viewport="phone", host=company.host)
    menu = page.get_by_role("navigation", name="您可以直接选择")
    menu.get_by_role("button", name="缴费问题").click()
    menu.get_by_role("button", name="修改缴费密码").click()
    log = page.get_by_role("log")
    expect(log.get_by_text("请问您想了解的是哪一个")).to_be_visible()
    page.get_by_role("textbox").fill("第二个")
    page.get_by_role("button", name="发送", exact=True).click()
    expect(log.get_by_role("group", name="这个回答有帮助吗")).to_be_visible()
    screenshot(page, "bot-choice")
    log.get_by_role("button", name="没帮助").click()
    log.get_by_role("button", name="不完整").click()
    expect(log.get_by_text("谢谢反馈")).to_be_visible()
    page.reload()
    expect(log.get_by_role("button", name="没帮助")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="打开菜单").click()
    expect(log.get_by_text("请选择您要咨询的内容")).to_be_visible()
    expect(log.get_by_role("button", name="缴费问题")).to_be_visible()


def test_agent_sees_the_mood_and_confirms_the_problem(new_company: Callable[[], Company], open_page: Pages, screenshot):
    company = new_company()
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    console = open_page.signed_in(company.supervisor, "/desk/console")
    phone = open_page.signed_in(agent, f"/desk/c/{served.id}", viewport="phone")
    page = open_page.signed_in(agent, f"/desk/c/{served.id}")
    expect(page.get_by_text("愤怒")).to_have_count(0)
    served.customer.say(served.path, "密码又不对，你们就是一群骗子！气死我了")
    for one in (page, phone):
        expect(one.get_by_role("log").get_by_role("img", name="愤怒")).to_be_visible()
        expect(one.get_by_role("heading", name="李医生").locator("..").get_by_text("愤怒")).to_be_visible()
    expect(console.get_by_role("row").filter(has_text="李医生").get_by_role("img", name="愤怒")).to_be_visible()
    screenshot(phone, "mood-phone")
    # the keywords know what it is about; one click says that they are right
    page.get_by_role("tab", name="客户").click()
    page.get_by_role("button", name="登录与账号").click()
    eventually(lambda: company.admin.get(served.path)["problemType"] == "login")
    cases = company.admin.get("/learned-models/cases")
    assert [row["cases"] for row in cases if row["subject"] == "problem_type"] == [1]
    expect(page.get_by_text("问题类型已更新")).to_be_visible()
    screenshot(page, "mood-desk")
    for mood, count in (("unhappy", 1), ("positive", 0)):
        console.goto(f"/desk/console?mood={mood}")
        expect(console.get_by_role("combobox", name="客户情绪")).to_be_visible()
        expect(console.get_by_role("row").filter(has_text="李医生")).to_have_count(count)
