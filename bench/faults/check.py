"""After a fault, when all is quiet again: is everything that was acknowledged there, once, in order, for all to see?

The invariants I1–I9, each a sentence about ledger, database, REST and what every device shows.
"""

import asyncio
import hashlib
import heapq
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from bench.faults.client import INTERNAL, Client
from bench.ledger import Ledger, Said
from models.conversations import HELD, Conversation
from models.messaging import ChatMessage, FileObject, MessageType, ReadMark, SenderKind
from models.organization import Agent
from models.outbox import OutboxEvent
from services.outbox import MAX_ATTEMPTS

_messages, _marks = ChatMessage.__table__, ReadMark.__table__
_conversations, _agents = Conversation.__table__, Agent.__table__
_events, _files = OutboxEvent.__table__, FileObject.__table__


@dataclass
class Findings:
    """What was counted, and what is wrong, in sentences."""

    lost_acked: int = 0
    dup_rows: int = 0
    dup_shown: int = 0
    order_err: int = 0
    leak: int = 0
    problems: list[str] = field(default_factory=list)

    def expect(self, wrong: Iterable, sentence: str) -> int:
        """Note what is wrong, if anything is; how much."""
        found = list(wrong)
        if found:
            self.problems.append(f"{len(found)} {sentence}, e.g. {found[:3]}")
        return len(found)


async def check(ledger: Ledger, clients: list[Client], engine: sa.Engine, files: Path, *, patience: float) -> Findings:
    """Compare everything with everything; what has just become true has `patience` seconds to be told."""
    found = Findings()
    conversations = sorted({number for client in clients for number in client.views})
    stored = await asyncio.to_thread(_rows, engine, conversations)
    _against_ledger(found, ledger, stored)
    _numbers(found, ledger, stored)
    await _views(found, clients, stored)
    found.leak = found.expect(
        (text for client in clients for text in client.leaked()), "times a customer got an internal note (I6)"
    )
    await _counters(found, clients, engine)
    await _outbox(found, engine, patience)
    _bytes(found, engine, files, conversations)
    return found


def _rows(engine: sa.Engine, conversations: list[int]) -> dict[int, list[sa.Row]]:
    """The messages of each conversation as the database has them."""
    rows = defaultdict(list)
    with engine.connect() as connection:
        for start in range(0, len(conversations), 500):
            part = conversations[start : start + 500]
            for row in connection.execute(
                sa.select(
                    _conversations.c.id.label("conversation"),
                    *(_messages.c[name] for name in ("id", "seq", "change_seq", "client_msg_id", "type", "content")),
                    *(_messages.c[name] for name in ("sender_kind", "sender_id", "recalled_time")),
                )
                .join(_conversations, _conversations.c.thread_id == _messages.c.thread_id)
                .where(_conversations.c.id.in_(part), _messages.c.deleted == 0)
                .order_by(_messages.c.thread_id, _messages.c.seq)
            ):
                rows[row.conversation].append(row)
    return rows


def _against_ledger(found: Findings, ledger: Ledger, stored: dict[int, list[sa.Row]]) -> None:
    """I1, I2, I3: acknowledged ⇔ stored once, as acknowledged; nothing that nobody said; unknown is there or not."""
    by_name: dict[str, list[sa.Row]] = defaultdict(list)
    for rows in stored.values():
        for row in rows:
            by_name[row.client_msg_id].append(row)
    mine = {name: rows for name, rows in by_name.items() if name.startswith(f"{ledger.mark}-")}
    found.dup_rows = found.expect((name for name, rows in mine.items() if len(rows) > 1), "messages stored twice (I1)")
    found.lost_acked = found.expect(
        (
            said.name
            for said in ledger.acknowledged
            if said.answers != {(row.id, row.seq) for row in mine.get(said.name, ())}
        ),
        "acknowledged messages not stored as acknowledged (I1, I3)",
    )
    found.expect((name for name in mine if name not in ledger.said), "messages nobody has sent (I2)")
    found.expect(
        (said.name for said in ledger.said.values() if said.refused and said.name in mine),
        "messages that were refused and stored (I2)",
    )
    found.expect((said.name for said in ledger.open), "messages still without an answer")
    found.expect(
        (
            said.name
            for said in ledger.acknowledged
            for row in mine.get(said.name, ())
            if row.recalled_time is None and row.content != said.content
        ),
        "messages stored with other words",
    )


