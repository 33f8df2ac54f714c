"""What happens to people rather than to servers: away for long, cut again and again, twice at once. F21–F24."""

import asyncio
import datetime as dt
import time

import sqlalchemy as sa

from bench.faults.box import TENANT
from bench.faults.client import Client
from bench.faults.proxy import Proxy
from bench.faults.rest import Refusal, Rest
from bench.faults.stage import Stage, experiment
from bench.ledger import Said
from models.conversations import Conversation
from models.identity import LoginSession
from models.messaging import ChatMessage, ReadMark
from models.notifications import Notification
from services.operation import write

ABSENCES = {"1 minute": dt.timedelta(minutes=1), "1 hour": dt.timedelta(hours=1), "25 hours": dt.timedelta(hours=25)}
#: how often the line is cut, and for how long in all, in seconds
CUT_EVERY, CUTTING = 2.0, 120.0
#: the same message at the same moment: how often each, how many messages
AT_ONCE, MESSAGES = 5, 150
#: devices of one person
DEVICES = 3


# --- away for long --------------------------------------------------------------------------------------------------


@experiment("F21", "away for a minute, an hour, 25 hours, while everything changes")
async def away(stage: Stage) -> None:
    supervisor = stage.load.add(stage.box.supervisor(), stage.box.webs[0].port)
    supervisor.start()
    customers = [client for client in stage.load.clients if not client.seat.is_agent]
    for number, (name, absence) in enumerate(ABSENCES.items()):
        await stage.pause(1, 2)
        gone = customers[number * 4 : number * 4 + 4]
        agent = _agent_of(stage, gone[0])
        await stage.load.send_away([*gone, agent])
        struck = stage.strike(f"away for {name}")
        await _meanwhile(stage, supervisor, gone)
        await asyncio.to_thread(_grow_old, stage, [*gone, agent], absence)
        if absence > dt.timedelta(hours=24):  # a browser's sign-in has ended meanwhile; a visitor's lasts for weeks
            agent.seat.key = agent.rest.key = await asyncio.to_thread(stage.box.another_key, agent.seat)
        stage.load.call_back([*gone, agent])
        await stage.healed(struck, among=[*gone, agent])
        await _shows_what_became(stage, gone)
    stage.expect(not await asyncio.to_thread(_doubled_notifications, stage), "somebody was notified twice of one event")


def _agent_of(stage: Stage, customer: Client) -> Client:
    (conversation,) = customer.views
    return next(c for c in stage.load.clients if c.seat.is_agent and conversation in c.views)


async def _meanwhile(stage: Stage, supervisor: Client, gone: list[Client]) -> None:
    """Somebody else steps in everywhere: new messages, one taken back, one conversation parked, one at its end."""
    for what, client in zip(("said", "recalled", "held", "closed"), gone, strict=True):
        (conversation,) = client.views
        path = f"/sessions/{conversation}"
        await supervisor.persist(lambda path=path: supervisor.rest.post(f"{path}/takeover", {"reason": "absent"}))
        for other in stage.load.clients:
            if other.seat.is_agent:
                other.views.pop(conversation, None)  # a page closes what another one serves now
        supervisor.hold(conversation)
        said = await supervisor.say(conversation, f"while you were away: {what}", by="rest")
        if what == "recalled":
            await supervisor.recall(said)
        elif what == "held":
            await supervisor.persist(lambda path=path: supervisor.rest.post(f"{path}/hold", {}))
        elif what == "closed":
            await supervisor.persist(lambda path=path: supervisor.rest.put(f"{path}/close", {"reason": "done"}))


