"""Learning an adapter from a company's articles and from what people confirmed, in the background (AI-7).

A job looks once a minute whether there is something new to learn: after a publication it waits until nothing has
changed for a while, so that an import teaches once and not a hundred times.
"""

import datetime as dt
import logging
import time

from sqlalchemy import func, select

from ai.adapter import Learnt, Lesson, learn
from ai.answer import DECISION_HITS, Calibration, calibration_for, signals
from ai.calibration import LEAST_CLICKS, Click, refitted
from ai.index import KnowledgeIndex
from ai.segment import Entry
from ai.text import normalise
from app.extensions import db
from app.offload import give_way, offload
from models.actor import system
from models.adapters import Adapter
from models.assistance import SuggestionChoice, SuggestionSource
from models.knowledge import Article, ArticleStatus, IndexState, Question
from models.types import utcnow
from services import adapters
from services.index_rows import READ, entries_of, these
from services.knowledge_index import engine

logger = logging.getLogger(__name__)

#: nothing has been published for so long: whoever is publishing has finished
QUIET = dt.timedelta(seconds=60)
#: where something is published all the time
PATIENCE = dt.timedelta(minutes=15)
#: with as many questions as before nothing new is to be expected for so long
STALE = dt.timedelta(days=7)
#: by this share the number of questions must have changed
NEW_SHARE = 0.05
#: articles that teach, and confirmed questions: the newest say what customers ask now
MOST_ARTICLES, MOST_CONFIRMED = 8_000, 2_000
EMBED_BATCH = 8


def learn_pending(tenant_id: int) -> int:
    """Job: learn the bound company's adapter if there is something new; 1 if it was done.

    May run twice, also at once: both learn the same, and the newer row serves.
    """
    model = engine.model_name
    state = db.session.scalars(select(IndexState)).first()
    if not model or state is None or not _is_due(state, model):
        return 0
    started, version = time.perf_counter(), state.version
    entries = _entries(model)
    verdicts = _verdicts({entry.key for entry in entries})
    # What teaches the adapter cannot also say how far it is to be trusted.
    taught, judged = (verdicts[::2], verdicts[1::2]) if len(verdicts) >= LEAST_CLICKS else (verdicts, [])
    confirmed = [lesson for lesson, is_right in taught if is_right]
    db.session.rollback()  # learning takes its time: no connection is held meanwhile
    found: Learnt = offload(learn, entries, confirmed)
    calibration = offload(
        _calibration, entries, found, judged, offload(calibration_for, engine.embedder, found.transform)
    )
    row = Adapter(
        model=model,
        index_version=version,
        articles=len(entries),
        questions=found.questions,
        confirmed=len(confirmed),
        asked=found.asked,
        rank_before=found.before,
        rank_after=found.after,
        slope=calibration.slope,
        shift=calibration.shift,
        clicks=len(judged),
        milliseconds=int((time.perf_counter() - started) * 1000),
    )
    adapters.store_adapter(system(tenant_id), row=row, transform=found.transform)
    logger.info(
        "company %s: an adapter from %d questions, rank %.3f to %.3f, %s",
        *(tenant_id, found.questions, found.before, found.after, "kept" if found.is_kept else "not kept"),
    )
    return 1


def _is_due(state: IndexState, model: str) -> bool:
    """Whether articles or confirmations have changed enough, and come to rest."""
    now, last = utcnow(), adapters.newest(model)
    if last is None:
        return state.update_time < now - QUIET
    if last.index_version == state.version and last.create_time > now - STALE:
        return False
    waited = min(now - state.update_time, now - last.create_time)
    if waited < QUIET and now - last.create_time < PATIENCE:
        return False
    if last.create_time < now - STALE:
        return True
    questions = _questions()
    return abs(questions - last.questions) > NEW_SHARE * max(last.questions, 1)


def _questions() -> int:
    """How many questions there are to learn from: of most articles this is all that a learning would find."""
    phrasings = db.session.scalars(select(Article.phrasings).where(Article.status == ArticleStatus.published))
    known = [len(each or ()) for each in phrasings]
    return sum(known) + _confirmations() if sum(known) else len(known)


def _confirmations() -> int:
    thumbs = select(func.count(Question.id)).where(Question.helpful == 1, Question.article_id.is_not(None))
    taken = select(func.count(SuggestionChoice.id)).where(SuggestionChoice.source == SuggestionSource.article)
    return (db.session.scalar(thumbs) or 0) + (db.session.scalar(taken) or 0)


def _entries(model: str) -> list[Entry]:
    """Published articles with their vectors; of very many every so-manieth."""
    ids = db.session.scalars(
        select(Article.id).where(Article.status == ArticleStatus.published).order_by(Article.id)
    ).all()
    ids = ids[:: -(-len(ids) // MOST_ARTICLES) or 1]
    entries = []
    for start in range(0, len(ids), READ):
        found = these(ids[start : start + READ], model)
        entries += offload(entries_of, found, engine.dim).entries if found else []
        give_way()
    return [entry for entry in entries if entry.title_vector is not None]


def _verdicts(known: set[int]) -> list[tuple[Lesson, bool]]:
    """What people said of articles as answers to questions: the question, embedded, and whether it was right."""
    said: list[tuple[str, int, bool]] = [
        (question.asked_as or question.text, question.article_id, question.helpful)
        for question in db.session.scalars(
            select(Question)
            .where(Question.helpful.is_not(None), Question.article_id.is_not(None))
            .order_by(Question.id.desc())
            .limit(MOST_CONFIRMED)
        )
    ]
    said += [
        (text, article_id, True)
        for text, article_id in db.session.execute(
            select(SuggestionChoice.question, SuggestionChoice.source_id)
            .where(SuggestionChoice.source == SuggestionSource.article)
            .order_by(SuggestionChoice.id.desc())
            .limit(MOST_CONFIRMED)
        )
    ]
    said = [one for one in dict.fromkeys(said) if one[1] in known][:MOST_CONFIRMED]
    lessons = []
    for start in range(0, len(said), EMBED_BATCH):
        batch = said[start : start + EMBED_BATCH]
        vectors = offload(engine.embedder.encode_queries, [normalise(text) for text, _, _ in batch])
        lessons += [
            (Lesson(text, vector, key), is_right) for (text, key, is_right), vector in zip(batch, vectors, strict=True)
        ]
    return lessons


def _calibration(
    entries: list[Entry], found: Learnt, judged: list[tuple[Lesson, bool]], start: Calibration
) -> Calibration:
    """The constants of confidence, put right by verdicts that taught nothing."""
    if not judged:
        return start
    index = KnowledgeIndex(len(entries[0].title_vector), found.transform)
    index.upsert(entries)
    clicks = []
    for lesson, is_right in judged:
        hits = index.search(lesson.text, lesson.vector, DECISION_HITS)
        # a confirmed article that is not found first: what was found instead is wrong
        first_is_it = bool(hits) and hits[0].key == lesson.key
        if hits and (is_right or first_is_it):
            clicks.append(Click(signals(hits, start), is_right and first_is_it))
    return refitted(clicks, start)
