"""System settings: one form made from what `services.settings` declares (SET-3)."""

from flask import abort, flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from wtforms import BooleanField, Field, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.errors import DomainError
from services import settings
from services.settings import SETTINGS, Declared

#: setting → (label, sentence below it)
TITLES = {
    "company_name": (_("Company name"), _("Name shown to customers")),
    "search_engines": (_("Search engines"), _("Search engines may list the articles that everybody may read")),
    "bot_no_answer_zh": (
        _("When the bot does not know (Chinese)"),
        _("What the bot says in Chinese when it does not know; empty: the usual sentence"),
    ),
    "bot_no_answer_en": (
        _("When the bot does not know (English)"),
        _("What the bot says in English when it does not know; empty: the usual sentence"),
    ),
    "bot_wordless_zh": (
        _("To pictures and voice messages (Chinese)"),
        _("What the bot says to a picture, a file or a voice message; empty: the usual sentence"),
    ),
    "bot_wordless_en": (
        _("To pictures and voice messages (English)"),
        _("What the bot says to a picture, a file or a voice message; empty: the usual sentence"),
    ),
    "bot_wordless_again_zh": (
        _("To further ones (Chinese)"),
        _("What it says to further ones, to offer a person; empty: the usual sentence"),
    ),
    "bot_wordless_again_en": (
        _("To further ones (English)"),
        _("What it says to further ones, to offer a person; empty: the usual sentence"),
    ),
    "bot_misses_before_offer": (
        _("Unanswered questions before handing over"),
        _("Unanswered questions in a row after which the bot hands over by itself"),
    ),
    "requeue_after_minutes": (
        _("Back to the queue after minutes"),
        _(
            "Minutes after which a waiting customer of an agent who has gone off line returns to the queue; 0: never",
        ),
    ),
    "conversation_idle_hours": (
        _("Close silent conversations after hours"),
        _("Hours without a message after which a conversation is closed; 0: never"),
    ),
    "idle_warning_minutes": (
        _("Warn before, in minutes"),
        _("Minutes before that at which the customer is warned; 0: no warning"),
    ),
    "reopen_hours": (
        _("Continue after the end, in hours"),
        _("Hours after the end in which a word of the customer takes the conversation up again; 0: never"),
    ),
    "transfer_timeout_seconds": (
        _("Seconds to accept a transfer"),
        _("Seconds a colleague has to accept a transfer"),
    ),
    "team_transfer_at_once": (
        _("Transfers to a team at once"),
        _("Transfers to a team go to a free member at once instead of being offered to all"),
    ),
    "left_message_ticket": (
        _("Left messages become tickets"),
        _("Messages left outside working hours become tickets"),
    ),
    "rating_invitation": (
        _("Ask for a rating at the end"),
        _("Customers are asked for a rating when a conversation ends or a ticket is solved"),
    ),
    "rating_change_minutes": (
        _("Minutes to change a rating"),
        _("Minutes in which a customer may change his rating"),
    ),
    "text_welcome_zh": (_("Welcome (Chinese)"), _("Said when a conversation begins; empty: nothing")),
    "text_welcome_en": (_("Welcome (English)"), _("Said when a conversation begins; empty: nothing")),
    "text_queued_zh": (
        _("Waiting for a person (Chinese)"),
        _("Said when the customer asks for a person; empty: the usual sentence"),
    ),
    "text_queued_en": (
        _("Waiting for a person (English)"),
        _("Said when the customer asks for a person; empty: the usual sentence"),
    ),
    "text_off_hours_zh": (
        _("Outside working hours (Chinese)"),
        _("Said to who asks for a person outside working hours; empty: the usual sentence"),
    ),
    "text_off_hours_en": (
        _("Outside working hours (English)"),
        _("Said to who asks for a person outside working hours; empty: the usual sentence"),
    ),
    "text_idle_warning_zh": (
        _("Before a silent conversation is closed (Chinese)"),
        _("Said before a silent conversation is closed, {minutes} is replaced; empty: the usual sentence"),
    ),
    "text_idle_warning_en": (
        _("Before a silent conversation is closed (English)"),
        _("Said before a silent conversation is closed, {minutes} is replaced; empty: the usual sentence"),
    ),
    "text_closed_zh": (
        _("End of a conversation (Chinese)"),
        _("Said when a conversation ends; empty: the usual sentence"),
    ),
    "text_closed_en": (
        _("End of a conversation (English)"),
        _("Said when a conversation ends; empty: the usual sentence"),
    ),
    "bot_hands_over_anger": (
        _("Anger is answered by a person"),
        _("The bot calls a person at once for a customer who is angry"),
    ),
    "classify_from_percent": (
        _("Least certainty of recognition (%)"),
        _("How sure the learned recognition must be, in per cent, to name a problem type by itself"),
    ),
    "mail_ticket_created": (
        pgettext("letter", "New ticket"),
        _("E-mail about a new ticket to those who look after tickets"),
    ),
    "mail_ticket_message": (
        _("New message in a ticket"),
        _("E-mail about what is said in a ticket to the other side"),
    ),
    "mail_ticket_moved": (
        _("State of a ticket"),
        _("E-mail to the customer when the state of a ticket changes"),
    ),
    "mail_gather_seconds": (
        _("Seconds to gather messages"),
        _("Seconds an e-mail about a ticket waits, so that several messages make one"),
    ),
    "article_review": (
        _("Articles are reviewed"),
        _("Articles are published only after somebody else has approved them"),
    ),
    "quick_reply_review": (
        _("Quick replies of a team are reviewed"),
        _("What members write for their team is approved by whoever leads"),
    ),
    "suggest_past_answers": (
        _("Past answers are suggested"),
        _("Agents are offered answers with which customers were content, without names and numbers"),
    ),
    "default_max_conversations": (_("Conversations of a new agent"), _("Conversations a new agent may hold at once")),
    "default_max_tickets": (
        _("Open tickets of an agent"),
        _("Open tickets up to which an agent is given more by the rules"),
    ),
    "ticket_transfer_approval": (
        _("Passing tickets on needs approval"),
        _("Agents pass tickets on only once a supervisor approves"),
    ),
    "export_max_conversations": (
        _("Conversations in an exported file"),
        _("Conversations that one exported file may hold"),
    ),
    "export_max_tickets": (_("Tickets in an exported file"), _("Tickets that one exported file may hold")),
    "retention_months": (
        _("Conversations are kept for months"),
        _("Months after which closed conversations are purged; 0: never"),
    ),
    "retention_archive": (
        _("Archive before purging"),
        _("Keep a copy of purged conversations in the folder archive of the data folder"),
    ),
}


