"""What an agent could answer now: from articles, reply scripts and past answers (AI-3); what he could read (AI-4).

Suggestions only: nothing here sends or changes anything (L03). Each is as likely as its source says, then moved by what
this agent and his teams chose before for such questions; what is less likely than the floor is not offered at all.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import select

from ai.alike import sameness
from ai.answer import LEXICAL, Calibration, decide
from ai.followup import Leaning, leaning, with_topic
from ai.index import Hit
from ai.offers import worth_reading
from ai.smalltalk import language_of, recognise
from ai.text import highlight_words
from app.extensions import db
from app.locale import current_locale
from app.offload import offload
from models.actor import Actor, Scope
from models.assistance import PastAnswer, SuggestionSource
from models.conversations import Conversation, QuickReply
from models.knowledge import Article
from models.messaging import ChatMessage, MessageType, SenderKind
from services import quick_replies, settings
from services.assistance import choices
from services.assistance.lookup import ANSWERS, REPLIES, lookup
from services.assistant import MAX_QUESTION, described, quoted, reader_of
from services.knowledge_index import engine, readable, search

#: a suggestion less likely than this costs an agent more time than it saves: of articles only what is more likely right
#: than wrong, of scripts two that fit as well, of past answers what was asked in other words (see `ai.alike`)
FLOORS = {SuggestionSource.article: 0.6, SuggestionSource.quick_reply: 0.5, SuggestionSource.past_answer: 0.3}
#: before choices are looked at; from here they may lift one above the floor
WORTH_RANKING = 0.2
MOST_REPLIES, MOST_ARTICLES = 3, 5
#: two suggestions this alike are one
SAME = 0.85
#: what a draft must have before it says what the agent is about to write
SHORTEST_DRAFT = 2
#: so many that fit equally well are offered side by side
TIED = 2
#: the customer's last messages among which the question is that the newest leans on
LOOKED_AT = 4
_CANDIDATES = 8
_ARTICLES = 12


@dataclass(frozen=True)
class Suggestion:
    """Words an agent may put into his answer, and how likely they are right."""

    source: SuggestionSource
    id: int
    title: str
    text: str
    likelihood: float
    #: whether the likelihood is a calibrated probability: only then people are told
    is_calibrated: bool = False
    #: the agent's own wording of it
    is_edited: bool = False
    #: it begins with, or has in it, what the agent has begun to write
    is_meant: bool = False

    @property
    def key(self) -> choices.Key:
        return self.source, self.id


def suggest(actor: Actor, conversation: Conversation, *, typed: str = "", draft: str = "") -> dict:
    """{replies, articles, forSeq}: for what the customer is `typed`-ing, else for his last words.

    `draft` is what the agent has begun to write: scripts and answers that have it come first.
    """
    said = _last_words(conversation)
    seq = said[0].seq if said else 0
    words = [message.content for message in said]
    if typed.strip():
        words.insert(0, typed)
    question = offload(_in_context, [" ".join(text.split()) for text in words])[:MAX_QUESTION]
    return suggest_for(actor, question, reader=reader_of(conversation), conversation=conversation, draft=draft) | {
        "forSeq": seq
    }


def any_customer(actor: Actor) -> Actor:
    """Whom words reach that are looked for without a conversation: anybody, so only what is public is offered."""
    return Actor(kind="visitor", tenant_id=actor.tenant_id, permissions=frozenset({"article.read"}))


def suggest_for(
    actor: Actor, question: str, *, reader: Actor, conversation: Conversation | None = None, draft: str = ""
) -> dict:
    """The same for any question; `reader` is whom the words would reach: only what he may read is put in a mouth."""
    draft = " ".join(draft.split())[:MAX_QUESTION]
    is_question = bool(question) and offload(_is_question, question)
    if not is_question and len(draft) < SHORTEST_DRAFT:
        return {"replies": [], "articles": []}
    replies: list[Suggestion] = []
    articles: list[dict] = []
    vector = engine.vector(actor.tenant_id, question) if is_question else None
    if is_question:
        hits = search(actor, question, _ARTICLES)
        rows = readable(actor, (hit.key for hit in hits))
        hits = [hit for hit in hits if hit.key in rows]
        # an article and its translation would take each other's place
        language = language_of(question, current_locale())
        hits = [hit for hit in hits if rows[hit.key].locale == language] or hits
        # what is meant for staff helps the agent to know, and is never put into his mouth
        meant = readable(reader, rows)
        replies += _from_articles(question, [hit for hit in hits if hit.key in meant], rows)
        worth = offload(worth_reading, question, hits, engine.calibration)[:MOST_ARTICLES]
        articles = [one | {"isInternal": one["articleId"] not in meant} for one in described(question, worth, rows)]
    replies += _from_scripts(actor, question if is_question else "", draft, vector)
    replies += _from_the_past(actor, question, vector) if is_question else []
    known = choices.recent(actor)
    ranked = offload(_ranked, question, draft, replies, known)
    values = quick_replies.values_for(actor, conversation)
    return {"replies": [_dump(reply, values) for reply in ranked], "articles": articles}


def _is_question(text: str) -> bool:
    """Whether it says what it is about: neither small talk nor just "how do I"."""
    return recognise(text) is None and bool(highlight_words(text, text))


def _last_words(conversation: Conversation) -> list[ChatMessage]:
    """What the customer wrote last, the newest first."""
    newest = (
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.recalled_time.is_(None),
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
        )
        .order_by(ChatMessage.seq.desc())
        .limit(LOOKED_AT)
    )
    return list(db.session.scalars(newest))


def _in_context(words: list[str]) -> str:
    """What is asked: the newest words, together with the question they lean on ("and how do I cancel it?")."""
    if not words or leaning(words[0]) is not Leaning.firm:
        return words[0] if words else ""
    before = next((text for text in words[1:] if recognise(text) is None and leaning(text) is Leaning.none), "")
    return with_topic(words[0], before) if before else words[0]


def _from_articles(question: str, hits: list[Hit], rows: dict[int, Article]) -> Iterable[Suggestion]:
    """Up to three answers."""
    likely = offload(_likely, question, hits, engine.calibration)
    for place, hit in enumerate(hits[:MOST_REPLIES]):
        if likely.get(hit.key, 0.0) >= WORTH_RANKING:
            yield Suggestion(
                SuggestionSource.article,
                hit.key,
                rows[hit.key].title,
                quoted(question, hit, rows[hit.key]).text,
                likely[hit.key],
                is_calibrated=place == 0 and (len(hits) == 1 or likely.get(hits[1].key) != likely[hit.key]),
            )


def _from_scripts(actor: Actor, question: str, draft: str, vector: np.ndarray | None) -> list[Suggestion]:
    """Scripts for the customer's question, and those with the words that the agent has begun to write."""
    allowed = list(db.session.scalars(select(QuickReply.id).where(QuickReply.usable_by(actor))))
    likely: dict[int, float] = {}
    if question and allowed:
        hits = lookup.search(actor.tenant_id, REPLIES, question, vector, _CANDIDATES, allowed)
        likely = offload(_likely, question, hits, lookup.calibration)
    begun: list[int] = []
    if draft and allowed:
        begun = [hit.key for hit in lookup.search(actor.tenant_id, REPLIES, draft, None, _CANDIDATES, allowed)]
    return [
        Suggestion(
            SuggestionSource.quick_reply,
            row.id,
            row.title,
            row.content,
            likely.get(row.id, 0.0),
            is_meant=_is_meant(draft, row.content),
        )
        for row in _rows(QuickReply, QuickReply.usable_by(actor), {*likely, *begun})
    ]


