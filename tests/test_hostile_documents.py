"""Documents that nobody means well with (SECURITY F03, F05, F09, G09, G13): refused or made harmless, and never a call
to another host, a file outside, or a process that hangs."""

import io
import json
import os
import socket
import stat
import struct
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.documents import reading
from services.documents.found import Document, Found, read_found
from services.markdown import to_html
from tests.documents import archive, paragraph, pdf, picture, shown, word
from tests.test_imports import article_of, report, store, upload

SCRIPT = "<script>alert(1)</script>"
PAGE = f"""<!doctype html><title>{SCRIPT}</title><base href="http://evil.invalid/">
<meta http-equiv="refresh" content="0;url=http://evil.invalid/">
<main><h1 onclick="alert(1)">Title &lt;img src=x onerror=alert(1)&gt;</h1>
<p style="background:url(http://evil.invalid/)">&lt;script&gt;alert(1)&lt;/script&gt;
{{{{constructor.constructor("alert(1)")()}}}}</p>
<a href="JaVa&#9;Script:alert(1)">one</a> <a href="&#1;javascript:alert(1)">two</a>
<a href="data:text/html,{SCRIPT}">three</a>
<a href="vbscript:x">four</a> <a href='http://a"onmouseover="alert(1)'>five</a>
<a href="x) [y](javascript:alert(1)">six</a>
<img src="javascript:alert(1)"> <img src="http://127.0.0.1:PORT/pixel.png" alt="a](javascript:alert(1)) [b">
<img src="file:///etc/passwd"> <img src="../../../../etc/passwd"> <img src="data:image/svg+xml;base64,PHN2Zy8+">
<svg onload=alert(1)></svg><math><mtext></mtext></math><iframe src="http://127.0.0.1:PORT/"></iframe>
<object data="http://127.0.0.1:PORT/"></object><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>
<table><tr><td>`</td><td>| {SCRIPT}</td></tr></table><pre>```
{SCRIPT}</pre></main>"""
MARKDOWN = f"""---
title: "{SCRIPT}"
tags: ["<img src=x onerror=alert(1)>"]
other: !!python/object/apply:os.system ["touch owned"]
---
{SCRIPT} <img src="javascript:alert(1)" alt="x"> <img src="http://127.0.0.1:PORT/x.png">
[a](javascript:alert(1)) ![b](javascript:alert(1)) [c](<data:text/html,{SCRIPT}>) ![d](http://127.0.0.1:PORT/x.png)
![e](file:///etc/passwd) ![f](/etc/passwd) ![g](../../../etc/passwd) [h](..\\..\\etc\\passwd.pdf) <http://a"onmouseover=">
![i](data:text/html;base64,PHNjcmlwdD4=)
"""


def found_in(tmp_path: Path, name: str, data: bytes, limits: reading.Limits = reading.UPLOADED) -> list[Found]:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    target.mkdir(exist_ok=True)
    before = set(tmp_path.iterdir())
    try:
        reading.read(source, name, target, limits)
    finally:
        assert set(tmp_path.iterdir()) == before, "something was written outside"
    return list(read_found(target))


def refused(tmp_path: Path, name: str, data: bytes, limits: reading.Limits = reading.UPLOADED) -> str:
    with pytest.raises(reading.Unreadable) as failure:
        found_in(tmp_path, name, data, limits)
    return str(failure.value)


