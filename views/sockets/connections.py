"""The sockets of this process: who they speak for, which threads they may hear, and when they must go.

A socket keeps no right of its own. A keeper looks at all of them every two seconds, with a few statements for all:
ended sign-ins are disconnected, rooms that may no longer be heard are left, and who may hear more or less than before
is read anew. So logout, disable, role change and transfer take effect within five seconds in every process. Should the
keeper be late, each actor is read again when he next says something.
"""

import datetime as dt
import logging
import time
from collections import Counter
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import func, select

from app.extensions import db, socketio
from models.actor import Actor, Scope, system
from models.base import bind
from models.conversations import Conversation
from models.identity import LoginSession, User
from models.organization import Agent, Presence
from models.outbox import OutboxEvent
from models.tickets import Ticket
from models.types import utcnow
from services import presence
from services.identity import rights, signin
from services.places import room

logger = logging.getLogger(__name__)

PAUSE = 2.0
#: how long what the keeper has seen holds, in seconds
HOLDS = 2 * PAUSE
#: page reloads and short gaps do not make an agent go off line
GRACE = dt.timedelta(seconds=20)
#: how long somebody may be connected without saying who he is
STRANGER_SECONDS = 10.0
OWNERS = {"conversation": Conversation, "ticket": Ticket}
#: events that change what people may hear without ending their sign-ins
CHANGES_RIGHTS = (
    "role.updated",
    "agent.created",
    "agent.deleted",
    "team.updated",
    "team.deleted",
    "team_member.created",
    "team_member.updated",
    "team_member.deleted",
    "department.updated",
)
#: events that change how one person is called and what he may: name → who, as the payload and the actor call him
CHANGES_PERSON = {"user.updated": "user_id", "user.avatar_changed": "user_id", "customer.updated": "customer_id"}
#: how many of the newest events a round looks through; more are not stored within one
RECENT = 2000


@dataclass
class Connection:
    """One socket."""

    sid: str
    actor: Actor
    checked: float = field(default_factory=time.monotonic)
    #: whether something has changed about the person since the actor was read
    is_outdated: bool = False
    #: thread id → (kind of owner, owner's id)
    threads: dict[int, tuple[str, int]] = field(default_factory=dict)
    #: the rooms of its person
    rooms: set[str] = field(default_factory=set)


