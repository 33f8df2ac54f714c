"""敏感词预警: what supervisors see of an alert, and what they do about it (CHT-12)."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models import audit
from models.actor import Actor
from models.messaging import ChatMessage
from models.sensitive import (
    UNSETTLED,
    AlertState,
    SensitiveAlert,
    SensitiveHit,
    WordAction,
    WordLevel,
)
from models.types import utcnow
from services.operation import announce, operation

#: messages of the thread that an alert is shown with, before and after its own
AROUND = 5
MOST_DAYS = 92
TOP_WORDS = 20


@operation("sensitive_alert.handle", title="Handle a sensitive-word alert")
def handle_alert(
    actor: Actor, alert: SensitiveAlert, *, state: AlertState, note: str = "", together: bool = False
) -> SensitiveAlert:
    """Say what was done about it: seen, handled or dismissed; `open` takes that back.

    `together` settles what else is unsettled in the same conversation or ticket. Raises Conflict when somebody
    else has settled it already.
    """
    if len(note.strip()) > 500:
        raise Invalid("The text is too long", fields={"note": Reason("at most %(number)s characters", number=500)})
    if state in UNSETTLED and together:
        raise Invalid("Only settling can be done together", fields={"together": "not allowed"})
    if alert.state not in UNSETTLED and state is not AlertState.open:
        raise Conflict("This alert has been settled already", by=alert.handler.full_name if alert.handler else "")
    alerts = [alert]
    if together:
        alerts += db.session.scalars(
            select(SensitiveAlert)
            .where(
                SensitiveAlert.thread_id == alert.thread_id,
                SensitiveAlert.id != alert.id,
                SensitiveAlert.state.in_(UNSETTLED),
                SensitiveAlert.visible_to(actor),
            )
            .order_by(SensitiveAlert.id)
            .with_for_update()
        ).all()
    for one in alerts:
        _settle(actor, one, state, note.strip())
    db.session.flush()
    announce("sensitive_alert.handled", alert_ids=[one.id for one in alerts], state=state.value)
    return alert


def _settle(actor: Actor, alert: SensitiveAlert, state: AlertState, note: str) -> None:
    if alert.state is AlertState.seen and state is AlertState.seen:
        return
    before = alert.state
    alert.state = state
    is_open = state is AlertState.open
    alert.handler_id = None if is_open else actor.user_id
    alert.handle_time = None if is_open else utcnow()
    if note or is_open:
        alert.note = note or None
    audit.record(
        db.session(),
        "sensitive_alert.handle",
        target=alert,
        actor=actor,
        before={"state": before.value},
        after={"state": state.value, **({"note": note} if note else {})},
    )


def around(alert: SensitiveAlert) -> list[ChatMessage]:
    """What was said before and after, with the message itself in between; staff's notes included."""
    others = select(ChatMessage).where(ChatMessage.thread_id == alert.thread_id)
    own = 1 if alert.action is WordAction.mark else 0  # a refused message has no number: `seq` is the one before it
    before = others.where(ChatMessage.seq <= alert.seq).order_by(ChatMessage.seq.desc()).limit(AROUND + own)
    after = others.where(ChatMessage.seq > alert.seq).order_by(ChatMessage.seq).limit(AROUND)
    return [*reversed(db.session.scalars(before).all()), *db.session.scalars(after).all()]


def marks_of(thread_id: int) -> list[SensitiveAlert]:
    """The marks on the messages of a thread, for staff who have it open."""
    return list(
        db.session.scalars(
            select(SensitiveAlert)
            .where(SensitiveAlert.thread_id == thread_id, SensitiveAlert.message_id.is_not(None))
            .order_by(SensitiveAlert.id)
        )
    )


def with_word(statement: Select, word: str) -> Select:
    """Only alerts of this word."""
    return statement.where(SensitiveAlert.id.in_(select(SensitiveHit.alert_id).where(SensitiveHit.word == word)))


def in_group(statement: Select, group_name: str) -> Select:
    """Only alerts of words of this group."""
    hits = select(SensitiveHit.alert_id).where(SensitiveHit.group_name == group_name)
    return statement.where(SensitiveAlert.id.in_(hits))


@dataclass(frozen=True)
class Trend:
    """How many alerts each day had, and which words they were about."""

    #: first day → the counts of each day, level by level
    first: dt.date
    days: list[dict[WordLevel, int]]
    #: (word, group, alerts), the most frequent first
    words: list[tuple[str, str, int]]
    states: dict[AlertState, int]
    #: from the alert until it was settled, on average
    seconds_to_settle: int | None


def trend(actor: Actor, *, days: int, offset_minutes: int = 0) -> Trend:
    """The last days up to today, of what this actor may see.

    `offset_minutes`: how far the reader's clock is ahead of UTC. Raises Invalid for too many days.
    """
    if not 1 <= days <= MOST_DAYS or abs(offset_minutes) > 14 * 60:
        raise Invalid("The request is not valid", fields={"days": Reason("1 to %(number)s", number=MOST_DAYS)})
    offset = dt.timedelta(minutes=offset_minutes)
    first = (utcnow() + offset).date() - dt.timedelta(days=days - 1)
    starts = [dt.datetime.combine(first + dt.timedelta(days=day), dt.time()) - offset for day in range(days + 1)]
    mine = (SensitiveAlert.visible_to(actor), SensitiveAlert.create_time >= starts[0])
    # one branch a day: date arithmetic is each database's own, comparing is not
    day = case(*((SensitiveAlert.create_time < end, place) for place, end in enumerate(starts[1:])), else_=days - 1)
    counted = db.session.execute(
        select(day.label("day"), SensitiveAlert.level, func.count()).where(*mine).group_by("day", SensitiveAlert.level)
    ).all()
    by_day: list[dict[WordLevel, int]] = [dict.fromkeys(WordLevel, 0) for _ in range(days)]
    for place, level, count in counted:
        by_day[place][level] = count
    number = func.count().label("number")
    words = db.session.execute(
        select(SensitiveHit.word, func.max(SensitiveHit.group_name), number)
        .join(SensitiveAlert, SensitiveAlert.id == SensitiveHit.alert_id)
        .where(*mine)
        .group_by(SensitiveHit.word)
        .order_by(number.desc(), SensitiveHit.word)
        .limit(TOP_WORDS)
    ).all()
    states = dict(
        db.session.execute(select(SensitiveAlert.state, func.count()).where(*mine).group_by(SensitiveAlert.state))
        .tuples()
        .all()
    )
    return Trend(first, by_day, [tuple(row) for row in words], states, _seconds_to_settle(mine))


def _seconds_to_settle(mine: tuple, most: int = 1000) -> int | None:
    """Of the newest ones: an average over years would tell nobody anything."""
    times = db.session.execute(
        select(SensitiveAlert.create_time, SensitiveAlert.handle_time)
        .where(*mine, SensitiveAlert.state.in_((AlertState.handled, AlertState.dismissed)))
        .order_by(SensitiveAlert.id.desc())
        .limit(most)
    ).all()
    seconds = [(settled - made).total_seconds() for made, settled in times if settled]
    return round(sum(seconds) / len(seconds)) if seconds else None
