"""Synonyms and words of the trade: keeping them, and having them at hand in every process (KB-3)."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from ai.lexicon import Lexicon
from ai.text import normalise
from app.errors import Conflict, DomainError, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.knowledge import IndexState
from models.lexicon import DomainWord, Synonym
from services.crud import crud
from services.index_state import raise_counter
from services.operation import announce, operation

#: how long another process may still use words that were changed here; in this process changes hold at once
FRESH_SECONDS = 2.0
MOST_GROUPS, MOST_IN_GROUP, MOST_WORDS = 5_000, 20, 20_000
LONGEST = 64
RESULTS = ("created", "updated", "unchanged", "refused")


@dataclass(frozen=True)
class _Known:
    version: int
    lexicon: Lexicon
    looked_at: float


@dataclass(frozen=True)
class Outcome:
    """What became of one line: created, updated, unchanged or refused."""

    line: int
    words: str
    result: str
    error: DomainError | None = None


_known: dict[int, _Known] = {}


def lexicon_of(tenant_id: int) -> Lexicon:
    """The words of the bound company. One small statement every two seconds; the words themselves when they changed."""
    known = _known.get(tenant_id)
    if known is not None and time.monotonic() - known.looked_at < FRESH_SECONDS:
        return known.lexicon
    with db.session.no_autoflush:
        version = db.session.scalar(select(IndexState.lexicon_version)) or 0
        if known is not None and known.version == version:
            known = replace(known, looked_at=time.monotonic())
        else:
            known = _Known(version, _load(), time.monotonic())
    _known[tenant_id] = known
    return known.lexicon


def version_of(tenant_id: int) -> int:
    """The version of the words that this process uses; 0 while it has used none."""
    known = _known.get(tenant_id)
    return known.version if known else 0


def forget(tenant_id: int) -> None:
    """Called after the words of a company were changed."""
    _known.pop(tenant_id, None)


def _load() -> Lexicon:
    groups = db.session.scalars(select(Synonym.words).where(Synonym.active == 1).order_by(Synonym.id))
    words = db.session.scalars(select(DomainWord.word).where(DomainWord.active == 1).order_by(DomainWord.id))
    return Lexicon({first: others for first, *others in groups}, words)


def _touch(actor: Actor, row: object) -> None:
    raise_counter(IndexState.lexicon_version)


# Synonyms


def check_synonym(actor: Actor, row: Synonym, data: dict) -> None:
    """Raises Invalid for less than two words, Conflict for a word that another group has."""
    row.words = _distinct(row.words or [])
    if len(row.words) < 2:
        raise Invalid("Write at least two words that mean the same", fields={"words": "too few"})
    if len(row.words) > MOST_IN_GROUP:
        raise Invalid("Too many words", fields={"words": Reason("at most %(number)s of them", number=MOST_IN_GROUP)})
    with db.session.no_autoflush:
        # the counter's row is the lock: of two people who write the same word one comes second
        _touch(actor, row)
        taken = _groups_by_form()
        other = next((taken[form] for form in map(normalise, row.words) if taken.get(form, row) is not row), None)
        if other is not None:
            raise Conflict("One of the words stands in another group already", words=other.words)
        if row.id is None and len({id(group) for group in taken.values()}) >= MOST_GROUPS:
            raise Conflict("The list is full", limit=MOST_GROUPS)


def check_domain_word(actor: Actor, row: DomainWord, data: dict) -> None:
    """Raises Invalid, Conflict."""
    row.word = " ".join((row.word or "").split())
    row.form = _word_form(row.word)
    with db.session.no_autoflush:
        _touch(actor, row)
        same = select(DomainWord.id).where(DomainWord.form == row.form, DomainWord.id != (row.id or 0))
        if db.session.scalar(same.limit(1)) is not None:
            raise Conflict("This word is in the list already, perhaps in another spelling", word=row.word)
        if row.id is None and db.session.scalar(select(func.count()).select_from(DomainWord)) >= MOST_WORDS:
            raise Conflict("The list is full", limit=MOST_WORDS)


crud(
    "synonym",
    Synonym,
    title="Synonyms",
    writable=("words", "active"),
    check=check_synonym,
    before_delete=_touch,
)
crud(
    "domain_word",
    DomainWord,
    title="Word of the trade",
    writable=("word", "active"),
    check=check_domain_word,
    before_delete=_touch,
)


@operation("synonym.import", title="Import synonyms")
def import_synonyms(actor: Actor, *, lines: list) -> list[Outcome]:
    """Each line [number, words] is a group; with a word of a group that exists it adds to that group.

    A line that cannot be used comes back refused and changes nothing.
    """
    _touch(actor, None)
    taken = _groups_by_form()
    outcomes = [_take_group(number, words, taken) for number, words in lines]
    announce("synonym.imported", count=len(outcomes))
    return outcomes


@operation("domain_word.import", title="Import words of the trade")
def import_domain_words(actor: Actor, *, lines: list) -> list[Outcome]:
    """Each line is [number, words]; what is in the list already stays as it is."""
    _touch(actor, None)
    known = set(db.session.scalars(select(DomainWord.form)))
    outcomes = [_take_word(number, word, known) for number, words in lines for word in words]
    announce("domain_word.imported", count=len(outcomes))
    return outcomes


def _take_group(number: int, words: list[str], taken: dict[str, Synonym]) -> Outcome:
    told = "、".join(words)[:200]
    try:
        words = _distinct(words)
        groups = {id(group): group for form in map(normalise, words) if (group := taken.get(form))}
        if len(groups) > 1:
            raise Conflict("These words stand in several groups", words=words)
        group = next(iter(groups.values()), None)
        together = _distinct([*(group.words if group else []), *words])
        if len(together) < 2:
            raise Invalid("Write at least two words that mean the same", fields={"words": "too few"})
        if len(together) > MOST_IN_GROUP:
            raise Invalid(
                "Too many words", fields={"words": Reason("at most %(number)s of them", number=MOST_IN_GROUP)}
            )
        if group is not None and together == group.words:
            return Outcome(number, told, "unchanged")
        if group is None and len({id(one) for one in taken.values()}) >= MOST_GROUPS:
            raise Conflict("The list is full", limit=MOST_GROUPS)
    except DomainError as refusal:
        return Outcome(number, told, "refused", refusal)
    result = "updated" if group else "created"
    if group is None:
        group = Synonym(words=together)
        db.session.add(group)
    group.words = together
    taken.update(dict.fromkeys(map(normalise, together), group))
    return Outcome(number, told, result)


def _take_word(number: int, word: str, known: set[str]) -> Outcome:
    word = " ".join(word.split())
    try:
        form = _word_form(word)
        if len(known) >= MOST_WORDS:
            raise Conflict("The list is full", limit=MOST_WORDS)
    except DomainError as refusal:
        return Outcome(number, word[:200], "refused", refusal)
    if form in known:
        return Outcome(number, word, "unchanged")
    known.add(form)
    db.session.add(DomainWord(word=word, form=form))
    return Outcome(number, word, "created")


def _groups_by_form() -> dict[str, Synonym]:
    return {normalise(word): group for group in db.session.scalars(select(Synonym)) for word in group.words}


def _distinct(words: Iterable[str]) -> list[str]:
    """Each once, however spelled. Raises Invalid."""
    forms: dict[str, str] = {}
    for word in (" ".join(str(word).split()) for word in words):
        if not word:
            continue
        if len(word) > LONGEST:
            raise Invalid(
                "The text is too long", fields={"words": Reason("at most %(number)s characters", number=LONGEST)}
            )
        form = normalise(word)
        if form:
            forms.setdefault(form, word)
    return list(forms.values())


def _word_form(word: str) -> str:
    if len(word) > LONGEST:
        raise Invalid("The text is too long", fields={"word": Reason("at most %(number)s characters", number=LONGEST)})
    form = normalise(word)
    if len(form) < 2:
        raise Invalid("A word needs two characters at least", fields={"word": "too short"})
    return form
