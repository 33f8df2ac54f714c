"""Files: judged by their content, given only to those whom they concern, and never run on this origin."""

import hashlib
import io
import zipfile

import pytest
import sqlalchemy as sa
from PIL import Image

from tests.factories import picture
from tests.people import Company, Person, Served, unique


@pytest.fixture
def served(people: Company) -> Served:
    return people.served()


def send(person: Person, path: str, file: dict) -> dict:
    """A message that carries the file."""
    return person.post(f"{path}/messages", {"clientMsgId": unique(), "type": "file", "fileId": file["fileId"]})


def content(person: Person, file: dict, expect: int = 200, **query) -> bytes:
    answer = person.request("GET", f"/files/{file['fileId']}/content", params=query)
    assert answer.status_code == expect, answer.text[:300]
    return answer.content


def zipped(**files: str) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return output.getvalue()


def test_file_reaches_the_other_side_and_nobody_else(people, served):
    """G01: before a message carries it only its owner reads it, afterwards whoever sees the conversation."""
    text = unique("log line").encode()
    file = served.customer.upload("trace.txt", text, "text/plain")
    assert content(served.customer, file) == text
    content(served.agent, file, expect=404)
    send(served.customer, served.path, file)
    for person in (served.agent, people.supervisor, served.customer):
        assert content(person, file) == text
    for person in (people.anonymous, people.customer, people.visitor(), people.other_team_agent):
        content(person, file, expect=404)


def test_reading_ends_with_a_transfer(people, served):
    file = served.customer.upload("trace.txt", b"secret", "text/plain")
    send(served.customer, served.path, file)
    people.supervisor.post(f"{served.path}/takeover", {})
    content(served.agent, file, expect=404)


def test_notes_carry_no_files(served):
    """Notes carry no files; an upload of the agent's is his own until a message for the customer carries it."""
    file = served.agent.upload("internal.txt", b"between us", "text/plain")
    served.agent.post(
        f"{served.path}/messages",
        {"clientMsgId": unique(), "type": "note", "content": "x", "fileId": file["fileId"]},
        expect=400,
    )
    content(served.customer, file, expect=404)


def test_recalled_file_is_no_longer_given_out(people, served):
    """N05: what was sent to the wrong window is gone for everybody but its owner."""
    file = served.customer.upload("wrong.txt", b"not for you", "text/plain")
    message = send(served.customer, served.path, file)
    assert content(served.agent, file) == b"not for you"
    served.customer.post(f"{served.path}/messages/{message['messageId']}/recall")
    for person in (served.agent, people.supervisor):
        content(person, file, expect=404)
    assert content(served.customer, file) == b"not for you"


def test_recalling_one_of_two_messages_with_a_file_keeps_the_other(served):
    file = served.customer.upload("twice.txt", b"again", "text/plain")
    first, _ = send(served.customer, served.path, file), send(served.customer, served.path, file)
    served.customer.post(f"{served.path}/messages/{first['messageId']}/recall")
    assert content(served.agent, file) == b"again"


def test_uploads_of_others_cannot_be_sent(people, served):
    """C07: a file is named by the number its own uploader got, and only by him."""
    others = people.visitor().upload("theirs.txt", b"theirs", "text/plain")
    served.customer.post(
        f"{served.path}/messages", {"clientMsgId": unique(), "type": "file", "fileId": others["fileId"]}, expect=404
    )
    mine = served.customer.upload("mine.txt", b"mine", "text/plain")
    send(served.customer, served.path, mine)
    elsewhere = people.ticket(served.customer)
    served.customer.post(
        f"/tickets/{elsewhere['id']}/messages",
        {"clientMsgId": unique(), "type": "file", "fileId": mine["fileId"]},
        expect=404,
    )


def test_row_and_bytes_agree(served, database, backend):
    """I9: what the row says of size and hash is what lies in the storage, and what is given out."""
    for name, data, mime in (
        ("a.txt", "内容".encode(), "text/plain"),
        ("b.png", picture(), "image/png"),
        ("c.zip", zipped(a="b"), "application/zip"),
    ):
        file = served.customer.upload(name, data, mime)
        given = content(served.customer, file)
        with database.connect() as connection:
            size, digest = connection.execute(
                sa.text("SELECT size, sha256 FROM file_object WHERE id = :id"), {"id": file["fileId"]}
            ).one()
        assert (size, digest) == (len(given), hashlib.sha256(given).hexdigest()) and file["size"] == size
    assert not list((backend.folder / "data" / "files").rglob("*.part"))