def _numbers(found: Findings, ledger: Ledger, stored: dict[int, list[sa.Row]]) -> None:
    """I4: numbers without gaps, and what one person says one after the other stands one after the other."""
    found.order_err = found.expect(
        (number for number, rows in stored.items() if [row.seq for row in rows] != list(range(1, len(rows) + 1))),
        "conversations whose numbers have gaps (I4)",
    )
    order: dict[tuple[int, int], list[Said]] = defaultdict(list)
    for said in sorted(ledger.acknowledged, key=lambda said: said.began):
        order[said.sender, said.conversation].append(said)
    found.order_err += found.expect(
        (key for key, said in order.items() if not _stand_in_order(said)),
        "people whose messages were put in another order (I4)",
    )


def _stand_in_order(said: list[Said]) -> bool:
    """Whether what was begun after an acknowledgement stands behind it; given in the order of beginning."""
    ended: list[tuple[float, int]] = []
    highest = 0
    for one in said:
        while ended and ended[0][0] < one.began:
            highest = max(highest, heapq.heappop(ended)[1])
        place = min(place for _, place in one.answers)
        if place < highest:
            return False
        heapq.heappush(ended, (one.ended, place))
    return True


async def _views(found: Findings, clients: list[Client], stored: dict[int, list[sa.Row]]) -> None:
    """I5: what each device shows is what a page shows that is opened now, and that is what the database has."""
    gate = asyncio.Semaphore(8)

    async def one(client: Client, conversation: int) -> tuple[str, str] | None:
        async with gate:
            fresh = await client.persist(lambda: client.fresh(conversation))
        view = client.views[conversation].messages
        differing = {n for n in view.keys() | fresh.keys() if _essence(view.get(n)) != _essence(fresh.get(n))}
        if differing:
            return f"device {client.number}, conversation {conversation}", f"messages {sorted(differing)[:3]}"
        expected = {
            row.id: row.seq for row in stored[conversation] if client.seat.is_agent or row.type is not MessageType.note
        }
        if {message["messageId"]: message["seq"] for message in fresh.values()} != expected:
            return f"REST of {client.number}, conversation {conversation}", "other than the database"
        return None

    results = await asyncio.gather(*(one(client, conversation) for client in clients for conversation in client.views))
    found.expect(filter(None, results), "views differ from a fresh one (I5)")
    found.dup_shown = found.expect(
        (
            (client.number, conversation)
            for client in clients
            for conversation, view in client.views.items()
            if len({(m["sender"]["kind"], m["sender"]["id"], m["clientMsgId"]) for m in view.messages.values()})
            != len(view.messages)
        ),
        "conversations show a message twice",
    )


def _essence(message: dict | None) -> dict | None:
    """A message without its moment: some experiments move the past back."""
    return message and {key: value for key, value in message.items() if key not in ("createTime", "timestamp")}


async def _counters(found: Findings, clients: list[Client], engine: sa.Engine) -> None:
    """I7: unread counts and loads are what counting anew gives."""
    gate = asyncio.Semaphore(8)
    people = list({client.seat.key: client for client in clients}.values())

    async def one(client: Client) -> list[tuple]:
        wrong = []
        for conversation in client.views:
            async with gate:
                shown = (await client.persist(lambda number=conversation: client.rest.get(f"/sessions/{number}")))[
                    "unread"
                ]
                counted = await asyncio.to_thread(_unread, engine, client, conversation)
            if shown != counted:
                wrong.append((client.number, conversation, shown, counted))
        return wrong

    results = await asyncio.gather(*(one(client) for client in people))
    found.expect((item for wrong in results for item in wrong), "unread counts are not a recount (I7)")
    held = (
        sa.select(sa.func.count())
        .where(_conversations.c.agent_id == _agents.c.id, _conversations.c.deleted == 0)
        .where(_conversations.c.status.in_(HELD))
        .scalar_subquery()
    )
    with engine.connect() as connection:
        loads = connection.execute(sa.select(_agents.c.id, _agents.c.current_count, held.label("held"))).all()
    found.expect((tuple(row) for row in loads if row.current_count != row.held), "agents' loads are not a recount (I7)")


