"""Accounts from CSV and Excel: good rows are made, bad rows change nothing, and no file bursts anything (G09)."""

import io
import itertools
import re
import secrets
import zipfile

import openpyxl
import pytest

from tests.people import Person, at_once, unique
from tests.screens import FormReader, Screens

_phones = itertools.count(secrets.randbelow(50_000_000))
HEADING = "username,fullName,email,phone,department,role,password"


def send(person, name: str, data: bytes, expect: int = 200, dry: bool = False):
    return person.post("/users/import" + ("?dryRun=1" if dry else ""), files={"file": (name, data)}, expect=expect)


def table(*rows: str, heading: str = HEADING) -> bytes:
    return "\r\n".join([heading, *rows]).encode()


def line(
    username: str = "",
    *,
    name: str = "新人",
    email: str = "",
    phone: str = "",
    department: str = "",
    role: str = "agent",
    password: str = "",
) -> str:
    return ",".join((username or unique("imp"), name, email, phone, department, role, password))


def workbook(*rows: tuple) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def by_row(report: dict) -> dict[int, dict]:
    return {row["row"]: row for row in report["rows"]}


def count(people) -> int:
    return people.admin.get("/users")["total"]


def test_rows_become_accounts_that_can_sign_in(server, people):
    phone = f"135{next(_phones):08d}"
    names = [unique("imp") for _ in range(2)]
    report = send(
        people.manager,
        "people.csv",
        table(
            line(names[0], email=f"{names[0]}@Example.org", phone=phone, department="service", role="客服"),
            line(names[1], role="supervisor", password="Chosen-pass-1"),
        ),
    )
    assert (report["created"], report["failed"], report["dryRun"]) == (2, 0, False)
    first, second = report["rows"]
    user = people.admin.get(f"/users/{first['userId']}")
    assert (
        user["username"],
        user["fullName"],
        user["email"],
        user["phone"],
        user["departmentName"],
        user["mustChangePassword"],
    ) == (names[0], "新人", f"{names[0]}@example.org", f"+86{phone}", "客户服务部", True)
    assert [role["code"] for role in user["roles"]] == ["agent"] and user["phoneVerified"]
    assert Person(server.base_url).sign_in(names[0], first["initialPassword"]).actor["agentId"]
    assert "initialPassword" not in second
    assert Person(server.base_url).sign_in(names[1], "Chosen-pass-1").actor["roles"] == ["supervisor"]


def test_bad_rows_change_nothing_and_good_ones_are_made(people):
    taken, twice = people.agent.username, unique("twice")
    rows = [
        line(),
        line("a b"),
        line(taken.upper()),
        line(role="nobody"),
        line(role=""),
        line(department="nowhere"),
        line(email="no address"),
        line(phone="12"),
        line(password="short"),
        line(twice),
        line(twice.upper()),
        line(name="x" * 65),
        line(role="super_admin"),
        "",
        line(),
    ]
    before = count(people)
    report = send(people.manager, "people.csv", table(*rows))
    found = by_row(report)
    assert {number for number, row in found.items() if row["status"] == "created"} == {2, 16}
    assert {number for number, row in found.items() if row["status"] == "error"} == set(range(3, 15))
    assert all(
        row["reason"] and "initialPassword" not in row and "userId" not in row
        for row in found.values()
        if row["status"] == "error"
    )
    assert (report["created"], report["failed"]) == (2, 12) and count(people) == before + 2
    # the same file again makes only those whose rows are without a name of their own
    assert found[11]["fields"] == {"username": found[12]["fields"]["username"]}


