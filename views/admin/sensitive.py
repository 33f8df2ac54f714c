"""Sensitive words: the list with its import, and the alerts (CHT-12)."""

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.errors import DomainError
from app.extensions import db
from app.offload import offload
from models.sensitive import (
    UNSETTLED,
    AlertState,
    SaidIn,
    SensitiveAlert,
    SensitiveWord,
    WordAction,
    WordLevel,
    WordSpeaker,
)
from services.identity import tables
from services.sensitive import words
from views.admin.base import AdminView
from views.admin.labels import STATES
from views.admin.row_actions import RowAction
from views.api.envelope import translated

_SAID_IN = {
    SaidIn.message: _("Message"),
    SaidIn.ticket: _("Title or description of a ticket"),
    SaidIn.rating: _("Words beside a rating"),
    SaidIn.question: _("Question to the help centre"),
    SaidIn.verdict: _("Words about an article"),
}


def _groups() -> list[str]:
    """The groups there are, to be offered beside a new one."""
    return list(
        db.session.scalars(
            select(SensitiveWord.group_name)
            .where(SensitiveWord.group_name != "")
            .distinct()
            .order_by(SensitiveWord.group_name)
        )
    )


def _marked(row: SensitiveAlert) -> Markup:
    """What was written, the words in it marked."""
    parts, last = [], 0
    for start, end in row.spans:
        parts.append(Markup("{}<mark>{}</mark>").format(row.excerpt[last:start], row.excerpt[start:end]))
        last = end
    return Markup("").join([*parts, Markup("{}").format(row.excerpt[last:])])


class SensitiveWordView(AdminView):
    model, resource, icon = SensitiveWord, "sensitive_word", "fa-comment-slash"
    singular, plural = _("Sensitive word"), _("Sensitive words")
    intro = _(
        "Words looked for in messages, tickets, words beside a rating and questions to the help centre, however they "
        "are spelled: in full width, in traditional characters, with spaces or signs in between. A change holds within "
        "two seconds."
    )
    when_empty = _("Write the first word, or import a list.")
    list_columns = ["word", "group_name", "level", "action", "speaker", "active", "update_time", "id"]
    show_columns = [*list_columns[:-2], "form", "create_time", "update_time", "id"]
    key_columns = ("group_name", "level", "action", "active")
    add_columns = edit_columns = ["word", "group_name", "level", "action", "speaker", "active"]
    search_text, search_columns = ("word", "group_name"), ["level", "action", "speaker", "active"]
    help_texts = {
        "group_name": _("Words of one subject, such as complaints; alerts are counted by it."),
        "level": _("From a warning on, supervisors are notified; a notice stands in the console only."),
        "action": _("Mark: the message is sent and staff see the mark. Block: the message is refused."),
    }
    row_actions = (
        RowAction(
            "switch_off",
            _("Switch off"),
            "sensitive_word.update",
            "fa-toggle-off",
            data=(("active", False),),
            when=lambda row: row.active,
        ),
        RowAction(
            "switch_on",
            _("Switch on"),
            "sensitive_word.update",
            "fa-toggle-on",
            data=(("active", True),),
            when=lambda row: not row.active,
        ),
    )
    list_template = "admin/sensitive_words.html"


class SensitiveAlertView(AdminView):
    model, resource, icon = SensitiveAlert, "sensitive_alert", "fa-triangle-exclamation"
    singular, plural = _("Sensitive-word alert"), _("Sensitive-word alerts")
    intro = _(
        "Messages, tickets, ratings and questions with sensitive words, sent or refused, and what was done about them."
    )
    when_empty = _("Nobody has used a sensitive word yet.")
    list_columns = [
        "words",
        "level",
        "action",
        "state",
        "excerpt",
        "sender_name",
        "customer_id",
        "agent_id",
        "create_time",
        "id",
    ]
    show_columns = [
        "words",
        "level",
        "action",
        "state",
        "said_in",
        "sender_kind",
        "sender_name",
        "customer_id",
        "agent_id",
        "conversation_id",
        "ticket_id",
        "create_time",
        "handler_id",
        "handle_time",
        "excerpt",
        "note",
    ]
    key_columns = ("level", "state", "customer_id", "create_time")
    label_columns = {"action": _("What became of it"), "said_in": _("Where it was written")}
    order_columns = ["level", "state", "create_time", "id"]
    search_text = ("words", "excerpt")
    search_columns = ["level", "action", "state", "agent_id", "customer_id", "create_time"]
    formatters = {"excerpt": _marked, "said_in": lambda row: _SAID_IN[row.said_in]}
    desk_path = "/desk/console?tab=alerts&alert={id}"
    row_actions = (
        RowAction(
            "handle",
            _("Handle"),
            "sensitive_alert.handle",
            "fa-clipboard-check",
            ask=("state", "note", "together"),
            when=lambda row: row.state in UNSETTLED,
        ),
        RowAction(
            "reopen",
            _("Open again"),
            "sensitive_alert.handle",
            "fa-rotate-left",
            data=(("state", AlertState.open),),
            when=lambda row: row.state not in UNSETTLED,
            multiple=False,
        ),
    )


class SensitiveImportView(BaseView):
    """One page: a list as text or file, and below it what became of the lines."""

    route_base = "/admin/sensitive-words"
    default_view = "import_words"
    class_permission_name = "sensitive_word"
    base_permissions = ["can_import"]
    title = _("Import sensitive words")

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def import_words(self):
        outcomes, problem = None, None
        if request.method == "POST":
            try:
                outcomes = _import()
            except DomainError as refusal:
                problem = reason_of(refusal)
            else:
                if all(outcome.error is None for outcome in outcomes):
                    flash(_summary(outcomes), "success")
                    return redirect("/admin/sensitive_word/list/")
        return self.render_template(
            "admin/sensitive_import.html",
            title=self.title,
            outcomes=[outcome for outcome in outcomes or () if outcome.error],
            summary=_summary(outcomes) if outcomes is not None else "",
            problem=problem,
            reason=reason_of,
            groups=_groups(),
            choices={"level": STATES[WordLevel], "action": STATES[WordAction], "speaker": STATES[WordSpeaker]},
            given=request.form,
            most_words=words.MOST_WORDS,
        )


def _import() -> list[words.Outcome]:
    """What the form holds: the file where there is one, else the text."""
    part = request.files.get("file")
    data = part.stream.read(tables.MOST_BYTES + 1) if part and part.filename else b""
    name = part.filename if data else ""
    places, rows = offload(words.read_list, name, data or request.form.get("text", "").encode())
    return words.import_words(
        g.actor,
        rows=rows,
        places=places,
        group_name=request.form.get("group_name", "").strip()[:64],
        level=_choice(WordLevel, "level"),
        action=_choice(WordAction, "action"),
        speaker=_choice(WordSpeaker, "speaker"),
    )


def _choice(kind, name: str):
    """What was chosen, or the first there is."""
    known = {member.value: member for member in kind}
    return known.get(request.form.get(name, ""), next(iter(kind)))


def _summary(outcomes: list[words.Outcome]) -> str:
    counts = {name: sum(outcome.result == name for outcome in outcomes) for name in words.RESULTS}
    return gettext("%(created)s new, %(updated)s changed, %(unchanged)s as before, %(refused)s refused", **counts)


def reason_of(error: DomainError) -> str:
    """A refusal as people read it, with what is wrong where."""
    fields = ", ".join(translated(text) for text in error.fields.values())
    return f"{gettext(error.message)} ({fields})" if fields else gettext(error.message)
