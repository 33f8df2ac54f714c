"""Naming a colleague in an internal note (CHT-10): only those who may read it anyway, who are then told."""

from sqlalchemy import select

from app.errors import Invalid, Reason
from app.extensions import db
from models.conversations import Conversation
from models.identity import User
from models.messaging import MessageType
from models.tickets import Ticket
from services.identity import rights

Owner = Conversation | Ticket
#: resource of the right to read, for each kind of thing that has a thread
_RESOURCES = {Conversation: "conversation", Ticket: "ticket"}
MOST = 20


def colleagues_of(owner: Owner) -> list[User]:
    """The active staff who may see this conversation or ticket, in the order of their names.

    Whoever sees all is told by his role. The others are asked one by one, but of those who see their own things
    only whoever is in charge can be one of them.
    """
    model, resource = type(owner), _RESOURCES[type(owner)]
    agent = owner.agent if isinstance(owner, Conversation) else owner.assignee
    found = []
    for user, scope in rights.staff_with(f"{resource}.read", resource):
        if scope is rights.Scope.own and user.id not in (agent.user_id if agent else None, owner.create_by):
            continue
        if scope is not rights.Scope.all:
            seen = select(model.id).where(model.id == owner.id, model.visible_to(rights.colleague(user)))
            if db.session.scalar(seen) is None:
                continue
        found.append(user)
    return sorted(found, key=lambda user: user.full_name or user.username)


def with_mentions(owner: Owner, type_: MessageType, payload: dict | None, user_ids: list[int]) -> dict:
    """The payload of a note that names these colleagues. Raises Invalid for anybody who may not read it."""
    if type_ is not MessageType.note:
        raise Invalid("Colleagues are named in internal notes only", fields={"mentions": "not allowed"})
    if len(user_ids) > MOST:
        raise Invalid("Too many colleagues at once", fields={"mentions": Reason("at most %(number)s", number=MOST)})
    names = {user.id: user.full_name or user.username for user in colleagues_of(owner)}
    if not set(user_ids) <= set(names):
        raise Invalid("This colleague cannot read the note", fields={"mentions": "unknown"})
    return (payload or {}) | {"mentions": [{"userId": one, "name": names[one]} for one in dict.fromkeys(user_ids)]}
