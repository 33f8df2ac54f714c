"""Questions answered from the company's own articles, with their sources (AI-1)."""

from typing import NamedTuple

from ai.answer import Decision, DecisionKind, Quote, decide, extract, opening
from ai.clarify import tied
from ai.followup import Leaning, leaning, with_topic
from ai.index import Hit, Matched
from ai.offers import worth_offering
from ai.smalltalk import SmallTalk, language_of, recognise
from ai.text import highlight_words, plain_words
from app.errors import Invalid
from app.offload import offload
from models.actor import Actor
from models.conversations import Conversation
from models.knowledge import Article
from services import bot_words, generation, questions
from services.article_filters import NO_FILTERS, Filters
from services.knowledge_index import engine, readable, search
from services.markdown import quotable
from services.sensitive import remarks
from services.throttle import throttle

MAX_QUESTION = 500
#: how sure we are at least of an article that was asked for by its own words
NAMED = 0.95


def search_articles(actor: Actor, query: str, k: int = 8, *, locale: str = "", filters: Filters = NO_FILTERS) -> dict:
    """{tier, list: [{articleId, title, snippet, score, highlights}]} for search-as-you-type and sidebars.

    Only what is near enough to be worth a look, and in the reader's language where there is something in it.
    """
    query = query.strip()[:MAX_QUESTION]
    if not query:
        return {"tier": _tier([]), "list": []}
    # twice as many: of an article and its translation only one is shown
    hits = offload(worth_offering, query, search(actor, query, 2 * k, filters.ids()), engine.calibration)
    rows = readable(actor, (hit.key for hit in hits))
    hits = [hit for hit in hits if hit.key in rows]
    in_language = [hit for hit in hits if rows[hit.key].locale == locale]
    return {"tier": _tier(hits), "list": described(query, (in_language or hits)[:k], rows)}


def ask(
    actor: Actor, question: str, *, locale: str, channel: str = "portal", about_article_id: int | None = None
) -> dict:
    """An answer quoted from articles with its sources, or an honest "I don't know" with the nearest questions.

    `locale` is the asker's language, for what no article says; the article is the one he has just read, to which "how
    long does it take" refers. Raises Invalid for an empty question and for words that
    may not be used, TooMany for too many.
    """
    actor.require("article.ask")
    question = " ".join(question.split())[:MAX_QUESTION]
    if not question:
        raise Invalid("Please write your question", fields={"question": "required"})
    throttle.hit(engine.question_rate, "question", *map(str, actor.sender), actor.ip)
    remarks.look_at_question(actor, question)
    read = readable(actor, [about_article_id]).get(about_article_id) if about_article_id else None
    told = answer(actor, question, channel=channel, locale=locale, topic=read.title if read else "")
    if actor.customer_id is None and actor.user_id is None:
        told.pop("questionId", None)  # nobody known can come back to judge it
    return told


def answer(
    actor: Actor,
    question: str,
    *,
    channel: str,
    locale: str,
    conversation_id: int | None = None,
    topic: str = "",
    quoted: str = "",
) -> dict:
    """The same without limits, for the bot inside a conversation. Every question is kept for the editors (KB-7);
    small talk and the wish for a person are none.

    `topic` is what was talked about just before, `quoted` what was said to it: "how long does it take" asks about that.
    """
    said = recognise(question)
    if said is not None:
        return _small_talk(said, language_of(question, locale))
    found = _find_in_context(actor, question, topic) if topic else _find(actor, question)
    result = _worded(question, found)
    if quoted and result["answer"] == quoted:  # what has just been said is no answer to what is asked now
        result = _worded(question, found._replace(decision=Decision(DecisionKind.choices, found.decision.confidence)))
    result = generation.reword(actor, question, result, locale=locale, conversation_id=conversation_id)
    number = questions.keep(
        actor,
        text=question,
        asked_as=found.asked_as,
        channel=channel,
        conversation_id=conversation_id,
        result=result,
        article_id=found.hits[0].key if found.hits else None,
    )
    about = topic if found.is_follow_up else question
    return result | {"questionId": number, "question": found.asked_as, "topic": about}


def answer_with(actor: Actor, article_id: int, *, question: str = "") -> dict | None:
    """The answer by an article that the asker has chosen; None when it may not be read any more."""
    article = readable(actor, [article_id]).get(article_id)
    if article is None:
        return None
    body = quotable(article.body)
    quote = offload(extract, question, article.title, body) if question else opening(body)
    return {
        "kind": "answer",
        "answered": True,
        "answer": quote.text,
        "confidence": None,
        "citations": [{"articleId": article.id, "title": article.title, "quote": quote.text}],
        "choices": [],
        "tier": None,
    }


def others_than(actor: Actor, question: str, shown: set[int]) -> list[dict]:
    """Further articles that may answer a question: [{articleId, title}], without those that did not help."""
    found = _find(actor, question)
    if found.decision.kind is DecisionKind.none:
        return []
    return [choice for choice in _choices(found) if choice["articleId"] not in shown]


class Found(NamedTuple):
    """What was found for a question: as it was asked of the index, and whether it is an answer."""

    asked_as: str
    hits: list[Hit]
    rows: dict[int, Article]
    decision: Decision
    is_follow_up: bool = False