#: heading → the settings below it, in order; what stands in none comes last
GROUPS = (
    (_("Company"), ("company_name", "search_engines")),
    (
        _("Bot"),
        (
            "bot_misses_before_offer",
            "bot_hands_over_anger",
            *(name for name in SETTINGS if name.startswith(("bot_no", "bot_word"))),
        ),
    ),
    (
        _("Knowledge and assistance"),
        ("article_review", "quick_reply_review", "suggest_past_answers", "classify_from_percent"),
    ),
    (
        _("Conversations"),
        (
            "conversation_idle_hours",
            "idle_warning_minutes",
            "reopen_hours",
            "requeue_after_minutes",
            "left_message_ticket",
            "default_max_conversations",
        ),
    ),
    (_("Tickets"), ("default_max_tickets", "ticket_transfer_approval")),
    (pgettext("settings", "Transfers"), ("transfer_timeout_seconds", "team_transfer_at_once")),
    (_("E-mail about tickets"), tuple(name for name in SETTINGS if name.startswith("mail_"))),
    (pgettext("settings", "Ratings"), ("rating_invitation", "rating_change_minutes")),
    (_("Automatic texts"), tuple(name for name in SETTINGS if name.startswith("text_"))),
)


class SettingsView(BaseView):
    """One page for all settings of the company."""

    route_base = "/admin/settings"
    default_view = "edit"
    class_permission_name = "system_setting"
    icon = "fa-sliders"
    plural = _("System settings")

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def edit(self):
        editable = g.actor.may("system_setting.update")
        if request.method == "POST" and not editable:
            abort(403)
        form = _form()(data=settings.all_settings())
        if form.is_submitted() and form.validate():
            changed = {
                name: form[name].data for name, value in settings.all_settings().items() if form[name].data != value
            }
            try:
                settings.change_settings(g.actor, values=changed)
            except DomainError as refusal:
                _show(form, refusal)
            else:
                flash(gettext("Saved"), "success")
                return redirect("/admin/settings/")
        return self.render_template(
            "admin/settings.html",
            title=self.plural,
            form=form,
            groups=_groups(),
            editable=editable,
        )


def _groups() -> list[tuple[object, tuple[str, ...]]]:
    named = {name for _title, names in GROUPS for name in names}
    further = tuple(name for name in SETTINGS if name not in named)
    return [*GROUPS, (_("Further settings"), further)] if further else list(GROUPS)


def _form() -> type[DynamicForm]:
    return type("SettingsForm", (DynamicForm,), {name: _field(declared) for name, declared in SETTINGS.items()})


def _field(declared: Declared) -> Field:
    label, description = TITLES.get(declared.name, (declared.name, declared.help))
    if isinstance(declared.default, bool):
        return BooleanField(label, description=description)
    if isinstance(declared.default, int):
        limits = [InputRequired(), NumberRange(declared.low, declared.high)]
        return IntegerField(label, description=description, validators=limits)
    if declared.name.startswith(("text_", "bot_")):
        return TextAreaField(
            label, description=description, validators=[Optional(), Length(max=1000)], render_kw={"rows": 2}
        )
    return StringField(label, description=description, validators=[Optional(), Length(max=1000)])


def _show(form: DynamicForm, refusal: DomainError) -> None:
    flash(gettext(refusal.message), "danger")
    for name, reason in refusal.fields.items():
        form[name].errors = [*form[name].errors, gettext(reason)]
