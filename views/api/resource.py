"""One REST face for all tables: list, show, create, change, delete from one line in `table.py`."""

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pydantic import alias_generators
from pydantic.alias_generators import to_snake
from sqlalchemy import ColumnElement, Select, inspect, or_, select, union
from sqlalchemy.orm import Load

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.types import Code, in_utc
from services import custom_fields, words
from services.operation import OPERATIONS
from views.api import paging
from views.api.endpoint import endpoint, load
from views.api.envelope import page_of

#: of words that many rows have, so many of the newest rows are looked through
SEARCH_TO = 5_000
#: the same few names for every row of every answer
to_camel = functools.cache(alias_generators.to_camel)
PAGING = {"page": int, "size": int, "sort": str, "q": str, "after": str}

#: key → everything that REST shows of a table; the OpenAPI document describes answers by it
RESOURCES: dict[str, "Resource"] = {}


@dataclass(frozen=True)
class Resource:
    """What one table shows to REST."""

    path: str
    key: str
    model: type
    section: str
    title: str
    #: columns out, in order; relations are given by `more`
    out: tuple[str, ...]
    #: those of them that customers are not shown
    of_staff: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    sort: tuple[str, ...] = ("id", "create_time", "update_time")
    #: sort keys whose empty values come last also upwards: whoever waits longest is wanted, not who does not wait
    empty_last: tuple[str, ...] = ()
    #: columns that `q` looks into; "customer.name" looks into a relation
    search: tuple[str, ...] = ()
    #: what else `q` may mean: function(actor, text) → conditions, of which one is enough
    search_further: Callable | None = None
    #: whether each way in which somebody may see rows has an index of its own: rows are then found by one after another
    by_parts: bool = False
    #: index of (company, deleted, id); in it MariaDB meets the first of many rows sooner than by what it would choose
    walked: str = ""
    #: relations to load with the list, so that it needs no query per row
    eager: tuple[str, ...] = ()
    #: further keys per row: name → function(actor, row)
    more: dict[str, Callable] = field(default_factory=dict)
    #: further keys for a whole page at once: function(actor, rows) → {row id: {key: value}}
    enrich: Callable | None = None
    #: whether its rows have fields that the company defines: keys `custom` and `customText`, filters `custom.<code>`
    custom: bool = False
    writes: tuple[str, ...] = ("create", "update", "delete")

    def __post_init__(self) -> None:
        RESOURCES[self.key] = self

    @property
    def sort_keys(self) -> list[str]:
        """Every value that `sort` takes; "-" in front turns the order round."""
        return [f"{sign}{to_camel(name)}" for name in self.sort for sign in ("", "-")]

    def dump(self, actor: Actor, row) -> dict:
        return self.dump_all(actor, [row])[0]

    def dump_all(self, actor: Actor, rows: list) -> list[dict]:
        extra = self.enrich(actor, rows) if self.enrich and rows else {}
        filled = custom_fields.shown_of_many(actor, custom_fields.SUBJECTS[self.model], rows) if self.custom else {}
        out = [name for name in self.out if not actor.sees_as_customer or name not in self.of_staff]
        return [
            {
                **{to_camel(name): plain(getattr(row, name)) for name in out},
                **{name: make(actor, row) for name, make in self.more.items()},
                **extra.get(row.id, {}),
                **filled.get(row.id, {}),
            }
            for row in rows
        ]


def serve(resource: Resource) -> Resource:
    """Register the endpoints of a resource."""
    section, title = resource.section, resource.title
    read = f"{resource.key}.read"
    query = {**PAGING, **{to_camel(name): _query_type(resource.model, name) for name in resource.filters}}
    if resource.custom:
        query["custom"] = dict

    @endpoint("GET", f"/{resource.path}", section=section, summary=f"{title}: list", query=query, right=read)
    def list_rows(actor: Actor, **query):
        return listing(resource, actor, **query)

    @endpoint("GET", f"/{resource.path}/<id:id>", section=section, summary=f"{title}: show", right=read)
    def show(actor: Actor, row_id: int):
        return resource.dump(actor, load(resource.model, row_id, actor))

    for verb, method, suffix in (
        ("create", "POST", ""),
        ("update", "PUT", "/<id:id>"),
        ("delete", "DELETE", "/<id:id>"),
    ):
        if verb in resource.writes:
            _serve_write(resource, verb, method, suffix)
    return resource


