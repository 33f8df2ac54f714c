"""Everything a reader sees exists in Chinese and in English; `python -m app.translate` keeps it so."""

import ast
import gettext
import io
import re

import pytest
import requests
from flask_babel import force_locale, pgettext
from flask_babel import gettext as translate

from app import translate as tool
from app.factory import create_app
from config import Config
from tests.servers import AppServer

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
RESTORABLE_VERBS = ("Create", "Change", "Delete", "Restore")
HOW_TO_MEND = "run `python -m app.translate` and translate what it lists"


def ids(catalog) -> set:
    return {(message.context, message.id) for message in catalog if message.id}


def test_every_sentence_of_the_code_is_in_the_catalog():
    assert ids(tool.template()) - ids(tool.stored()) == set(), HOW_TO_MEND


def test_the_catalog_holds_nothing_that_the_code_no_longer_says():
    assert ids(tool.stored()) - ids(tool.template()) == set(), HOW_TO_MEND


def test_every_sentence_is_translated():
    assert tool.untranslated(tool.stored()) == []


def test_translations_keep_the_placeholders():
    for message in tool.stored():
        if message.id and isinstance(message.id, str):
            assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(message.id)), message.id


def test_what_is_compiled_is_what_is_written():
    with (tool.FOLDER / "messages.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in tool.stored():
        if isinstance(message.id, str) and message.id:
            found = compiled.pgettext(message.context, message.id) if message.context else compiled.gettext(message.id)
            assert found == message.string, HOW_TO_MEND


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise Conflict("This is taken", fields={"name": "taken"})', {"This is taken", "taken"}),
        ('raise Invalid("No")\nraise Invalid(text)', {"No"}),
        ('Reason("at most %(number)s", number=3)', {"at most %(number)s"}),
        ('@operation("ticket.eat", title="Eat a ticket")\ndef eat(): ...', {"Eat a ticket"}),
        ('crud("x", X, title="Thing")', {"Create: Thing", "Change: Thing", "Delete: Thing"}),
        ('Setting("A", 1, "What A does")', {"What A does"}),
        ('_TEXTS = {404: "Nothing here"}', {"Nothing here"}),
        ('raise CallFailed("Gone")', {"Gone"}),
        ('WRONG = "No such code"\ndef check():\n    raise Invalid(WRONG)', {"No such code"}),
        ('BRAND = "Not for readers"', set()),
        ('crud("x", X, title="Thing", restorable=True)', {f"{verb}: Thing" for verb in RESTORABLE_VERBS}),
        ('def unsafe(self):\n    found.append("A is weak")', {"A is weak"}),
        ('gettext("one" if a else "two")', {"one", "two"}),
        ('pgettext("ticket", "Closed")', {("ticket", "Closed")}),
        ('ngettext("%(num)d row", "%(num)d rows", count)', {("%(num)d row", "%(num)d rows")}),
        ('print("not for readers")\nx.append("nor this")', set()),
    ],
)
def test_extraction_knows_where_sentences_stand(source, found):
    assert ast.parse(source)
    assert {message for _, _, message, _ in tool.extract(io.BytesIO(source.encode()), (), (), {})} == found


@pytest.mark.backend("sqlite")
@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "请先登录"),
        ({"Accept-Language": "zh-CN,zh;q=0.9"}, "请先登录"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "Please sign in"),
        (
            {"Accept-Language": "en", "Cookie": "locale=zh"},
            "请先登录",
        ),  # what somebody chose counts more than the browser
        ({"Cookie": "locale=en"}, "Please sign in"),
        ({"Accept-Language": "fr"}, "请先登录"),
    ],
)
def test_refusals_speak_the_readers_language(server: AppServer, headers, message):
    answer = requests.get(f"{server.base_url}/api/v1/users", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["message"]) == (401, message)


@pytest.mark.backend("sqlite")
@pytest.mark.parametrize(
    ("language", "message", "reason"), [("zh", "请求无效", "1 到 100"), ("en", "The request is not valid", "1 to 100")]
)
def test_reasons_of_fields_are_translated_with_their_numbers(people, language, message, reason):
    reader = people.visitor()
    reader.put("/session/locale", {"locale": language})
    answer = reader.request("GET", "/kb/articles?size=1000").json()
    assert (answer["message"], answer["data"]["fields"]["size"]) == (message, reason)


def test_the_screens_generator_keeps_its_own_translations(tmp_path):
    app = create_app(Config({"DATA_DIR": str(tmp_path), "EMBEDDING_MODEL": "none"}))
    with app.test_request_context():
        with force_locale("zh"):
            assert translate("Record Count") == "记录数目"  # Flask-AppBuilder's
            assert translate("Please sign in") == "请先登录"  # ours
            assert pgettext("conversation", "Closed") == "已结束"
            assert translate("Closed") == "已关闭"
        with force_locale("en"):
            assert translate("Record Count") == "Record Count"
            assert translate("Please sign in") == "Please sign in"
