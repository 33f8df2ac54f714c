"""快捷回复: everybody's and one's own (CHT-8)."""

import re

from sqlalchemy import update

from app.errors import Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.conversations import QuickReply
from services.crud import crud
from services.operation import operation


def _check(actor: Actor, row: QuickReply, data: dict) -> None:
    if not re.fullmatch(r"[\w-]{1,32}", row.code or ""):
        raise Invalid("A code has letters and digits only", fields={"code": "letters and digits"})
    if not (row.content or "").strip() or not (row.title or "").strip():
        raise Invalid("A quick reply needs a title and a text", fields={"content": "required"})
    if row.owner_id not in (None, actor.user_id):
        raise NotAllowed("You can only keep quick replies of your own")
    if row.owner_id is None and not actor.may("quick_reply.share"):
        if row.id is not None:
            raise NotAllowed("You can only change quick replies of your own")
        row.owner_id = actor.user_id  # without the right to share a new one is one's own


def _own(actor: Actor, row: QuickReply) -> None:
    if row.owner_id is None and not actor.may("quick_reply.share"):
        raise NotAllowed("You can only delete quick replies of your own")


crud(
    "quick_reply",
    QuickReply,
    title="Quick reply",
    writable=("code", "title", "content", "category", "owner_id"),
    check=_check,
    before_delete=_own,
)


@operation("quick_reply.share", title="Keep quick replies for everybody")
def share(actor: Actor, reply: QuickReply) -> QuickReply:
    """Give a personal quick reply to all."""
    reply.owner_id = None
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
