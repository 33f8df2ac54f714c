"""What people say that a conversation or ticket is: kept as the material from which is learned (AI-6)."""

from sqlalchemy import func, select

from app.extensions import db
from models.actor import Actor
from models.types import utcnow
from models.understanding import LabelledCase, Subject


def remember(
    actor: Actor, subject: Subject, owner_id: int, label: str, guess: tuple[str | None, int | None] = (None, None)
) -> None:
    """Inside an operation: a person of the staff has said what it is, or confirmed what was guessed.

    Only what staff says counts: a customer does not know how the company divides its work.
    """
    if actor.kind != "user" or actor.sees_as_customer or not label:
        return
    known = db.session.scalars(
        select(LabelledCase).where(LabelledCase.subject == subject, LabelledCase.owner_id == owner_id)
    ).first()
    if known is None:
        known = LabelledCase(subject=subject, owner_id=owner_id, guess=guess[0], guess_confidence=guess[1])
        db.session.add(known)
    known.label, known.update_time = label, utcnow()
    db.session.flush()


def counts() -> dict[Subject, tuple[int, int]]:
    """Of each subject: how many cases people have named, and how many of them as they had been guessed."""
    right = func.sum(func.coalesce(LabelledCase.guess == LabelledCase.label, 0))
    rows = db.session.execute(select(LabelledCase.subject, func.count(), right).group_by(LabelledCase.subject))
    return {subject: (count, int(agreed or 0)) for subject, count, agreed in rows}
