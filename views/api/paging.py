"""Pages of lists that may be very long: by number as far as rows are counted, and on from a row as far as one likes.

A page with a number costs what lies before it. So lists have numbered pages for their first `COUNT_TO` rows; whoever
goes through all of them asks for what comes after the last row he has, which costs the same everywhere. The cursor
says by what that row was sorted, not where it stood: rows that come or go in front of it move nothing.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BooleanClauseList, ColumnElement, Select, Subquery, and_, func, or_, select, union
from sqlalchemy import false as never
from sqlalchemy.sql import operators

from app.errors import Invalid, Reason
from app.extensions import db
from models.types import Code

MAX_SIZE = 100
#: rows that a list counts and numbers; a longer one says that there are at least so many
COUNT_TO = 10_000
#: so many are found first and sorted then; of more the first ones are met soon in the index of the order
FEW = 5_000
#: characters of a cursor; the longest sort key is a short text
LONGEST_CURSOR = 2_000

#: what is sorted by, first things first, and whether downwards
Order = list[tuple[ColumnElement, bool]]


@dataclass(frozen=True)
class Found:
    """The ids of one page in order, how many there are of all pages, whether there are more than that, what follows."""

    ids: list[int]
    total: int
    is_more: bool
    #: the cursor of the last row; None where nothing comes after it
    next: str | None


def check_page(page: int, size: int, after: str) -> None:
    """Raises Invalid for a page that does not exist, or lies behind those that have numbers."""
    if page < 1 or not 1 <= size <= MAX_SIZE:
        raise Invalid(
            "The request is not valid", fields={"page": "from 1", "size": Reason("1 to %(number)s", number=MAX_SIZE)}
        )
    if after and page != 1:
        raise Invalid("The request is not valid", fields={"page": "page or after"})
    if page * size > COUNT_TO and page > 1:
        raise Invalid(
            "Only the first pages of a long list have numbers: narrow it down, or go on from its last row",
            fields={"page": Reason("at most %(number)s", number=COUNT_TO // size)},
        )


def alternatives(condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """The conditions of which one is enough, where it is an "or"; else the condition itself."""
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.or_:
        return list(condition.clauses)
    return [condition]


def ids_of_page(
    ids: Select,
    order: Order,
    *,
    page: int,
    size: int,
    after: str = "",
    narrow: bool = False,
    hint: str = "",
    parts: Sequence[Select],
) -> Found:
    """One page of the statement, which selects the id alone. Raises Invalid for a cursor of another list.

    No more than `COUNT_TO` rows are counted: whoever has a million of them does not wait for the last. Where there are
    not more, page and count come from one statement; more are read in `hint`, the index of the order, where the first
    are met soon. A `narrow` set is found and numbered at once, however large it is. `parts` are statements that have
    these ids together, each by an index of its own: for an "or" between two indexes MariaDB reads the rows as well.
    """
    offset = (page - 1) * size
    if after:
        total = count(parts, COUNT_TO + 1)
        behind = _behind(order, _read(after, order))
        ids, parts = ids.where(behind), [part.where(behind) for part in parts]
    elif narrow:
        rows, total = _numbered(ids, order, offset, size)
        return _found(rows, size, total, False)
    else:
        rows, total = _at_once(parts, order, offset, size)
        if total <= COUNT_TO:
            return _found(rows, size, total, False)
    if total <= FEW:
        wanted = _ordered(*_together(parts, order, total))
    else:
        wanted = _ordered(_hinted(ids, hint).add_columns(*_labelled(order)), order)
    rows = [tuple(row) for row in db.session.execute(wanted.offset(offset).limit(size + 1))]
    return _found(rows, size, min(total, COUNT_TO), total > COUNT_TO)


def _numbered(ids: Select, order: Order, offset: int, size: int) -> tuple[list[tuple], int]:
    """The rows of a page and the number of all there are, from one statement, so that rows are looked for once."""
    rows, total = _with_total(_ordered(ids.add_columns(*_labelled(order)), order), offset, size)
    return rows, count([ids], COUNT_TO + 1) if total is None else total


def _at_once(parts: Sequence[Select], order: Order, offset: int, size: int) -> tuple[list[tuple], int]:
    """The same where there may be too many to count: as many are found and then sorted, so that the page is right where
    there are not more. The limit keeps the order out of the choice of the index, in which one would meet a few rows
    among all that there are.
    """
    rows, total = _with_total(_ordered(*_together(parts, order, COUNT_TO + 1)), offset, size)
    return rows, count(parts, COUNT_TO + 1) if total is None else total


def _with_total(wanted: Select, offset: int, size: int) -> tuple[list[tuple], int | None]:
    """A page of a statement and how many rows it has; None where the page is behind them."""
    numbered = wanted.add_columns(func.count().over()).offset(offset).limit(size + 1)
    rows = [tuple(row) for row in db.session.execute(numbered)]
    if rows:
        return [row[:-1] for row in rows], rows[0][-1]
    return [], None if offset else 0


def _together(parts: Sequence[Select], order: Order, most: int) -> tuple[Select, Order]:
    """Ids and sort values of what several statements have, each row once, of no statement more than `most`; by what
    they are to be sorted.
    """
    limited = [part.add_columns(*_labelled(order)).limit(most).subquery() for part in parts]
    found: Subquery = limited[0] if len(limited) == 1 else union(*(select(*one.c) for one in limited)).subquery()
    keys = [found.c[f"key_{place}"] for place in range(len(order))]
    return select(found.c.id, *keys), [(key, down) for key, (_key, down) in zip(keys, order, strict=True)]


def _hinted(ids: Select, hint: str) -> Select:
    if not hint:
        return ids
    (table,) = ids.get_final_froms()
    forced = f"FORCE INDEX ({hint})"
    return ids.with_hint(table, forced, "mysql").with_hint(table, forced, "mariadb")


def count(parts: Sequence[Select], most: int) -> int:
    """How many ids these statements have together, as far as that is less than `most`."""
    found, _order = _together(parts, [], most)
    return db.session.scalar(select(func.count()).select_from(found.subquery()))


def _found(rows: list[tuple], size: int, total: int, is_more: bool) -> Found:
    """From the rows of a page and one more: (id, sort values…)."""
    following = cursor_of(rows[size - 1][1:]) if len(rows) > size else None
    return Found([row[0] for row in rows[:size]], total, is_more, following)


def _labelled(order: Order) -> list[ColumnElement]:
    return [key.label(f"key_{place}") for place, (key, _down) in enumerate(order)]


def _ordered(statement: Select, order: Order) -> Select:
    return statement.order_by(*(key.desc() if down else key.asc() for key, down in order))


# --- cursors --------------------------------------------------------------------------------------------------------


def _behind(order: Order, values: list) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these values; empty ones are the smallest."""
    condition = None
    for (key, down), value in reversed(list(zip(order, values, strict=True))):
        same = key.is_(None) if value is None else key == value
        further = _beyond(key, down, value)
        condition = further if condition is None else or_(further, and_(same, condition))
    return condition


