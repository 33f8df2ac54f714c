"""同义词与领域词接口: the words by which search understands a company (KB-3)."""

from app.offload import offload
from models.actor import Actor
from models.lexicon import DomainWord, Synonym
from services import lexicon, word_lists
from services.operation import DataField
from views.api.endpoint import endpoint
from views.api.envelope import translated
from views.api.resource import Resource, serve

SECTION = "知识库接口"
#: the longest list that is sent as text; longer ones come as a file on the administration's page
MOST_TEXT = 500_000

serve(
    Resource(
        "kb/synonyms",
        "synonym",
        Synonym,
        SECTION,
        "同义词",
        out=("id", "words", "active", "create_time", "update_time", "version"),
        filters=("active",),
        sort=("id", "update_time"),
        search=("words",),
    )
)
serve(
    Resource(
        "kb/domain-words",
        "domain_word",
        DomainWord,
        SECTION,
        "领域词",
        out=("id", "word", "active", "create_time", "update_time", "version"),
        filters=("active",),
        sort=("id", "word", "update_time"),
        search=("word",),
    )
)


def _report(outcomes: list[lexicon.Outcome]) -> dict:
    """How many lines became what, and the first that were refused."""
    counts = {name: sum(one.result == name for one in outcomes) for name in lexicon.RESULTS}
    refused = [
        {"line": one.line, "words": one.words, "message": translated(one.error.message)}
        for one in outcomes
        if one.error
    ]
    return {**counts, "lines": refused[:100]}


_TEXT = (DataField("text", str, max_length=MOST_TEXT),)


@endpoint("POST", "/kb/synonyms/import", section=SECTION, summary="导入同义词", right="synonym.import", fields=_TEXT)
def import_synonyms(actor: Actor, text: str):
    """A line is a group, its words between commas, = or |."""
    return _report(lexicon.import_synonyms(actor, lines=offload(word_lists.read_lines, "", text.encode())))


@endpoint(
    "POST", "/kb/domain-words/import", section=SECTION, summary="导入领域词", right="domain_word.import", fields=_TEXT
)
def import_domain_words(actor: Actor, text: str):
    """Words between commas and lines."""
    return _report(lexicon.import_domain_words(actor, lines=offload(word_lists.read_lines, "", text.encode())))


@endpoint(
    "POST",
    "/kb/synonyms/check",
    section=SECTION,
    summary="试查同义词",
    right="synonym.read",
    fields=(DataField("text", str, max_length=500),),
)
def check_text(actor: Actor, text: str):
    """The other ways to say a text that search tries, and what is marked in what it finds; nothing is stored."""
    known = lexicon.lexicon_of(actor.tenant_id)
    return {"wordings": known.wordings(text), "marks": known.marks(text)}
