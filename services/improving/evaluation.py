"""The evaluation set: questions of which the right article is known, and trials of how well they are answered (AI-9).

A trial goes through the same search and the same decision as customers' questions, as somebody without an account.
"""

import logging

from sqlalchemy import select

from ai.answer import DECISION_HITS, Decision, DecisionKind, decide, signals
from ai.index import Hit
from app.errors import Conflict, Invalid
from app.extensions import db
from app.offload import give_way
from models.actor import Actor, system
from models.knowledge import Article, Question
from models.learning import EvaluationQuestion, EvaluationRun, RunMode, TrialState
from models.types import utcnow
from services.crud import crud, referenced
from services.knowledge_index import engine, readable, search
from services.operation import announce, operation, run

logger = logging.getLogger(__name__)

MAX_ARTICLES = 20
MAX_QUESTIONS = 5000
#: a trial notes how far it is after so many questions
STEP = 20
SHOWN = 5


def _check_question(actor: Actor, row: EvaluationQuestion, data: dict) -> None:
    row.text = " ".join((row.text or "").split())
    if not row.text:
        raise Invalid("Please write your question", fields={"text": "required"})
    ids = list(dict.fromkeys(row.article_ids or ()))
    if len(ids) > MAX_ARTICLES:
        raise Invalid("Too many articles", fields={"articleIds": "too long"})
    for article_id in ids:
        referenced(Article, article_id, actor, "articleIds")
    row.article_ids = ids


crud(
    "evaluation_question",
    EvaluationQuestion,
    title="Evaluation question",
    writable=("text", "article_ids", "note", "active"),
    kinds={"article_ids": list[int]},
    check=_check_question,
)


@operation("evaluation_question.take", title="Take a customer's question", right="evaluation_question.create")
def take_question(actor: Actor, question: Question, *, article_ids: list[int]) -> EvaluationQuestion:
    """A question somebody asked belongs to the set from now on, once."""
    known = select(EvaluationQuestion).where(
        (EvaluationQuestion.question_id == question.id) | (EvaluationQuestion.text == question.text)
    )
    row = db.session.scalars(known).first() or EvaluationQuestion(text=question.text, question_id=question.id)
    row.article_ids = article_ids
    _check_question(actor, row, {})
    db.session.add(row)
    db.session.flush()
    announce("evaluation_question.created", evaluation_question_id=row.id)
    return row


@operation("evaluation_run.start", title="Try all evaluation questions")
def start_run(actor: Actor, *, note: str = "", mode: RunMode = RunMode.product) -> EvaluationRun:
    """One at a time; the result is kept, to be compared with others."""
    if db.session.scalar(select(EvaluationQuestion.id).where(EvaluationQuestion.active == 1).limit(1)) is None:
        raise Conflict("There is no question to try yet")
    going = EvaluationRun.state.in_([TrialState.waiting, TrialState.running])
    if db.session.scalar(select(EvaluationRun.id).where(going).limit(1)) is not None:
        raise Conflict("A trial is under way already")
    row = EvaluationRun(note=note.strip()[:255] or None, mode=mode)
    db.session.add(row)
    db.session.flush()
    announce("evaluation_run.started", run_id=row.id)
    return row


@operation("evaluation_run.delete", title="Delete a trial")
def delete_run(actor: Actor, row: EvaluationRun) -> None:
    if row.state is TrialState.running:
        raise Conflict("A trial is under way already")
    db.session.delete(row)


def evaluate(tenant_id: int, run_id: int) -> bool:
    """Job: carry out a trial that waits. May be sent twice; the second finds it begun."""
    actor = system(tenant_id)
    if not run(actor, "evaluation_run.note", lambda: _begin(run_id)):
        return False
    try:
        _carry_out(actor, run_id)
    except Exception as error:
        logger.exception("trial %s failed", run_id)
        problem = f"{type(error).__name__}: {error}"[:255]
        _note(actor, run_id, state=TrialState.failed, finish_time=utcnow(), error=problem)
    return True


def _begin(run_id: int) -> bool:
    row = db.session.get(EvaluationRun, run_id, with_for_update=True)
    if row is None or row.deleted or row.state is not TrialState.waiting:
        return False
    row.state, row.start_time, row.model = TrialState.running, utcnow(), engine.model_name
    return True


