"""QR codes that lead to an agent, a team or a channel: made, renewed, followed (CHT-15)."""

import re
import secrets

from sqlalchemy import select, update

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.entry_codes import EntryCode, EntryKind
from models.organization import Agent, Team
from models.types import utcnow
from services.crud import crud, referenced
from services.operation import announce, operation, write

#: without letters that look alike on paper; twelve of them cannot be guessed
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 12
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
#: kind → the field that says where it leads
_FIELDS = {EntryKind.agent: "agentId", EntryKind.team: "teamId", EntryKind.channel: "channel"}


def find_valid(code: str) -> EntryCode | None:
    """The entry behind a code that still leads somewhere."""
    found = db.session.scalars(select(EntryCode).where(EntryCode.code == code[:64])).first()
    return found if found is not None and found.is_valid else None


def code_of_agent(agent_id: int) -> EntryCode | None:
    """The agent's own code: the first that was made for him."""
    wanted = select(EntryCode).where(EntryCode.agent_id == agent_id, EntryCode.kind == EntryKind.agent)
    return db.session.scalars(wanted.order_by(EntryCode.id)).first()


def count_visit(entry: EntryCode) -> None:
    """Somebody opened the page of this code. Bookkeeping: no version, no log."""
    number, tenant_id = entry.id, entry.tenant_id
    with write(tenant_id) as session:
        session.execute(
            update(EntryCode)
            .where(EntryCode.id == number)
            .values(use_count=EntryCode.use_count + 1, last_use_time=utcnow(), update_time=EntryCode.update_time),
            execution_options={"synchronize_session": False},
        )


@operation("entry_code.own", title="Make one's own entry code", right="")
def make_own_code(actor: Actor) -> EntryCode:
    """An agent's code for his card; the one there is, if there is one."""
    if actor.agent_id is None:
        raise NotAllowed("Only agents have a code of their own")
    agent = db.session.get(Agent, actor.agent_id, with_for_update=True, populate_existing=True)
    existing = code_of_agent(agent.id)
    if existing is not None:
        return existing
    entry = EntryCode(name=agent.name[:64], kind=EntryKind.agent, agent_id=agent.id, code=_new_code())
    db.session.add(entry)
    db.session.flush()
    announce("entry_code.created", entry_code_id=entry.id)
    return entry


@operation("entry_code.renew", title="Renew an entry code")
def renew_code(actor: Actor, entry: EntryCode) -> EntryCode:
    """Another code in its place: whatever was printed before leads nowhere from now on."""
    return _renewed(entry)


@operation("entry_code.renew_own", title="Renew one's own entry code", right="")
def renew_own_code(actor: Actor, entry: EntryCode) -> EntryCode:
    """The same by the agent whose code it is."""
    if actor.agent_id is None or entry.agent_id != actor.agent_id:
        raise NotAllowed("This is not your code")
    return _renewed(entry)


def _renewed(entry: EntryCode) -> EntryCode:
    entry.code = _new_code()
    db.session.flush()
    announce("entry_code.updated", entry_code_id=entry.id)
    return entry


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _check_code(actor: Actor, row: EntryCode, data: dict) -> None:
    row.name = row.name.strip()
    row.channel = (row.channel or "").strip().lower() or None
    if not row.name:
        raise Invalid("An entry code needs a name", fields={"name": "required"})
    if row.channel is not None and not _CHANNEL.fullmatch(row.channel):
        raise Invalid("This is not the name of a channel", fields={"channel": "letters, digits, - and _"})
    agent = referenced(Agent, row.agent_id, actor, "agentId")
    team = referenced(Team, row.team_id, actor, "teamId")
    # as objects: the log names them while the row is being stored; a code leads to one of both
    row.agent = agent if row.kind is EntryKind.agent else None
    row.team = team if row.kind is EntryKind.team else None
    if {EntryKind.agent: row.agent, EntryKind.team: row.team, EntryKind.channel: row.channel}[row.kind] is None:
        raise Invalid("Say where the code leads", fields={_FIELDS[row.kind]: "required"})
    if row.last_day is not None and "last_day" in data and row.last_day < utcnow().date():
        raise Conflict("This day is over already")
    row.code = row.code or _new_code()


crud(
    "entry_code",
    EntryCode,
    title="Entry code",
    writable=("name", "kind", "agent_id", "team_id", "channel", "hint", "active", "last_day"),
    check=_check_code,
)