@pytest.fixture
def listener():
    """A port of this machine on which nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server.getsockname()[1]
        with pytest.raises(BlockingIOError):
            server.accept()


def test_what_documents_carry_is_harmless_when_it_is_shown(tmp_path, listener):
    outside = f"http://127.0.0.1:{listener}/x.png"
    data = archive(
        {
            "page.html": PAGE.replace("PORT", str(listener)),
            "text.md": MARKDOWN.replace("PORT", str(listener)),
            "doc.docx": word(
                paragraph("&lt;img src=x onerror=alert(1)&gt; [x](javascript:alert(1))", "Title"),
                paragraph("&lt;script&gt;alert(1)&lt;/script&gt;"),
                paragraph("{{7*7}} ${7*7} ![x](http://evil.invalid/)"),
                shown("rId6", "link"),
                outside=outside,
            ),
            "doc.pdf": pdf([(20, SCRIPT), (11, "[x](javascript:alert(1)) ![y](http://evil.invalid/)"), (11, "# no")]),
        }
    )
    documents = [found for found in found_in(tmp_path, "all.zip", data) if isinstance(found, Document)]
    assert len(documents) == 4
    for document in documents:
        html = to_html(document.body)
        lowered = html.lower()
        assert "<script" not in lowered and "onerror=" not in lowered.replace("&lt;img src=x onerror=", ""), html
        links = [part.split('"')[0] for part in lowered.split('href="')[1:]]
        assert {urlsplit(link).scheme for link in links} <= {"", "http", "https"}, html
        sources = [part.split('"')[0] for part in lowered.split('src="')[1:]]
        assert sources == [], "pictures come from this server only"
        assert not [
            tag for tag in ("<iframe", "<svg", "<object", "<math", "style=", "<base", "<meta") if tag in lowered
        ]
        assert "root:" not in document.body
    assert any("127.0.0.1" in remark for document in documents for remark in document.remarks), "it is said"


def test_nothing_leaves_the_archive(tmp_path):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as packed:
        for name in ("../../evil.md", "/etc/evil.md", "..\\evil.md", "C:\\evil.md", "a/../../evil.md"):
            packed.writestr(name, "# evil")
        link = zipfile.ZipInfo("link.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("good.md", "# good\n\n![x](../../../../etc/hostname)\n\n[y](../source)")
    found = found_in(tmp_path, "a.zip", output.getvalue())
    [document] = [each for each in found if isinstance(each, Document)]
    assert document.title == "good" and document.pictures == {}
    reasons = {each.place: str(each.reason) for each in found if not isinstance(each, Document)}
    assert reasons["link.md"] == "Links are not followed" and len(reasons) == 6
    assert set(reasons.values()) == {"Links are not followed", "The path leads out of the archive"}


def _crowd() -> bytes:
    """An archive that says it has a million files."""
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 60_000_000, 0, 0)
    return archive({"a.md": "x"}) + end


def _nested() -> bytes:
    data = archive({"a.md": "# x"})
    for _ in range(5):
        data = archive({"inner.zip": data})
    return data


def _encrypted() -> bytes:
    data = bytearray(archive({"a.md": "# x"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


BILLION = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("bomb.zip", lambda: archive({"a.md": b"0" * 80_000_000}), "too large once unpacked"),
        ("crowd.zip", _crowd, "too many files"),
        ("nested.zip", _nested, "No document was found"),
        ("locked.zip", _encrypted, "No document was found"),
        ("cut.zip", lambda: archive({"a.md": "# x"})[:-30], "cannot be read"),
        ("strings.xlsx", lambda: archive({"xl/sharedStrings.xml": b"0" * 120_000_000}), "too large once unpacked"),
        ("bomb.docx", lambda: word(further={"word/media/x.xml": b" " * 80_000_000}), "too large once unpacked"),
        ("billion.docx", lambda: word(paragraph("&c;"), prolog=BILLION), "cannot be read"),
        ("outside.docx", lambda: word(paragraph("&a;"), prolog=OUTSIDE), "cannot be read"),
        ("deep.docx", lambda: word("<w:sdt><w:sdtContent>" * 20_000), "cannot be read"),
        ("lie.docx", lambda: b"MZ\x90\x00" + b"\x00" * 500, "cannot be read"),
        ("lie.pdf", lambda: b"%PDF-1.7\n" + os.urandom(2000), "cannot be read"),
        ("scan.pdf", lambda: pdf(None, None), "no text can be read"),
        ("deep.html", lambda: ("<div>" * 20_000 + "x").encode(), "nested too deeply"),
        ("alias.md", lambda: b"---\na: &a [x, x]\nb: [*a, *a]\n---\ntext", "head of the file cannot be read"),
        ("kind.exe", lambda: b"MZ", "not read"),
        ("empty.docx", lambda: word(), "No text"),
    ],
)
def test_what_would_burst_or_cannot_be_is_refused(tmp_path, name, make, reason):
    assert reason in refused(tmp_path, name, make())


def test_reading_has_its_time_and_its_memory(tmp_path):
    heavy = ("<p>" + "<b>x</b>" * 400_000).encode()
    assert "too long or too much memory" in refused(tmp_path, "a.html", heavy, reading.Limits(seconds=1, patience=20))
    assert "too long or too much memory" in refused(tmp_path, "a.html", heavy, reading.Limits(patience=1))
    rows = "\n".join(json.dumps({"title": f"{number}", "text": "x" * 1000}) for number in range(60_000))
    said = refused(tmp_path, "a.jsonl", rows.encode(), reading.Limits(memory=200 * 1024 * 1024, most_rows=100_000))
    assert "memory" in said


def test_hostile_lines_take_no_longer_than_others(tmp_path):
    """What a pattern might try again and again: brackets, backticks, blanks, marks of headings."""
    lines = ("[" * 50_000, "[a](" + " " * 50_000, "`" * 50_000, "`a" * 30_000, "# " + " #" * 50_000, "![" * 30_000)
    [document] = found_in(tmp_path, "a.md", "\n".join(lines).encode(), reading.Limits(seconds=10, patience=20))
    assert document.title == "a"


def test_a_picture_is_judged_when_it_is_stored_not_by_its_name(new_company):
    """F05: what calls itself a picture and is a page never gets in; the article says that it was left out."""
    boss = new_company().supervisor
    data = archive({"a.md": "# lies\n\n![x](x.png) ![y](y.png)", "x.png": "<svg onload=alert(1)>", "y.png": picture()})
    found = upload(boss, "a.zip", data)
    store(boss, found["id"])
    [row] = report(boss, found["id"])
    assert len(row["remarks"]) == 1 and "x.png" in row["remarks"][0]
    assert article_of(boss, "lies")["bodyHtml"].count("<img") == 2 and "svg" not in article_of(boss, "lies")["bodyHtml"]
