"""Files become articles and articles files (KB-4): every kind, row by row, tried first, cancelled, there and back."""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from tests.documents import archive, paragraph, pdf, picture, shown, table, word
from tests.people import Company, Person, unique
from tests.waiting import eventually

FAQ = [
    ["问题", "回复内容", "相似问", "分类", "标签"],
    ["怎么改密码", "点“设置”，再点“密码”。", "忘记密码|换密码", "账号|安全", "密码"],
    ["=HYPERLINK(1)", "这是一段文字。", "", "", ""],
    ["太多问法", "答案", "|".join(f"问法{number}" for number in range(60)), "", ""],
    ["没有答案", "", "", "", ""],
]


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def boss(company) -> Person:
    return company.supervisor


def workbook(rows: list[list[str]]) -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
    return output.getvalue()


def upload(person: Person, name: str, data: bytes, expect: str = "ready") -> dict:
    """The import when its file has been read."""
    answer = person.request("POST", "/kb/imports", files={"file": (name, data)})
    assert answer.status_code == 200, answer.text[:300]
    return settled(person, answer.json()["data"]["id"], expect)


def settled(person: Person, number: int, expect: str = "done") -> dict:
    def look() -> dict | None:
        found = person.get(f"/kb/imports/{number}")
        return found if found["state"] not in ("uploaded", "reading", "queued", "running") else None

    found = eventually(look, timeout=60)
    assert found["state"] == expect, found
    return found


def store(person: Person, number: int, **choices) -> dict:
    person.post(f"/kb/imports/{number}/start", choices)
    return settled(person, number)


def counts(found: dict) -> dict[str, int]:
    return {name: found[name] for name in ("created", "updated", "unchanged", "skipped", "refused") if found[name]}


def report(person: Person, number: int) -> list[dict]:
    return person.get(f"/kb/imports/{number}/rows", size=100)["list"]


def article_of(person: Person, title: str) -> dict:
    [row] = [row for row in person.get("/kb/articles", q=title)["list"] if row["title"] == title]
    return person.get(f"/kb/articles/{row['id']}")


def export(person: Person, **wanted) -> bytes:
    number = person.post("/kb/exports", wanted)["id"]
    eventually(lambda: person.get(f"/kb/exports/{number}")["state"] == "done", timeout=60)
    return person.request("GET", f"/kb/exports/{number}/content").content


def test_an_archive_of_documents_is_looked_at_tried_and_stored(company, boss):
    mark = unique("手册").replace("-", "")
    data = archive(
        {
            f"{mark}/登录/改密码.md": f"---\ntitle: {mark} 改密码\nkey: {mark}-1\ntags: [账号, 安全]\n"
            f"phrasings:\n  - {mark} 忘记密码\nvisibility: staff\n---\n\n![界面](../图/a%20b.png)\n\n`![x](y.png)`\n",
            f"{mark}/图/a b.png": picture(10),
            f"{mark}/网页.html": f"<title>x</title><nav>导航</nav><main><h1>{mark} 网页</h1><p>正文 <b>重点</b>。</p>"
            "<table><tr><th>列</th></tr><tr><td>a<br>b</td></tr></table></main><footer>页脚</footer>",
            f"{mark}/说明.docx": word(
                paragraph(f"{mark} 说明", "Title"),
                paragraph("打开门户。"),
                shown("rId5"),
                table([["项目", "值"], ["一", "二"]]),
            ),
            f"{mark}/指南.pdf": pdf(
                [(20, f"{mark} 指南"), (11, "第一句话。"), (11, "• 要点甲")], [(11, "第二页的话。")], None
            ),
            f"{mark}/旧.doc": b"old",
            f"{mark}/表.csv": "标题,答案",
        }
    )
    found = upload(boss, "手册.zip", data)
    preview = found["preview"]
    assert (preview["kind"], preview["total"], preview["problemCount"]) == ("documents", 6, 2)
    assert {shown["title"] for shown in preview["documents"]} == {
        f"{mark} {one}" for one in ("改密码", "网页", "说明", "指南")
    }
    tried = store(boss, found["id"], dryRun=True, publish=True)
    assert tried["isTrial"] and counts(tried) == {"created": 4, "refused": 2}
    assert boss.get("/kb/articles", q=mark)["total"] == 0, "a trial stores nothing"
    stored = store(boss, found["id"], publish=True)
    assert counts(stored) == counts(tried) and not stored["isOpen"]
    rows = {row["place"]: row for row in report(boss, found["id"])}
    assert rows[f"{mark}/指南.pdf"]["remarks"] == ["这些页是图片，其中的文字读不出来：3"]
    assert rows[f"{mark}/旧.doc"]["result"] == "refused" and ".docx" in rows[f"{mark}/旧.doc"]["remarks"][0]
    markdown = article_of(boss, f"{mark} 改密码")
    assert (markdown["visibility"], markdown["tags"], markdown["phrasings"]) == (
        "staff",
        ["账号", "安全"],
        [f"{mark} 忘记密码"],
    )
    assert markdown["categoryName"] == "登录" and "`![x](y.png)`" in markdown["bodyMarkdown"]
    page, text, guide = (article_of(boss, f"{mark} {one}")["bodyMarkdown"] for one in ("网页", "说明", "指南"))
    assert "正文 **重点**。" in page and "| a b |" in page and not {"导航", "页脚"} & set(page)
    assert "| 项目 | 值 |" in text and text.startswith("打开门户。")
    assert guide == "第一句话。\n\n- 要点甲\n\n第二页的话。", "headers, page numbers and the title are not text"
    # pictures are there for whom the article is
    picture_of = {
        name: article_of(boss, f"{mark} {name}")["bodyHtml"].split('src="')[1].split('"')[0]
        for name in ("改密码", "说明")
    }
    visitor = company.visitor()
    for name, seen in (("改密码", 404), ("说明", 200)):
        address = picture_of[name].removeprefix("/api/v1")
        assert visitor.request("GET", address).status_code == seen, name
        assert boss.request("GET", address).headers["Content-Type"] == "image/png"
    again = upload(boss, "手册.zip", data)
    assert counts(store(boss, again["id"], publish=True)) == {"unchanged": 4, "refused": 2}


