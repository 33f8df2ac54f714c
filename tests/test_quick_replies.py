"""Quick replies: whose they are, and that what is used most is offered first."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, at_once, unique
from tests.screens import Screens


def keep(person: Person, **more) -> dict:
    """A quick reply of this person's own; one of everybody's with a right to share."""
    return person.post(
        "/quick-replies", {"code": unique("q"), "title": unique("title"), "content": unique("text"), **more}
    )


def test_each_use_counts_also_two_at_once(people: Company):
    reply = keep(people.admin)
    agents = [people.agent, people.other_team_agent] * 3
    answers = at_once(*[lambda agent=agent: agent.post(f"/quick-replies/{reply['id']}/use") for agent in agents])
    assert max(answer["useCount"] for answer in answers) == 6
    assert people.agent.get(f"/quick-replies/{reply['id']}")["useCount"] == 6


def test_counting_is_no_change_of_the_text(people: Company):
    """Who edits it meanwhile is not told that somebody else has changed it."""
    reply = keep(people.admin)
    people.agent.post(f"/quick-replies/{reply['id']}/use")
    changed = people.admin.put(f"/quick-replies/{reply['id']}", {"title": "改过", "version": reply["version"]})
    assert (changed["title"], changed["useCount"]) == ("改过", 1)


def test_most_used_come_first_when_asked_so(people: Company):
    agent = people.new("agent")
    seldom, often = keep(agent), keep(agent)
    for _ in range(2):
        agent.post(f"/quick-replies/{often['id']}/use")
    agent.post(f"/quick-replies/{seldom['id']}/use")
    mine = [row["id"] for row in agent.get("/quick-replies", sort="-useCount", size=100)["list"]]
    assert mine.index(often["id"]) < mine.index(seldom["id"])


@pytest.mark.parametrize("number", [999_999_999, 0])
def test_what_is_not_there_is_not_counted(people: Company, number: int):
    people.agent.post(f"/quick-replies/{number}/use", expect=404)


# --- whose they are ---------------------------------------------------------------------------------------------------


def scopes(person: Person) -> dict[int, tuple[str, bool]]:
    """Every quick reply this person sees: whose it is, and whether he may change it."""
    rows = person.get("/quick-replies", size=100, sort="-id")["list"]
    return {row["id"]: (row["scope"], row["mayChange"]) for row in rows}


def test_a_teams_quick_reply_is_kept_by_its_members_and_seen_by_nobody_else(people: Company):
    member, mate, stranger, boss = (people.new(role) for role in ("agent", "agent", "agent", "supervisor"))
    team = people.admin.post("/teams", {"name": unique("team")})["id"]
    for person in (member, mate):
        Screens(people.admin).make("team_member", team_id=str(team), agent_id=str(person.agent_id))
    reply = keep(member, teamId=team)
    assert (reply["scope"], reply["teamName"] is not None) == ("team", True)
    assert scopes(mate)[reply["id"]] == ("team", True)
    assert scopes(boss)[reply["id"]] == ("team", True)  # keeps those of all
    assert reply["id"] not in scopes(stranger)
    assert mate.put(f"/quick-replies/{reply['id']}", {"title": "改过", "version": reply["version"]})["title"] == "改过"
    stranger.put(f"/quick-replies/{reply['id']}", {"title": "x"}, expect=404)
    keep_for_others = {"code": unique("q"), "title": "x", "content": "x", "teamId": team}
    stranger.post("/quick-replies", keep_for_others, expect=403)
    member.post("/quick-replies", {**keep_for_others, "ownerId": member.user_id}, expect=400)


def test_nobody_takes_what_is_everybodys_for_a_team_or_himself(people: Company):
    agent = people.new("agent")
    team = people.admin.post("/teams", {"name": unique("team")})["id"]
    Screens(people.admin).make("team_member", team_id=str(team), agent_id=str(agent.agent_id))
    shared = keep(people.admin)
    assert scopes(agent)[shared["id"]] == ("global", False)
    for change in ({"teamId": team}, {"ownerId": agent.user_id}, {"title": "x"}):
        agent.put(f"/quick-replies/{shared['id']}", change, expect=403)
    mine = keep(agent)
    assert agent.put(f"/quick-replies/{mine['id']}", {"ownerId": None, "teamId": team})["scope"] == "team"


def test_a_variable_that_nobody_fills_in_is_refused(people: Company):
    keep(people.agent, content="{greeting}，{customer}，这里是{company}，编号{number}")
    body = {"code": unique("q"), "title": "x", "content": "您好，{custmer}"}
    assert "{custmer}" in people.agent.post("/quick-replies", body, expect=400)["fields"]["content"]


# --- in the workbench ----------------------------------------------------------------------------------------------


@pytest.fixture
def agent(people: Company) -> Person:
    agent = people.new("agent")
    keep(agent, code="great", title="致谢", content="非常感谢您的反馈")
    keep(agent, code="greet", title="问候", content="您好，{customer}，请问有什么可以帮您？")
    return agent


def used(agent: Person) -> dict[str, int]:
    return {row["code"]: row["useCount"] for row in agent.get("/quick-replies", size=100, sort="-useCount")["list"]}


def counted(page: Page):
    """Wait for the use being told."""
    return page.expect_response(lambda answer: answer.url.endswith("/use") and answer.ok)


def test_agent_is_offered_first_what_was_sent_most(people: Company, agent: Person, open_page: Pages):
    customer = people.visitor("李医生")
    served = people.served(customer, agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    box = desk.get_by_placeholder("输入回复，按 / 选择快捷回复")

    box.fill("/gre")
    options = desk.get_by_role("option")
    expect(options).to_have_text([re.compile("/great"), re.compile("/greet")])
    options.filter(has_text="/greet").click()
    expect(box).to_have_value("您好，李医生，请问有什么可以帮您？")
    box.fill("")  # thrown away: not a use
    box.fill("/gre")
    options.filter(has_text="/greet").click()
    with counted(desk):
        box.press("Enter")
    expect(desk.get_by_role("article").get_by_text("您好，李医生，请问有什么可以帮您？")).to_be_visible()
    assert (used(agent)["greet"], used(agent)["great"]) == (1, 0)

    box.fill("/gre")
    expect(options).to_have_text([re.compile("/greet"), re.compile("/great")])


def test_suggested_quick_reply_counts_too(people: Company, agent: Person, open_page: Pages):
    customer = people.visitor()
    served = people.served(customer, agent)
    customer.say(served.path, "非常感谢您的反馈")
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    card = desk.get_by_role("complementary").get_by_role("article").filter(has_text="致谢")
    expect(card).not_to_contain_text("%")  # words found it: nobody knows how sure that is
    card.get_by_role("button", name="插入").click()
    with counted(desk):
        desk.get_by_placeholder("输入回复，按 / 选择快捷回复").press("Enter")
    assert used(agent)["great"] == 1


def test_agent_finds_by_pinyin_and_keeps_quick_replies_of_his_own(people: Company, open_page: Pages):
    """The page of one's own: written with a preview, found by how it is typed, changed, thrown away."""
    agent = people.new("agent", "王敏")
    customer = people.visitor("李医生")
    served = people.served(customer, agent)
    desk = open_page.signed_in(agent, "/desk/quick-replies")
    desk.get_by_role("button", name="新建快捷回复").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("编码").fill("zdsh")
    dialog.get_by_label("标题").fill("终端升级说明")
    dialog.get_by_role("textbox", name="内容").fill("您好，")
    dialog.get_by_role("button", name="客户称呼").click()
    dialog.get_by_role("textbox", name="内容").press_sequentially("，请重启终端")
    expect(dialog.get_by_text("您好，李医生，请重启终端")).to_be_visible()
    dialog.get_by_role("button", name="保存").click()
    expect(desk.get_by_text("快捷回复已保存")).to_be_visible()
    desk.get_by_role("tab", name=re.compile("^个人")).click()
    card = desk.get_by_role("listitem").filter(has_text="终端升级说明")
    expect(card).to_contain_text("已使用 0 次")

    desk.goto(f"/desk/c/{served.id}")
    box = desk.get_by_placeholder("输入回复，按 / 选择快捷回复")
    for typed in ("/zdsj", "/zhongduan", "/shengji"):  # initials, syllables, from the middle
        box.fill(typed)
        expect(desk.get_by_role("option").filter(has_text="终端升级说明")).to_be_visible()
    box.fill("/zzdd")
    expect(desk.get_by_role("option").filter(has_text="终端升级说明")).to_have_count(0)
    box.fill("/zdsh")
    with counted(desk):
        box.press("Enter")
        expect(box).to_have_value("您好，李医生，请重启终端")
        box.press("Enter")

    desk.goto("/desk/quick-replies?whose=personal")
    expect(card).to_contain_text("已使用 1 次")
    card.get_by_role("button", name="删除").click()
    desk.get_by_role("dialog").get_by_role("button", name="删除").click()
    expect(card).to_have_count(0)
