"""Endpoints of language models, as administrators keep them: where, with which key, for what, up to which budget."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import inspect, select

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.generation import Feature, LanguageModel
from services import safe_http
from services.crud import crud

#: the features an administrator switches; a trial needs no switch
FEATURE_SWITCHES = tuple(feature for feature in Feature if feature is not Feature.trial)
LIMITS = {
    "timeout_seconds": (1, 60),
    "max_tokens": (16, 8000),
    "temperature": (0, 200),
    "tokens_per_day": (0, 1_000_000_000),
    "tokens_per_month": (0, 2_000_000_000),
    "calls_per_day": (0, 1_000_000),
    "calls_per_month": (0, 30_000_000),
    "keep_days": (0, 365),
}
MAX_INSTRUCTIONS = 2000


@dataclass(frozen=True)
class Endpoint:
    """A stored endpoint as plain values, for use outside of a transaction."""

    id: int
    tenant_id: int
    url: str
    key: str
    model: str
    seconds: float
    max_tokens: int
    temperature: float
    instructions: str
    tokens_per_day: int
    tokens_per_month: int
    calls_per_day: int
    calls_per_month: int
    keeps_words: bool

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def endpoint_for(feature: Feature) -> Endpoint | None:
    """The active endpoint of the bound company, if this feature is switched on there."""
    row = db.session.scalars(select(LanguageModel).where(LanguageModel.active == 1).order_by(LanguageModel.id)).first()
    return plain(row) if row is not None and getattr(row, feature.value) else None


def is_on(feature: Feature) -> bool:
    """Whether this feature is switched on in the bound company: for pages that offer it."""
    switch = getattr(LanguageModel, feature.value)
    return (
        db.session.scalar(select(LanguageModel.id).where(LanguageModel.active == 1, switch == 1).limit(1)) is not None
    )


def plain(row: LanguageModel) -> Endpoint:
    return Endpoint(
        id=row.id,
        tenant_id=row.tenant_id,
        url=f"{row.base_url}/chat/completions",
        key=row.api_key or "",
        model=row.model,
        seconds=float(row.timeout_seconds),
        max_tokens=row.max_tokens,
        temperature=row.temperature / 100,
        instructions=row.instructions or "",
        tokens_per_day=row.tokens_per_day,
        tokens_per_month=row.tokens_per_month,
        calls_per_day=row.calls_per_day,
        calls_per_month=row.calls_per_month,
        keeps_words=row.keep_days > 0,
    )


def _check(actor: Actor, row: LanguageModel, data: dict) -> None:
    row.base_url = (row.base_url or "").strip().rstrip("/").removesuffix("/chat/completions")
    row.model = (row.model or "").strip()
    row.api_key = (row.api_key or "").strip() or None
    row.instructions = (row.instructions or "").strip() or None
    if not row.model:
        raise Invalid("Name the model as its endpoint calls it", fields={"model": "required"})
    if row.api_key is not None and not (
        row.api_key.isascii() and row.api_key.isprintable() and len(row.api_key) <= 512
    ):
        raise Invalid("This key cannot be sent", fields={"apiKey": Reason("at most %(number)s characters", number=512)})
    if len(row.instructions or "") > MAX_INSTRUCTIONS:
        reason = Reason("at most %(number)s characters", number=MAX_INSTRUCTIONS)
        raise Invalid("The wishes are too long", fields={"instructions": reason})
    _check_numbers(row)
    _check_address(row)
    _keep_key(row)
    _refuse_second(row)


def _check_numbers(row: LanguageModel) -> None:
    wrong = {}
    for name, (low, high) in LIMITS.items():
        value = getattr(row, name)
        if value is not None and not low <= value <= high:
            head, *rest = name.split("_")
            wrong[head + "".join(map(str.title, rest))] = Reason("from %(low)s to %(high)s", low=low, high=high)
    if wrong:
        raise Invalid("A number is too small or too large", fields=wrong)


def _check_address(row: LanguageModel) -> None:
    """Customers' words and the key go there: encrypted, or to a host that the operator has named himself."""
    parts = safe_http.client.check_form(row.base_url, field="baseUrl")
    if parts.query or parts.fragment:
        raise Invalid("An address without anything behind it", fields={"baseUrl": "https://…/v1"})
    if parts.scheme != "https" and not safe_http.client.is_allowed(row.base_url):
        raise Invalid("The address must begin with https", fields={"baseUrl": "https://…/v1"})


def _keep_key(row: LanguageModel) -> None:
    """Whoever may change the address must not get the key by it."""
    history = inspect(row).attrs
    if row.id is None or not history.base_url.history.has_changes() or history.api_key.history.has_changes():
        return
    with db.session.no_autoflush:
        before = db.session.scalar(select(LanguageModel.base_url).where(LanguageModel.id == row.id))
    if row.api_key and urlsplit(before).netloc != urlsplit(row.base_url).netloc:
        raise Invalid("Another address needs the key once more", fields={"apiKey": "required"})


def _refuse_second(row: LanguageModel) -> None:
    if not row.active:
        return
    with db.session.no_autoflush:
        other = db.session.scalars(select(LanguageModel).where(LanguageModel.active == 1)).all()
    if any(known.id != row.id for known in other):
        raise Conflict("Another model is switched on already; switch that one off first")


crud(
    "language_model",
    LanguageModel,
    title="Language model",
    writable=(
        "active",
        "base_url",
        "api_key",
        "model",
        "timeout_seconds",
        "max_tokens",
        "temperature",
        "instructions",
        *(feature.value for feature in FEATURE_SWITCHES),
        "tokens_per_day",
        "tokens_per_month",
        "calls_per_day",
        "calls_per_month",
        "keep_days",
    ),
    check=_check,
)