def _find(actor: Actor, question: str) -> Found:
    hits = search(actor, question, 6)
    rows = readable(actor, (hit.key for hit in hits))
    hits = [hit for hit in hits if hit.key in rows]
    decision = decide(question, hits, engine.calibration)
    if hits and _is_named(question, rows[hits[0].key]):
        decision = Decision(DecisionKind.answer, max(decision.confidence, NAMED))
    return Found(question, hits, rows, decision)


def _is_named(question: str, article: Article) -> bool:
    """Whether this is an article's own question, word for word: then nobody need be asked which one is meant."""
    words = plain_words(question)
    return any(words == plain_words(known) for known in (article.title, *(article.phrasings or ())))


def _find_in_context(actor: Actor, question: str, topic: str) -> Found:
    """What was found for a message that may lean on what was talked about before: where it may be read either way,
    the articles decide."""
    leans = offload(leaning, question)
    if leans is Leaning.none:
        return _find(actor, question)
    together = _find(actor, offload(with_topic, question, topic))._replace(is_follow_up=True)
    if leans is Leaning.firm and together.decision.kind is not DecisionKind.none:
        return together
    alone = _find(actor, question)
    return max(alone, together, key=lambda found: (_RANKS[found.decision.kind], found.decision.confidence))


_RANKS = {kind: rank for rank, kind in enumerate((DecisionKind.none, DecisionKind.choices, DecisionKind.answer))}


def _small_talk(said: SmallTalk, locale: str) -> dict:
    """A friendly word; to the wish for a person there is none, the caller does what is wished."""
    wants_person = said is SmallTalk.person
    return {
        "kind": said.value if wants_person else "small_talk",
        "answered": not wants_person,
        "answer": None if wants_person else bot_words.small_talk(said, locale),
        "confidence": None,
        "citations": [],
        "choices": [],
        "tier": None,
    }


def _worded(question: str, found: Found) -> dict:
    hits, rows, decision = found.hits, found.rows, found.decision
    choices = _choices(found) if decision.kind is not DecisionKind.none else []
    if decision.kind is not DecisionKind.answer:
        equal = tied(hits, engine.calibration) if choices else 0
        is_tie = 2 <= equal <= len(choices) and {one["articleId"] for one in choices[:equal]} == {
            hit.key for hit in hits[:equal]
        }
        return {
            "kind": "clarify" if is_tie else "choices" if choices else "none",
            "answered": False,
            "answer": None,
            "confidence": round(decision.confidence, 3),
            "citations": [],
            "choices": choices[:equal] if is_tie else choices,
            "tier": _tier(hits),
        }
    best = rows[hits[0].key]
    quote = quoted(question, hits[0], best, is_follow_up=found.is_follow_up)
    return {
        "kind": "answer",
        "answered": True,
        "answer": quote.text,
        "confidence": round(decision.confidence, 3),
        "citations": [{"articleId": best.id, "title": best.title, "quote": quote.text}],
        "choices": [choice for choice in choices if choice["articleId"] != best.id][:3],
        "tier": _tier(hits),
    }


def _choices(found: Found) -> list[dict]:
    """What was found, to choose from; nobody wants to choose between two languages."""
    hits, rows = found.hits, found.rows
    alike = [hit for hit in hits if rows[hit.key].locale == rows[hits[0].key].locale]
    return [{"articleId": hit.key, "title": rows[hit.key].title} for hit in alike[:5]]


def quoted(question: str, hit: Hit, article: Article, *, is_follow_up: bool = False) -> Quote:
    """The sentences that answer: the opening of an article asked for by its title, else where the words are. Whoever
    asks further has read the opening."""
    body = quotable(article.body)
    if hit.matched is not Matched.body and not is_follow_up:
        return opening(body)
    return offload(extract, question, article.title, body)


def described(query: str, hits: list[Hit], rows: dict[int, Article]) -> list[dict]:
    """Found articles for a list, with the words to mark; in one native thread, since segmenting costs CPU."""
    plain = [(hit, rows[hit.key].title, quotable(rows[hit.key].body)) for hit in hits if hit.key in rows]

    def describe() -> list[dict]:
        found = []
        for hit, title, body in plain:
            snippet = extract(query, title, body, max_sentences=2).text[:200]
            found.append(
                {
                    "articleId": hit.key,
                    "title": title,
                    "snippet": snippet,
                    "score": round(hit.score, 4),
                    "highlights": highlight_words(query, f"{title}\n{snippet}"),
                }
            )
        return found

    return offload(describe)


def _tier(hits: list[Hit]) -> str:
    """By what these were found: "semantic", or "lexical" when words alone had to do."""
    return "semantic" if any(hit.dense is not None for hit in hits) else "lexical"


def reader_of(conversation: Conversation) -> Actor:
    """The bot reads for the customer it answers: with an account somewhat more than without."""
    customer = conversation.customer
    return Actor(
        kind="visitor",
        tenant_id=conversation.tenant_id,
        customer_id=conversation.customer_id,
        customer_level=customer.vip_level if customer else 0,
        user_id=customer.user_id if customer else None,
        name=customer.name if customer else "",
        permissions=frozenset({"article.ask", "article.read"}),
    )
