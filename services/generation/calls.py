"""One call of a language model: paid from the budget before it is made, written down, and never waited for in vain."""

import datetime as dt
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import case, func, or_, select, update

from app.breaker import Breaker
from app.errors import DomainError, Unavailable
from app.extensions import db
from models.actor import Actor
from models.generation import CallOutcome, Feature, LanguageModel, ModelCall
from models.types import utcnow
from services import safe_http
from services.company_days import company_zone, date_at, midnight
from services.generation.endpoints import Endpoint, endpoint_for
from services.operation import write

logger = logging.getLogger(__name__)

#: so many wait for a model in one process; whoever comes then has the quotation at once
MOST_AT_ONCE = 4
#: after a failure the endpoint is left alone this long
PAUSE_SECONDS = 20.0
#: the longest answer that is read
LIMIT = 262_144

T = TypeVar("T")


class NotNow(Unavailable):
    """The model is switched off, used up, busy or out of order."""


class Unusable(Exception):
    """What it said is not used; `reason` is for the log."""

    outcome = CallOutcome.refused

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Declined(Unusable):
    """It says itself that the sources do not answer."""

    outcome = CallOutcome.declined


@dataclass(frozen=True)
class Spent:
    """What the present day and month have cost."""

    calls_today: int
    tokens_today: int
    calls_this_month: int
    tokens_this_month: int


_breakers: defaultdict[tuple[int, str], Breaker] = defaultdict(lambda: Breaker("a language model", PAUSE_SECONDS))
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def ask(
    actor: Actor,
    feature: Feature,
    messages: list[dict],
    use: Callable[[str], T],
    *,
    conversation_id: int | None = None,
    endpoint: Endpoint | None = None,
    most_seconds: float = 60.0,
) -> T:
    """What `use` makes of the model's answer; it raises Unusable for what is not to be used.

    Nothing of the database is held meanwhile: what was read before is read anew. Raises NotNow, Unusable.
    """
    endpoint = endpoint or endpoint_for(feature)
    if endpoint is None:
        raise NotNow("The language model is not switched on for this")
    breaker = _breakers[endpoint.tenant_id, endpoint.url]
    if not _places.acquire(blocking=False):
        raise NotNow("The language model is busy, please try again")
    try:
        if not breaker.lets_through():
            raise NotNow("The language model does not answer just now")
        call_id = _enter(actor, feature, endpoint, messages, conversation_id)
        return _carry_out(endpoint, breaker, call_id, messages, use, min(endpoint.seconds, most_seconds))
    finally:
        _places.release()


def _carry_out(
    endpoint: Endpoint,
    breaker: Breaker,
    call_id: int,
    messages: list[dict],
    use: Callable[[str], T],
    seconds: float,
) -> T:
    began = time.monotonic()
    told = _Told()
    outcome, reason = CallOutcome.failed, ""
    try:
        told = _post(endpoint, messages, seconds)
        breaker.worked()
        if told.is_cut:
            raise Unusable("cut off: longer than the longest answer allowed")
        result = use(told.text)
        outcome = CallOutcome.used
        return result
    except Unusable as refusal:
        outcome, reason = refusal.outcome, refusal.reason
        raise
    except DomainError as error:  # no whole answer in time, or an address that may not be called any more
        breaker.failed(error)
        reason = str(error.data.get("reason") or error.message)
        outcome = CallOutcome.timed_out if "Timeout" in reason else CallOutcome.failed
        raise NotNow("The language model does not answer just now", reason=reason) from error
    finally:
        _settle(endpoint, call_id, told, outcome, reason, int((time.monotonic() - began) * 1000))


@dataclass(frozen=True)
class _Told:
    """What came back."""

    text: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    #: it had more to say than it was allowed
    is_cut: bool = False


