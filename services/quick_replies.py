"""快捷回复, 话术: everybody's, a team's and one's own; what becomes everybody's is looked at before (CHT-8, AI-3)."""

import re

from sqlalchemy import inspect, update

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation, QuickReply, ReplyReview
from models.organization import Team
from models.types import utcnow
from services import settings
from services.crud import crud, referenced
from services.operation import announce, operation
from services.visitors import shown_name

#: {name} in a text → what stands there when it is inserted; what depends on the reader's clock only the page fills in
VARIABLES = ("customer", "agent", "company", "number", "team", "date", "time", "greeting")
#: levels of categories: "售后/退款/超时"
DEEPEST = 3


def _check(actor: Actor, row: QuickReply, data: dict) -> None:
    if not re.fullmatch(r"[\w-]{1,32}", row.code or ""):
        raise Invalid("A code has letters and digits only", fields={"code": "letters and digits"})
    if not (row.content or "").strip() or not (row.title or "").strip():
        raise Invalid("A quick reply needs a title and a text", fields={"content": "required"})
    unknown = sorted(set(re.findall(r"\{([a-z_]+)\}", row.content)) - set(VARIABLES))
    if unknown:
        raise Invalid("There is no such variable", fields={"content": f"{{{unknown[0]}}}"})
    row.category = _clean_category(row.category)
    if row.id is not None:
        _may_change(actor, row)
    _check_keeper(actor, row)


def _clean_category(text: str | None) -> str | None:
    levels = [" ".join(level.split()) for level in (text or "").replace("／", "/").split("/")]
    levels = [level for level in levels if level]
    if len(levels) > DEEPEST:
        raise Invalid("A category has three levels at most", fields={"category": "a/b/c"})
    return "/".join(levels) or None


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
    if actor.may("quick_reply.share"):
        return True
    return team_id in actor.team_ids and not settings.get_setting("quick_reply_review")


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


@operation("quick_reply.propose", title="Propose a quick reply to others", right="quick_reply.create")
def propose(
    actor: Actor, reply: QuickReply, *, team_id: int | None = None, replaces_id: int | None = None
) -> QuickReply:
    """Ask that one's own words become a team's, everybody's, or take the place of shared ones. They stay one's own
    until somebody has looked at them.
    """
    if reply.owner_id != actor.user_id:
        raise NotAllowed("You can only propose quick replies of your own")
    replaced = None
    if replaces_id is not None:
        replaced = referenced(QuickReply, replaces_id, actor, "replacesId")
        if replaced.scope == "personal":
            raise Invalid("Only shared words can be replaced", fields={"replacesId": "personal"})
        team_id = replaced.team_id
    elif team_id is not None and team_id not in actor.team_ids and not actor.may("quick_reply.share"):
        raise NotAllowed("You can only propose quick replies to your own teams")
    referenced(Team, team_id, actor, "teamId")
    reply.proposed_team_id, reply.replaces_id = team_id, replaced.id if replaced else None
    reply.review, reply.review_note = ReplyReview.pending, None
    announce("quick_reply.proposed", quick_reply_id=reply.id)
    return reply


@operation("quick_reply.withdraw", title="Withdraw a proposal", right="quick_reply.create")
def withdraw(actor: Actor, reply: QuickReply) -> QuickReply:
    """The author thinks better of it before anybody has looked."""
    if reply.owner_id != actor.user_id:
        raise NotAllowed("You can only propose quick replies of your own")
    if reply.review is not ReplyReview.pending:
        raise Conflict("This is not proposed to anybody")
    reply.review = reply.proposed_team_id = reply.replaces_id = None
    announce("quick_reply.updated", quick_reply_id=reply.id)
    return reply


@operation("quick_reply.review", title="Approve or reject proposed quick replies")
def review(
    actor: Actor, reply: QuickReply, *, approved: bool, note: str = "", version: int | None = None
) -> QuickReply:
    """The verdict; `version` is what the reviewer has read. Approved words are shared, or take their place."""
    if version is not None and version != reply.version:
        raise Conflict(
            "Somebody else has changed this in the meantime, please reload", kind="stale", version=reply.version
        )
    if reply.review is not ReplyReview.pending:
        raise Conflict("This is not proposed to anybody")
    note = " ".join(note.split())[:255]
    if not approved and not note:
        raise Invalid("Say why it is not approved", fields={"note": "required"})
    author_id, shared = reply.owner_id, reply
    reply.review = ReplyReview.approved if approved else ReplyReview.rejected
    reply.review_note, reply.reviewer_id, reply.review_time = note or None, actor.user_id, utcnow()
    if approved:
        shared = _shared(reply)
    db.session.flush()
    announce(
        "quick_reply.reviewed",
        quick_reply_id=reply.id,
        author_id=author_id,
        title=reply.title,
        approved=approved,
        note=note,
    )
    return shared


def _shared(reply: QuickReply) -> QuickReply:
    """The row that has the approved words from now on: this one, or the one they were meant for."""
    replaced = reply.replaces
    if replaced is None or replaced.deleted:
        reply.owner_id, reply.team_id = None, reply.proposed_team_id
        reply.proposed_team_id = reply.replaces_id = None
        return reply
    for name in ("code", "title", "content", "category"):
        setattr(replaced, name, getattr(reply, name))
    db.session.delete(reply)
    return replaced


def values_for(actor: Actor, conversation: Conversation | None) -> dict[str, str]:
    """What of the variables is known here: whom one writes to, who writes, in which conversation, for whom."""
    team_id = min(actor.team_ids, default=None)
    team = conversation.served_team or conversation.team if conversation is not None else None
    if team is None and team_id is not None:
        team = db.session.get(Team, team_id)
    values = {"agent": actor.name, "company": settings.get_setting("company_name"), "team": team.name if team else ""}
    if conversation is not None:
        values["number"] = conversation.no
        values["customer"] = shown_name(conversation.customer.name) if conversation.customer else ""
    return {name: value for name, value in values.items() if value}


def fill_in(text: str, values: dict[str, str]) -> str:
    """The text with what is known; the other variables stay, for whoever knows them."""
    return re.sub(r"\{([a-z]+)\}", lambda found: values.get(found[1], found[0]), text)
