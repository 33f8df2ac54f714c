"""Reading a page as somebody who knows no Chinese: what of the interface is left in it.

What people have written (names, articles, entries of dictionaries) stays in their language and is no fault of the
interface. `Reader` knows it from the lists of the API; everything else must be English.
"""

import re

from playwright.sync_api import Page

from tests.people import Person

HAN = re.compile(r"[㐀-鿿]")
_WITH_SURROUNDINGS = re.compile(r".{0,20}[㐀-鿿].{0,20}")
#: lists of what people have written
WRITTEN = (
    "roles",
    "departments",
    "teams",
    "organizations",
    "contacts",
    "customers",
    "users",
    "quick-replies",
    "dictionaries",
    "dictionary-items",
    "kb/categories",
    "kb/articles",
    "routing-rules",
    "ticket-rules",
    "problem-profiles",
    "work-calendars",
    "work-days",
    "sensitive-words",
    "channels",
)
#: every text a person sees or hears on a page, but for names of languages in their own language
_VISIBLE_TEXTS = """() => {
  const texts = []
  const foreign = (element) => element.closest('[lang|=zh], script, style, noscript')
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (element.checkVisibility() && !foreign(element)) texts.push(walker.currentNode.data)
  }
  for (const element of document.querySelectorAll('[placeholder], [title], [aria-label], [alt]')) {
    if (!element.checkVisibility() || foreign(element)) continue
    for (const name of ['placeholder', 'title', 'aria-label', 'alt']) texts.push(element.getAttribute(name) ?? '')
  }
  return [document.title, ...texts]
}"""


class Reader:
    """Finds Chinese in pages; `somebody` may read the lists."""

    def __init__(self, somebody: Person):
        self._somebody = somebody
        self._written: list[str] = []
        self.look_up()

    def look_up(self) -> None:
        """Learn what people have written by now."""
        found = set(_texts(self._somebody.get("/session"))) | set(_texts(self._somebody.get("/settings")))
        for path in WRITTEN:
            page = {"pages": 1, "page": 0}
            while page["page"] < page["pages"]:
                page = self._somebody.get(f"/{path}", page=page["page"] + 1, size=100)
                found |= set(_texts(page["list"]))
        # the longest first: a name may be part of another one
        self._written = sorted(found, key=len, reverse=True)

    def chinese_in(self, text: str) -> list[str]:
        """What of a text is Chinese and written by nobody, with a little around it."""
        if HAN.search(text):
            for written in self._written:
                text = text.replace(written, "…")
        return _WITH_SURROUNDINGS.findall(text)

    def check(self, page: Page) -> None:
        """Fail for Chinese anywhere on a page that has finished loading."""
        left = {found for text in page.evaluate(_VISIBLE_TEXTS) for found in self.chinese_in(text)}
        assert not left, f"{page.url}: {sorted(left)}"


def _texts(data) -> list[str]:
    """The Chinese texts of an answer, also the lines of longer ones."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    if isinstance(data, str) and HAN.search(data):
        return [data, *(line.strip() for line in data.splitlines() if HAN.search(line))]
    return []