def _beyond(key: ColumnElement, down: bool, value: object) -> ColumnElement[bool]:
    if value is None:
        return never() if down else key.is_not(None)
    if isinstance(value, bool):  # no comes before yes
        return key == (not value) if value is down else never()
    if not down:
        return key > value
    return or_(key < value, key.is_(None)) if getattr(key, "nullable", True) else key < value


def cursor_of(values: tuple) -> str:
    """What `after` takes, from what the last row is sorted by."""
    plain = [_plain(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return {"at": value.isoformat()}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    if isinstance(value, StrEnum):
        return value.value
    return {"number": str(value)} if isinstance(value, Decimal) else value


_KINDS = {"at": dt.datetime.fromisoformat, "day": dt.date.fromisoformat, "number": Decimal}


def _read(cursor: str, order: Order) -> list:
    """The values a cursor stands for."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError
        return [_value(key, value) for (key, _down), value in zip(order, values, strict=True)]
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, binascii.Error):
        raise Invalid("The request is not valid", fields={"after": "unknown"}) from None


def _value(key: ColumnElement, value: object) -> object:
    if value is None:
        return None
    if isinstance(value, dict):
        (kind, text), *_none = value.items()
        return _KINDS[kind](text)
    if isinstance(key.type, Code):
        return key.type.enum(value)
    wanted = key.type.python_type
    if not isinstance(value, wanted) or (isinstance(value, int) and abs(value) >= 2**63):
        raise ValueError
    return value
