"""Tickets in files, in the reader's words: titles of the columns, states, times of his clock (TKT-9)."""

from collections.abc import Callable, Mapping

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

from models.actor import Actor
from models.exports import ExportJob
from models.tickets import Ticket
from services.custom_fields import PREFIX
from services.customers import mask_email, mask_phone
from services.exports.talks import Head
from services.reach import shown_to
from services.visitors import shown_name
from views.admin.dictionaries import words_for
from views.admin.labels import TICKET_SOURCES, state_title
from views.exports.wording import OWN_WIDTH, about_file, local_time, on_paper
from views.search_words import asked_of_tickets

#: column → its title, how wide it is on paper, and how a ticket says it
COLUMNS: dict[str, tuple[object, float, Callable[[Actor, ExportJob, Ticket], str | None]]] = {
    "no": (_("Number"), 1.5, lambda actor, job, row: row.no),
    "title": (_("Title"), 2.6, lambda actor, job, row: row.title),
    "status": (_("State"), 0.85, lambda actor, job, row: str(state_title(row.status))),
    "priority": (_("Priority"), 0.8, lambda actor, job, row: str(state_title(row.priority))),
    "dueTime": (_("Due"), 1.38, lambda actor, job, row: local_time(job, row.due_time)),
    "type": (_("Type"), 1, lambda actor, job, row: _word("ticket_type", row.type)),
    "product": (_("Product"), 1, lambda actor, job, row: _word("product", row.product)),
    "tags": (_("Tags"), 1, lambda actor, job, row: "、".join(row.tags or ())),
    "customer": (_("Customer"), 1.1, lambda actor, job, row: shown_name(row.customer.name) if row.customer else ""),
    "assignee": (pgettext("ticket", "Assignee"), 1, lambda actor, job, row: row.assignee.name if row.assignee else ""),
    "team": (_("Team"), 1, lambda actor, job, row: row.team.name if row.team else ""),
    "department": (_("Department"), 1, lambda actor, job, row: row.department.name if row.department else ""),
    "source": (_("Source"), 0.9, lambda actor, job, row: str(TICKET_SOURCES.get(row.source, row.source))),
    "contactName": (_("Contact name"), 1, lambda actor, job, row: row.contact_name),
    "contactEmail": (_("Contact e-mail"), 1.4, lambda actor, job, row: shown_to(actor, row.contact_email, mask_email)),
    "contactPhone": (_("Contact phone"), 1.1, lambda actor, job, row: shown_to(actor, row.contact_phone, mask_phone)),
    "createTime": (_("Created"), 1.38, lambda actor, job, row: local_time(job, row.create_time)),
    "updateTime": (_("Updated"), 1.38, lambda actor, job, row: local_time(job, row.update_time)),
    "firstReplyTime": (_("First reply"), 1.38, lambda actor, job, row: local_time(job, row.first_reply_time)),
    "resolveTime": (pgettext("time", "Resolved"), 1.38, lambda actor, job, row: local_time(job, row.resolve_time)),
    "closeTime": (pgettext("time", "Closed"), 1.38, lambda actor, job, row: local_time(job, row.close_time)),
    "description": (_("Description"), 3, lambda actor, job, row: row.description),
    "resolution": (_("Resolution"), 3, lambda actor, job, row: row.resolution),
}


def ticket_head(job: ExportJob, owner: str, own: Mapping[str, str]) -> Head:
    chosen = [_title_and_width(name, own) for name in job.params["columns"]]
    return Head(
        **about_file(job, owner, str(_("Tickets")), asked_of_tickets(job.params, job.time_zone)),
        facts=tuple(title for title, _width in chosen),
        widths=tuple(width for _title, width in chosen),
        said=(),
    )


def ticket_line(actor: Actor, job: ExportJob, row: Ticket, own: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        on_paper(job, (COLUMNS[name][2](actor, job, row) if name in COLUMNS else own.get(_code(name))) or "")
        for name in job.params["columns"]
    )


def _title_and_width(name: str, own: Mapping[str, str]) -> tuple[str, float]:
    """A column of a field that its reader does not see any more stays, empty: those beside it do not move."""
    if name in COLUMNS:
        title, width, _say = COLUMNS[name]
        return str(title), width
    return own.get(_code(name), _code(name)), OWN_WIDTH


def _code(name: str) -> str:
    return name.removeprefix(PREFIX)


def _word(dictionary: str, code: str) -> str:
    return words_for(dictionary, [code])[0] if code else ""