class Connections:
    """All of them, by sid."""

    def __init__(self):
        self._by_sid: dict[str, Connection] = {}
        self._by_sign_in: Counter[int] = Counter()
        self._left: dict[int, float] = {}
        #: transports that are nobody's, and since when
        self._strangers: dict[str, float] = {}
        self._known_changes: dict[int, tuple[str, int | None]] | None = None

    def __len__(self) -> int:
        return len(self._by_sid)

    def count(self, sign_in_id: int) -> int:
        """How many sockets a sign-in has here."""
        return self._by_sign_in[sign_in_id]

    def knows(self, sid: str) -> bool:
        return sid in self._by_sid

    def open(self, sid: str, actor: Actor) -> Connection:
        """Put a socket into the rooms of its person, and out of those of whoever used it before."""
        self.close(sid)
        connection = self._by_sid[sid] = Connection(sid, actor)
        self._by_sign_in[actor.sign_in_id] += 1
        self._enter_personal(connection)
        if actor.agent_id is not None and not actor.must_change_password:
            come_back(actor)
        return connection

    def close(self, sid: str) -> Connection | None:
        """From now on nothing is heard on this socket, whether or not its other end has gone as well."""
        connection = self._by_sid.pop(sid, None)
        if connection is not None:
            self._by_sign_in[connection.actor.sign_in_id] -= 1
            if not self._by_sign_in[connection.actor.sign_in_id]:
                del self._by_sign_in[connection.actor.sign_in_id]
            for name in self._rooms_of(connection):
                socketio.server.leave_room(sid, name)
        agent_id = connection.actor.agent_id if connection is not None else None
        if agent_id is not None and not any(other.actor.agent_id == agent_id for other in self._by_sid.values()):
            self._left[agent_id] = time.monotonic()
        return connection

    def actor(self, sid: str) -> Actor | None:
        """Who speaks, as of now; None when the sign-in has ended."""
        connection = self._by_sid.get(sid)
        if connection is None:
            return None
        if connection.is_outdated or time.monotonic() - connection.checked > HOLDS:
            return self._refresh(connection)
        return connection.actor

    def enter(self, sid: str, kind: str, owner) -> None:
        """The socket hears this thread from now on, if it is still there."""
        connection = self._by_sid.get(sid)
        if connection is None:
            return
        connection.threads[owner.thread_id] = (kind, owner.id)
        socketio.server.enter_room(sid, room(owner.thread_id))
        if connection.actor.is_staff:
            socketio.server.enter_room(sid, room(owner.thread_id, staff=True))

    def leave(self, sid: str, thread_id: int) -> None:
        connection = self._by_sid.get(sid)
        if connection is not None and connection.threads.pop(thread_id, None):
            socketio.server.leave_room(sid, room(thread_id))
            socketio.server.leave_room(sid, room(thread_id, staff=True))

    def end(self, sign_in_ids: list[int]) -> None:
        """Disconnect the sockets of sign-ins that have ended."""
        for sid in [c.sid for c in self._by_sid.values() if c.actor.sign_in_id in sign_in_ids]:
            self.close(sid)
            socketio.server.disconnect(sid)

    def recheck(self, thread_id: int) -> None:
        """The owner of this thread changed hands: whoever may not see it any more leaves its room."""
        for connection in [c for c in self._by_sid.values() if thread_id in c.threads]:
            self._leave_hidden(connection, {thread_id: connection.threads[thread_id]})

    def keep(self, app: Flask) -> None:
        """The keeper's endless round, in the background of each serving process."""
        while True:
            socketio.sleep(PAUSE)
            try:
                with app.app_context():
                    self._round()
            except Exception:
                logger.exception("the keeper of sockets stumbled; next round in %s s", PAUSE)

    def _round(self) -> None:
        self._end_strangers()
        self._end_signed_out()
        self._follow_changes()
        for connection in list(self._by_sid.values()):
            if connection.actor.is_staff and connection.threads:
                bind(db.session(), connection.actor)
                self._leave_hidden(connection, dict(connection.threads))
                socketio.sleep(0)  # SQLite never gives way by itself, and a hundred agents would hold up everybody
        agents = sorted({c.actor.agent_id for c in self._by_sid.values() if c.actor.agent_id is not None})
        if agents:
            presence.seen(agents)
        self._expire_left(set(agents))

    def _refresh(self, connection: Connection) -> Actor | None:
        """Read anew who speaks and what he may hear; None when the sign-in has ended."""
        resumed = signin.resume_by_id(connection.actor.sign_in_id, ip=connection.actor.ip)
        if resumed is None or self._by_sid.get(connection.sid) is not connection:
            return None
        connection.actor, connection.checked, connection.is_outdated = resumed[1], time.monotonic(), False
        self._enter_personal(connection)
        return connection.actor

    def _enter_personal(self, connection: Connection) -> None:
        wanted = set(personal_rooms(connection.actor))
        for name in connection.rooms - wanted:
            socketio.server.leave_room(connection.sid, name)
        for name in wanted - connection.rooms:
            socketio.server.enter_room(connection.sid, name)
        connection.rooms = wanted

    def _follow_changes(self) -> None:
        """Read anew whom the events concern that some process has stored since the last round."""
        newest = db.session.scalar(select(func.max(OutboxEvent.id)), execution_options={"all_tenants": True}) or 0
        changes = {
            row.id: (row.name, row.payload.get(CHANGES_PERSON.get(row.name)))
            for row in db.session.execute(
                select(OutboxEvent.id, OutboxEvent.name, OutboxEvent.payload).where(
                    OutboxEvent.id > newest - RECENT, OutboxEvent.name.in_((*CHANGES_RIGHTS, *CHANGES_PERSON))
                ),
                execution_options={"all_tenants": True},
            )
        }
        known, self._known_changes = self._known_changes, changes
        new = [] if known is None else [change for number, change in changes.items() if number not in known]
        for_all = any(name in CHANGES_RIGHTS for name, _ in new)
        if for_all:
            rights.forget_rights()
        persons = {(CHANGES_PERSON[name], number) for name, number in new if name in CHANGES_PERSON}
        for connection in list(self._by_sid.values()):
            actor = connection.actor
            if for_all or not persons.isdisjoint((("user_id", actor.user_id), ("customer_id", actor.customer_id))):
                self._outdate(connection)

    def _outdate(self, connection: Connection) -> None:
        """Staff hear without saying anything, so they are read at once; customers when they next say something."""
        if connection.actor.is_staff:
            self._refresh(connection)
        else:
            connection.is_outdated = True

    def _end_signed_out(self) -> None:
        now, ids = time.monotonic(), {c.actor.sign_in_id for c in self._by_sid.values()}
        if not ids:
            return
        alive = set()
        for part in range(0, len(ids), 500):
            rows = db.session.execute(
                select(LoginSession.id)
                .outerjoin(User, User.id == LoginSession.user_id)
                .where(
                    LoginSession.id.in_(sorted(ids)[part : part + 500]),
                    LoginSession.revoked_time.is_(None),
                    LoginSession.expire_time > utcnow(),
                    (LoginSession.user_id.is_(None))
                    | (User.active.is_(True) & (User.token_version == LoginSession.token_version)),
                ),
                execution_options={"all_tenants": True},
            )
            alive.update(rows.scalars())
        db.session.rollback()
        for connection in self._by_sid.values():
            if connection.actor.sign_in_id in alive:
                connection.checked = max(connection.checked, now)
        if ended := list(ids - alive):
            for sign_in_id in ended:
                socketio.emit("signed_out", {"reason": "ended"}, to=f"sign-in:{sign_in_id}")
            self.end(ended)

    def _end_strangers(self) -> None:
        """Close transports on which nobody speaks: never signed in, or sent away and still holding on.

        And forget sockets whose transport went while they were being let in.
        """
        server, now = socketio.server, time.monotonic()
        transports = set(server.eio.sockets)
        known = {sid: server.manager.eio_sid_from_sid(sid, "/") for sid in self._by_sid}
        self._strangers = {one: self._strangers.get(one, now) for one in transports - set(known.values())}
        for one in [one for one, since in self._strangers.items() if now - since > STRANGER_SECONDS]:
            server.eio.disconnect(one)
        for sid in [sid for sid, transport in known.items() if transport not in transports]:
            self.close(sid)
            server.manager.disconnect(sid, "/", ignore_queue=True)

    def _leave_hidden(self, connection: Connection, threads: dict[int, tuple[str, int]]) -> None:
        for kind, model in OWNERS.items():
            ids = [owner_id for owner_kind, owner_id in threads.values() if owner_kind == kind]
            if not ids:
                continue
            visible = set(
                db.session.scalars(select(model.id).where(model.id.in_(ids), model.visible_to(connection.actor)))
            )
            for thread_id, (owner_kind, owner_id) in threads.items():
                if owner_kind == kind and owner_id not in visible:
                    self.leave(connection.sid, thread_id)

    @staticmethod
    def _rooms_of(connection: Connection) -> list[str]:
        threads = [room(thread_id, staff=staff) for thread_id in connection.threads for staff in (False, True)]
        return [*connection.rooms, *threads]

    def _expire_left(self, present: set[int]) -> None:
        """Agents whose last socket here closed a while ago and who were not seen in another process since."""
        now = time.monotonic()
        due = [
            agent_id
            for agent_id, left in self._left.items()
            if agent_id in present or now - left > GRACE.total_seconds()
        ]
        for agent_id in due:
            del self._left[agent_id]
            if agent_id not in present:
                expire(agent_id)