def test_trial_says_the_same_and_stores_nothing(people):
    data = table(line(), line(role="nobody"))
    before = count(people)
    trial = send(people.manager, "people.csv", data, dry=True)
    assert (
        [row["status"] for row in trial["rows"]] == ["valid", "error"]
        and trial["created"] == 0
        and trial["dryRun"] is True
    )
    assert all("initialPassword" not in row for row in trial["rows"]) and count(people) == before
    assert [row["status"] for row in send(people.manager, "people.csv", data)["rows"]] == ["created", "error"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_excel_writes_in_china_is_read(people, encoding, delimiter):
    name = unique("imp")
    text = f"用户名,姓名,角色\r\n{name},欧阳娜娜,客服\r\n".replace(",", delimiter)
    made = send(people.manager, "名单.csv", text.encode(encoding))["rows"][0]
    assert people.admin.get(f"/users/{made['userId']}")["fullName"] == "欧阳娜娜"


def test_excel_file_is_read(people):
    """Numbers as numbers, empty rows, columns in any order, formulas by their last value."""
    name, phone = unique("imp"), int(f"134{next(_phones):08d}")
    report = send(
        people.manager,
        "people.xlsx",
        workbook(
            ("角色", "手机号", "用户名"),
            (None, None, None),
            ("agent", phone, name),
            ("agent", float(phone + 50_000_000), unique("imp")),
        ),
    )
    assert [row["row"] for row in report["rows"]] == [3, 4] and report["created"] == 2
    assert people.admin.get(f"/users/{report['rows'][0]['userId']}")["phone"] == f"+86{phone}"


def test_html_and_formulas_stay_text(people):
    made = send(people.manager, "people.csv", table(line(name="<img src=x onerror=alert(1)>"), line(name="=1+1")))[
        "rows"
    ]
    assert [people.admin.get(f"/users/{row['userId']}")["fullName"] for row in made] == [
        "<img src=x onerror=alert(1)>",
        "=1+1",
    ]


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("empty.csv", b"", 400),
        ("heading.csv", b"\n\n", 400),
        ("unknown.csv", b"username,role,isAdmin\na,b,c", 400),
        ("twice.csv", b"username,role,username\na,b,c", 400),
        ("missing.csv", b"username\nabc", 400),
        ("binary.csv", b"username,role\n\x00\x01,agent", 400),
        ("latin.csv", b"username,role\n\xff\xfe\xff,agent", 400),
        ("quotes.csv", b'username,role\n"abc"x,agent', 400),
        ("wide.csv", b"username,role\n" + b"a," * 60 + b"b", 400),
        ("cell.csv", b"username,role\n" + b"a" * 1001 + b",agent", 400),
        ("long.csv", table(*[f"user{number},agent" for number in range(5001)], heading="username,role"), 413),
        ("large.csv", b"username,role\n" + b"abc,agent\n" * 600_000, 413),
        ("fake.xlsx", b"PK\x03\x04 no archive at all", 400),
        ("text.xlsx", b"username,role\nabc,agent", 400),
        ("passwords.csv", table(*[line(password="Chosen-pass-1") for _ in range(201)]), 413),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_that_cannot_be_used_is_refused_as_a_whole(people, name, data, status):
    before = count(people)
    send(people.manager, name, data, expect=status)
    assert count(people) == before


def archive(parts: dict[str, bytes], original: bytes | None = None) -> bytes:
    """A workbook with some parts replaced."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        with zipfile.ZipFile(io.BytesIO(original or workbook(("username", "role"), ("somebody", "agent")))) as source:
            for name in source.namelist():
                if name not in parts:
                    made.writestr(name, source.read(name))
        for name, content in parts.items():
            made.writestr(name, content)
    return data.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet(rows: str, declared: str = "") -> bytes:
    """The XML of a worksheet."""
    return f"{declared}<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>".encode()


def row(number: int, *texts: str) -> str:
    cells = "".join(f"<c t='inlineStr'><is><t>{text}</t></is></c>" for text in texts)
    return f"<row r='{number}'>{cells}</row>"


def entity(name: str, content: str) -> str:
    return f"<!ENTITY {name} {content}>"


LETTERS = "abcdefghij"
#: each entity stands for ten of the one before: a billion in the end
LAUGHS = entity("a", '"ha"') + "".join(
    entity(name, f'"{f"&{before};" * 10}"') for before, name in itertools.pairwise(LETTERS)
)
BOMB = sheet(row(1, "&j;"), f"<!DOCTYPE l [{LAUGHS}]>")
PASSWD = entity("x", 'SYSTEM "file:///etc/passwd"')
OUTSIDE = sheet(row(1, "&x;"), f"<!DOCTYPE w [{PASSWD}]>")


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({"xl/media/bomb.bin": bytes(30_000_000)}, 413),
        ({"xl/sharedStrings.xml": b"<a>" + b" " * 80_000_000}, 413),
        ({f"xl/media/{number}": b"x" for number in range(600)}, 413),
        ({SHEET: BOMB}, 400),
        ({SHEET: OUTSIDE}, 400),
        ({SHEET: b"<broken"}, 400),
        ({"[Content_Types].xml": b"<broken"}, 400),
        ({"xl/workbook.xml": b"<workbook/>"}, 400),
    ],
    ids=[
        "bomb",
        "shared strings",
        "many parts",
        "laughs",
        "outside entity",
        "broken sheet",
        "broken types",
        "no sheets",
    ],
)
def test_archive_that_would_burst_is_refused(server, people, parts, status):
    answer = people.manager.request("POST", "/users/import", files={"file": ("people.xlsx", archive(parts))})
    assert answer.status_code == status, answer.text
    assert "root:" not in answer.text
    assert people.manager.get("/session")["actor"]  # it lives


def test_sheet_that_lies_about_its_size_is_read_no_further(people):
    """A row numbered a million stands for a million empty ones."""
    lying = sheet(row(1, "username", "role") + row(1_048_576, "far"))
    answer = people.manager.request(
        "POST", "/users/import", files={"file": ("people.xlsx", archive({SHEET: lying}))}, timeout=10
    )
    assert answer.status_code in (200, 413)
    if answer.status_code == 200:
        assert answer.json()["data"]["rows"] == []


def test_two_imports_of_one_file_at_once_make_each_account_once(people):
    names = [unique("imp") for _ in range(5)]
    data = table(*[line(name) for name in names])
    manager = people.manager
    reports = at_once(*[lambda: send(manager, "people.csv", data)] * 3)
    assert sum(report["created"] for report in reports) == 5
    for name in names:
        assert people.admin.get("/users", q=name)["total"] == 1


def test_template_can_be_filled_in_and_sent(people):
    program = people.manager.program()  # without the cookie that remembers a language
    answer = program.request("GET", "/users/import/template.csv", headers={"Accept-Language": "zh"})
    assert (
        answer.headers["Content-Type"].startswith("text/csv") and "attachment" in answer.headers["Content-Disposition"]
    )
    heading = answer.content.decode("utf-8-sig").strip()
    assert heading.split(",")[0] == "用户名"
    filled = (heading + "\r\n" + line()).encode("utf-8-sig")
    assert send(people.manager, "people.csv", filled)["created"] == 1
    english = program.request("GET", "/users/import/template.csv", headers={"Accept-Language": "en"}).content.decode(
        "utf-8-sig"
    )
    assert english.strip() == HEADING


def test_import_without_file_says_so(people):
    assert "file" in people.manager.post("/users/import", expect=400)["fields"]


@pytest.mark.parametrize("way", [("trial", "1"), None])
def test_administrator_imports_on_screen(server, people, way):
    """The page in /admin: first a check, then the accounts with their passwords."""
    screens, name = Screens(people.manager), unique("imp")
    form = FormReader(screens.page("/users/import")).with_field("csrf_token")
    answer = screens.fetch(
        "/users/import",
        "POST",
        data={"csrf_token": form["csrf_token"], **dict([way] if way else [])},
        files={"file": ("people.csv", table(line(name, name="<b>新人</b>"), line("a b")))},
    )
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store" and "a b" in answer.text
    made = re.search(r"<code>([^<]+)</code>", answer.text)
    if way:
        assert made is None and people.admin.get("/users", q=name)["total"] == 0
    else:
        assert Person(server.base_url).sign_in(name, made[1]).actor["name"] == "<b>新人</b>"


def test_screen_says_what_is_wrong_with_a_file(people):
    screens = Screens(people.manager)
    form = FormReader(screens.page("/users/import")).with_field("csrf_token")
    answer = screens.fetch("/users/import", "POST", data=form, files={"file": ("people.csv", b"name,password\na,b")})
    assert answer.status_code == 200 and 'role="alert"' in answer.text
    assert screens.fetch("/users/import", "POST", files={"file": ("people.csv", table(line()))}).status_code == 400


def test_screen_belongs_to_administrators(people):
    assert Screens(people.agent).fetch("/users/import").status_code == 403
    assert Screens(people.supervisor).fetch("/users/import").status_code in (302, 403)


def test_many_rows_are_made_while_others_work(people):
    """The hashes of initial passwords are quick, and the loop is never held."""
    data = table(*[line() for _ in range(300)])
    report, answers = at_once(
        lambda: send(people.manager, "people.csv", data),
        lambda: [people.agent.request("GET", "/session").elapsed.total_seconds() for _ in range(100)],
    )
    assert report["created"] == 300
    assert max(answers) < 1, answers