def _serve_write(resource: Resource, verb: str, method: str, suffix: str) -> None:
    entry = OPERATIONS[f"{resource.key}.{verb}"]

    @endpoint(
        method,
        f"/{resource.path}{suffix}",
        section=resource.section,
        summary=f"{resource.title}: {verb}",
        fields=entry.data_fields,
        right=entry.name,
    )
    def write(actor: Actor, *ids: int, **data):
        rows = [load(resource.model, ids[0], actor)] if ids else []
        result = entry.call(actor, *rows, **data)
        return resource.dump(actor, result) if verb != "delete" else None


def listing(
    resource: Resource,
    actor: Actor,
    *,
    statement: Select | None = None,
    narrow: bool = False,
    first: tuple[tuple[ColumnElement, bool], ...] = (),
    dump_all: Callable | None = None,
    page: int = 1,
    size: int = 20,
    sort: str = "-id",
    q: str = "",
    after: str = "",
    custom: dict[str, str] | None = None,
    **filters,
) -> dict:
    """One page of what this actor may see. Raises Invalid for a page, size, key or filter that does not exist.

    `total` is exact up to `paging.COUNT_TO`; where there are more, it is a number that there surely are, and `atLeast`
    is true. So it is where words were looked for that more than `SEARCH_TO` rows have: among the newest of those.
    `next` is what `after` takes to go on behind the last row, as far as there are any.

    `narrow`: `statement` leaves few rows of the table, found in other ways than by reading an index. `dump_all`: how
    another face than REST shows the rows, as function(actor, rows). `first`: what rows are sorted by before `sort`,
    each with whether downwards.
    """
    paging.check_page(page, size, after)
    model = resource.model
    every = (select(model) if statement is None else statement).with_only_columns(model.id)
    every = every.where(*(_condition(model, to_snake(name), value) for name, value in filters.items()))
    every = every.where(*custom_fields.conditions(actor, model, custom or {}))
    seen = model.visible_to(actor)
    ids = every.where(seen)
    parts = [every.where(one) for one in paging.alternatives(seen)] if resource.by_parts else [ids]
    is_cut = False
    if q:
        condition, is_cut = _having_words(resource, actor, parts, q)
        ids = ids.where(condition)
        parts = [ids]
    order = [*first, *_order(resource, sort)]
    found = paging.ids_of_page(
        ids,
        order,
        page=page,
        size=size,
        after=after,
        narrow=narrow or bool(q) or bool(custom),
        hint=resource.walked if len(order) == 1 else "",
        parts=parts,
    )
    rows = (dump_all or resource.dump_all)(actor, rows_of(resource, found.ids))
    return page_of(rows, found.total, page, size, at_least=found.is_more or is_cut, following=found.next)


def rows_of(resource: Resource, ids: list[int]) -> list:
    """The rows of these ids, in this order, with what belongs to them; those that have vanished are left out."""
    if not ids:
        return []
    model = resource.model
    rows = select(model).where(model.id.in_(ids)).options(*(_eager(model, path) for path in resource.eager))
    by_id = {row.id: row for row in db.session.scalars(rows)}
    return [by_id[number] for number in ids if number in by_id]


def _having_words(
    resource: Resource, actor: Actor, parts: Sequence[Select], text: str
) -> tuple[ColumnElement[bool], bool]:
    """The condition that a row of these statements has the words of `text` in one of the places that are searched.

    Of few rows each is asked. Otherwise the ids come as a union of sets that indexes give; "or" over them would be
    asked of every row of the table. True with it: a set was so large that only its newest rows were taken.
    """
    places = _places(resource, text)
    further = resource.search_further(actor, text) if resource.search_further else []
    if not places and not further:
        raise Invalid("The request is not valid", fields={"q": "unknown"})
    model = resource.model
    if paging.count(parts, SEARCH_TO + 1) <= SEARCH_TO:
        return or_(*(_has_words(model, *place, text) for place in places), *further), False
    sets = [_found_at(model, *place, text) for place in places]
    sets += [select(model.id).where(condition) for condition in further]
    # MariaDB asks a bare union inside IN again for every row, but not one in a subquery of its own
    every = union(*sets).subquery()
    is_cut = any(words.are_in_more(target, text, SEARCH_TO) for _, target, name in places if name is None)
    return model.id.in_(select(every.c[0])), is_cut