def expire(agent_id: int) -> None:
    """Set one silent agent off line."""
    whose = select(Agent.tenant_id).where(Agent.id == agent_id)
    tenant_id = db.session.scalar(whose, execution_options={"all_tenants": True})
    if tenant_id is None:
        return
    bind(db.session(), system(tenant_id))  # first: a session that changes its company lets go of all it has read
    agent = db.session.get(Agent, agent_id, populate_existing=True)
    if agent is None or agent.presence is Presence.offline:
        return
    if agent.seen_time is None or agent.seen_time < utcnow() - GRACE / 2:
        presence.connection_lost(system(agent.tenant_id), agent)


def come_back(actor: Actor) -> None:
    """The agent's page is there again."""
    bind(db.session(), actor)
    agent = db.session.get(Agent, actor.agent_id)
    if agent is not None and presence.is_returning(agent):
        presence.connection_back(system(actor.tenant_id), agent)


def personal_rooms(actor: Actor) -> list[str]:
    """Rooms a person hears without opening anything; their names come from here only."""
    rooms = [f"sign-in:{actor.sign_in_id}"]
    if actor.must_change_password:
        return rooms
    if actor.user_id is not None:
        rooms.append(f"user:{actor.user_id}")
    if actor.customer_id is not None:
        rooms.append(f"customer:{actor.customer_id}")
    if actor.agent_id is not None:
        rooms.append(f"agent:{actor.agent_id}")
    if actor.is_staff:
        rooms.append(f"staff:{actor.tenant_id}")
        if actor.may("conversation.monitor"):
            rooms += _beyond_own(actor, "conversation", "monitor", "team")
        if actor.may("ticket.read"):
            rooms += _beyond_own(actor, "ticket", "tickets", "team-tickets")
    return rooms


def _beyond_own(actor: Actor, resource: str, everything: str, of_team: str) -> list[str]:
    """Where one hears of what is not one's own: no further than `visible_to` lets one see."""
    scope = actor.scope(resource)
    if scope is Scope.all:
        return [f"{everything}:{actor.tenant_id}"]
    return [] if scope is Scope.own else [f"{of_team}:{number}" for number in actor.team_ids]


connections = Connections()
