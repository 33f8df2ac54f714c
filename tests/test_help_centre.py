"""The public side of the help centre: without scripts, for search engines, and in the browser (KB-3, KB-5)."""

import json
import re
from collections.abc import Callable
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, unique

ENGLISH = {"Accept-Language": "en-GB"}
CHINESE = {"Accept-Language": "zh-CN"}
#: nothing tells the language, as with a search engine
SILENT = {"Accept-Language": ""}
#: with enough headings for a table of contents
LONG = "第一段。\n\n## 甲\n\n一。\n\n## 乙\n\n二。\n\n## 丙\n\n三。"


@pytest.fixture(scope="module")
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


class Reader:
    """Somebody without scripts."""

    def __init__(self, person: Person, headers: dict):
        self.person, self.headers = person, headers

    def get(self, path: str, *, expect: int = 200, **headers: str) -> requests.Response:
        answer = self.person.http.get(
            f"{self.person.base_url}{path}", headers=self.headers | headers, allow_redirects=False, timeout=30
        )
        assert answer.status_code == expect, f"{path}: {answer.status_code}"
        return answer


@pytest.fixture
def reader(company) -> Reader:
    return Reader(company.anonymous, CHINESE)


def written(company: Company, **more) -> dict:
    """An article as readers find it, with its path."""
    given = {"title": unique("文章"), "body": "正文。", "visibility": "public", "locale": "zh"} | more
    article = company.admin.post("/kb/articles", given)
    company.admin.post(f"/kb/articles/{article['id']}/publish")
    return company.admin.get(f"/kb/articles/{article['id']}")


def graph_of(page: str) -> dict[str, dict]:
    found = [json.loads(one) for one in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)]
    return {one["@type"]: one for one in found}


def canonical_of(page: str) -> str:
    return unquote(re.search(r'<link rel="canonical" href="([^"]+)"', page)[1])


# --- without scripts -------------------------------------------------------------------------------------------------


def test_article_is_a_whole_page_with_all_that_search_engines_read(company, reader):
    category = company.admin.post("/kb/categories", {"name": unique("打印")})
    before = written(company, categoryId=category["id"], title=unique("先看这篇"))
    steps = "## 准备\n\n> [!TIP]\n> 先保存\n\n## 步骤\n\n| 项 | 值 |\n|---|---|\n| a | b |\n\n## 结果\n\n完。"
    body = f"第一段说明。\n\n{steps}"
    article = written(company, categoryId=category["id"], title=f"{unique('打印机')}怎么用？", body=body)
    page = reader.get(article["path"]).text
    assert f'<h1 class="p-title">{article["title"]}</h1>' in page and "<td>a</td>" in page
    assert 'class="callout tip"' in page and 'href="#h-步骤"' in page and 'id="h-步骤"' in page
    assert canonical_of(page).endswith(unquote(article["path"]))
    assert f'<meta property="og:title" content="{article["title"]}">' in page
    assert '<meta name="description" content="第一段说明。' in page
    assert f'rel="prev" href="{before["path"]}"' in page and f'href="/categories/{category["id"]}-' in page
    graph = graph_of(page)
    assert graph["Article"]["headline"] == article["title"]
    way = [step["name"] for step in graph["BreadcrumbList"]["itemListElement"]]
    assert way[1:] == [category["name"], article["title"]]
    assert graph["FAQPage"]["mainEntity"][0]["acceptedAnswer"]["text"].startswith("<p>第一段说明。")
    # the only script that is no file is the one the policy knows by its hash
    policy = reader.get(article["path"]).headers["Content-Security-Policy"]
    assert "'sha256-" in policy and "nonce" not in policy and "'unsafe-inline'" not in policy.split("style-src")[0]

    listed = reader.get(re.search(r'href="(/categories/[^"]+)"', page)[1]).text
    assert article["path"] in listed and before["path"] in listed
    assert category["name"] in reader.get("/").text


def test_one_address_for_each_page(company, reader):
    article = written(company, title=unique("Old name"), locale="en")
    bare = f"/articles/{article['id']}"
    assert reader.get(bare, expect=301).headers["Location"] == article["path"]
    company.admin.put(f"/kb{bare}", {"title": unique("New name"), "version": article["version"]})
    if (changed := company.admin.get(f"/kb/articles/{article['id']}"))["title"].startswith("Old"):
        company.admin.post(f"/kb/articles/{article['id']}/publish")
        changed = company.admin.get(f"/kb/articles/{article['id']}")
    moved = reader.get(article["path"], expect=301)
    assert moved.headers["Location"] == changed["path"] != article["path"]
    assert moved.headers["Cache-Control"] == "no-cache"
    reader.get(changed["path"])