def _carry_out(actor: Actor, run_id: int) -> None:
    mode = db.session.get(EvaluationRun, run_id).mode
    asked = [
        (row.id, row.text, row.article_ids or [])
        for row in db.session.scalars(
            select(EvaluationQuestion)
            .where(EvaluationQuestion.active == 1)
            .order_by(EvaluationQuestion.id)
            .limit(MAX_QUESTIONS)
        )
    ]
    reader, results = _reader(actor.tenant_id), []
    for number, (question_id, text, expected) in enumerate(asked):
        if number % STEP == 0:
            _note(actor, run_id, total=len(asked), done=number)
            give_way()
        hits, decision = _look(reader, text, mode)
        asked_for = {"questionId": question_id, "text": text, "expected": expected}
        results.append(asked_for | _result(hits, decision, expected))
    _note(
        actor,
        run_id,
        state=TrialState.done,
        done=len(asked),
        total=len(asked),
        finish_time=utcnow(),
        results=results,
        figures=figures_of(results),
    )


def _note(actor: Actor, run_id: int, **values) -> None:
    def work() -> None:
        row = db.session.get(EvaluationRun, run_id, with_for_update=True)
        if row is not None:
            for name, value in values.items():
                setattr(row, name, value)

    run(actor, "evaluation_run.note", work)


def _reader(tenant_id: int) -> Actor:
    return Actor(kind="visitor", tenant_id=tenant_id, permissions=frozenset({"article.ask", "article.read"}))


def _look(reader: Actor, text: str, mode: RunMode) -> tuple[list[Hit], Decision]:
    hits = search(reader, text, DECISION_HITS, by_words=mode is RunMode.words)
    rows = readable(reader, (hit.key for hit in hits))
    hits = [hit for hit in hits if hit.key in rows]
    return hits, decide(text, hits, engine.calibration)


def _result(hits: list[Hit], decision: Decision, expected: list[int]) -> dict:
    places = [place for place, hit in enumerate(hits, start=1) if hit.key in expected]
    place, kind = (places[0] if places else None), decision.kind
    if kind is DecisionKind.answer:
        verdict = "right" if place == 1 else "wrong"
    elif not expected:
        verdict = "silent"
    else:
        verdict = "offered" if kind is DecisionKind.choices and place is not None and place <= SHOWN else "missed"
    return {
        "found": [{"articleId": hit.key, "score": round(hit.score, 4)} for hit in hits[:SHOWN]],
        "place": place,
        "kind": kind.value,
        "confidence": round(decision.confidence, 3),
        "verdict": verdict,
    }


def figures_of(results: list[dict]) -> dict:
    """The shares by which trials are compared."""
    known = [result for result in results if result["expected"]]
    unknown = [result for result in results if not result["expected"]]

    def share(wanted, of: list[dict]) -> float | None:
        return round(sum(map(wanted, of)) / len(of), 4) if of else None

    return {
        "questions": len(results),
        "answerable": len(known),
        "unanswerable": len(unknown),
        "hit1": share(lambda one: one["place"] == 1, known),
        "hit5": share(lambda one: one["place"] is not None and one["place"] <= SHOWN, known),
        "mrr": share(lambda one: 1 / one["place"] if one["place"] else 0, known),
        "answeredRight": share(lambda one: one["verdict"] == "right", known),
        "offered": share(lambda one: one["verdict"] == "offered", known),
        "missed": share(lambda one: one["verdict"] == "missed", known),
        "answeredWrong": share(lambda one: one["verdict"] == "wrong", results),
        "silent": share(lambda one: one["verdict"] == "silent", unknown),
    }


def try_question(actor: Actor, text: str) -> dict:
    """One question as a customer would ask it, with everything that led to what he would be told."""
    text = " ".join(text.split())[:500]
    if not text:
        raise Invalid("Please write your question", fields={"question": "required"})
    reader = _reader(actor.tenant_id)
    hits, decision = _look(reader, text, RunMode.product)
    titles = {number: row.title for number, row in readable(reader, (hit.key for hit in hits)).items()}
    calibration = engine.calibration
    return {
        "question": text,
        "kind": decision.kind.value,
        "confidence": round(decision.confidence, 4),
        "model": engine.model_name,
        "signals": _rounded(signals(hits, calibration)._asdict()) if hits else {},
        "hits": [
            {
                "articleId": hit.key,
                "title": titles.get(hit.key, ""),
                "matched": hit.matched.value,
                **_rounded({"score": hit.score, "dense": hit.dense, "lexical": hit.lexical}),
            }
            for hit in hits
        ],
    }


def _rounded(numbers: dict) -> dict:
    return {name: None if value is None else round(float(value), 4) for name, value in numbers.items()}
