"""Questions answered from the company's own articles, with their sources (AI-1); suggestions for agents (AI-3)."""

from sqlalchemy import select

from ai.answer import Decision, Quote, decide, extract, opening
from ai.index import Hit, Matched
from ai.offers import worth_offering
from ai.smalltalk import SmallTalk, language_of, recognise
from ai.text import highlight_words
from app.errors import Invalid
from app.extensions import db
from app.locale import current_locale
from app.offload import offload
from models.actor import Actor, bot, system
from models.conversations import Conversation, ConversationStatus, QuickReply
from models.knowledge import Article, Question, visibilities_for
from models.messaging import ChatMessage, MessageType, SenderKind
from services import bot_words, conversations, settings
from services.knowledge_index import engine, published, search
from services.markdown import quotable
from services.operation import run
from services.sensitive import remarks
from services.throttle import throttle

MAX_QUESTION = 500
#: a suggestion less likely than this costs an agent more time than it saves
SUGGEST_FROM = 0.25


def search_articles(actor: Actor, query: str, k: int = 8, *, locale: str = "") -> dict:
    """{tier, list: [{articleId, title, snippet, score, highlights}]} for search-as-you-type and sidebars.

    Only what is near enough to be worth a look, and in the reader's language where there is something in it.
    """
    query = query.strip()[:MAX_QUESTION]
    if not query:
        return {"tier": _tier([]), "list": []}
    # twice as many: of an article and its translation only one is shown
    hits = offload(worth_offering, query, search(actor, query, 2 * k), engine.calibration)
    rows = published(hit.key for hit in hits)
    hits = [hit for hit in hits if hit.key in rows]
    readable = [hit for hit in hits if rows[hit.key].locale == locale]
    return {"tier": _tier(hits), "list": _found(query, (readable or hits)[:k], rows)}


def ask(actor: Actor, question: str, *, locale: str, channel: str = "portal") -> dict:
    """An answer quoted from articles with its sources, or an honest "I don't know" with the nearest questions.

    `locale` is the asker's language, for what no article says. Raises Invalid for an empty question and for words that
    may not be used, TooMany for too many.
    """
    actor.require("article.ask")
    question = " ".join(question.split())[:MAX_QUESTION]
    if not question:
        raise Invalid("Please write your question", fields={"question": "required"})
    throttle.hit(engine.question_rate, "question", *map(str, actor.sender), actor.ip)
    remarks.look_at_question(actor, question)
    return answer(actor, question, channel=channel, locale=locale)


def answer(actor: Actor, question: str, *, channel: str, locale: str, conversation_id: int | None = None) -> dict:
    """The same without limits, for the bot inside a conversation. Every question is kept for the editors (KB-7);
    small talk and the wish for a person are none.
    """
    said = offload(recognise, question)
    if said is not None:
        return _small_talk(said, language_of(question, locale))
    hits = search(actor, question, 6)
    rows = published(hit.key for hit in hits)
    hits = [hit for hit in hits if hit.key in rows]
    decision = offload(decide, question, hits, engine.calibration)
    result = _worded(question, hits, rows, decision)
    run(
        actor,
        "question.log",
        lambda: db.session.add(
            Question(
                text=question,
                channel=channel,
                conversation_id=conversation_id,
                answered=int(result["answered"]),
                article_id=hits[0].key if result["answered"] else None,
                confidence=int(decision.confidence * 1000),
                tier=result["tier"],
            )
        ),
    )
    return result


def answer_message(tenant_id: int, conversation_id: int, message_id: int, question: str, locale: str = "") -> bool:
    """Job: the bot's answer to a customer's message, in the language of his page; hands over when he asks for a
    person, and by itself after several misses. Without a question it was a picture, a file or a voice message.

    May run twice: the answer to a message is stored once. False when a person is already in charge.
    """
    actor, locale = bot(tenant_id), locale or current_locale()
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None or conversation.status is not ConversationStatus.bot:
        return False
    if not question:
        told = conversations.answer_wordless(actor, conversation, to_message_id=message_id, locale=locale)
        return told is not None
    result = answer(
        _reader(conversation),
        question,
        channel=conversation.channel,
        locale=locale,
        conversation_id=conversation.id,
    )
    if result["kind"] == SmallTalk.person:
        conversations.hand_over(system(tenant_id), conversation, reason="asked_for_person")
        return True
    text = result["answer"] or bot_words.no_answer(language_of(question, locale))
    message = conversations.answer_as_bot(
        actor,
        conversation,
        to_message_id=message_id,
        content=text,
        payload={key: result[key] for key in ("kind", "answered", "citations", "choices", "confidence")},
    )
    if message is not None and conversation.bot_misses >= settings.get_setting("bot_misses_before_offer"):
        conversations.hand_over(system(tenant_id), conversation, reason="bot_misses")
    return message is not None


