"""快捷回复: everybody's, a team's and one's own (CHT-8)."""

import re

from sqlalchemy import inspect, update

from app.errors import Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.conversations import QuickReply
from models.organization import Team
from services.crud import crud, referenced
from services.operation import operation

#: {name} in a text → what stands there when it is inserted; the page fills them in
VARIABLES = ("customer", "agent", "company", "number", "team", "date", "time", "greeting")


def _check(actor: Actor, row: QuickReply, data: dict) -> None:
    if not re.fullmatch(r"[\w-]{1,32}", row.code or ""):
        raise Invalid("A code has letters and digits only", fields={"code": "letters and digits"})
    if not (row.content or "").strip() or not (row.title or "").strip():
        raise Invalid("A quick reply needs a title and a text", fields={"content": "required"})
    unknown = sorted(set(re.findall(r"\{([a-z_]+)\}", row.content)) - set(VARIABLES))
    if unknown:
        raise Invalid("There is no such variable", fields={"content": f"{{{unknown[0]}}}"})
    if row.id is not None:
        _may_change(actor, row)
    _check_keeper(actor, row)


def _check_keeper(actor: Actor, row: QuickReply) -> None:
    if row.owner_id is not None and row.team_id is not None:
        raise Invalid("A quick reply is one's own or a team's, not both", fields={"teamId": "or ownerId"})
    if row.owner_id not in (None, actor.user_id):
        raise NotAllowed("You can only keep quick replies of your own")
    referenced(Team, row.team_id, actor, "teamId")
    if row.team_id is not None and not _may_keep_for(actor, row.team_id):
        raise NotAllowed("You can only keep quick replies of your own teams")
    if row.owner_id is None and row.team_id is None and not actor.may("quick_reply.share"):
        row.owner_id = actor.user_id  # without the right to share a new one is one's own


def may_change(actor: Actor, row: QuickReply) -> bool:
    """Whether this actor keeps the reply: the owner, the team, or who keeps those of all."""
    if row.scope == "personal":
        return row.owner_id == actor.user_id
    return actor.may("quick_reply.share") if row.scope == "global" else _may_keep_for(actor, row.team_id)


def _may_keep_for(actor: Actor, team_id: int) -> bool:
    return team_id in actor.team_ids or actor.may("quick_reply.share")


def _may_change(actor: Actor, row: QuickReply) -> None:
    """What stood there before the change decides, so that nobody takes what is everybody's."""
    owner_id, team_id = _before(row, "owner_id"), _before(row, "team_id")
    if owner_id is None and team_id is None and not actor.may("quick_reply.share"):
        raise NotAllowed("You can only change quick replies of your own")
    if team_id is not None and not _may_keep_for(actor, team_id):
        raise NotAllowed("You can only keep quick replies of your own teams")


def _before(row: QuickReply, name: str) -> int | None:
    changed = inspect(row).attrs[name].history
    return changed.deleted[0] if changed.deleted else getattr(row, name)


def _own(actor: Actor, row: QuickReply) -> None:
    if not may_change(actor, row):
        raise NotAllowed("You can only delete quick replies of your own")


crud(
    "quick_reply",
    QuickReply,
    title="Quick reply",
    writable=("code", "title", "content", "category", "owner_id", "team_id"),
    check=_check,
    before_delete=_own,
)


@operation("quick_reply.share", title="Keep quick replies for everybody")
def share(actor: Actor, reply: QuickReply) -> QuickReply:
    """Give a personal or a team's quick reply to all."""
    reply.owner_id = reply.team_id = None
    return reply


@operation("quick_reply.use", title="Count the use of a quick reply", right="quick_reply.read")
def count_use(actor: Actor, reply: QuickReply) -> QuickReply:
    """An agent has sent it: what is used most is offered first."""
    # past the session: counting is no change of the text, so no new version, no author, no entry in the log
    db.session.execute(
        update(QuickReply)
        .where(QuickReply.id == reply.id)
        .values(use_count=QuickReply.use_count + 1, update_time=QuickReply.update_time),
        execution_options={"synchronize_session": False},
    )
    db.session.refresh(reply, ["use_count"])
    return reply
