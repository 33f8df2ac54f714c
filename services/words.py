"""Word search in what people wrote: kept up to date by the flush that changes a row, asked by lists (CHT-11).

A row is found from the moment it is stored, and no longer than it is there: its terms are written in the same
transaction, by a listener that no operation can forget.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    event,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from ai.words import asked_terms, stored_terms
from app.extensions import db
from models.base import changed
from models.conversations import Conversation
from models.customers import Customer
from models.messaging import ChatMessage, MessageType
from models.search import search_term
from models.tickets import Ticket
from services.lexicon import MOST_IN_GROUP, lexicon_of

#: of a long question the rarest terms are asked for
MOST_TERMS = 8
#: whether a term is rare is decided among so many rows
COUNT_TO = 1000
BATCH = 1000


@dataclass(frozen=True)
class Searchable:
    """What of a table is found by words."""

    #: how the inverted file calls this table; never used for another one
    kind: int
    #: the columns that `text` reads
    columns: tuple[str, ...]
    text: Callable[[object], str]


SEARCHABLE: dict[type, Searchable] = {
    Ticket: Searchable(
        1,
        ("no", "title", "description", "resolution"),
        lambda row: f"{row.no} {row.no[-4:]} {row.title}\n{row.description}\n{row.resolution or ''}",
    ),
    Customer: Searchable(2, ("name",), lambda row: row.name),
    ChatMessage: Searchable(3, ("content",), lambda row: row.content if row.type in SAID else ""),
    Conversation: Searchable(4, ("no", "subject"), lambda row: f"{row.no} {row.no[-4:]} {row.subject}"),
}
#: answers of the bot are articles, and what the system says is found by its filters
SAID = (MessageType.text, MessageType.note)


def matching(model: type, text: str, newest: int | None = None) -> Select | None:
    """The ids of the bound company's rows with all words of `text`, or of what means the same, as a SELECT; None where
    it has no word to find. With `newest` no more than so many ids, of each way to say it the newest.
    """
    ways = [_matching(model, terms, newest) for terms in _ways(text)]
    if len(ways) < 2:
        return next(iter(ways), None)
    # MariaDB asks a bare union inside IN again for every row, but not one in a subquery of its own
    return select(union(*ways).subquery().c[0])


def has_terms(text: str) -> bool:
    """Whether there is a word to find in it."""
    return bool(_ways(text))


def are_in_more(model: type, text: str, number: int) -> bool:
    """Whether more than so many rows may have all words of `text`: each word by itself is in more."""
    kind, tenant_id = SEARCHABLE[model].kind, db.session().info["tenant_id"]
    return any(min(_counts(tenant_id, kind, terms, number + 1), default=0) > number for terms in _ways(text))


def _ways(text: str) -> list[list[int]]:
    """The terms of a text, and of every other way to say it that the company's synonyms know."""
    wordings = lexicon_of(db.session().info["tenant_id"]).wordings(text, MOST_IN_GROUP)
    ways = (asked_terms(way) for way in (text, *wordings))
    return [list(terms) for terms in dict.fromkeys(map(tuple, ways)) if terms]


def _matching(model: type, terms: list[int], newest: int | None) -> Select:
    kind, tenant_id = SEARCHABLE[model].kind, db.session().info["tenant_id"]
    first, *others = _rarest_first(tenant_id, kind, terms)[:MOST_TERMS]
    found = search_term.alias()
    rows = select(found.c.row_id).where(
        found.c.tenant_id == tenant_id,
        found.c.kind == kind,
        found.c.term == first,
        *(_has(model, found.c.row_id, term) for term in others),
    )
    if newest is None:
        return rows
    return select(rows.order_by(found.c.row_id.desc()).limit(newest).subquery().c[0])


def containing(model: type, text: str) -> list[ColumnElement[bool]]:
    """The same as conditions on rows that are few already; none where the text has no word to find."""
    ways = [and_(*(_has(model, model.id, term) for term in terms[:MOST_TERMS])) for terms in _ways(text)]
    return [or_(*ways)] if ways else []


