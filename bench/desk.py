"""How the desk feels with two hundred open conversations: scrolling, switching, filtering, in a real browser.

    python3 manage.py bench desk [--conversations 200] [--switches 40]

A supervisor looks at the open conversations of all agents. Frames are counted while the list is scrolled from end to
end, and the browser's own long tasks (over 50 ms) all the while; a switch is from the click until the words of that
conversation stand on screen. Nothing here is asserted: figures of a busy machine are no failure.
"""

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.process import SETTINGS
from bench.report import conditions, percentile, table
from tests import programs
from tests.browsing import launch
from tests.people import Company, Person
from tests.servers import AppServer, run_cli
from views.auth import COOKIE

PASSWORD = "Bench-desk-1"
#: as many as one agent may hold
MOST_PER_AGENT = 100
AT_ONCE = 4
LONG_TASKS = """
window.longTasks = []
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: 'longtask', buffered: true })
"""
#: scrolls the list to its end and back, a screen in five frames, and returns the time of each frame
SCROLL = """
() => new Promise((resolve) => {
  const box = document.querySelector('#list-panel')
  const step = box.clientHeight / 5
  const frames = []
  let direction = 1
  let before = performance.now()
  function frame(now) {
    frames.push(now - before)
    before = now
    box.scrollTop += direction * step
    if (direction > 0 && box.scrollTop + box.clientHeight >= box.scrollHeight - 1) direction = -1
    else if (direction < 0 && box.scrollTop <= 0) return resolve(frames.slice(1))
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
})
"""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="manage.py bench desk", description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--switches", type=int, default=40)
    given = parser.parse_args(arguments)
    chromium = programs.find_chromium()
    if chromium is None:
        print("Chromium is not installed")
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as name:
        folder = Path(name)
        settings = SETTINGS | {
            "DATA_DIR": str(folder / "data"),
            "KB_INDEX_DIR": str(folder / "kb_index"),
            "ADMIN_PASSWORD": PASSWORD,
            "BCRYPT_ROUNDS": "4",
            "EMBEDDING_MODEL": "none",
        }
        run_cli("migrate", settings=settings)
        with AppServer(folder / "server", settings) as server, sync_playwright() as playwright:
            company = Company(server.base_url, "admin", PASSWORD)
            _open_many(company, given.conversations)
            boss = company.new("supervisor", "赵静")
            browser = launch(playwright, chromium)
            rows = _measured(_page(browser, server.base_url, boss), given.conversations, given.switches)
            browser.close()
    print(conditions(database="SQLite", conversations=given.conversations, browser=chromium) + "\n")
    print(table(("the desk with all of them in its list", "figure"), rows))
    return 0


def _open_many(company: Company, count: int) -> None:
    """Running conversations with a few words each, spread over as many agents as they need."""
    agents = [company.new("agent", f"客服{number}") for number in range(-(-count // MOST_PER_AGENT))]
    for agent in agents:
        company.make_room(agent)

    def serve(number: int) -> None:
        served = company.served(company.visitor(f"客户{number:03}"), agents[number // MOST_PER_AGENT])
        for line in ("您好，报表打不开", "昨天还可以的", "截图发给您了"):
            served.customer.say(served.path, f"{line}（{number}）")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(serve, range(count)))


def _page(browser, base_url: str, person: Person) -> Page:
    context = browser.new_context(base_url=base_url, locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": person.http.cookies[COOKIE], "url": base_url}])
    page = context.new_page()
    page.add_init_script(LONG_TASKS)
    return page


def _measured(page: Page, count: int, switches: int) -> list[tuple[str, str]]:
    page.goto("/desk")
    page.get_by_role("button", name="筛选").click()
    started = time.perf_counter()
    page.get_by_label("范围").select_option("all")
    page.get_by_role("tab", name=f"我的 {count}").wait_for()
    loaded = time.perf_counter() - started
    page.keyboard.press("Escape")
    rows = page.locator("[data-id]")
    made = rows.count()
    _forget_long_tasks(page)
    frames = page.evaluate(SCROLL)
    scrolling = _forget_long_tasks(page)
    first = [_switch(page, number) for number in range(switches)]
    again = [_switch(page, number) for number in reversed(range(switches - 1))]
    switching = _forget_long_tasks(page)
    return [
        ("list fetched and shown (ms)", f"{loaded * 1000:.0f}"),
        ("rows made of the list's", f"{made} of {count}"),
        ("frames while scrolling to the end and back", str(len(frames))),
        ("frame p50 / p95 / longest (ms)", _three(frames)),
        ("long tasks while scrolling (count, ms)", f"{len(scrolling)}, {sum(scrolling):.0f}"),
        ("switch, first visit p50 / p95 / longest (ms)", _three(first)),
        ("switch, known p50 / p95 / longest (ms)", _three(again)),
        ("long tasks while switching (count, ms)", f"{len(switching)}, {sum(switching):.0f}"),
    ]


def _switch(page: Page, number: int) -> float:
    """Click a row, wait for its last words; in ms, counted in the page."""
    page.evaluate("(at) => { document.querySelector('#list-panel').scrollTop = at * 84 - 200 }", number)
    return page.evaluate(
        """async (number) => {
          const frame = () => new Promise(requestAnimationFrame)
          await frame(); await frame()
          const rows = [...document.querySelectorAll('[data-id]')]
          const top = (row) => row.getBoundingClientRect().top
          const box = document.querySelector('#list-panel').getBoundingClientRect()
          const row = rows.filter((one) => top(one) >= box.top).sort((a, b) => top(a) - top(b))[2]
          const name = row.querySelector('.name').textContent.trim()
          const started = performance.now()
          row.click()
          const shown = () => document.querySelector('h2')?.textContent.trim() === name
            && [...document.querySelectorAll('[role=log] article')].length >= 3
          while (!shown() && performance.now() - started < 20000) await frame()
          return performance.now() - started
        }""",
        number,
    )


def _forget_long_tasks(page: Page) -> list[float]:
    return page.evaluate("() => window.longTasks.splice(0)")


def _three(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.0f} / {percentile(values, 0.95):.0f} / {max(values):.0f}"