def _grow_old(stage: Stage, clients: list[Client], absence: dt.timedelta) -> None:
    """Time passes for these people: their conversations' and sign-ins' past moves back."""
    conversations = sorted({number for client in clients for number in client.views})
    table = Conversation.__table__
    threads = sa.select(table.c.thread_id).where(table.c.id.in_(conversations))
    sign_ins = LoginSession.__table__
    owners = [
        (sign_ins.c.user_id if client.seat.is_agent else sign_ins.c.customer_id) == client.seat.sender[1]
        for client in clients
    ]
    with stage.box.app.app_context(), write(TENANT) as session:
        connection = session.connection()
        for rows, condition in (
            (ChatMessage.__table__, ChatMessage.__table__.c.thread_id.in_(threads)),
            (table, table.c.id.in_(conversations)),
            (sign_ins, sa.or_(*owners)),
        ):
            moments = [column for column in rows.c if isinstance(column.type, sa.DateTime)]
            for row in connection.execute(sa.select(rows.c.id, *moments).where(condition)).all():
                earlier = {c.name: getattr(row, c.name) - absence for c in moments if getattr(row, c.name)}
                connection.execute(sa.update(rows).where(rows.c.id == row.id).values(earlier))


async def _shows_what_became(stage: Stage, gone: list[Client]) -> None:
    """Whoever comes back is shown his conversation as it is now."""
    for client in gone:
        (conversation,) = client.views
        shown = await client.persist(lambda c=client, number=conversation: c.rest.get(f"/sessions/{number}"))
        with stage.engine.connect() as connection:
            table = Conversation.__table__
            row = connection.execute(
                sa.select(table.c.status, table.c.agent_id).where(table.c.id == conversation)
            ).one()
        agent_id = (shown["agent"] or {}).get("id")
        stage.expect(
            (shown["status"], agent_id) == (row.status.value, row.agent_id),
            f"conversation {conversation} is shown as {shown['status']} with agent {agent_id}, and is {tuple(row)}",
        )


def _doubled_notifications(stage: Stage) -> list[sa.Row]:
    table = Notification.__table__
    key = table.c.user_id, table.c.event_key
    with stage.engine.connect() as connection:
        return connection.execute(sa.select(*key).group_by(*key).having(sa.func.count() > 1)).all()


# --- cut again and again --------------------------------------------------------------------------------------------


@experiment("F22", "the line is cut every two seconds while messages flow", webs=2)
async def cut(stage: Stage) -> None:
    async with Proxy(stage.box.webs[0].port) as first, Proxy(stage.box.webs[-1].port) as second:
        proxies = (first, second)
        first.delay = 0.02  # here it is slow besides, there it comes in drops
        second.dribble = 64
        moved = time.monotonic()
        for place, client in enumerate(stage.load.clients):
            client.move(proxies[place % 2].port)
        await stage.load.recovered(moved, 60)
        until = time.monotonic() + stage.seconds(CUTTING)
        while time.monotonic() < until:
            await asyncio.sleep(CUT_EVERY)
            struck = stage.strike("cut")
            for proxy in proxies:
                proxy.cut()
        await stage.healed(struck)
        for place, client in enumerate(stage.load.clients):
            client.move(stage.load.ports[place % len(stage.load.ports)])
        await stage.load.recovered(time.monotonic(), 60)
    stage.figures["connections made"] = str(sum(client.connections for client in stage.load.clients))
    stage.figures["gaps noticed and filled"] = str(
        sum(view.gaps for client in stage.load.clients for view in client.views.values())
    )


# --- the same again -------------------------------------------------------------------------------------------------


