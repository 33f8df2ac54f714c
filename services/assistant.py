"""Questions answered from the company's own articles, with their sources (AI-1); suggestions for agents (AI-3, AI-4).

Each process keeps one index per company and catches up by version before it searches, so a published change
is found everywhere at the next question. Vectors lie in the database; `kb_index/` only spares the start.
Everything that costs more than a few milliseconds of CPU runs in native threads.
"""

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sqlalchemy import select

from ai.answer import Calibration, Decision, Quote, calibration_for, decide, extract, opening
from ai.articles import Piece, embed_pieces, embed_question, make_entry, pieces_of
from ai.index import Hit, KnowledgeIndex, Matched
from ai.model import Embedder, load_embedder
from ai.segment import Entry
from ai.snapshot import SnapshotError
from ai.snapshot import load as load_snapshot
from ai.snapshot import save as save_snapshot
from ai.text import highlight_words
from app.errors import Invalid
from app.extensions import db
from app.offload import offload
from models.actor import Actor, bot, system
from models.base import mark_deleted
from models.conversations import Conversation, ConversationStatus, QuickReply
from models.knowledge import Article, ArticleStatus, ArticleVector, IndexState, Question, visibilities_for
from models.messaging import ChatMessage, MessageType, SenderKind
from services import conversations, settings
from services.knowledge import touch
from services.markdown import quotable, to_text
from services.operation import operation, run
from services.throttle import throttle

logger = logging.getLogger(__name__)

MAX_QUESTION = 500
#: articles read, embedded or indexed at a time
BATCH = 200
#: search by meaning from this share of articles that have vectors
ENOUGH_VECTORS = 0.9
#: articles embedded per transaction: small, so that a published one is soon found by meaning
EMBED_BATCH = 8
#: a suggestion less likely than this costs an agent more time than it saves
SUGGEST_FROM = 0.25


class Engine:
    """The model and the indexes of one process."""

    def __init__(self):
        self.spec, self.folder, self.question_rate = "none", Path("kb_index"), "30 per minute"
        self._embedder: Embedder | None = None
        self._is_loaded = False
        self._calibration: Calibration | None = None
        self._indexes: dict[int, KnowledgeIndex] = {}
        self._allowed: dict[tuple, frozenset[int]] = {}

    def configure(self, spec: str, folder: Path, question_rate: str) -> None:
        self.__init__()
        self.spec, self.folder, self.question_rate = spec, folder, question_rate

    @property
    def embedder(self) -> Embedder | None:
        """The model; loaded at first use, in a native thread. None: the lexical tier answers alone."""
        if not self._is_loaded:
            self._embedder = offload(load_embedder, self.spec, self.folder / "models")
            self._calibration = offload(calibration_for, self._embedder)
            self._is_loaded = True
        return self._embedder

    @property
    def calibration(self) -> Calibration:
        """What the model's nearness means."""
        return self._calibration if self.embedder is not None or self._is_loaded else calibration_for(None)

    @property
    def model_name(self) -> str:
        return self.embedder.name if self.embedder is not None else ""

    def index(self, tenant_id: int) -> KnowledgeIndex:
        """The company's index, brought up to the version in the database."""
        index = self._indexes.get(tenant_id)
        if index is None:
            index = self._indexes[tenant_id] = self._from_snapshot(tenant_id)
        current = db.session.scalar(select(IndexState.version)) or 0
        while index.version < current:
            rows = _changed_since(index.version)
            if not rows:
                index.remove([], current)
                break
            entries, gone = _entries(rows, self.model_name), [row.id for row in rows if not _is_searchable(row)]
            offload(index.upsert, entries)
            offload(index.remove, gone, max(row.index_version for row in rows))
        return index

    def allowed(self, actor: Actor, version: int) -> frozenset[int]:
        """The articles that may answer this actor: published, and meant for such readers."""
        key = (actor.tenant_id, tuple(visibilities_for(actor)), version)
        if key not in self._allowed:
            if len(self._allowed) > 64:
                self._allowed.clear()
            self._allowed[key] = frozenset(
                db.session.scalars(
                    select(Article.id).where(Article.status == ArticleStatus.published, Article.visibility.in_(key[1]))
                )
            )
        return self._allowed[key]

    def save(self, tenant_id: int) -> None:
        """Write the snapshot from which the next start goes on."""
        index = self.index(tenant_id)
        offload(save_snapshot, index, self.folder / str(tenant_id), str(tenant_id), self.model_name)

    def _from_snapshot(self, tenant_id: int) -> KnowledgeIndex:
        dim = self.embedder.dim if self.embedder is not None else 0
        try:
            index = offload(load_snapshot, self.folder / str(tenant_id), str(tenant_id), self.model_name)
        except SnapshotError as reason:
            logger.info("index of company %s is built from the database: %s", tenant_id, reason)
            return KnowledgeIndex(dim)
        newest = db.session.scalar(select(IndexState.version)) or 0
        # a snapshot from the future belongs to a database that was restored from a backup
        return index if index.version <= newest else KnowledgeIndex(dim)


