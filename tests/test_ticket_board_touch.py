"""The board of tickets under a finger: a card that was held is carried, a finger that only passes scrolls (TKT-8)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.browsing import Pages
from tests.people import Company
from tests.waiting import eventually

Take = Callable[[Page, str], object]
#: says of every card that was ever lifted
WATCH = """() => {
  window.lifted = 0
  new MutationObserver(() => { if (document.querySelector('[data-card].lifted')) window.lifted += 1 })
    .observe(document.body, { subtree: true, attributes: true, attributeFilter: ['class'] })
}"""


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


@pytest.fixture
def board(company: Company, open_page: Pages) -> Page:
    """A supervisor's board on a phone."""
    return open_page.signed_in(company.supervisor, "/desk/tickets/board", viewport="phone")


class Finger:
    """One finger on the glass."""

    def __init__(self, page: Page):
        self.page = page
        self.device: CDPSession = page.context.new_cdp_session(page)

    def _touch(self, kind: str, *at: tuple[float, float]) -> None:
        self.device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in at]})

    def hold(self, card: Locator) -> None:
        """Rest on a card until it comes along."""
        self.at = middle(card)
        self._touch("touchStart", self.at)
        expect(card).to_have_class(re.compile(r"\blifted\b"))

    def move(self, x: float, y: float, steps: int = 6) -> None:
        (x0, y0), self.at = self.at, (x, y)
        for step in range(1, steps + 1):
            self._touch("touchMove", (x0 + (x - x0) * step / steps, y0 + (y - y0) * step / steps))

    def leave(self) -> None:
        self._touch("touchEnd")

    def swipe(self, card: Locator, across: int = 0, down: int = 0) -> None:
        """Over the glass without resting, beginning on a card."""
        self.at = x, y = middle(card)
        self._touch("touchStart", self.at)
        self.move(x + across, y + down)
        self.leave()


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(rf"^{name}，"))


def status_of(company: Company, ticket: dict) -> str:
    return company.supervisor.get(f"/tickets/{ticket['id']}")["status"]


def test_card_is_carried_to_its_next_state(company: Company, board: Page, screenshot: Take):
    ticket = company.supervisor.post("/tickets", {"title": "报表打不开"})
    card = board.get_by_role("article").filter(has_text="报表打不开")
    finger = Finger(board)
    finger.hold(card)
    finger.move(346, 400)  # as far as the next column shows itself
    expect(column(board, "处理中")).to_have_class(re.compile(r"\bover\b"))
    screenshot(board, "board-finger")
    finger.leave()
    expect(column(board, "处理中")).to_contain_text("报表打不开")
    eventually(lambda: status_of(company, ticket) == "processing")
    expect(board).to_have_url(re.compile("/tickets/board"))  # the title under the finger is a link
    expect(board.locator("body")).not_to_have_class(re.compile("dragging-card"))


def test_resting_at_the_edge_brings_the_columns_beyond(company: Company, board: Page):
    """The board goes on under a finger that does not move, and the card falls where the finger is then."""
    ticket = company.supervisor.post("/tickets", {"title": "报表打不开"})
    finger = Finger(board)
    finger.hold(board.get_by_role("article").filter(has_text="报表打不开"))
    finger.move(386, 400)
    expect(column(board, "已解决")).to_have_class(re.compile(r"\bover\b"))  # the last one, where the board ends
    finger.leave()
    dialog = board.get_by_role("dialog", name="标记为已解决")
    dialog.get_by_role("textbox").fill("已重启服务")
    dialog.get_by_role("button", name="标记为已解决").click()
    expect(column(board, "已解决")).to_contain_text("报表打不开")
    eventually(lambda: status_of(company, ticket) == "resolved")


def test_card_let_go_where_it_may_not_lie_stays(company: Company, board: Page):
    ticket = company.supervisor.post("/tickets", {"title": "报表打不开"})
    card = board.get_by_role("article").filter(has_text="报表打不开")
    finger = Finger(board)
    finger.hold(card)
    finger.move(200, 20)  # above the board
    finger.leave()
    expect(card).not_to_have_class(re.compile(r"\blifted\b"))
    expect(column(board, "待处理")).to_contain_text("报表打不开")
    assert status_of(company, ticket) == "pending"


def test_finger_that_passes_scrolls_and_carries_nothing(company: Company, board: Page):
    tickets = [company.supervisor.post("/tickets", {"title": f"报表打不开 {number}"}) for number in range(12)]
    cards = board.get_by_role("article")
    expect(cards).to_have_count(12)
    board.evaluate(WATCH)
    finger, here = Finger(board), column(board, "待处理")
    finger.swipe(cards.nth(2), down=-300)
    eventually(lambda: here.locator("[data-card]").first.bounding_box()["y"] < 0)
    finger.swipe(cards.nth(6), across=-260)
    eventually(lambda: here.bounding_box()["x"] < -100)
    assert board.evaluate("window.lifted") == 0
    expect(board).to_have_url(re.compile("/tickets/board"))
    assert {status_of(company, one) for one in tickets} == {"pending"}
