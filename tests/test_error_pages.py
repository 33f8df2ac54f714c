"""What people see when something fails: a page in their language, without our insides; programs get the envelope."""

import logging
import re
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.factory import create_app
from config import Config
from tests.conftest import Backend
from tests.people import Company, Person
from tests.screens import text_of

pytestmark = pytest.mark.backend("sqlite")
SECRET = "the password of the database is Geheim-1"
WHY = {
    "fault": RuntimeError(SECRET),
    "database": OperationalError("SELECT password FROM ab_user", {}, Exception(SECRET)),
}


@pytest.fixture(scope="module")
def app(backend: Backend) -> Flask:
    """The product with views that fail, which the running one does not have."""
    made = create_app(Config(backend.settings))
    for place in ("/admin/broken", "/desk/broken/it", "/api/v1/broken"):
        made.add_url_rule(f"{place}/<why>", place, _fail)
    return made


def _fail(why: str):
    raise WHY[why]


def client(app: Flask, person: Person, locale: str) -> FlaskClient:
    browser = app.test_client()
    for name, morsel in SimpleCookie(person.cookie).items():
        browser.set_cookie(name, morsel.value)
    browser.set_cookie("locale", locale)
    return browser


@pytest.mark.parametrize("place", ["/admin/broken/fault", "/desk/broken/it/fault"])
@pytest.mark.parametrize(("locale", "message"), [("zh", "系统出现错误"), ("en", "Something went wrong on our side")])
def test_fault_gives_a_page_with_the_number_of_the_log(app, people: Company, caplog, place, locale, message):
    with caplog.at_level(logging.ERROR, logger="views.errors"):
        answer = client(app, people.admin, locale).get(f"{place}?page=2")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert message in text_of(answer.text)
    number = re.search(r"<code>(\w{12})</code>", answer.text)[1]
    assert any(number in record.getMessage() and record.exc_info for record in caplog.records)
    assert SECRET not in answer.text and "Traceback" not in answer.text and "RuntimeError" not in answer.text
    assert f'href="{place}?page=2"' in answer.text  # try again
    assert "/static/dist/" in answer.text


def test_page_of_an_unreachable_database_speaks_to_people(app, people: Company):
    answer = client(app, people.admin, "en").get("/admin/broken/database")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "The database cannot be reached just now" in text_of(answer.text)
    assert SECRET not in answer.text and "SELECT" not in answer.text


@pytest.mark.parametrize(("why", "status", "kind"), [("fault", 500, "internal"), ("database", 503, "unavailable")])
def test_programs_get_the_envelope(app, people: Company, why, status, kind):
    answer = client(app, people.admin, "en").get(f"/api/v1/broken/{why}")
    assert answer.status_code == status
    assert (answer.json["code"], answer.json["data"]["error"]) == (status, kind)
    assert SECRET not in answer.text


@pytest.mark.parametrize(("language", "message"), [("zh-CN", "内容不存在"), ("en-GB", "This does not exist")])
def test_an_address_that_does_not_exist_says_so(people: Company, language: str, message: str):
    answer = people.anonymous.request("GET", f"{people.base_url}/nothing/here", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert message in text_of(answer.text)


def test_what_somebody_puts_into_the_address_is_only_text(app, people: Company):
    answer = client(app, people.admin, "en").get('/admin/broken/fault?q="><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
