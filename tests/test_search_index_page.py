"""The page of the search index in a browser: state, rebuild, errors, synonyms (AI-7, KB-3)."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


def test_keepers_see_how_search_is_doing_and_mend_it(company: Company, open_page: Pages, screenshot, database):
    article = company.admin.post("/kb/articles", {"title": "冷链温度怎么补录", "body": "在设备档案里补录。"})
    company.admin.post(f"/kb/articles/{article['id']}/publish")
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE article SET index_error = 'ModelError: too strange' WHERE id = :id"), {"id": article["id"]}
        )
    page = open_page.signed_in(company.supervisor, "/desk/knowledge/index")
    expect(page.get_by_role("heading", name="检索索引")).to_be_visible()
    failed = page.get_by_role("listitem").filter(has_text="ModelError: too strange")
    failed.get_by_role("button", name="重试").click()
    expect(failed).to_have_count(0)
    page.get_by_role("textbox", name="添加同义词").fill("冷链，冷藏运输")
    page.get_by_role("textbox", name="添加同义词").press("Enter")
    expect(page.get_by_text("冷链 = 冷藏运输")).to_be_visible()
    page.get_by_role("textbox", name="输入一句话").fill("冷藏运输温度")
    page.get_by_role("button", name="试一试").click()
    expect(page.get_by_text("冷链温度", exact=True)).to_be_visible()
    page.get_by_role("button", name="重建索引").click()
    page.get_by_role("dialog").get_by_role("button", name="开始重建").click()
    expect(page.get_by_role("listitem").filter(has_text="补齐缺少的向量").get_by_text("完成")).to_be_visible(
        timeout=30_000
    )
    expect(page.get_by_text("最新", exact=True).first).to_be_visible(timeout=20_000)
    screenshot(page, "search-index")


def test_the_page_on_a_phone_in_english(company: Company, open_page: Pages, screenshot):
    page = open_page.signed_in(company.supervisor, "/desk/knowledge/index", viewport="phone", locale="en-GB")
    expect(page.get_by_role("heading", name="Search index")).to_be_visible()
    expect(page.get_by_text("Searched by words only")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Synonyms and words"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, "search-index-phone-en")
    agent = open_page.signed_in(company.agent, "/desk/knowledge/index")
    expect(agent).to_have_url(re.compile("/desk/$"))
