"""Models that recognise what conversations and tickets are about, learned from what people said of others (AI-6).

Each company has its own, one per subject. A new one is trained in the background when there is enough to learn from
that is new, and takes the place of the old one only if it is no worse on cases that neither has seen: a fifth of them,
always the same, is never learned from.
"""

import logging
import time
import zlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
from sqlalchemy import func, select, update

from ai.classify import Classifier, Guess, TooFewExamples, train
from ai.model import Embedder
from app.errors import Conflict
from app.extensions import db
from app.offload import offload
from models.actor import Actor, system
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from models.routing import ProblemProfile
from models.tickets import Ticket, TicketPriority
from models.understanding import LabelledCase, LearnedModel, LearnedState, Subject
from services import problems
from services.knowledge_index import engine
from services.operation import announce, operation, run
from services.settings import dictionary_codes

logger = logging.getLogger(__name__)

#: with fewer cases nothing is learned; so many new ones make it worth learning anew, or a twentieth where there are
#: many, for learning takes a processor's time
LEAST_CASES, LEAST_NEW, NEW_SHARE = 30, 15, 20
#: labels with fewer cases cannot be told apart yet
LEAST_OF_A_LABEL = 3
MOST_CASES = 2000
#: one case in so many is held back, for ever
HELD_BACK = 5
#: the words of a customer that are looked at
FIRST_MESSAGES = 6
#: how long a process believes that there is no newer model, in seconds
BELIEVED = 3.0
_CONVERSATIONS_AT_ONCE = 500


class _Models:
    """The models of this process, by company and subject."""

    def __init__(self):
        self._known: dict[tuple[int, Subject], tuple[float, int | None, Classifier | None]] = {}

    def get(self, tenant_id: int, subject: Subject) -> Classifier | None:
        """The model in use; None while there is none, or none that fits the embedding model of this process."""
        key = tenant_id, subject
        asked, number, model = self._known.get(key, (0.0, None, None))
        if time.monotonic() - asked < BELIEVED:
            return model
        current = db.session.scalar(select(LearnedModel.number).where(*_in_use(subject)))
        if current != number:
            model = self._load(subject, current) if current is not None else None
        self._known[key] = time.monotonic(), current, model
        return model

    def forget(self) -> None:
        self._known.clear()

    def _load(self, subject: Subject, number: int) -> Classifier | None:
        data = db.session.scalar(
            select(LearnedModel.data).where(LearnedModel.subject == subject, LearnedModel.number == number)
        )
        try:
            return offload(Classifier.from_bytes, data or b"", engine.embedder)
        except ValueError as reason:
            logger.warning("the learned model of %s %s is not used: %s", subject, number, reason)
            return None


models = _Models()


def guesses(actor: Actor, subject: Subject, text: str, most: int = 3) -> list[Guess]:
    """What a text most probably is, best first; nothing without a model. Labels no longer in use are left out."""
    model = models.get(actor.tenant_id, subject)
    if model is None or not text.strip():
        return []
    known = _labels(subject)
    return [guess for guess in offload(model.predict, text) if guess.label in known][:most]


def text_of(subject: Subject, owner: Conversation | Ticket) -> str:
    """The words by which an owner is recognised."""
    if subject is Subject.problem_type:
        return _said_in([owner]).get(owner.id, owner.subject)
    return f"{owner.title}\n{owner.description}"


@operation("learned_model.train", title="Learn anew from corrections")
def request_training(actor: Actor, *, subject: Subject) -> None:
    """Have a subject learned now, whether or not there is much that is new. Raises Conflict for too few cases."""
    count = db.session.scalar(select(func.count()).where(LabelledCase.subject == subject)) or 0
    if count < LEAST_CASES:
        raise Conflict(
            "There is not enough to learn from yet: cases that people have corrected or confirmed",
            there_are=count,
            needed=LEAST_CASES,
        )
    announce("learned_model.requested", subject=subject.value)