def test_who_may_not_read_it_is_told_the_same_as_if_there_were_none(company, reader):
    hidden = [
        written(company, visibility="customer", title=unique("客户专用")),
        written(company, visibility="staff", title=unique("内部")),
        company.admin.post("/kb/articles", {"title": unique("草稿"), "body": "x", "visibility": "public"}),
    ]
    unknown = reader.get("/articles/987654321", expect=404).text
    for article in hidden:
        for path in (f"/articles/{article['id']}", f"/articles/{article['id']}-x"):
            page = reader.get(path, expect=404)
            assert article["title"] not in page.text and page.headers["Cache-Control"] == "private, no-store"
            assert without_address(page.text) == without_address(unknown)
    for path in ("/", "/search?q=客户专用", "/sitemap-1.xml"):
        text = reader.get(path).text
        assert not [article["title"] for article in hidden if article["title"] in text]
        assert not [article["id"] for article in hidden if re.search(rf"/articles/{article['id']}\b", text)]


def without_address(page: str) -> str:
    return re.sub(r"/articles/\d+(-x)?", "", page)


def test_what_somebody_gets_who_is_signed_in_is_kept_by_nobody(company):
    article = written(company, visibility="customer", title=unique("客户专用"))
    customer = Reader(company.new("customer"), CHINESE)
    page = customer.get(article["path"])
    assert article["title"] in page.text and page.headers["Cache-Control"] == "private, no-store"
    assert "Etag" not in page.headers and "Last-Modified" not in page.headers
    assert article["title"] in customer.get(f"/search?q={article['title']}").text


def test_a_page_that_has_not_changed_is_not_sent_again(company, reader):
    article = written(company)
    page = reader.get(article["path"])
    assert page.headers["Cache-Control"] == "public, no-cache" and "Set-Cookie" not in page.headers
    assert {"Cookie", "Accept-Language"} <= set(re.split(r",\s*", page.headers["Vary"]))
    etag = page.headers["Etag"]
    assert reader.get(article["path"], expect=304, **{"If-None-Match": etag}).text == ""
    assert reader.get(article["path"], **{"If-None-Match": etag, **ENGLISH}).headers["Etag"] != etag
    company.admin.post(f"/kb/articles/{article['id']}/withdraw")
    gone = reader.get(article["path"], expect=410, **{"If-None-Match": etag})
    assert article["title"] not in gone.text and "已下架" in gone.text


def test_language_is_the_readers_else_the_contents(company):
    article = written(company, locale="en", title=unique("Printer"))
    for headers, tag in ((SILENT, "en"), (CHINESE, "zh-CN"), (ENGLISH, "en")):
        page = Reader(company.anonymous, headers).get(article["path"]).text
        assert f'<html lang="{tag}"' in page and '<div class="article-body" lang="en">' in page
    chosen = Reader(company.anonymous, CHINESE).get("/?lang=en")
    assert "Browse by topic" in chosen.text and "locale=en" in chosen.headers["Set-Cookie"]
    assert canonical_of(chosen.text).endswith("/?lang=en") and chosen.headers["Cache-Control"] == "private, no-store"
    assert 'hreflang="zh-CN"' in chosen.text and 'hreflang="x-default"' in chosen.text


def test_translations_name_each_other(company, reader):
    """The manuals come in two languages."""
    chinese = company.anonymous.get("/kb/articles/popular", size=1, locale="zh")[0]
    page = reader.get(chinese["path"]).text
    english = re.search(r'hreflang="en" href="[^"]*?(/articles/[^"]+)"', page)[1]
    assert chinese["path"] in reader.get(english).text


def test_sitemap_lists_what_everybody_may_read_whoever_asks(company, reader):
    article, other = written(company), written(company, visibility="customer")
    sitemaps = ElementTree.fromstring(reader.get("/sitemap.xml").content)
    base = canonical_of(reader.get("/").text).rstrip("/")
    parts = [place.text for place in sitemaps.iter() if place.tag.endswith("}loc")]
    assert parts == [f"{base}/sitemap-1.xml"]
    for person in (company.anonymous, company.new("customer"), company.admin):
        text = Reader(person, CHINESE).get("/sitemap-1.xml").text
        places = [loc.text for loc in ElementTree.fromstring(text).iter() if loc.tag.endswith("}loc")]
        assert f"{base}{article['path']}" in places and f"{base}/" in places
        assert not [place for place in places if f"/articles/{other['id']}-" in place]
    reader.get("/sitemap-2.xml", expect=404)
    robots = reader.get("/robots.txt").text
    assert f"Sitemap: {base}/sitemap.xml" in robots and "Disallow: /api/" in robots