def forget(model: type, ids: Iterable[int]) -> None:
    """Inside a transaction: these rows of the bound company are gone by a statement that the flush does not see."""
    db.session.execute(
        delete(search_term).where(
            search_term.c.tenant_id == db.session().info["tenant_id"],
            search_term.c.kind == SEARCHABLE[model].kind,
            search_term.c.row_id.in_(list(ids)),
        )
    )


def _has(model: type, row_id: ColumnElement[int], term: int) -> ColumnElement[bool]:
    other = search_term.alias()
    return exists().where(
        other.c.tenant_id == db.session().info["tenant_id"],
        other.c.kind == SEARCHABLE[model].kind,
        other.c.term == term,
        other.c.row_id == row_id,
    )


def _rarest_first(tenant_id: int, kind: int, terms: list[int]) -> list[int]:
    if len(terms) == 1:
        return terms
    counts = _counts(tenant_id, kind, terms, COUNT_TO)
    return [terms[place] for place in sorted(range(len(terms)), key=counts.__getitem__)]


def _counts(tenant_id: int, kind: int, terms: list[int], most: int) -> list[int]:
    """How many rows have each term, counted up to `most`."""
    few = [
        select(literal(place), func.count()).select_from(
            select(search_term.c.row_id)
            .where(search_term.c.tenant_id == tenant_id, search_term.c.kind == kind, search_term.c.term == term)
            .limit(most)
            .subquery()
        )
        for place, term in enumerate(terms)
    ]
    counts = dict(db.session.execute(union_all(*few)).tuples().all())
    return [counts[place] for place in range(len(terms))]


def rebuild(model: type) -> int:
    """Inside a transaction: write the terms of all the bound company's rows anew; returns how many rows."""
    kind, tenant_id, last, done = SEARCHABLE[model].kind, db.session().info["tenant_id"], 0, 0
    db.session.execute(delete(search_term).where(search_term.c.tenant_id == tenant_id, search_term.c.kind == kind))
    while rows := list(db.session.scalars(select(model).where(model.id > last).order_by(model.id).limit(BATCH))):
        _insert(db.session.connection(), [entry for row in rows for entry in _entries(row)])
        last, done = rows[-1].id, done + len(rows)
        db.session.expunge_all()
    return done


def build_missing() -> int:
    """For a database from before word search: the terms of the bound company's tables that have none yet."""
    tenant_id = db.session().info["tenant_id"]
    done = 0
    for model, known in SEARCHABLE.items():
        has_terms = exists().where(search_term.c.tenant_id == tenant_id, search_term.c.kind == known.kind)
        if not db.session.scalar(select(has_terms)):
            done += rebuild(model)
    return done


@event.listens_for(Session, "after_flush")
def _keep(session: Session, context) -> None:
    reworded = [row for row in session.dirty if _has_new_words(row)]
    new = [row for row in session.new if type(row) in SEARCHABLE]
    connection = session.connection() if reworded or new else None
    for row in reworded:
        connection.execute(
            delete(search_term).where(
                search_term.c.tenant_id == row.tenant_id,
                search_term.c.kind == SEARCHABLE[type(row)].kind,
                search_term.c.row_id == row.id,
            )
        )
    _insert(connection, [entry for row in (*new, *reworded) for entry in _entries(row)])


def _has_new_words(row) -> bool:
    known = SEARCHABLE.get(type(row))
    if known is None:
        return False
    return not changed(row).isdisjoint({*known.columns, "deleted"})


def _entries(row) -> Iterator[tuple[int, int, int, int]]:
    """In the order of the table's columns."""
    known = SEARCHABLE[type(row)]
    if not row.deleted:
        for term in stored_terms(known.text(row)):
            yield row.tenant_id, known.kind, term, row.id


def _insert(connection, entries: list[tuple[int, int, int, int]]) -> None:
    """To the driver as they are: a message has twenty terms, and there is nothing in them to convert or to quote."""
    into = f"INSERT INTO {search_term} ({', '.join(search_term.c.keys())}) VALUES "
    if connection is not None and connection.dialect.name == "sqlite":
        if entries:
            connection.exec_driver_sql(into + "(?, ?, ?, ?)", entries)
        return
    for start in range(0, len(entries), BATCH):
        connection.exec_driver_sql(into + ", ".join(map(str, entries[start : start + BATCH])))