def _unread(engine: sa.Engine, client: Client, conversation: int) -> int:
    """Messages of others after the own read mark, counted without the product's help."""
    kind, number = client.seat.sender
    me = SenderKind(kind)
    with engine.connect() as connection:
        thread = connection.scalar(sa.select(_conversations.c.thread_id).where(_conversations.c.id == conversation))
        mark = connection.scalar(
            sa.select(_marks.c.read_seq).where(
                _marks.c.thread_id == thread, _marks.c.sender_kind == me, _marks.c.sender_id == number
            )
        )
        rows = connection.execute(
            sa.select(_messages.c.type, _messages.c.sender_kind, _messages.c.sender_id).where(
                _messages.c.thread_id == thread, _messages.c.seq > (mark or 0)
            )
        ).all()
    silent = {MessageType.system} if client.seat.is_agent else {MessageType.system, MessageType.note}
    return sum(
        row.type not in silent
        and (row.sender_kind, row.sender_id) != (me, number)
        and not (client.seat.is_agent and row.sender_kind is SenderKind.bot)
        for row in rows
    )


async def _outbox(found: Findings, engine: sa.Engine, patience: float) -> None:
    """I8: whatever became true has been told, or is named as what could not be.

    Moods are heard some time after the messages, so something may have become true a moment ago.
    """
    found.expect(await told_late(engine, patience), "events told to nobody (I8)")


async def told_late(engine: sa.Engine, patience: float) -> set[tuple[int, str]]:
    """The events that wait now and still do when patience is over; those that come meanwhile are not waited for."""
    deadline = time.monotonic() + patience
    waiting = await asyncio.to_thread(_untold, engine)
    while waiting and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        waiting &= await asyncio.to_thread(_untold, engine)
    return waiting


def _untold(engine: sa.Engine) -> set[tuple[int, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(_events.c.id, _events.c.name).where(
                _events.c.sent_time.is_(None), _events.c.attempts < MAX_ATTEMPTS
            )
        )
        return {(row.id, row.name) for row in rows}


def _bytes(found: Findings, engine: sa.Engine, folder: Path, conversations: list[int]) -> None:
    """I9: a row is a file, whole and unchanged."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(_files.c.storage_key, _files.c.size, _files.c.sha256)).all()

    def is_whole(row: sa.Row) -> bool:
        path = folder / row.storage_key[:2] / row.storage_key
        if not path.is_file():
            return False
        content = path.read_bytes()
        return (len(content), hashlib.sha256(content).hexdigest()) == (row.size, row.sha256)

    found.expect((row.storage_key for row in rows if not is_whole(row)), "files without their bytes (I9)")


@dataclass(frozen=True)
class Newest:
    """The newest change of each conversation, as staff and as customers may know it: of notes they hear nothing."""

    staff: dict[int, int]
    customers: dict[int, int]

    def are_known_to(self, client: Client) -> bool:
        """Whether this device knows them."""
        return not self.missing_in(client)

    def missing_in(self, client: Client) -> list[tuple[int, int, int, int]]:
        """Device, conversation, the change it knows, the newest one, wherever these differ."""
        known = self.staff if client.seat.is_agent else self.customers
        return [
            (client.number, number, view.synced, known[number])
            for number, view in client.views.items()
            if view.synced < known.get(number, 0)
        ]


def newest(engine: sa.Engine, conversations: list[int]) -> Newest:
    """Where each conversation stands now."""
    is_open = _messages.c.type != MessageType.note
    found = Newest({}, {})
    with engine.connect() as connection:
        for start in range(0, len(conversations), 500):
            for number, staff, customers in connection.execute(
                sa.select(
                    _conversations.c.id,
                    sa.func.max(_messages.c.change_seq),
                    sa.func.max(sa.case((is_open, _messages.c.change_seq), else_=0)),
                )
                .join(_messages, _messages.c.thread_id == _conversations.c.thread_id)
                .where(_conversations.c.id.in_(conversations[start : start + 500]))
                .group_by(_conversations.c.id)
            ):
                found.staff[number], found.customers[number] = staff, customers
    return found


def internal(words: str) -> str:
    """An internal note of these words."""
    return f"{INTERNAL} {words}"