engine = Engine()


def search(actor: Actor, query: str, k: int = 8) -> list[Hit]:
    """The k best articles that this actor may read.

    By meaning and by words; by words alone without a model, or while most articles have no vectors yet (after an
    import): found by two measures at once they could not be compared.
    """
    index = engine.index(actor.tenant_id)
    by_meaning = engine.embedder is not None and index.vector_share >= ENOUGH_VECTORS
    vector = offload(embed_question, engine.embedder, query) if by_meaning else None
    return offload(index.search, query, vector, k, engine.allowed(actor, index.version))


def search_articles(actor: Actor, query: str, k: int = 8) -> dict:
    """{tier, list: [{articleId, title, snippet, score, highlights}]} for search-as-you-type and sidebars."""
    query = query.strip()[:MAX_QUESTION]
    if not query:
        return {"tier": _tier([]), "list": []}
    hits = search(actor, query, k)
    return {"tier": _tier(hits), "list": _found(query, hits, _articles(hit.key for hit in hits))}


def ask(actor: Actor, question: str, *, channel: str = "portal", conversation_id: int | None = None) -> dict:
    """An answer quoted from articles with its sources, or an honest "I don't know" with the nearest questions.

    Raises Invalid for an empty question, TooMany for too many.
    """
    actor.require("article.ask")
    question = " ".join(question.split())[:MAX_QUESTION]
    if not question:
        raise Invalid("Please write your question", fields={"question": "required"})
    throttle.hit(engine.question_rate, "question", *map(str, actor.sender), actor.ip)
    return answer(actor, question, channel=channel, conversation_id=conversation_id)


def answer(actor: Actor, question: str, *, channel: str, conversation_id: int | None = None) -> dict:
    """The same without limits, for the bot inside a conversation. Every question is kept for the editors (KB-7)."""
    hits = search(actor, question, 6)
    rows = _articles(hit.key for hit in hits)
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


