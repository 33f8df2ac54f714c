"""What a conversation is about: problem types recognised by keywords from the customer's own words (RTE-3)."""

import re
from collections.abc import Iterable

from sqlalchemy import select

from ai.text import normalise
from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.conversations import URGENT, Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from models.routing import ProblemProfile
from models.settings import Dictionary, DictionaryItem
from models.understanding import ProblemSource
from services.crud import crud
from services.settings import dictionary_codes, titles_of

#: the customer's last messages that are looked at
LOOKED_AT = 20
#: how much a level of VIP counts in the queue
VIP_STEP = 10
DICTIONARY = "problem_type"


def recognise(conversation: Conversation) -> str | None:
    """Inside an operation: note what the customer's words are about, unless it is known already; returns the type."""
    if conversation.problem_type is None:
        conversation.problem_type = by_keywords(conversation)
        conversation.problem_source = ProblemSource.keywords if conversation.problem_type else None
    return conversation.problem_type


def by_keywords(conversation: Conversation) -> str | None:
    """The type whose keywords are in the customer's words."""
    profiles = list(db.session.scalars(select(ProblemProfile).order_by(ProblemProfile.id)))
    if not any(profile.keywords for profile in profiles):
        return None
    return best_match(_said(conversation), profiles)


def best_match(text: str, profiles: Iterable[ProblemProfile]) -> str | None:
    """The type whose keywords cover most of the text; of equals the first. None when no keyword occurs."""
    plain = normalise(text)
    best, most = None, 0
    for profile in profiles:
        words = {normalise(word) for word in profile.keywords or ()} - {""}
        covered = sum(len(word) for word in words if _occurs(word, plain))
        if covered > most:
            best, most = profile.problem_type, covered
    return best


def profile_of(problem_type: str | None) -> ProblemProfile | None:
    """What is known about this type."""
    if problem_type is None:
        return None
    return db.session.scalars(select(ProblemProfile).where(ProblemProfile.problem_type == problem_type)).first()


def priority(conversation: Conversation) -> int:
    """The place in the queue that the customer's level and the problem give by themselves; higher is served first."""
    profile = profile_of(conversation.problem_type)
    level = VIP_STEP * max(0, conversation.customer.vip_level - 1)
    return level + (URGENT if profile is not None and profile.is_urgent else 0)


def check_type(code: str | None, field: str = "problemType") -> None:
    """Raises Invalid for a type that the dictionary does not have."""
    if code is not None and code not in dictionary_codes(DICTIONARY):
        raise Invalid("This problem type does not exist", fields={field: "unknown"})


def titles() -> dict[str, tuple[str, str]]:
    """code → (Chinese, English) of every problem type, those no longer in use too."""
    return titles_of(DICTIONARY)


def active_types() -> list[DictionaryItem]:
    """The problem types a customer may choose from, in their order."""
    items = select(DictionaryItem).join(Dictionary).where(Dictionary.code == DICTIONARY, DictionaryItem.active == 1)
    return list(db.session.scalars(items.order_by(DictionaryItem.sort, DictionaryItem.id)))


def _said(conversation: Conversation) -> str:
    """The subject and the customer's last words; what he took back is forgotten."""
    last = db.session.scalars(
        select(ChatMessage.content)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
            ChatMessage.recalled_time.is_(None),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(LOOKED_AT)
    )
    return "\n".join((conversation.subject, *last))


def _occurs(word: str, text: str) -> bool:
    """Whether a keyword is in the text; a Latin one as a whole word, for "it" is not in "write"."""
    return bool(re.search(rf"\b{re.escape(word)}\b", text, re.ASCII)) if word.isascii() else word in text


def _check_profile(actor: Actor, row: ProblemProfile, data: dict) -> None:
    check_type(row.problem_type)
    row.keywords = list(dict.fromkeys(word.strip()[:64] for word in row.keywords or () if word.strip()))
    if len(row.keywords) > 200:
        raise Invalid("Too many keywords", fields={"keywords": "at most 200"})
    row.skill = (row.skill or "").strip() or None
    with db.session.no_autoflush:
        known = profile_of(row.problem_type)
    if known is not None and known.id != row.id:
        raise Conflict("This problem type has its keywords already: change those")


crud(
    "problem_profile",
    ProblemProfile,
    title="Problem recognition",
    writable=("problem_type", "keywords", "skill", "is_urgent"),
    check=_check_profile,
)
