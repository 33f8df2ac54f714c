"""Markdown to safe HTML and to plain text: one profile for everything people write (SECURITY §F)."""

import functools
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from services.slugs import slug

#: where a picture of ours lies, and its number
_FILE = re.compile(r"/api/v1/files/(\d{1,18})/content")
#: the first line of a quotation that is a remark of its own kind: > [!TIP]
_CALLOUT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*")
_ID = "h-"
_CLASSES = frozenset({"table", *(f"callout {kind}" for kind in ("note", "tip", "important", "warning", "caution"))})
_NO_SIZES: Mapping[int, tuple[int, int]] = MappingProxyType({})
_FOREIGN = "noopener noreferrer nofollow"


@dataclass(frozen=True)
class Heading:
    """A line of a table of contents."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Page:
    """A text made ready for a reader."""

    html: str
    headings: tuple[Heading, ...]


def _add_details(state: StateCore) -> None:
    """What a page has more than its bare text: addresses of headings, remarks, sizes of pictures."""
    used: dict[str, int] = {}
    headings = state.env.setdefault("headings", [])
    for place, token in enumerate(state.tokens):
        if token.type == "heading_open":
            heading = _heading(token, state.tokens[place + 1], used)
            token.attrSet("id", heading.id)
            headings.append(heading)
        elif token.type == "blockquote_open":
            _mark_callout(token, state.tokens[place + 1 : place + 3])
        for child in token.children or ():
            _complete(child, state.env.get("sizes", _NO_SIZES))


def _heading(token: Token, inline: Token, used: dict[str, int]) -> Heading:
    text = "".join(_words(inline))
    name = slug(text) or "part"
    used[name] = used.get(name, 0) + 1
    again = f"-{used[name]}" if used[name] > 1 else ""
    return Heading(int(token.tag[1]), f"{_ID}{name}{again}", text)


def _words(inline: Token) -> Iterator[str]:
    for child in inline.children or ():
        if child.type in ("text", "code_inline", "image"):
            yield child.content


def _mark_callout(quotation: Token, following: list[Token]) -> None:
    if [token.type for token in following] != ["paragraph_open", "inline"]:
        return
    inline = following[1]
    children = inline.children or []
    found = _CALLOUT.match(inline.content)
    if not found or not children or children[0].type != "text":
        return
    quotation.attrSet("class", f"callout {found[1].lower()}")
    children[0].content = _CALLOUT.sub("", children[0].content, count=1)
    if not children[0].content:
        inline.children = children[2:] if children[1:2] and children[1].type.endswith("break") else children[1:]
    inline.content = inline.content[found.end() :]


def _complete(token: Token, sizes: Mapping[int, tuple[int, int]]) -> None:
    if token.type == "link_open" and not _is_ours(str(token.attrGet("href"))):
        token.attrSet("rel", _FOREIGN)
    elif token.type == "image":
        token.attrSet("loading", "lazy")
        token.attrSet("decoding", "async")
        found = _FILE.match(str(token.attrGet("src")))
        if found and int(found[1]) in sizes:
            width, height = sizes[int(found[1])]
            token.attrSet("width", str(width))
            token.attrSet("height", str(height))


def _is_ours(address: str) -> bool:
    return address.startswith(("/", "#")) and not address.startswith(("//", "/\\"))


_parser = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable("table").enable("strikethrough")
)
_parser.core.ruler.push("details", _add_details)
# a wide table scrolls by itself, also by the keyboard
_parser.add_render_rule("table_open", lambda *_: '<div class="table" tabindex="0"><table>\n')
_parser.add_render_rule("table_close", lambda *_: "</table></div>\n")

_TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "blockquote": {"class"},
    "div": {"class", "tabindex"},
    "img": {"src", "alt", "title", "loading", "decoding", "width", "height"},
    "ol": {"start"},
    "td": {"style"},
    "th": {"style"},
    **{f"h{level}": {"id"} for level in (1, 2, 3, 4)},
}


def _keep(tag: str, attribute: str, value: str) -> str | None:
    # pictures come from this server only: a foreign one would tell its host who reads
    if tag == "img" and attribute == "src":
        return value if value.startswith("/api/v1/files/") else None
    if attribute == "id":
        return value if value.startswith(_ID) else None
    if attribute == "class":
        return value if value in _CLASSES else None
    if attribute == "style":  # the side to which a column of a table leans
        return value if value in ("text-align:left", "text-align:center", "text-align:right") else None
    return value


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
    attribute_filter=_keep,
)


def to_html(text: str) -> str:
    """Sanitised HTML of what somebody wrote in Markdown."""
    return to_page(text).html


def to_page(text: str, sizes: Mapping[int, tuple[int, int]] = _NO_SIZES) -> Page:
    """The same with its headings; `sizes` are width and height of pictures by their numbers, so that nothing jumps."""
    return _page(text, tuple(sorted(sizes.items())))


@functools.lru_cache(maxsize=256)
def _page(text: str, sizes: tuple) -> Page:
    env: dict = {"sizes": dict(sizes)}
    rendered = _cleaner.clean(_parser.render(text, env))
    return Page(rendered.replace("<pre>", '<pre tabindex="0">'), tuple(env.get("headings", ())))


def picture_ids(text: str) -> list[int]:
    """The numbers of our own files that the text shows, each once."""
    return list(dict.fromkeys(int(number) for number in _FILE.findall(text)))


def to_text(text: str) -> str:
    """The words alone, one line per block, for search and quotations."""
    rendered = re.sub(r"</(p|li|h[1-6]|tr|pre|blockquote)>|<br />", "\n", _parser.render(text))
    plain = html.unescape(re.sub(r"<[^>]+>", "", rendered))
    return "\n".join(line.strip() for line in plain.splitlines() if line.strip())


def quotable(text: str) -> str:
    """The same without headings, which are no sentences."""
    return to_text(re.sub(r"(?m)^#{1,6} .*$", "", text))


def summary(text: str, length: int = 120) -> str:
    """The first words, for lists."""
    plain = " ".join(line for line in to_text(text).splitlines())
    return plain if len(plain) <= length else f"{plain[:length].rstrip()}…"