def answer_message(tenant_id: int, conversation_id: int, message_id: int, question: str) -> bool:
    """Job: the bot's answer to a customer's message; hands over by itself after several misses.

    May run twice: the answer to a message is stored once. False when a person is already in charge.
    """
    actor = bot(tenant_id)
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None or conversation.status is not ConversationStatus.bot:
        return False
    reader = _reader(conversation)
    result = answer(reader, question, channel=conversation.channel, conversation_id=conversation.id)
    text = result["answer"] or settings.get_setting("bot_no_answer")
    message = conversations.answer_as_bot(
        actor,
        conversation,
        to_message_id=message_id,
        content=text,
        payload={key: result[key] for key in ("answered", "citations", "choices", "confidence")},
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
    rows = _articles(hit.key for hit in hits)
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


def embed_pending(tenant_id: int, limit: int = 10_000) -> int:
    """Job: give vectors to published articles whose text has none from the present model; returns how many articles.

    Idempotent: a vector is kept as long as the hash of its text and the model's name are the same.
    """
    if engine.embedder is None:
        return 0
    done = 0
    for ids in _chunks(missing_vectors(limit), EMBED_BATCH):
        articles = list(_articles(ids).values())
        pieces = {row.id: pieces_of(row.title, to_text(row.body), row.phrasings or []) for row in articles}
        flat = [piece for row in articles for piece in pieces[row.id]]
        vectors = offload(embed_pieces, engine.embedder, flat)
        start = 0
        for row in articles:
            count = len(pieces[row.id])
            store_vectors(
                system(tenant_id),
                row,
                pieces=pieces[row.id],
                vectors=vectors[start : start + count],
                model=engine.model_name,
            )
            start += count
            done += 1
    return done


@operation("article.index", title="Store an article's vectors")
def store_vectors(actor: Actor, article: Article, *, pieces: list[Piece], vectors: np.ndarray, model: str) -> None:
    """Replace the article's vectors, and let search look at it again."""
    if [piece.text for piece in pieces] != [
        p.text for p in pieces_of(article.title, to_text(article.body), article.phrasings or [])
    ]:
        return  # changed while it was being embedded: the next run takes it
    known = {
        row.part: row for row in db.session.scalars(select(ArticleVector).where(ArticleVector.article_id == article.id))
    }
    for piece, vector in zip(pieces, vectors, strict=True):
        part, data = _part(piece), np.asarray(vector, "<f4").tobytes()
        if part in known:
            row = known.pop(part)
            row.text_hash, row.model, row.vector = _hash(piece.text), model, data
        else:
            db.session.add(
                ArticleVector(article_id=article.id, part=part, text_hash=_hash(piece.text), model=model, vector=data)
            )
    for row in known.values():
        mark_deleted(row)
    touch(article)


def _worded(question: str, hits: list[Hit], rows: dict[int, Article], decision: Decision) -> dict:
    # nobody wants to choose between two languages
    alike = [hit for hit in hits if rows[hit.key].locale == rows[hits[0].key].locale]
    choices = (
        [{"articleId": hit.key, "title": rows[hit.key].title} for hit in alike[:5]] if decision.kind != "none" else []
    )
    if decision.kind != "answer":
        return {
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


def _articles(ids: Iterable[int]) -> dict[int, Article]:
    """Published articles by number, read afresh: the index may be a moment behind."""
    rows = db.session.scalars(
        select(Article).where(Article.id.in_(list(ids)), Article.status == ArticleStatus.published)
    )
    return {row.id: row for row in rows}


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


def _changed_since(version: int) -> list[Article]:
    return list(
        db.session.scalars(
            select(Article)
            .where(Article.index_version > version)
            .order_by(Article.index_version)
            .limit(BATCH)
            .execution_options(include_deleted=True, populate_existing=True)
        )
    )


def _is_searchable(article: Article) -> bool:
    return article.status is ArticleStatus.published and not article.deleted


def _entries(rows: list[Article], model: str) -> list[Entry]:
    living = [row for row in rows if _is_searchable(row)]
    stored: dict[int, dict[str, ArticleVector]] = {}
    if model:
        for vector in db.session.scalars(
            select(ArticleVector).where(
                ArticleVector.article_id.in_([row.id for row in living]), ArticleVector.model == model
            )
        ):
            stored.setdefault(vector.article_id, {})[vector.part] = vector
    return [_entry(row, stored.get(row.id, {})) for row in living]


def _entry(article: Article, stored: dict[str, ArticleVector]) -> Entry:
    """With vectors only when every piece has one of its present text; until then found by words."""
    body, phrasings = to_text(article.body), article.phrasings or []
    pieces = pieces_of(article.title, body, phrasings)
    rows = [stored.get(_part(piece)) for piece in pieces]
    vectors = None
    if all(row is not None and row.text_hash == _hash(piece.text) for row, piece in zip(rows, pieces, strict=True)):
        vectors = np.stack([np.frombuffer(row.vector, "<f4") for row in rows])
    return make_entry(article.id, article.index_version, article.title, body, phrasings, vectors)


def missing_vectors(limit: int) -> list[int]:
    """The ids of published articles that lack a vector of their present text from the present model."""
    missing, last = [], 0
    while len(missing) < limit:
        rows = list(
            db.session.scalars(
                select(Article)
                .where(Article.status == ArticleStatus.published, Article.id > last)
                .order_by(Article.id)
                .limit(BATCH)
            )
        )
        if not rows:
            break
        last = rows[-1].id
        known = {
            (article_id, part): text_hash
            for article_id, part, text_hash in db.session.execute(
                select(ArticleVector.article_id, ArticleVector.part, ArticleVector.text_hash).where(
                    ArticleVector.article_id.in_([row.id for row in rows]), ArticleVector.model == engine.model_name
                )
            )
        }
        missing += [
            row.id
            for row in rows
            if any(
                known.get((row.id, _part(piece))) != _hash(piece.text)
                for piece in pieces_of(row.title, to_text(row.body), row.phrasings or [])
            )
        ]
    return missing[:limit]


def _chunks(ids: list[int], size: int) -> Iterable[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _part(piece: Piece) -> str:
    return f"{piece.kind.value}:{piece.position}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