def test_a_company_that_does_not_want_to_be_found_is_not(new_company):
    company = new_company()
    company.admin.put("/settings", {"values": {"search_engines": False}})
    reader = Reader(company.anonymous, CHINESE)
    assert reader.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    reader.get("/sitemap.xml", expect=404)
    page = reader.get("/").text
    assert '<meta name="robots" content="noindex">' in page and "canonical" not in page


def test_search_works_by_the_address_and_marks_words(company, reader):
    word = unique("zebrafish")
    article = written(company, title=f"About {word} & <b>others</b>", locale="zh")
    page = reader.get(f"/search?q={word}").text
    assert f'href="/articles/{article["id"]}"' in page and "<mark>zebrafish" in page
    assert "&lt;b&gt;" in page and "<b>others" not in page and '<meta name="robots" content="noindex">' in page
    nothing = reader.get(f"/search?q={unique('nowhere')}").text
    assert "没有找到文章" in nothing and "/chat?person=1" in nothing
    attack = reader.get('/search?q="><script>alert(1)</script>').text
    assert "<script>alert" not in attack


def test_category_pages_are_numbered(company, reader):
    category = company.admin.post("/kb/categories", {"name": unique("很多")})
    for _ in range(31):
        article = written(company, categoryId=category["id"])
    path = article["way"][0]["path"]
    first = reader.get(path).text
    assert len(re.findall(r'<a class="p-row"', first)) == 30 and f'rel="next" href="{path}?page=2"' in first
    second = reader.get(f"{path}?page=2").text
    assert article["path"] in second and f'rel="prev" href="{path}"' in second
    assert canonical_of(second).endswith("?page=2")
    reader.get(f"{path}?page=3", expect=404)
    reader.get(f"{path}?page=0", expect=404)


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_each_reader_counts_once_and_may_change_his_mind(company):
    article = written(company)
    path = f"/kb/articles/{article['id']}"

    def counts() -> tuple[int, int]:
        row = company.admin.get(path)
        return row["helpfulCount"], row["unhelpfulCount"]

    first, second, visitor = unique("r"), unique("r"), company.visitor()
    for _ in range(2):
        company.anonymous.post(f"{path}/feedback", {"helpful": True, "reader": first})
    assert counts() == (1, 0)
    company.anonymous.post(f"{path}/feedback", {"helpful": True, "reader": second})
    told = {"helpful": False, "reason": "outdated", "comment": "  按钮 改名了 "}
    assert visitor.post(f"{path}/feedback", told) == {"helpful": False, "reason": "outdated", "comment": "按钮 改名了"}
    assert counts() == (2, 1)
    company.anonymous.post(f"{path}/feedback", {"helpful": False, "reason": "unclear", "reader": first})
    assert counts() == (1, 2)
    listed = company.supervisor.get("/kb/verdicts", articleId=article["id"], helpful="false")["list"]
    assert {row["reason"] for row in listed} == {"outdated", "unclear"}
    assert all("reader" not in row for row in listed)
    company.anonymous.post(f"{path}/feedback", {"helpful": False, "reason": "rude"}, expect=400)
    company.anonymous.post(f"{path}/feedback", {"helpful": True, "comment": "x" * 501}, expect=400)
    company.agent.get("/kb/verdicts", expect=403)


def test_words_about_an_article_are_looked_at_like_all_others(company):
    word = unique("forbidden")
    company.admin.post("/sensitive-words", {"word": word, "action": "block", "level": "severe"})
    article, visitor = written(company), company.visitor()
    told = {"helpful": False, "comment": f"so {word}"}
    refusal = visitor.post(f"/kb/articles/{article['id']}/feedback", told, expect=400)
    assert refusal["error"] == "blocked_words"
    alerts = company.supervisor.get("/sensitive-alerts", size=5)["list"]
    assert alerts[0]["saidIn"] == "verdict"
    assert company.admin.get("/kb/verdicts", articleId=article["id"])["total"] == 0


# --- on to a person --------------------------------------------------------------------------------------------------


def test_what_he_was_reading_is_seen_by_whoever_answers(company):
    article, secret = written(company), written(company, visibility="staff")
    visitor = company.visitor()
    conversation = visitor.post("/sessions", {"articleId": article["id"]})
    for number in (article["id"], secret["id"], 987654321):
        visitor.post("/sessions", {"articleId": number})
    messages = company.admin.messages(f"/sessions/{conversation['id']}")["list"]
    told = [one["payload"]["params"] for one in messages if (one["payload"] or {}).get("event") == "reading"]
    assert told == [{"articleId": article["id"], "title": article["title"]}]


