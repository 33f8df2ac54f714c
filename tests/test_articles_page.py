"""The editors' pages: write with preview, paste a picture, versions, four eyes, two at once; desktop and phone."""

import base64
import re

from playwright.sync_api import Locator, Page, expect

from tests.browsing import Pages
from tests.people import Company, unique
from tests.test_articles import draft, picture, published, written
from tests.waiting import eventually

#: as the system's clipboard hands a picture over
PASTE = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
  const clipboardData = new DataTransfer()
  clipboardData.items.add(new File([bytes], name, { type: 'image/png' }))
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}"""


def edit(open_page: Pages, person, number: int, **options) -> Page:
    return open_page.signed_in(person, f"/desk/knowledge/{number}/edit", **options)


def standing(page: Page) -> Locator:
    """The lines above an article that say where it stands."""
    return page.get_by_role("list", name="文章状态")


def test_an_editor_writes_an_article_from_a_template_to_the_reader(people: Company, open_page: Pages, screenshot):
    editor = people.supervisor
    category = editor.post("/kb/categories", {"name": unique("分类")})
    name = unique("步骤说明")
    editor.post("/kb/templates", {"name": name, "title": "如何…？", "body": "## 步骤\n\n1. 第一步\n", "tags": ["教程"]})
    title = unique("如何修改发票抬头")
    page = open_page.signed_in(editor, "/desk/knowledge")
    page.get_by_role("button", name=category["name"], exact=True).click()
    page.get_by_role("button", name="新建文章").click()
    page.get_by_role("button", name=name).click()
    box = page.get_by_role("textbox", name="正文")
    expect(box).to_have_value("## 步骤\n\n1. 第一步\n")
    # a list goes on by itself; a tool marks what is chosen; undo takes it back
    box.press("Control+End")
    box.press("Backspace")
    box.press("Enter")
    box.type("第二步")
    expect(box).to_have_value("## 步骤\n\n1. 第一步\n2. 第二步")
    box.press("Shift+ArrowLeft")
    page.get_by_role("button", name="加粗").click()
    expect(box).to_have_value("## 步骤\n\n1. 第一步\n2. 第二**步**")
    box.press("Control+z")
    expect(box).to_have_value("## 步骤\n\n1. 第一步\n2. 第二步")
    box.press("Control+End")
    page.evaluate(PASTE, ["screen.png", base64.b64encode(picture()).decode()])
    expect(box).to_have_value(re.compile(r"!\[screen\]\(/api/v1/files/\d+/content\)"))
    page.get_by_role("textbox", name="标题").fill(title)
    preview = page.get_by_role("tabpanel")
    expect(preview.get_by_role("listitem")).to_have_text(["第一步", "第二步"])
    expect(preview.get_by_role("img", name="screen")).to_be_visible()
    expect(preview.get_by_role("heading", name=title)).to_be_visible()
    # saved by itself as a draft of its own address
    expect(page).to_have_url(re.compile(r"/desk/knowledge/\d+/edit"))
    number = int(re.search(r"/(\d+)/edit", page.url)[1])
    screenshot(page, "knowledge-editor")
    page.get_by_role("tab", name="属性").click()
    details = page.get_by_role("tabpanel")
    expect(details.get_by_label("分类")).to_have_value(str(category["id"]))
    details.get_by_label("相似问").fill("发票抬头写错了\n怎么改抬头")
    details.get_by_role("combobox", name="标签").fill("发票")
    details.get_by_role("combobox", name="标签").press("Enter")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_text("已发布", exact=True).first).to_be_visible()
    article = people.visitor().get(f"/kb/articles/{number}")
    assert (article["title"], article["tags"]) == (title, ["教程", "发票"])
    assert draft(editor, number)["content"]["phrasings"] == ["发票抬头写错了", "怎么改抬头"]
    # a change is kept by the page alone, and the history shows what it was
    box.press("Control+End")
    box.type("\n\n改好后请刷新页面。")
    page.get_by_role("button", name="发布修改").wait_for()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("读者仍看到上次发布的内容")).to_be_visible()
    assert "刷新" not in people.visitor().get(f"/kb/articles/{number}")["bodyHtml"]
    page.get_by_role("tab", name="版本").click()
    history = page.get_by_role("tabpanel")
    history.get_by_role("button", name=re.compile("编辑中")).click()
    expect(history.locator("ins", has_text="改好后请刷新页面。")).to_be_visible()
    page.get_by_role("button", name="发布修改").click()
    expect(history.get_by_text("读者看到的")).to_be_visible()
    assert "刷新" in people.visitor().get(f"/kb/articles/{number}")["bodyHtml"]
    page.get_by_role("link", name="返回文章列表").click()
    row = page.get_by_role("row", name=title)
    expect(row.get_by_text("已发布")).to_be_visible()
    row.get_by_role("button", name="发票").click()
    expect(page).to_have_url(re.compile("tag="))
    screenshot(page, "knowledge-list")


def test_whoever_saves_second_is_told_and_loses_nothing(people: Company, open_page: Pages):
    editor, colleague = people.supervisor, people.manager
    number = published(editor, body="as it was")
    colleague.post(f"/kb/articles/{number}/editing")
    page = edit(open_page, editor, number)
    expect(page.get_by_text(re.compile("也在编辑这篇文章"))).to_be_visible()
    box = page.get_by_role("textbox", name="正文")
    expect(box).to_have_value("as it was")
    open_page.expect_console_error("409")
    colleague.put(f"/kb/articles/{number}/draft", {"body": "as the colleague wants it"})
    box.fill("as I want it")
    page.keyboard.press("Control+s")
    bar = page.get_by_role("alert").filter(has_text="已保存了新的内容")
    bar.get_by_role("button", name="查看差异").click()
    expect(bar.locator("del")).to_contain_text("the colleague wants")
    expect(box).to_have_value("as I want it")
    bar.get_by_role("button", name="保存我的版本").click()
    expect(bar).to_be_hidden()
    eventually(lambda: draft(editor, number)["content"]["body"] == "as I want it")
    kept = [row["number"] for row in editor.get(f"/kb/articles/{number}/versions")]
    assert kept == [3, 2, 1]  # the colleague's is among them


def test_reviewer_and_author_on_the_phone(people: Company, open_page: Pages, screenshot):
    people.admin.put("/settings", {"values": {"article_review": True}})
    try:
        author, reviewer = people.supervisor, people.manager
        number = written(author, title=unique("待审核的文章"), body="正文第一段。")
        page = edit(open_page, author, number, viewport="phone")
        page.get_by_role("button", name="提交审核").click()
        page.get_by_role("dialog").get_by_role("textbox").fill("请看一下")
        page.get_by_role("dialog").get_by_role("button", name="提交审核").click()
        expect(standing(page)).to_contain_text("审核中：")
        expect(page.get_by_role("textbox", name="正文")).not_to_be_editable()
        other = edit(open_page, reviewer, number, viewport="phone")
        expect(standing(other)).to_contain_text("请看一下")
        screenshot(other, "knowledge-review-phone")
        other.get_by_role("button", name="退回").click()
        other.get_by_role("dialog").get_by_role("textbox").fill("缺少示例")
        other.get_by_role("dialog").get_by_role("button", name="退回").click()
        expect(standing(other)).to_contain_text("缺少示例")
        page.reload()
        expect(standing(page)).to_contain_text("缺少示例")
        page.get_by_role("textbox", name="正文").fill("正文第一段。例如……")
        page.get_by_role("tab", name="预览").click()
        expect(page.get_by_role("tabpanel").get_by_text("例如……")).to_be_visible()
        page.get_by_role("button", name="提交审核").click()
        page.get_by_role("dialog").get_by_role("button", name="提交审核").click()
        expect(standing(page)).to_contain_text("审核中：")
        other.reload()
        other.get_by_role("button", name="通过并发布").click()
        other.get_by_role("dialog").get_by_role("button", name="通过并发布").click()
        expect(other.get_by_role("dialog")).to_be_hidden()
        assert "例如" in people.visitor().get(f"/kb/articles/{number}")["bodyHtml"]
        other.goto("/desk/knowledge")
        expect(other.get_by_role("searchbox", name="搜索标题和正文")).to_be_visible()
    finally:
        people.admin.put("/settings", {"values": {"article_review": False}})