@experiment("F23", "the same message five times at once, by socket and REST, at every process", webs=3)
async def repeated(stage: Stage) -> None:
    said: list[tuple[Client, Said]] = []
    for _ in range(stage.times(MESSAGES)):
        client = stage.chance.choice(stage.load.clients)
        conversation = stage.chance.choice(list(client.views))
        words = f"said {AT_ONCE} times"
        one = stage.ledger.invoke(client.number, conversation, words)
        stage.strike("at once")
        ports = [stage.box.webs[number % len(stage.box.webs)].port for number in range(AT_ONCE)]
        await asyncio.gather(
            *(_insist(client, one, port, by="socket" if number < 2 else "rest") for number, port in enumerate(ports))
        )
        said.append((client, one))
    again = said[:20]
    await asyncio.to_thread(_grow_old, stage, [client for client, _ in again], dt.timedelta(minutes=10))
    await _again(stage, again, "ten minutes later")
    if stage.box.redis is not None:
        await asyncio.to_thread(_flush_redis, stage)
        await _again(stage, again, "after Redis forgot everything")
    struck = stage.strike("restart")
    for web in stage.box.webs:
        web.kill9()
    await asyncio.gather(*(asyncio.to_thread(stage.box.start, web) for web in stage.box.webs))
    await stage.healed(struck)
    await _again(stage, again, "after a restart")
    kinds = set()
    for client, one in again:
        try:
            await client.persist(lambda c=client, one=one: _other_words(c, one))
        except Refusal as refusal:
            kinds.add(refusal.kind)
        else:
            kinds.add("accepted")
    stage.expect(kinds == {"message_id_reused"}, f"other words under a known id: {kinds}")
    different = [one.name for _, one in said if len(one.answers) != 1]
    stage.expect(not different, f"{len(different)} messages were acknowledged as different ones: {different[:3]}")
    stage.figures["messages said at once, times each"] = f"{len(said)} × {AT_ONCE}"


async def _insist(client: Client, said: Said, port: int, by: str) -> None:
    """Until this very door answers."""
    while True:
        way = "socket" if by == "socket" and client.online.is_set() else "rest"
        rest = Rest(port, client.seat.key, client.rest.seen)
        if await client.attempt(said, way, rest=rest):
            return
        await asyncio.sleep(0.2)


async def _again(stage: Stage, pairs: list[tuple[Client, Said]], when: str) -> None:
    before = {one.name: set(one.answers) for _, one in pairs}
    await asyncio.gather(*(_insist(client, one, client.rest.port, by="rest") for client, one in pairs))
    changed = [one.name for _, one in pairs if one.answers != before[one.name]]
    stage.expect(not changed, f"{when} the same id is another message: {changed[:3]}")


async def _other_words(client: Client, said: Said) -> dict:
    body = {"clientMsgId": said.name, "type": "text", "content": "something else"}
    return await client.rest.post(f"/sessions/{said.conversation}/messages", body)


def _flush_redis(stage: Stage) -> None:
    with stage.box.redis.client() as client:
        client.flushall()


# --- two of oneself -------------------------------------------------------------------------------------------------


@experiment("F24", "three devices of each person, at two processes", webs=2, users=44)
async def devices(stage: Stage) -> None:
    for place, seat in enumerate(list(stage.load.seats)):
        for number in range(1, DEVICES):
            port = stage.load.ports[(place + number) % len(stage.load.ports)]
            stage.load.add(seat, port).start()
            stage.strike("one more device")
    await stage.load.wait(lambda: all(c.online.is_set() for c in stage.load.clients), "all devices", 60)
    until = time.monotonic() + stage.seconds(60)
    while time.monotonic() < until:
        client = stage.chance.choice(stage.load.clients)
        await client.read(stage.chance.choice(list(client.views)))
        await asyncio.sleep(0.1)
    await stage.load.until(stage.scale.enough, 120)
    await stage.load.stop()
    await _same_marks(stage)


async def _same_marks(stage: Stage) -> None:
    """Once caught up, every device knows who has read how far."""
    for client in stage.load.clients:
        for conversation in client.views:
            await client.catch_up(conversation)
    table, marks = Conversation.__table__, ReadMark.__table__
    with stage.engine.connect() as connection:
        rows = connection.execute(
            sa.select(table.c.id, marks.c.sender_kind, marks.c.sender_id, marks.c.read_seq)
            .join(table, table.c.thread_id == marks.c.thread_id)
            .where(table.c.id.in_(stage.load.conversations))
        ).all()
    known = {(row.id, row.sender_kind.value, row.sender_id): row.read_seq for row in rows}
    wrong = [
        (client.number, number)
        for client in stage.load.clients
        for number, view in client.views.items()
        if view.reads != {key[1:]: seq for key, seq in known.items() if key[0] == number}
    ]
    stage.expect(not wrong, f"{len(wrong)} devices show other read marks than the database: {wrong[:3]}")
