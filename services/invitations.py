"""Invitations (CHT-9): what a widget says by itself to who looks at a page for a while, and what came of it."""

import re

from pydantic.alias_generators import to_camel
from sqlalchemy import select, update

from app.errors import Invalid, Reason
from app.extensions import db
from app.locale import LANGUAGES
from models.actor import Actor
from models.channels import Channel, ChannelKind
from models.invitations import Invitation
from services import settings
from services.crud import crud, referenced
from services.operation import write
from services.routing import queue

#: {name} in a text → what stands there when it is shown
VARIABLES = ("company",)
#: an hour on one page, and a year between two times
LONGEST = {"after_seconds": 3600, "every_hours": 8760}
#: a script asks for those of its channel; nobody sets up more
MOST = 20
_PAGE = re.compile(r"[/*]\S*")


def offered_by(channel: Channel) -> list[Invitation]:
    """Those of a widget that may be shown now, the first to fit first."""
    found = list(
        db.session.scalars(
            select(Invitation)
            .where(Invitation.channel_id == channel.id, Invitation.active == 1)
            .order_by(Invitation.sort, Invitation.id)
            .limit(MOST)
        )
    )
    if any(one.only_when_open for one in found) and not queue.is_staffed(channel.team_id):
        found = [one for one in found if not one.only_when_open]
    return found


def find(channel: Channel, invitation_id: int) -> Invitation | None:
    """An invitation of this channel, also one that is no longer offered: somebody may look at it still."""
    wanted = select(Invitation).where(Invitation.id == invitation_id, Invitation.channel_id == channel.id)
    return db.session.scalars(wanted).first()


def words_of(invitation: Invitation) -> dict[str, str]:
    """What it says in each language; in the other one where it has no words in one."""
    texts = {"zh": invitation.text_zh or "", "en": invitation.text_en or ""}
    usual = texts["zh"] or texts["en"]
    return {locale: _filled_in(texts[locale] or usual) for locale in LANGUAGES}


def count(channel: Channel, invitation_id: int, *, accepted: bool) -> None:
    """One more browser has shown it, or one more person has taken it up."""
    column = Invitation.accepted_count if accepted else Invitation.shown_count
    with write(channel.tenant_id) as session:
        session.execute(
            update(Invitation)
            .where(Invitation.id == invitation_id, Invitation.channel_id == channel.id)
            .values({column: column + 1, Invitation.update_time: Invitation.update_time})
        )


def _filled_in(text: str) -> str:
    return text.replace("{company}", settings.get_setting("company_name"))


def _check(actor: Actor, row: Invitation, data: dict) -> None:
    channel = referenced(Channel, row.channel_id, actor, "channelId")
    if channel.kind is not ChannelKind.widget:
        raise Invalid("Only widgets invite", fields={"channelId": "a widget"})
    row.channel = channel
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("An invitation needs a name", fields={"name": "required"})
    row.page = (row.page or "*").strip()
    if not _PAGE.fullmatch(row.page):
        raise Invalid("A page is written like /prices or /help/*", fields={"page": "/path*"})
    for column, most in LONGEST.items():
        given = getattr(row, column)  # None: the column's own default
        if given is not None and not 0 <= given <= most:
            reason = Reason("from %(low)s to %(high)s", low=0, high=most)
            raise Invalid("A number is not possible", fields={to_camel(column): reason})
    row.text_zh, row.text_en = ((text or "").strip() or None for text in (row.text_zh, row.text_en))
    if row.text_zh is None and row.text_en is None:
        raise Invalid("An invitation needs a text", fields={"textZh": "required"})
    for field, text in (("textZh", row.text_zh), ("textEn", row.text_en)):
        unknown = sorted(set(re.findall(r"\{([a-z_]+)\}", text or "")) - set(VARIABLES))
        if unknown:
            raise Invalid("There is no such variable", fields={field: f"{{{unknown[0]}}}"})


crud(
    "invitation",
    Invitation,
    title="Invitation",
    writable=(
        "channel_id",
        "name",
        "active",
        "page",
        "after_seconds",
        "every_hours",
        "only_when_open",
        "text_zh",
        "text_en",
        "sort",
    ),
    check=_check,
)