def _from_the_past(actor: Actor, question: str, vector: np.ndarray | None) -> list[Suggestion]:
    """What was answered to questions like this one; `sameness` knows how like."""
    if not settings.get_setting("suggest_past_answers"):
        return []
    visible, allowed = PastAnswer.visible_to(actor), None
    if actor.scope("past_answer") is not Scope.all:
        allowed = list(db.session.scalars(select(PastAnswer.id).where(visible)))
    hits = lookup.search(actor.tenant_id, ANSWERS, question, vector, _CANDIDATES, allowed)
    likely = {hit.key: how for hit in hits if (how := sameness(hit, lookup.calibration)) >= WORTH_RANKING}
    return [
        Suggestion(SuggestionSource.past_answer, row.id, row.question, row.answer, likely[row.id])
        for row in _rows(PastAnswer, visible, likely)
    ]


def _likely(question: str, hits: list[Hit], calibration: Calibration) -> dict[int, float]:
    """How likely each of the best hits answers the question; nothing when it is about something else.

    `calibration` is that of the index they were found in. Two that fit equally well stand together: the agent sees
    which of them is meant. Of those behind it is only known that they are less likely.
    """
    if not hits:
        return {}
    if hits[0].dense is None:
        calibration = LEXICAL
    scale = 1 - calibration.background
    first = [hit for hit in hits[:TIED] if (hits[0].score - hit.score) / scale < calibration.tie]
    behind = hits[len(first) :]
    decision = decide(question, [hits[0], *behind], calibration)
    if decision.kind == "none":
        return {}
    rest = max(sum(other.score for other in behind), 1e-9)
    likely = {hit.key: decision.confidence for hit in first}
    return likely | {
        hit.key: (1 - decision.confidence) * hit.score / rest for hit in behind[: MOST_REPLIES - len(first)]
    }


def _rows(model: type, condition, ids: Iterable[int]) -> list:
    ids = list(ids)
    return list(db.session.scalars(select(model).where(model.id.in_(ids), condition))) if ids else []


def _is_meant(draft: str, text: str) -> bool:
    return len(draft) >= SHORTEST_DRAFT and draft.lower() in " ".join(text.split()).lower()


def _ranked(question: str, draft: str, replies: list[Suggestion], known: list[choices.Choice]) -> list[Suggestion]:
    """In a native thread: moved by choices, in the words this agent uses, each text once, the best first."""
    shifts = choices.shifts(question, [reply.key for reply in replies], known) if question else {}
    moved = []
    for reply in replies:
        chance = min(max(reply.likelihood, 0.01), 0.99)
        odds = math.log(chance / (1 - chance)) + shifts.get(reply.key, 0.0)
        edited = choices.usual_edit(reply.key, known)
        moved.append(
            replace(
                reply,
                likelihood=1 / (1 + math.exp(-odds)),
                is_calibrated=reply.is_calibrated and not shifts.get(reply.key),
                text=edited or reply.text,
                is_edited=edited is not None,
            )
        )
    moved.sort(key=lambda one: (not one.is_meant, -one.likelihood, one.source.value, one.id))
    offered: list[Suggestion] = []
    for reply in moved:
        is_new = all(choices.alikeness(reply.text, other.text) < SAME for other in offered)
        if (reply.likelihood >= FLOORS[reply.source] or reply.is_meant) and is_new and reply.text.strip():
            offered.append(reply)
        if len(offered) == MOST_REPLIES:
            break
    return offered


def _dump(reply: Suggestion, values: dict[str, str]) -> dict:
    return {
        "source": reply.source.value,
        "id": reply.id,
        "title": reply.title,
        "text": quick_replies.fill_in(reply.text, values),
        "confidence": round(reply.likelihood, 3) if reply.is_calibrated else None,
        "isEdited": reply.is_edited,
    }
