"""Markdown and HTML files with the pictures that lie beside them."""

import re

from services.documents import pages, texts
from services.documents.archive import Source
from services.documents.found import Document
from services.documents.front_matter import split_head
from services.documents.pictures import Beside, Pictures
from services.identity.tables import decoded

#: what other programs leave of HTML in Markdown for a picture with a size
_IMG = re.compile(r"<img\s[^<>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?\s*([a-zA-Z0-9_-]{2,20})", re.IGNORECASE)


def read_markdown(source: Source, name: str, pictures: Pictures) -> Document:
    """A .md file: its head, its text, and the files it shows or links to. Raises Invalid."""
    head, body = split_head(decoded(source.read(name)).replace("\x00", ""))
    beside = Beside(pictures, source, name)
    body = texts.map_links(texts.outside_code(body, lambda words: _IMG.sub(_as_markdown, words)), beside.link)
    title = head.get("title") or ""
    if not isinstance(title, str):
        title = " ".join(title)
    title = " ".join(title.split()) or _first_heading(body) or _stem(name)
    return Document(
        place=name,
        title=title,
        body=texts.without_title(body, title) if not head.get("title") else body.strip("\n"),
        head={key: value for key, value in head.items() if key != "title"},
        pictures=beside.found,
        remarks=beside.remarks,
    )


def read_html(source: Source, name: str, pictures: Pictures) -> Document:
    """An .html file. Raises Invalid."""
    data = source.read(name)
    said = _CHARSET.search(data[:4096])
    page = pages.read_page(_text(data, said[1].decode() if said else ""))
    beside = Beside(pictures, source, name)
    body = texts.map_links(page.body, beside.link)
    title = page.title or _first_heading(body) or _stem(name)
    return Document(name, title, texts.without_title(body, title), pictures=beside.found, remarks=beside.remarks)


def _text(data: bytes, charset: str) -> str:
    if charset:
        try:
            return data.decode("gb18030" if charset.lower() in ("gbk", "gb2312") else charset)
        except (UnicodeDecodeError, LookupError):
            pass  # it is not what it says; the usual ones are tried
    return decoded(data)


def _as_markdown(found: re.Match) -> str:
    said = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(found[0])}
    return f"![{said.get('alt', '')}](<{said['src']}>)" if said.get("src") else ""


def _first_heading(body: str) -> str:
    for line, is_code in texts.lines_of(body):
        heading = None if is_code else texts.heading_of(line)
        if heading:
            return heading[1] if heading[0] == 1 else ""
        if line.strip():
            return ""
    return ""


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
