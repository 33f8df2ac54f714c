"""Markdown to safe HTML and to plain text: one profile for everything people write (SECURITY §F)."""

import html
import re

import nh3
from markdown_it import MarkdownIt

_parser = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable("table").enable("strikethrough")
)
_TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "del",
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


def _keep(tag: str, attribute: str, value: str) -> str | None:
    # pictures come from this server only: a foreign one would tell its host who reads
    if tag == "img" and attribute == "src":
        return value if value.startswith("/api/v1/files/") else None
    return value


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href", "title"}, "img": {"src", "alt", "title"}, "td": {"align"}, "th": {"align"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
    attribute_filter=_keep,
)


def to_html(text: str) -> str:
    """Sanitised HTML of what somebody wrote in Markdown."""
    return _cleaner.clean(_parser.render(text))


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