def learn_what_is_due(tenant_id: int) -> int:
    """Job: learn each subject in which enough has been said that is new; how many were learned."""
    done = 0
    for subject in Subject:
        last = db.session.scalar(select(func.max(LearnedModel.create_time)).where(LearnedModel.subject == subject))
        mine = select(func.count()).where(LabelledCase.subject == subject)
        total = db.session.scalar(mine) or 0
        new = total if last is None else (db.session.scalar(mine.where(LabelledCase.update_time > last)) or 0)
        if total >= LEAST_CASES and new >= max(LEAST_NEW, min(total, MOST_CASES) // NEW_SHARE):
            done += learn(tenant_id, subject)
    return done


def learn(tenant_id: int, subject: Subject) -> int:
    """Job: train a model of one subject, compare it with what is in use, keep its figures; 1 if there was enough."""
    cases = _cases(subject)
    held = [case for case in cases if _is_held_back(subject, case[0])]
    seen = [case for case in cases if not _is_held_back(subject, case[0])]
    if len(seen) < LEAST_CASES // 2 or not held:
        return 0
    current = models.get(tenant_id, subject)
    rivals = _by_keywords([text for _, text, _ in held]) if subject is Subject.problem_type else None
    try:
        model, figures = offload(_trained, seen, held, engine.embedder, current, rivals)
    except TooFewExamples as reason:
        logger.info("%s of company %s: nothing to learn yet: %s", subject, tenant_id, reason)
        return 0
    run(system(tenant_id), "learned_model.store", lambda: _store(subject, model, figures))
    models.forget()
    return 1


def _store(subject: Subject, model: Classifier, figures: dict) -> None:
    is_better = figures["accuracy"] >= (figures["accuracy_before"] or 0)
    newest = select(func.max(LearnedModel.number)).where(LearnedModel.subject == subject)
    number = (db.session.scalar(newest, execution_options={"include_deleted": True}) or 0) + 1
    if is_better:
        db.session.execute(
            update(LearnedModel).where(*_in_use(subject)).values(state=LearnedState.replaced, data=None),
            execution_options={"synchronize_session": False},
        )
    db.session.add(
        LearnedModel(
            subject=subject,
            number=number,
            state=LearnedState.in_use if is_better else LearnedState.rejected,
            embedder=model.model_name,
            data=model.to_bytes() if is_better else None,
            **figures,
        )
    )


def _trained(
    seen: list[tuple], held: list[tuple], embedder: Embedder | None, current: Classifier | None, rivals: list | None
) -> tuple[Classifier, dict]:
    """A model and how it does on what was held back, beside the model in use, else the keywords, else the commonest."""
    model = train([text for _, text, _ in seen], [label for _, _, label in seen], embedder)
    texts, truth = [text for _, text, _ in held], [label for _, _, label in held]
    said = _best(model, texts)
    commonest = Counter(label for _, _, label in seen).most_common(1)[0][0]
    before = _best(current, texts) if current is not None else rivals or [commonest] * len(truth)
    return model, {
        "trained_on": len(seen),
        "held_back": len(held),
        "accuracy": _share(said, truth),
        "accuracy_before": _share(before, truth),
        "macro_f1": _macro_f1(said, truth),
        "confusions": [[*pair, count] for pair, count in sorted(Counter(zip(truth, said, strict=True)).items())],
    }


def _best(model: Classifier, texts: list[str]) -> list[str]:
    return [model.labels[place] for place in np.argmax(model.probabilities(texts), axis=1)]


def _share(said: list, truth: list) -> int:
    return round(1000 * sum(one == other for one, other in zip(said, truth, strict=True)) / len(truth))


def _macro_f1(said: list[str], truth: list[str]) -> int:
    scores = []
    for label in set(truth):
        right = sum(one == other == label for one, other in zip(said, truth, strict=True))
        scores.append(2 * right / (said.count(label) + truth.count(label)))
    return round(1000 * sum(scores) / len(scores))


def _cases(subject: Subject) -> list[tuple[int, str, str]]:
    """(number, words, label) of what people have said, the newest last; what was purged has no words any more."""
    rows = db.session.execute(
        select(LabelledCase.owner_id, LabelledCase.label)
        .where(LabelledCase.subject == subject)
        .order_by(LabelledCase.update_time.desc())
        .limit(MOST_CASES)
    ).all()[::-1]
    texts = _texts(subject, [row.owner_id for row in rows])
    known = _labels(subject)
    found = [(row.owner_id, texts[row.owner_id], row.label) for row in rows if texts.get(row.owner_id, "").strip()]
    enough = Counter(label for *_, label in found)
    return [case for case in found if case[2] in known and enough[case[2]] >= LEAST_OF_A_LABEL]


def _texts(subject: Subject, ids: list[int]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for start in range(0, len(ids), _CONVERSATIONS_AT_ONCE):
        some = ids[start : start + _CONVERSATIONS_AT_ONCE]
        if subject is Subject.problem_type:
            texts |= _said_in(db.session.scalars(select(Conversation).where(Conversation.id.in_(some))))
        else:
            rows = db.session.execute(select(Ticket.id, Ticket.title, Ticket.description).where(Ticket.id.in_(some)))
            texts |= {number: f"{title}\n{description}" for number, title, description in rows}
    return texts


def _said_in(conversations: Iterable[Conversation]) -> dict[int, str]:
    """What customers began with: the first of their own words say what it is about."""
    owners = {row.thread_id: row for row in conversations}
    place = func.row_number().over(partition_by=ChatMessage.thread_id, order_by=ChatMessage.seq).label("place")
    said = (
        select(ChatMessage.thread_id, ChatMessage.content, place)
        .where(
            ChatMessage.thread_id.in_(owners),
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
            ChatMessage.recalled_time.is_(None),
        )
        .subquery()
    )
    words: dict[int, list[str]] = {row.id: [] for row in owners.values()}
    rows = select(said.c.thread_id, said.c.content).where(said.c.place <= FIRST_MESSAGES)
    for thread_id, content in db.session.execute(rows.order_by(said.c.thread_id, said.c.place)):
        words[owners[thread_id].id].append(content)
    return {row.id: "\n".join(words[row.id]) or row.subject for row in owners.values()}


def _by_keywords(texts: list[str]) -> list[str | None] | None:
    """What the keywords make of these texts; None where there are none."""
    profiles = list(db.session.scalars(select(ProblemProfile).order_by(ProblemProfile.id)))
    if not any(profile.keywords for profile in profiles):
        return None
    return [problems.best_match(text, profiles) for text in texts]


def _labels(subject: Subject) -> set[str]:
    if subject is Subject.ticket_priority:
        return {priority.value for priority in TicketPriority}
    return dictionary_codes("ticket_type" if subject is Subject.ticket_type else problems.DICTIONARY)


def _is_held_back(subject: Subject, owner_id: int) -> bool:
    return zlib.crc32(f"{subject.value}:{owner_id}".encode()) % HELD_BACK == 0


def _in_use(subject: Subject) -> tuple:
    return LearnedModel.subject == subject, LearnedModel.state == LearnedState.in_use
