"""Importing in a browser: a table and its columns, a trial, the real thing, the report; and a file back out."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.documents import archive, paragraph, pdf, picture, word
from tests.people import Company
from tests.test_imports import upload

TABLE = "问题,回复,备注\n怎么登录,点右上角的登录。,甲\n怎么退出,点头像。,乙\n没有答案的,,丙\n"


@pytest.fixture(scope="module")
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def test_from_a_table_to_articles_and_to_a_file(company: Company, open_page: Pages, screenshot):
    page = open_page.signed_in(company.supervisor, "/desk/knowledge")
    page.get_by_role("link", name="导入导出").click()
    expect(page.get_by_text("还没有导入过文件")).to_be_visible()
    page.set_input_files("input[type=file]", {"name": "常见问题.csv", "mimeType": "text/csv", "buffer": TABLE.encode()})
    expect(page.get_by_role("heading", name="常见问题.csv")).to_be_visible()
    expect(page.get_by_text("共 3 行")).to_be_visible()
    start = page.get_by_role("button", name="开始导入")
    expect(start).to_be_disabled()
    expect(page.get_by_label("问题", exact=True)).to_have_value("title")
    page.get_by_label("回复", exact=True).select_option("body")
    page.get_by_label("立即发布").check()
    screenshot(page, "import-table")
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("试运行完成，什么都没有写入")).to_be_visible()
    rows = page.get_by_role("table").last.get_by_role("row")
    expect(rows.filter(has_text="没有答案的")).to_contain_text("会被拒绝")
    start.click()
    expect(page.get_by_text("已完成", exact=True)).to_be_visible()
    expect(rows.filter(has_text="怎么登录")).to_contain_text("新建")
    expect(rows.filter(has_text="没有答案的")).to_contain_text("拒绝")  # what was chosen for the trial still holds
    screenshot(page, "import-done")
    with page.expect_download() as report:
        page.get_by_role("link", name="Excel").click()
    assert report.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("link", name="怎么登录").click()
    expect(page).to_have_url(re.compile(r"/knowledge/\d+/edit"))
    page.get_by_role("link", name="导入导出").or_(page.get_by_role("link", name="知识库")).first.click()
    page.goto("/desk/knowledge/import")
    page.get_by_role("button", name="导出", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click(timeout=20_000)
    assert download.value.path().read_bytes().startswith(b"PK")
    screenshot(page, "import-list")


def test_documents_on_a_phone_in_english(company: Company, open_page: Pages, screenshot):
    boss = company.supervisor
    book = word(paragraph("User guide", "Title"), paragraph("Signing in", "1"), paragraph("Open the page."))
    data = archive(
        {
            "guide/book.docx": book,
            "guide/notes.md": "# Notes\n\n![a](a.png)\n\n![b](b.png)",
            "guide/a.png": picture(),
            "guide/scan.pdf": pdf([(20, "Scan"), (11, "Words.")], None),
            "guide/old.doc": "old",
        }
    )
    found = upload(boss, "guide.zip", data)
    page = open_page.signed_in(boss, f"/desk/knowledge/import/{found['id']}", viewport="phone", locale="en-US")
    expect(page.get_by_role("heading", name="guide.zip")).to_be_visible()
    expect(page.get_by_text("Old Word files are not read: save it as .docx")).to_be_visible()
    expect(page.get_by_text("These pages are pictures whose words cannot be read: 2")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, "import-documents-phone")
    page.get_by_label("Splitting").select_option("1")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Row by row")).to_be_visible()
    expect(page.get_by_text("The picture b.png does not lie beside the text")).to_be_visible()
    screenshot(page, "import-report-phone")
    page.get_by_role("link", name="All imports").click()
    expect(page.get_by_role("link", name=re.compile("guide.zip"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, "import-list-phone")
