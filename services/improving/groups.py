"""Questions without a good answer, put together by what they mean; in the background, a few at a time."""

import datetime as dt

import numpy as np
from sqlalchemy import ColumnElement, case, func, select, update

from ai.clusters import Cluster, Space, nearest_to, place, space_of
from ai.masking import mask
from ai.smalltalk import language_of
from app.extensions import db
from app.offload import offload
from models.actor import system
from models.knowledge import Outcome, Question
from models.learning import GroupState, QuestionGroup
from models.types import utcnow
from services.knowledge_index import engine
from services.operation import run

#: questions put into groups in one transaction, and in one run
BATCH, MOST = 100, 2000
#: by then it has shown whether one of the offered articles was chosen
SETTLED = dt.timedelta(seconds=60)
#: groups nobody has asked after for so long get no new questions
REMEMBERED = dt.timedelta(days=180)
#: a thumb comes soon after the answer or not at all
VERDICT_WITHIN = dt.timedelta(days=1)
#: asked so often again, a group that was dealt with is open once more
AGAIN = 3
#: `group_id` of questions that need no group
NONE = 0
_BULK = {"synchronize_session": False}


def is_gap() -> ColumnElement[bool]:
    """Questions that had no good answer: none at all, none of the offered ones taken, or one that did not help."""
    return (Question.helpful == 0) | (
        (Question.answered == 0) & Question.outcome.not_in([Outcome.answered, Outcome.resolved])
    )


def group_questions(tenant_id: int, *, settled: dt.timedelta = SETTLED) -> int:
    """Job: put new questions without a good answer into groups; returns how many. Nothing is counted twice."""
    space, done = offload(space_of, engine.embedder), 0
    _settle_answered(tenant_id, settled)
    while done < MOST:
        rows = list(
            db.session.execute(
                select(Question.id, Question.text, Question.asked_as, Question.create_time)
                .where(Question.group_id.is_(None), is_gap(), Question.create_time < utcnow() - settled)
                .order_by(Question.id)
                .limit(BATCH)
            )
        )
        if not rows:
            break
        texts = [row.asked_as or row.text for row in rows]
        db.session.rollback()
        vectors = offload(space.vectors, texts)
        run(
            system(tenant_id),
            "question.group",
            lambda rows=rows, texts=texts, vectors=vectors: _put(space, rows, texts, vectors),
        )
        done += len(rows)
    return done


def _settle_answered(tenant_id: int, settled: dt.timedelta) -> None:
    """What was answered well is looked at no more, unless a thumb goes down afterwards."""

    def work() -> None:
        answered = Question.group_id.is_(None) & ~_is_surely_gap() & (Question.create_time < utcnow() - settled)
        db.session.execute(update(Question).where(answered).values(group_id=NONE), execution_options=_BULK)
        blamed = (
            (Question.create_time > utcnow() - VERDICT_WITHIN) & (Question.group_id == NONE) & (Question.helpful == 0)
        )
        db.session.execute(update(Question).where(blamed).values(group_id=None), execution_options=_BULK)

    run(system(tenant_id), "question.group", work)


def _is_surely_gap() -> ColumnElement[bool]:
    # "helpful" is mostly unknown, and NOT of an unknown is unknown: SQL would leave those out
    return case((is_gap(), 1), else_=0) == 1


def _put(space: Space, rows: list, texts: list[str], vectors: np.ndarray) -> None:
    """Inside an operation: these questions join their groups or begin new ones."""
    groups = {row.id: row for row in db.session.scalars(_remembered().with_for_update())}
    _move_to(space, [row for row in groups.values() if row.model != space.name])
    clusters = [
        Cluster(row.id, np.frombuffer(row.vector, "<f4").copy(), row.vector_count)
        for row in groups.values()
        if row.vector_count
    ]
    places = place(vectors, clusters, space.near)
    for number in dict.fromkeys(places):
        cluster, members = clusters[number], [at for at, joined in enumerate(places) if joined == number]
        row = groups.get(cluster.key)
        if row is None:
            text = mask(texts[members[nearest_to(cluster.middle, vectors[members])]])
            row = QuestionGroup(text=text, locale=language_of(text, "en"), asked=0, asked_since=0, model=space.name)
            row.first_time = rows[members[0]].create_time
            db.session.add(row)
        row.vector, row.vector_count = np.asarray(cluster.total, "<f4").tobytes(), cluster.count
        row.asked += len(members)
        row.asked_since += len(members)
        row.last_time = max(rows[at].create_time for at in members)
        if row.state in (GroupState.drafted, GroupState.added) and row.asked_since >= AGAIN:
            row.state = GroupState.open
        db.session.flush()
        ids = [rows[at].id for at in members]
        db.session.execute(
            update(Question).where(Question.id.in_(ids)).values(group_id=row.id), execution_options=_BULK
        )


def _remembered():
    return select(QuestionGroup).where(QuestionGroup.last_time > utcnow() - REMEMBERED).order_by(QuestionGroup.id)


def _move_to(space: Space, rows: list[QuestionGroup]) -> None:
    """Groups of another model are known by their text from now on."""
    if rows:
        for row, vector in zip(rows, offload(space.vectors, [row.text for row in rows]), strict=True):
            row.model, row.vector, row.vector_count = space.name, np.asarray(vector, "<f4").tobytes(), 1


def examples(group_id: int, size: int = 20) -> list[dict]:
    """The words in which it was asked, the newest first, each once with how often."""
    newest = func.max(Question.create_time)
    return [
        {"text": text, "count": count, "lastTime": last, "questionId": number}
        for text, count, last, number in db.session.execute(
            select(Question.text, func.count(), newest, func.max(Question.id))
            .where(Question.group_id == group_id)
            .group_by(Question.text)
            .order_by(newest.desc())
            .limit(size)
        )
    ]


def trends(group_ids: list[int]) -> dict[int, tuple[int, int]]:
    """How often each was asked in the last seven days, and in the seven before."""
    week = dt.timedelta(days=7)
    recent = func.sum(case((Question.create_time >= utcnow() - week, 1), else_=0))
    found = db.session.execute(
        select(Question.group_id, recent, func.count())
        .where(Question.group_id.in_(group_ids), Question.create_time >= utcnow() - 2 * week)
        .group_by(Question.group_id)
    )
    return {group_id: (int(last), int(both) - int(last)) for group_id, last, both in found}