def test_columns_are_chosen_and_rows_reported(boss):
    mark = unique("faq")
    rows = [FAQ[0], *([f"{row[0]} {mark}", *row[1:]] for row in FAQ[1:])]
    found = upload(boss, "faq.xlsx", workbook(rows))
    assert found["preview"]["guess"] == ["title", "", "phrasings", "category", "tags"]
    assert found["preview"]["rows"][0][1] == FAQ[1][1]
    path = f"/kb/imports/{found['id']}/start"
    boss.post(path, {"columns": ["title", "", "phrasings", "category", "tags"]}, expect=400)
    boss.post(path, {"columns": ["title", "title", "body", "", ""]}, expect=400)
    category = boss.post("/kb/categories", {"name": mark})
    stored = store(
        boss,
        found["id"],
        columns=["title", "body", "phrasings", "category", "tags"],
        categoryId=category["id"],
        publish=True,
        locale="zh",
        visibility="customer",
    )
    assert counts(stored) == {"created": 2, "refused": 2}
    results = [(row["result"], bool(row["remarks"])) for row in report(boss, found["id"])]
    assert results == [("created", False), ("created", False), ("refused", True), ("refused", True)]
    boss.post(path, {}, expect=409)
    plain = article_of(boss, f"=HYPERLINK(1) {mark}")
    assert (plain["categoryName"], plain["visibility"]) == (mark, "customer")
    sheet = openpyxl.load_workbook(
        io.BytesIO(boss.request("GET", f"/kb/imports/{found['id']}/report?format=xlsx").content)
    ).active
    title, *lines = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert (title[2], lines[1][2], lines[3][3]) == ("标题", f"'=HYPERLINK(1) {mark}", "已拒绝")


@pytest.mark.parametrize(
    ("existing", "result", "texts"),
    [
        ("update", "updated", {"新的"}),
        ("skip", "skipped", {"旧的"}),
        ("new", "created", {"旧的", "新的"}),
    ],
)
def test_what_is_there_already_is_treated_as_chosen(boss, existing, result, texts):
    title = unique("known")
    for text, choice in (("旧的", "update"), ("新的", existing)):
        found = upload(boss, "a.csv", f"标题,正文,key\n{title},{text},{title}".encode())
        stored = store(boss, found["id"], existing=choice)
    assert counts(stored) == {result: 1}
    rows = boss.get("/kb/articles", q=title)["list"]
    assert {row["summary"] for row in rows} == texts


