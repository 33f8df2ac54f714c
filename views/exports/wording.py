"""What `services.exports` writes into files (`services.exports.talks.Wording`), in the language of the job."""

import datetime as dt
from collections.abc import Sequence

import pytz
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

from models.conversations import Conversation, Rating
from models.exports import ExportContent, ExportFormat, ExportJob
from models.messaging import ChatMessage, MessageType, SenderKind
from services.exports.talks import Head, Said, Talk
from services.settings import get_setting
from services.stars import TAGS as RATING_TAGS
from services.visitors import shown_name
from views.admin.dictionaries import words_for
from views.admin.event_lines import content_of
from views.admin.labels import ORIGINS, state_title
from views.exports import emoji_words
from views.search_words import asked

#: titles of the columns, in the order of `_facts`, and how wide they are on paper
FACTS = (
    (_("Number"), 1.8),
    (_("Customer"), 1.1),
    (_("Agent"), 1),
    (_("Organization"), 1.3),
    (_("Team"), 0.95),
    (_("Channel"), 0.95),
    (_("State"), 0.85),
    (_("Subject"), 2.2),
    (pgettext("conversation", "Begun"), 1.38),
    (_("First reply"), 1.38),
    (pgettext("end of a conversation", "Closed"), 1.38),
    (_("Messages"), 0.7),
    (_("Score"), 0.65),
    (_("Tags"), 1.1),
    (_("Comment"), 1.5),
)
#: how wide a field is that the company defined
OWN_WIDTH = 1.2
SAID = (_("Time"), _("Sender"), _("Role"), _("Type"), _("Content"))
CONTENTS = {ExportContent.conversations: _("Conversations"), ExportContent.messages: _("Conversation records")}


def head(job: ExportJob, owner: str, own: Sequence[str]) -> Head:
    return Head(
        **about_file(job, owner, str(CONTENTS[job.content]), asked(job.params, job.time_zone)),
        facts=(*(str(title) for title, _width in FACTS), *own),
        widths=(*(width for _title, width in FACTS), *[OWN_WIDTH] * len(own)),
        said=tuple(map(str, SAID)),
    )


def about_file(job: ExportJob, owner: str, title: str, wanted: str) -> dict[str, object]:
    """What every file says about itself: company, who asked for it and when, what for."""
    now = local_time(job, dt.datetime.now(dt.UTC).replace(tzinfo=None))
    by = gettext("Exported by %(name)s, %(time)s (%(zone)s)", name=owner, time=now, zone=job.time_zone)
    return {
        "title": title,
        "lines": tuple(line for line in (get_setting("company_name"), by, wanted) if line),
        "page": gettext("Page %(number)s", number="{number}"),
    }


def talk(
    job: ExportJob,
    row: Conversation,
    rating: Rating | None,
    messages: Sequence[ChatMessage],
    count: int,
    channel: str,
    own: Sequence[str],
) -> Talk:
    facts = (*_facts(job, row, rating, count, channel), *(on_paper(job, text) for text in own))
    return Talk(facts, tuple(_said(job, message) for message in messages))


def _facts(job: ExportJob, row: Conversation, rating: Rating | None, count: int, channel: str) -> tuple[str, ...]:
    customer = row.customer
    return (
        row.no,
        shown_name(customer.name) if customer else gettext("Deleted customer"),
        row.agent.name if row.agent else "",
        customer.organization.name if customer and customer.organization else "",
        row.team.name if row.team else "",
        str(ORIGINS.get(row.channel, channel or row.channel)),
        str(state_title(row.status)),
        on_paper(job, row.subject),
        local_time(job, row.create_time),
        local_time(job, row.first_reply_time),
        local_time(job, row.close_time),
        str(count),
        str(rating.score) if rating else "",
        "、".join(words_for(RATING_TAGS, rating.tags)) if rating else "",
        on_paper(job, rating.comment or "") if rating else "",
    )


def _said(job: ExportJob, message: ChatMessage) -> Said:
    is_note = message.type is MessageType.note
    is_plain = message.type in (MessageType.text, MessageType.system, MessageType.answer)
    by_program = message.sender_kind is SenderKind.system
    return Said(
        time=local_time(job, message.create_time, seconds=True),
        # a reason that somebody gave is kept as the system's note, and is that person's word
        who=(message.payload or {}).get("by", "") if by_program else shown_name(message.sender_name),
        role=str(state_title(message.sender_kind)),
        kind="" if is_plain else str(state_title(message.type)),
        text=on_paper(job, _text(message)),
        tone="note" if is_note else _TONES.get(message.sender_kind, "system"),
    )


_TONES = {SenderKind.customer: "customer", SenderKind.agent: "agent", SenderKind.bot: "agent"}


def _text(message: ChatMessage) -> str:
    if message.recalled_time is not None:
        return gettext("This message was recalled")
    name = (message.payload or {}).get("name", "") if message.file_id else ""
    return " ".join(part for part in (content_of(message) or "", f"[{name}]" if name else "") if part)


def on_paper(job: ExportJob, text: str) -> str:
    """On paper pictures become words of the reader's language: no font of ours has them. Tables keep them."""
    return text if job.format is not ExportFormat.pdf else emoji_words.spoken(text, job.locale)


def local_time(job: ExportJob, moment: dt.datetime | None, seconds: bool = False) -> str:
    """A stored time on the reader's clock."""
    if moment is None:
        return ""
    local = pytz.utc.localize(moment).astimezone(pytz.timezone(job.time_zone))
    return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