def _post(endpoint: Endpoint, messages: list[dict], seconds: float) -> _Told:
    """Raises Blocked and CallFailed as the client does."""
    answer = safe_http.client.post(
        endpoint.url,
        json={
            "model": endpoint.model,
            "messages": messages,
            "max_tokens": endpoint.max_tokens,
            "temperature": endpoint.temperature,
            "stream": False,
        },
        headers=endpoint.headers,
        seconds=seconds,
        limit=LIMIT,
    )
    if not answer.ok:
        raise safe_http.CallFailed("The language model refused the request", reason=f"status {answer.status}")
    body = answer.json()
    try:
        choice = body["choices"][0]
        text, ended = choice["message"]["content"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise safe_http.CallFailed("The other system's answer cannot be read") from None
    if not isinstance(text, str):
        raise safe_http.CallFailed("The other system's answer cannot be read")
    usage = body.get("usage") if isinstance(body.get("usage"), dict) else {}
    return _Told(text, _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")), ended == "length")


def _count(number: object) -> int | None:
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return number if is_number and 0 <= number < 10_000_000 else None


def estimated(text: str) -> int:
    """About how many tokens a text has: a Chinese character is one, of Latin letters three or four are."""
    return len(text.encode()) // 3 + 1


def _enter(
    actor: Actor, feature: Feature, endpoint: Endpoint, messages: list[dict], conversation_id: int | None
) -> int:
    """Write the call down with what it may cost at most, so that calls at once cannot pass the limit together."""
    prompt = "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)
    tokens = estimated(prompt)
    with write(actor.tenant_id) as session:
        session.scalar(select(LanguageModel.id).where(LanguageModel.id == endpoint.id).with_for_update())
        _refuse_over_budget(endpoint, spent(), tokens + endpoint.max_tokens)
        call = ModelCall(
            feature=feature,
            user_id=actor.user_id if actor.is_staff else None,
            conversation_id=conversation_id,
            model=endpoint.model,
            prompt_tokens=tokens,
            answer_tokens=endpoint.max_tokens,
            prompt=prompt if endpoint.keeps_words else None,
        )
        session.add(call)
        session.flush()
        return call.id


def _refuse_over_budget(endpoint: Endpoint, spent: Spent, tokens: int) -> None:
    for limit, used in (
        (endpoint.calls_per_day, spent.calls_today + 1),
        (endpoint.calls_per_month, spent.calls_this_month + 1),
        (endpoint.tokens_per_day, spent.tokens_today + tokens),
        (endpoint.tokens_per_month, spent.tokens_this_month + tokens),
    ):
        if limit and used > limit:
            raise NotNow("The budget of the language model is used up", kind="over_budget")


def _settle(endpoint: Endpoint, call_id: int, told: _Told, outcome: CallOutcome, reason: str, duration: int) -> None:
    """What it did cost, and what came of it."""
    values = {"outcome": outcome, "reason": reason[:255] or None, "duration_ms": duration}
    # an endpoint that does not say has cost what was estimated; one that never answered may still have worked
    if told.text or told.answer_tokens is not None:
        values["answer_tokens"] = told.answer_tokens if told.answer_tokens is not None else estimated(told.text)
    if told.prompt_tokens is not None:
        values["prompt_tokens"] = told.prompt_tokens
    if endpoint.keeps_words and told.text:
        values["answer"] = told.text
    with write(endpoint.tenant_id) as session:
        session.execute(
            update(ModelCall).where(ModelCall.id == call_id).values(**values),
            execution_options={"synchronize_session": False},
        )


def spent() -> Spent:
    """What the bound company's present day and month have cost, by the company's own clock."""
    zone = company_zone()
    today = date_at(utcnow(), zone)
    day, month = midnight(today, zone), midnight(today.replace(day=1), zone)
    tokens = ModelCall.prompt_tokens + ModelCall.answer_tokens
    is_today = ModelCall.create_time >= day
    row = db.session.execute(
        select(
            func.coalesce(func.sum(case((is_today, 1), else_=0)), 0),
            func.coalesce(func.sum(case((is_today, tokens), else_=0)), 0),
            func.count(),
            func.coalesce(func.sum(tokens), 0),
        ).where(ModelCall.create_time >= month)
    ).one()
    return Spent(*map(int, row))


def remove_old_words() -> int:
    """Inside an operation: forget what was asked and answered longer ago than the company keeps it."""
    kept = db.session.scalar(select(func.max(LanguageModel.keep_days))) or 0
    return db.session.execute(
        update(ModelCall)
        .where(
            ModelCall.create_time < utcnow() - dt.timedelta(days=kept),
            or_(ModelCall.prompt.is_not(None), ModelCall.answer.is_not(None)),
        )
        .values(prompt=None, answer=None),
        execution_options={"synchronize_session": False},
    ).rowcount