# --- in the browser --------------------------------------------------------------------------------------------------


def test_article_is_read_without_scripts(company, open_page):
    article = written(company, body=LONG)
    page = open_page(article["path"], viewport="phone", host=company.host, java_script_enabled=False)
    expect(page.get_by_role("heading", level=1, name=article["title"])).to_be_visible()
    page.get_by_role("navigation", name="本文内容").get_by_role("link", name="丙").click()
    expect(page.get_by_role("heading", name="丙")).to_be_in_viewport()
    page.get_by_role("navigation", name="当前位置").get_by_role("link", name="首页").click()
    page.get_by_role("searchbox").fill(article["title"])
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("link", name=article["title"]).first.click()
    expect(page.get_by_role("heading", level=1, name=article["title"])).to_be_visible()


def test_the_portal_takes_over_what_stands_there(company, open_page):
    article = written(company, title=f"{unique('传真')}怎么用？", body=LONG)
    page = open_page(None, host=company.host)
    # nothing of the page may go and come again, nor move: watched from its first moment on
    page.add_init_script(
        """
        window.moved = 0
        new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.moved += one.value)))
          .observe({ type: 'layout-shift', buffered: true })
        """
    )
    page.goto(f"/articles/{article['id']}")
    expect(page.get_by_text("这条内容有帮助吗？")).to_be_visible()
    assert page.evaluate("moved") < 0.1
    assert unquote(page.url).endswith(unquote(article["path"]))
    # a thumb down with a reason, thought better of
    page.get_by_role("button", name="没帮助").click()
    page.get_by_text("有误或过时").click()
    page.get_by_label("想补充什么？（选填）").fill("按钮改名了")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("谢谢反馈")).to_be_visible()
    verdict = company.admin.get("/kb/verdicts", articleId=article["id"])["list"][0]
    assert (verdict["helpful"], verdict["reason"], verdict["comment"]) == (False, "outdated", "按钮改名了")
    page.reload()
    page.get_by_role("button", name="修改").click()
    page.get_by_role("button", name="有帮助", exact=True).click()
    expect(page.get_by_text("很高兴能帮到您")).to_be_visible()
    assert company.admin.get(f"/kb/articles/{article['id']}")["helpfulCount"] == 1
    # a further question, about this
    page.get_by_label("还有疑问？接着问").fill("甲是什么")
    page.get_by_label("还有疑问？接着问").press("Enter")
    expect(page).to_have_url(re.compile(rf"/ask\?q=.+&article={article['id']}"))


def test_search_as_one_types_is_a_combobox(company, open_page):
    article = written(company, title=f"{unique('碎纸机')}卡住了怎么办")
    word = article["title"][:12]
    page = open_page("/", viewport="phone", host=company.host)
    box = page.get_by_role("combobox")
    box.fill(word)
    option = page.get_by_role("option").filter(has_text=article["title"])
    expect(option.locator("mark").first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="找到")).to_be_attached()
    while option.get_attribute("aria-selected") != "true":
        box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1, name=article["title"])).to_be_visible()
    page.goto("/")
    page.get_by_role("combobox").click()
    expect(page.get_by_role("option", name=word)).to_be_visible()
    page.get_by_role("combobox").press("Escape")
    expect(page.get_by_role("option", name=word)).to_be_hidden()
    page.get_by_role("combobox").fill(unique("qqqq"))
    expect(
        page.get_by_role("listbox").locator("xpath=..").get_by_role("link", name="在线咨询", exact=True)
    ).to_be_visible()


def phone(open_page: Pages, company: Company, path: str) -> Page:
    return open_page(path, viewport="phone", host=company.host)


def test_reader_goes_on_to_a_person_who_sees_the_article(company, open_page):
    article = written(company, title=unique("投影仪"))
    page = phone(open_page, company, article["path"])
    expect(page.get_by_text("这条内容有帮助吗？")).to_be_visible()
    page.get_by_role("link", name="在线咨询", exact=True).click()
    page.get_by_label("想咨询什么？").fill("没有画面")
    page.get_by_role("button", name="提交留言").or_(page.get_by_role("button", name="呼叫客服")).click()
    page.wait_for_url(re.compile(r"/chat/\d+"))
    expect(page.get_by_role("link", name=f"您正在阅读《{article['title']}》")).to_be_visible()