def test_picture_loses_what_the_camera_wrote_into_it(served):
    output = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (8, 8)).save(output, "JPEG", exif=exif)
    file = served.customer.upload("photo.jpg", output.getvalue() + b"<script>alert(1)</script>", "image/jpeg")
    given = content(served.customer, file)
    assert b"taken at home" not in given and b"<script>" not in given
    assert (file["width"], file["height"]) == (8, 8) and file["mime"] == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.html", b"<html>"),
        ("vector.svg", b"<svg/>"),
        ("run.exe", b"MZ"),
        ("noending", b"text"),
        ("archive.tar.gz", b"\x1f\x8b"),
        ("script.php", b"<?php"),
        (".htaccess", b"x"),
    ],
)
def test_endings_that_are_not_accepted_are_refused(served, name, data):
    """Whatever is not on the list of the setting UPLOAD_TYPES."""
    served.customer.upload(name, data, expect=400)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.png", b"<html><script>alert(1)</script>"),
        ("vector.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("run.pdf", b"MZ\x90"),
        ("page.pdf", b"<html>"),
        ("nul.txt", b"a\x00b"),
        ("text.zip", b"not a zip"),
        ("empty.txt", b""),
        ("half.png", picture()[:40]),
        ("gif.png", picture("GIF")),
        ("word.docx", b"PK but not a zip"),
        ("sound.mp3", b"<script>"),
        ("movie.mp4", b"plain text"),
    ],
)
def test_content_must_be_what_the_ending_says(served, name, data):
    """F05: a page under a picture's name is no picture."""
    served.customer.upload(name, data, expect=400)


def test_picture_that_would_fill_the_memory_is_refused(served):
    """A few kilobytes that say they are 30000 × 30000 points."""
    output = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(output, "PNG")
    served.customer.upload("bomb.png", output.getvalue(), "image/png", expect=400)


def test_file_above_the_limit_is_refused(people, start_server):
    server = start_server(UPLOAD_MAX_BYTES="2000")
    visitor = people.visitor().at(server.base_url)
    assert visitor.upload("small.txt", b"x" * 2000, "text/plain")["size"] == 2000
    assert visitor.upload("large.txt", b"x" * 2001, "text/plain", expect=413)["error"] == "too_large"
    assert visitor.upload("huge.txt", b"x" * 200_000, "text/plain", expect=413)["error"] == "too_large"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("D:\\scans\\报表.txt", "报表.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("...hidden.txt", "hidden.txt"),
        ('quo"te;.txt', 'quo"te;.txt'),
        ("x" * 300 + ".txt", "x" * 200 + ".txt"),
    ],
)
def test_name_is_a_name_and_nothing_else(served, given, kept):
    """I09: no path, no header, no endless name; the rest is kept as it was typed."""
    boundary = "limit"
    disposition = f"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{_percent(given)}"
    head = f"--{boundary}\r\n{disposition}\r\n\r\nhello\r\n--{boundary}--\r\n"
    answer = served.customer.request(
        "POST", "/files", data=head.encode(), headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    file = answer.json()["data"]
    assert answer.status_code == 200 and file["name"] == kept, answer.text
    download = served.customer.request("GET", f"/files/{file['fileId']}/content")
    assert download.status_code == 200 and "Set-Cookie" not in download.headers
    assert download.headers["Content-Disposition"].startswith("attachment;")


def test_nothing_runs_on_this_origin(served):
    """Everything but pictures is a download; all of it is sandboxed and kept by no cache."""
    text = served.customer.upload("page.txt", b"<script>alert(1)</script>", "text/html")
    image = served.customer.upload("image.png", picture(), "image/png")
    for file, kind, shown in ((text, "application/octet-stream", "attachment"), (image, "image/png", "inline")):
        headers = served.customer.request("GET", f"/files/{file['fileId']}/content").headers
        assert headers["Content-Type"].split(";")[0] == kind
        assert headers.get("Content-Disposition", "inline").startswith(shown)
        assert (
            headers["Content-Security-Policy"].startswith("sandbox") and headers["X-Content-Type-Options"] == "nosniff"
        )
        assert "no-store" in headers["Cache-Control"]
    assert (
        served.customer.request("GET", f"/files/{image['fileId']}/content", params={"download": "1"})
        .headers["Content-Disposition"]
        .startswith("attachment")
    )


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"files": {"other": ("a.txt", b"x")}},
        {"data": {"file": "not a file"}},
        {"json": {"file": "x"}},
        {"data": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    ],
    ids=lambda form: repr(form)[:40],
)
def test_upload_without_a_file_is_refused(served, form):
    served.customer.post("/files", expect=400, **form)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