def _places(resource: Resource, text: str) -> list[tuple[str, type, str | None]]:
    """Where to look: the relation or "", its table, and the column; None for all columns whose words are kept."""
    places = []
    for path in resource.search:
        relation, _, name = path.rpartition(".")
        target = getattr(resource.model, relation).property.mapper.class_ if relation else resource.model
        known = words.SEARCHABLE.get(target)
        is_kept = known is not None and name in known.columns and words.has_terms(text)
        places.append((relation, target, None if is_kept else name))
    return list(dict.fromkeys(places))


def _has_words(model: type, relation: str, target: type, name: str | None, text: str) -> ColumnElement[bool]:
    """The condition on a row of `model`."""
    found = words.containing(target, text)[0] if name is None else _like(target, name, text)
    return getattr(model, relation).has(found) if relation else found


def _found_at(model: type, relation: str, target: type, name: str | None, text: str) -> Select:
    """The ids of rows of `model`."""
    if name is None:
        found = words.matching(target, text, newest=SEARCH_TO)
    else:
        found = select(target.id).where(_like(target, name, text))
    if not relation:
        return found
    (column,) = getattr(model, relation).property.local_columns
    return select(model.id).where(column.in_(found))


def _like(target: type, name: str, text: str) -> ColumnElement[bool]:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return getattr(target, name).like(f"%{escaped}%", escape="\\")


def plain(value):
    """A column's value as JSON knows it: times as ISO 8601 UTC, states by name."""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    return value


def moment(text: str, field: str) -> dt.datetime:
    """A time from the address, as it is stored. Raises Invalid for what is none."""
    try:
        return in_utc(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Invalid("The request is not valid", fields={field: "a time in ISO 8601"}) from None


def _order(resource: Resource, sort: str) -> paging.Order:
    """What is sorted by, first things first, and whether downwards."""
    if sort not in resource.sort_keys:  # in no other spelling: faces refuse some of them by name
        raise Invalid("The request is not valid", fields={"sort": "unknown"})
    name = to_snake(sort.removeprefix("-"))
    down = sort.startswith("-")
    column, number = getattr(resource.model, name), resource.model.id
    keys = [(number, down)] if name == "id" else [(column, down), (number, down)]
    return keys if down or name not in resource.empty_last else [(column.is_(None), False), *keys]


def _condition(model: type, name: str, value):
    column = getattr(model, name)
    if isinstance(column.type, Code):
        wanted = str(value).split(",")
        known = {member.value for member in column.type.enum}
        if unknown := [text for text in wanted if text not in known]:
            raise Invalid(
                "The request is not valid",
                fields={to_camel(name): Reason("unknown: %(names)s", names=", ".join(unknown)[:100])},
            )
        return column.in_([column.type.enum(text) for text in wanted])
    return column == value


def _query_type(model: type, name: str) -> type:
    column = inspect(model).columns[name]
    if isinstance(column.type, Code):
        return str
    kind = column.type.python_type
    return kind if kind in (int, bool, str) else str


def _eager(model: type, path: str):
    """Load a chain of links ("agent.user"): single rows in the same statement, collections in one more.

    Of what has `__shown__` only these columns; the others come when somebody asks for them.
    """
    loader = None
    for part in path.split("."):
        link = getattr(model, part)
        loader = getattr(loader or Load(model), "selectinload" if link.property.uselist else "joinedload")(link)
        model = link.property.mapper.class_
        if shown := getattr(model, "__shown__", None):
            loader = loader.load_only(*shown)
    return loader