def test_a_document_is_split_at_its_headings(boss):
    mark = unique("split")
    data = word(
        paragraph(f"{mark} 手册", "Title"),
        paragraph("前言。"),
        *(paragraph(f"{mark} {chapter}", "1") for chapter in ("甲",)),
        paragraph("甲的概述。"),
        paragraph("概述", "2"),
        paragraph("小节。"),
        paragraph(f"{mark} 乙", "1"),
        paragraph("概述", "2"),
        paragraph("另一小节。"),
    )
    found = upload(boss, "书.docx", data)
    assert found["preview"]["headings"] == [2, 2, 0]
    store(boss, found["id"], split=2)
    titles = [row["title"] for row in report(boss, found["id"])]
    assert titles == [f"{mark} 手册", f"{mark} 甲", f"{mark} 甲 · 概述", f"{mark} 乙 · 概述"]
    assert article_of(boss, f"{mark} 乙 · 概述")["bodyMarkdown"] == "另一小节。"


def test_a_cancelled_import_stops_and_says_how_far_it_came(boss):
    mark = unique("cancel")
    lines = "\n".join(f"{mark} {number},text" for number in range(4000))
    found = upload(boss, "a.csv", f"title,text\n{lines}".encode())
    boss.post(f"/kb/imports/{found['id']}/start", {})
    eventually(lambda: boss.get(f"/kb/imports/{found['id']}")["done"])
    stopped = boss.post(f"/kb/imports/{found['id']}/cancel")
    assert stopped["state"] == "cancelled"
    kept = eventually(lambda: still(boss, found["id"]))
    assert 0 < kept["created"] < 4000 and kept["created"] == boss.get("/kb/articles", q=mark)["total"]


def still(person: Person, number: int) -> dict | None:
    """The import, once its counts do not move any more."""
    first, second = person.get(f"/kb/imports/{number}"), person.get(f"/kb/imports/{number}")
    return second if first["done"] == second["done"] == second["created"] else None


def test_what_goes_out_comes_in_again_as_it_was(new_company, company):
    """The same articles in another company: text, pictures, audience, dates, tags, categories."""
    editor, mark = company.admin, unique("round")
    top = editor.post("/kb/categories", {"name": f"{mark} a/b: 上"})
    below = editor.post("/kb/categories", {"name": f"{mark} 下", "parentId": top["id"]})
    file = editor.upload("图 1.png", picture(90))
    first = editor.post(
        "/kb/articles",
        {
            "title": f"{mark} “引号” #1: yes",
            "body": f"# 标题\n\n![图]({file['url']})\n\n```\n--- \n![x](y.png)\n```\n\n- 一\n  - 二\n\n结束\\*",
            "phrasings": ["no", "1.0", "含: 冒号"],
            "tags": ["甲", "2026-01-01"],
            "categoryId": below["id"],
            "visibility": "levels",
            "levels": [1, 3],
            "validUntil": "2099-01-01T00:00:00",
        },
    )
    editor.post(f"/kb/articles/{first['id']}/publish")
    editor.post(
        "/kb/articles",
        {"title": f"{mark} Original", "body": "English text", "locale": "en", "translationOfId": first["id"]},
    )
    sent = export(editor, format="zip", q=mark)
    other = new_company()
    found = upload(other.admin, "articles.zip", sent)
    stored = store(other.admin, found["id"], publish=True)
    assert counts(stored) == {"created": 2}, report(other.admin, found["id"])
    returned = export(other.admin, format="zip", q=mark)
    assert contents(sent) == contents(returned)
    assert len([name for name in contents(sent) if name.startswith("files/")]) == 1
    sheet = export(editor, format="xlsx", q=mark)
    found = upload(editor, "articles.xlsx", sheet)
    assert counts(store(editor, found["id"], publish=True)) == {"unchanged": 2}
    for evil in ("=1+1", "@SUM(A1)"):
        editor.post("/kb/articles", {"title": f"{evil} {mark}", "body": evil})
    book = openpyxl.load_workbook(io.BytesIO(export(editor, format="xlsx", q=mark)))
    cells = [str(cell) for row in book.active.iter_rows(values_only=True) for cell in row if cell]
    assert f"'=1+1 {mark}" in cells and not [cell for cell in cells if cell.startswith(("=", "@", "+"))]


def contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_exports_hold_what_was_asked_for(company, boss):
    mark = unique("wanted")
    for locale in ("zh", "en"):
        boss.post("/kb/articles", {"title": f"{mark} {locale}", "body": "text", "locale": locale})
    assert len(contents(export(boss, q=mark, locale="en"))) == 1
    boss.post("/kb/exports", {"q": mark, "status": "published"}, expect=400)
    boss.post("/kb/exports", {"format": "pdf"}, expect=400)
    number = boss.post("/kb/exports", {"q": mark})["id"]
    assert boss.get("/exports")["list"] == [] and boss.get("/kb/exports")["list"][0]["id"] == number
    boss.get(f"/exports/{number}", expect=404)
    company.agent.post("/kb/exports", {"q": mark}, expect=403)
