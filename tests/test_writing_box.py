"""What is being written for one conversation stays there, for those it was meant for; what was sent goes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browsing import Pages
from tests.people import Company, Person, Served

REPLY = "输入回复，按 / 选择快捷回复"
NOTE = re.compile("^内部备注")
#: files let go over the element as a mouse does it
DROP = """
(element, name) => {
  const files = new DataTransfer()
  files.items.add(new File(['log line'], name, { type: 'text/plain' }))
  for (const type of ['dragover', 'drop']) {
    const event = new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true })
    element.dispatchEvent(event)
    if (!event.defaultPrevented) throw new Error('the browser would open the file')
  }
}
"""
#: a screenshot from the clipboard, while nothing is being typed
PASTE = """
() => {
  const files = new DataTransfer()
  files.items.add(new File(['not really a picture'], 'screen.txt', { type: 'text/plain' }))
  document.activeElement.blur()
  document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: files, bubbles: true, cancelable: true }))
}
"""


@pytest.fixture
def agent(people: Company) -> Person:
    agent = people.new("agent", "王敏")
    people.make_room(agent)
    return agent


def bubble(page: Page, text: str) -> Locator:
    return page.get_by_role("article").filter(has_text=text)


def waiting(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def go_to(desk: Page, served: Served) -> None:
    name = served.customer.actor["name"]
    desk.get_by_role("region", name="会话列表").locator(f'[data-id="{served.id}"]').click()
    expect(desk.get_by_role("heading", name=name)).to_be_visible()


def said(served: Served) -> list[tuple[str, str]]:
    return [(one["type"], one["content"]) for one in served.agent.messages(served.path)["list"]]


def test_note_that_was_begun_is_still_a_note(people: Company, agent: Person, open_page: Pages):
    """After a look at another conversation and after a reload; whom it names is told, and its links are alive."""
    boss = people.new("supervisor", "赵静")
    one, other = (people.served(people.visitor(name), agent) for name in ("李医生", "周女士"))
    desk = open_page.signed_in(agent, f"/desk/c/{one.id}")
    desk.get_by_placeholder(REPLY).wait_for()
    desk.keyboard.press("Alt+n")
    text = "@赵静 这位客户投诉过，见 https://example.com/case?id=7"
    desk.get_by_placeholder(NOTE).fill(text)
    go_to(desk, other)
    expect(desk.get_by_placeholder(REPLY)).to_have_value("")
    go_to(desk, one)
    expect(desk.get_by_placeholder(NOTE)).to_have_value(text)
    held: list[Route] = []
    desk.route("**/colleagues", lambda route: held.append(route))
    with desk.expect_request("**/colleagues"):
        desk.reload()
    desk.get_by_placeholder(NOTE).press("Enter")
    expect(desk.get_by_placeholder(NOTE)).to_have_value(text)  # it is not known yet whom it names
    assert not any(kind == "note" for kind, _ in said(one))
    held[-1].continue_()
    desk.unroute("**/colleagues")
    expect(bubble(desk, "这位客户投诉过").get_by_role("link")).to_have_attribute(
        "href", "https://example.com/case?id=7"
    )
    expect(bubble(desk, "这位客户投诉过").locator("mark")).to_have_text("@赵静")
    assert said(one)[-1] == ("note", text)
    told = open_page.signed_in(boss, "/desk/console")
    expect(told.get_by_role("button", name=re.compile("通知，1 条未读"))).to_be_visible()
    expect(desk.get_by_placeholder(REPLY)).to_have_value("")

    # taken back, it comes into the box as what it was; a reply likewise
    bubble(desk, "这位客户投诉过").get_by_role("button", name="消息操作").click()
    desk.get_by_role("menuitem", name="撤回").click()
    desk.get_by_role("button", name="重新编辑").click()
    expect(desk.get_by_placeholder(NOTE)).to_have_value(text)
    desk.get_by_placeholder(NOTE).fill("")
    desk.keyboard.press("Alt+n")
    desk.get_by_placeholder(REPLY).fill("您好")
    desk.keyboard.press("Enter")
    bubble(desk, "您好").get_by_role("button", name="消息操作").click()
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.get_by_role("menuitem", name="复制").click()
    expect(desk.get_by_role("menuitem")).to_have_count(0)
    assert desk.evaluate("navigator.clipboard.readText()") == "您好"


def test_files_come_from_anywhere_and_are_not_lost_on_the_way(
    people: Company, agent: Person, open_page: Pages, tmp_path: Path
):
    """Let go over the messages, pasted beside the box; they wait while one looks elsewhere, and go once sent."""
    one, other = (people.served(people.visitor(name), agent) for name in ("李医生", "周女士"))
    desk = open_page.signed_in(agent, f"/desk/c/{one.id}")
    desk.get_by_role("log").evaluate(DROP, "dropped.txt")
    expect(waiting(desk, "dropped.txt")).to_contain_text("待发送")
    desk.evaluate(PASTE)
    expect(waiting(desk, "screen.txt")).to_contain_text("待发送")
    go_to(desk, other)
    expect(waiting(desk, "dropped.txt")).to_have_count(0)
    go_to(desk, one)
    expect(waiting(desk, "dropped.txt")).to_contain_text("待发送")
    waiting(desk, "screen.txt").get_by_role("button", name="取消").click()
    desk.get_by_role("button", name="发送", exact=True).click()
    expect(bubble(desk, "dropped.txt").get_by_role("img", name=re.compile("已"))).to_be_visible()
    assert said(one)[-1] == ("file", "dropped.txt")

    # sent before it has gone up, and the agent is already with the next customer
    desk.route("**/api/v1/files", lambda route: None)  # no answer yet
    report = tmp_path / "report.txt"
    report.write_text("line\n" * 400)
    desk.locator("input[type=file]").first.set_input_files(report)
    expect(waiting(desk, "report.txt")).to_be_visible()
    desk.get_by_role("button", name="发送", exact=True).click()
    go_to(desk, other)
    desk.unroute("**/api/v1/files")
    go_to(desk, one)
    expect(bubble(desk, "report.txt").get_by_role("img", name=re.compile("已"))).to_be_visible()
    assert said(one)[-1] == ("file", "report.txt")
    assert [kind for kind, _ in said(other) if kind == "file"] == []
