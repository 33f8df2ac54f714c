"""HTML pages as Markdown: the main content only, without what pages say on every page."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import bs4
from markdownify import MarkdownConverter

from app.errors import Invalid

#: never content
_DROPPED = (
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "canvas", "form", "button",
    "input", "select", "textarea", "nav", "aside", "dialog", "audio", "video", "link", "meta", "base",
)  # fmt: skip
#: frames of a page when they stand directly in it; inside an article they are part of it
_FRAME = ("header", "footer")
_FRAME_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "menu"}
_FRAME_WORDS = re.compile(
    r"(^|[-_ ])(nav|navbar|menu|sidebar|breadcrumbs?|footer|header|toc|share|comments?|related|advert|ads|cookie|pager"
    r"|pagination)($|[-_ ])",
    re.IGNORECASE,
)
#: a page that says less than this outside its main element was not meant by it
_ENOUGH = 40
#: what Markdown would take for more than a character
_MARKS = re.compile(r"([\\`*\[\]<])|(?<!\w)(_)|(_)(?!\w)|(~)(?=~)|(&)(?=#?\w{1,31};)")
_BEGINNINGS = re.compile(r"(?m)^(\s{0,3})(#{1,6}(?=\s|$)|[-+>=]|~{3,}|\d{1,9}(?=[.)](?:\s|$)))")
MOST_NESTED = 500
#: elements that pages leave open, or that hold nothing
_NEVER_CLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "param",
        "source",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "track",
        "wbr",
    ]
)
_LINE_ENDS = re.compile(r"[ \t]+\n")
_MANY_LINES = re.compile(r"\n{3,}")


@dataclass
class Page:
    """What a page is called and what it says."""

    title: str
    body: str


def read_page(markup: str) -> Page:
    """The page as Markdown. Raises Invalid when it is nested too deeply to be read."""
    try:
        _Depth().feed(markup)
        soup = bs4.BeautifulSoup(markup, "html.parser")
        title = _title(soup)
        return Page(title, to_markdown(_main(soup)))
    except RecursionError:
        raise Invalid("The page is nested too deeply") from None


class _Depth(HTMLParser):
    """How deep the elements of a page stand in each other. Raises Invalid where a parser would take for ever."""

    def __init__(self):
        super().__init__()
        self._open = 0

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self._open += tag not in _NEVER_CLOSED
        if self._open > MOST_NESTED:
            raise Invalid("The page is nested too deeply")

    def handle_endtag(self, tag: str) -> None:
        self._open -= self._open > 0 and tag not in _NEVER_CLOSED


def to_markdown(content: bs4.Tag) -> str:
    """An element as Markdown: headings with #, tables with lines, nothing of HTML left."""
    text = _Converter(heading_style="ATX", bullets="-", table_infer_header=True, strip_document=None).convert_soup(
        content
    )
    text = _LINE_ENDS.sub("\n", text.replace("\xa0", " ").replace("\u200b", ""))
    return _MANY_LINES.sub("\n\n", text).strip("\n ")


class _Converter(MarkdownConverter):
    """Markdownify, with cells that stay on one line and addresses that stay in one piece."""

    def escape(self, text, parent_tags):
        return _BEGINNINGS.sub(_escaped_beginning, _MARKS.sub(r"\\\g<0>", text)) if text else ""

    def convert_td(self, el, text, parent_tags):
        return super().convert_td(el, _one_cell(text), parent_tags)

    def convert_th(self, el, text, parent_tags):
        return super().convert_th(el, _one_cell(text), parent_tags)

    def convert_img(self, el, text, parent_tags):
        words = " ".join((el.attrs.get("alt") or "").split()).replace("[", "(").replace("]", ")")
        address = _address(el.attrs.get("src"))
        return f"![{words}](<{address}>)" if address else ""

    def convert_a(self, el, text, parent_tags):
        address = _address(el.attrs.get("href"))
        if not text.strip() or not address or "a" in parent_tags or "_noformat" in parent_tags:
            return text
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        return f"{before}[{text.strip()}](<{address}>){after}"

    def convert_br(self, el, text, parent_tags):
        return " " if {"td", "th"} & set(parent_tags) else "\\\n"


def _address(value: str | None) -> str:
    """As browsers read it: without line ends, spaces only within."""
    return re.sub(r"[\t\r\n<>]", "", value or "").strip().replace(" ", "%20")


def _escaped_beginning(found: re.Match) -> str:
    # "1." is escaped behind the number
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def _one_cell(text: str) -> str:
    # a line end ends the row, and a bar the cell
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def _title(soup: bs4.BeautifulSoup) -> str:
    first = soup.find("h1")
    said = soup.title.get_text() if soup.title else ""
    return " ".join((first.get_text() if first and first.get_text().strip() else said).split())


def _main(soup: bs4.BeautifulSoup) -> bs4.Tag:
    for comment in soup.find_all(string=lambda text: isinstance(text, bs4.element.PreformattedString)):
        comment.extract()
    for element in soup.find_all(_DROPPED):
        element.decompose()
    body = soup.body or soup
    chosen = body.find("main") or body.find(attrs={"role": "main"}) or _only(body, "article")
    if chosen is not None and len(chosen.get_text(strip=True)) >= min(_ENOUGH, len(body.get_text(strip=True)) // 4):
        body = chosen
    for element in list(body.find_all(True)):
        if not element.decomposed and _is_frame(element):
            element.decompose()
    return body


def _only(body: bs4.Tag, name: str) -> bs4.Tag | None:
    found = body.find_all(name)
    return found[0] if len(found) == 1 else None


def _is_frame(element: bs4.Tag) -> bool:
    """Whether this is of the page rather than of what it says."""
    if element.name in ("html", "body", "main", "article", "h1", "table", "tr", "td", "th"):
        return False
    if (element.get("role") or "") in _FRAME_ROLES or element.get("hidden") is not None:
        return True
    if element.name in _FRAME:
        return element.find("h1") is None
    words = " ".join([*(element.get("class") or []), element.get("id") or ""])
    return (
        element.name in ("div", "section", "ul", "ol") and bool(_FRAME_WORDS.search(words)) and not element.find("h1")
    )
