"""Quick replies: whose they are, and that what is used most is offered first."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, at_once, unique


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