def suggest(actor: Actor, conversation: Conversation) -> dict:
    """What an agent could answer now: {replies, articles, forSeq} for the customer's last words."""
    last = db.session.scalars(
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.recalled_time.is_(None),
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
        )
        .order_by(ChatMessage.seq.desc())
        .limit(1)
    ).first()
    if last is None:
        return {"replies": [], "articles": [], "forSeq": 0}
    question = last.content[:MAX_QUESTION]
    hits = search(actor, question, 8)
    rows = published(hit.key for hit in hits)
    hits = [hit for hit in hits if hit.key in rows]
    # what is meant for staff helps the agent to know, and is never put into his mouth
    meant_for_him = visibilities_for(_reader(conversation))
    replies = _replies(question, [hit for hit in hits if rows[hit.key].visibility in meant_for_him], rows)
    articles = _found(question, hits[:5], rows)
    for article in articles:
        article["isInternal"] = rows[article["articleId"]].visibility not in meant_for_him
    return {"replies": replies + _matching_quick_replies(actor, question), "articles": articles, "forSeq": last.seq}


def _replies(question: str, hits: list[Hit], rows: dict[int, Article]) -> list[dict]:
    """Up to three answers that may well be right, each with how likely it is."""
    sure = offload(decide, question, hits, engine.calibration).confidence
    replies = []
    for place, hit in enumerate(hits[:3]):
        # of the articles behind the first one we only know that they are less likely
        confidence = sure if place == 0 else (1 - sure) * hit.score / max(sum(other.score for other in hits[1:]), 1e-9)
        if confidence < SUGGEST_FROM:
            continue
        replies.append(
            {
                "source": "article",
                "id": hit.key,
                "title": rows[hit.key].title,
                "text": _quoted(question, hit, rows[hit.key]).text,
                "confidence": round(confidence, 3),
            }
        )
    return replies


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


def _worded(question: str, hits: list[Hit], rows: dict[int, Article], decision: Decision) -> dict:
    # nobody wants to choose between two languages
    alike = [hit for hit in hits if rows[hit.key].locale == rows[hits[0].key].locale]
    choices = (
        [{"articleId": hit.key, "title": rows[hit.key].title} for hit in alike[:5]] if decision.kind != "none" else []
    )
    if decision.kind != "answer":
        return {
            "kind": "choices" if choices else "none",
            "answered": False,
            "answer": None,
            "confidence": round(decision.confidence, 3),
            "citations": [],
            "choices": choices,
            "tier": _tier(hits),
        }
    best = rows[hits[0].key]
    quote = _quoted(question, hits[0], best)
    return {
        "kind": "answer",
        "answered": True,
        "answer": quote.text,
        "confidence": round(decision.confidence, 3),
        "citations": [{"articleId": best.id, "title": best.title, "quote": quote.text}],
        "choices": [choice for choice in choices if choice["articleId"] != best.id][:3],
        "tier": _tier(hits),
    }


def _quoted(question: str, hit: Hit, article: Article) -> Quote:
    """The sentences that answer: the opening of an article asked for by its title, else where the words are."""
    body = quotable(article.body)
    return opening(body) if hit.matched is not Matched.body else offload(extract, question, article.title, body)


def _found(query: str, hits: list[Hit], rows: dict[int, Article]) -> list[dict]:
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


def _reader(conversation: Conversation) -> Actor:
    """The bot reads for the customer it answers: with an account somewhat more than without."""
    customer = conversation.customer
    return Actor(
        kind="visitor",
        tenant_id=conversation.tenant_id,
        customer_id=conversation.customer_id,
        user_id=customer.user_id if customer else None,
        name=customer.name if customer else "",
        permissions=frozenset({"article.ask", "article.read"}),
    )


def _matching_quick_replies(actor: Actor, question: str) -> list[dict]:
    words = set(offload(highlight_words, question, question))
    rows = db.session.scalars(select(QuickReply).where(QuickReply.visible_to(actor)).limit(200))
    scored = [(sum(word in f"{row.title}{row.content}" for word in words), row) for row in rows]
    best = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], -pair[1].use_count, pair[1].id))[:2]
    return [
        {"source": "quick_reply", "id": row.id, "title": row.title, "text": row.content, "confidence": None}
        for _, row in best
    ]
