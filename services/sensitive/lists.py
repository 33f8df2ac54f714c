"""The words of a company, ready to be looked for: made once, used until they change, in whichever process."""

import time
from dataclasses import dataclass, replace

from sqlalchemy import select, update

from ai import sensitive
from ai.sensitive import Scanner
from app.extensions import db
from models.sensitive import SensitiveList, SensitiveWord, WordAction, WordLevel, WordSpeaker

#: how long another process may still use words that were changed here; in this process changes hold at once
FRESH_SECONDS = 2.0
#: words of one company
MOST_WORDS = 20_000


@dataclass(frozen=True)
class Word:
    """One active word of the list."""

    id: int
    word: str
    group_name: str
    level: WordLevel
    action: WordAction
    speaker: WordSpeaker


@dataclass(frozen=True)
class WordList:
    """The active words of a company as of a version, with what finds them."""

    version: int
    words: dict[int, Word]
    scanner: Scanner
    looked_at: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.looked_at < FRESH_SECONDS


_lists: dict[int, WordList] = {}


def words_of(tenant_id: int) -> WordList:
    """The list of the bound company. One small statement every two seconds; the words themselves when they changed."""
    known = _lists.get(tenant_id)
    if known is not None and known.is_fresh:
        return known
    with db.session.no_autoflush:  # what others say in the same transaction is stored when they are done
        version = db.session.scalar(select(SensitiveList.version)) or 0
        if known is not None and known.version == version:
            known = replace(known, looked_at=time.monotonic())
        else:
            known = _load(version)
    _lists[tenant_id] = known
    return known


def forget(tenant_id: int) -> None:
    """Called after the words of a company were changed."""
    _lists.pop(tenant_id, None)


def touch() -> None:
    """Inside an operation: every process has to read the words anew."""
    changed = db.session.execute(
        update(SensitiveList)
        .values(version=SensitiveList.version + 1)
        .where(SensitiveList.tenant_id == db.session().info["tenant_id"]),
        execution_options={"synchronize_session": False},
    ).rowcount
    if not changed:
        db.session.add(SensitiveList(version=1))
        db.session.flush()


def _load(version: int) -> WordList:
    sensitive.prepare()
    columns = (
        SensitiveWord.id,
        SensitiveWord.word,
        SensitiveWord.group_name,
        SensitiveWord.level,
        SensitiveWord.action,
        SensitiveWord.speaker,
    )
    words = {row.id: Word(*row) for row in db.session.execute(select(*columns).where(SensitiveWord.active == 1))}
    return WordList(
        version, words, Scanner((word.id, word.word) for word in words.values()), looked_at=time.monotonic()
    )
