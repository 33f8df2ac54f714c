"""The language model: where it is and what it may do, a page to try it, and what it was asked (AI-8)."""

from flask import abort, g, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.errors import DomainError
from app.locale import current_locale
from models.generation import LanguageModel, ModelCall
from services import generation
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.fields import SecretField
from views.admin.labels import state_title

BUDGET = ("calls_per_day", "tokens_per_day", "calls_per_month", "tokens_per_month")


def _pre(name: str):
    """Long plain text as it is, in a box that scrolls."""

    def cell(row) -> Markup:
        text = getattr(row, name)
        return Markup('<pre class="ad-said">{}</pre>').format(text) if text else EMPTY

    return cell


def _used_for(row: LanguageModel) -> Markup:
    titles = [state_title(feature) for feature in generation.FEATURE_SWITCHES if getattr(row, feature.value)]
    return Markup(" ").join(tag(title, "info") for title in titles) if titles else tag(_("Nothing yet"), "quiet")


class LanguageModelView(AdminView):
    model, resource, icon = LanguageModel, "language_model", "fa-wand-magic-sparkles"
    singular, plural = _("Language model"), _("Language models")
    intro = _(
        "Any endpoint that speaks the OpenAI protocol may word what the articles say. It never knows anything by "
        "itself: what it adds is thrown away, and the quotation stands. Off until you switch it on."
    )
    when_empty = _("Answers are quoted from your articles, and nothing leaves this server. That works without a model.")
    list_columns = ["model", "active", "used_for", "base_url", "update_time", "id"]
    key_columns = ("active", "used_for")
    show_columns = [
        "model",
        "active",
        *(feature.value for feature in generation.FEATURE_SWITCHES),
        "base_url",
        "api_key",
        "timeout_seconds",
        "max_tokens",
        "temperature",
        *BUDGET,
        "keep_days",
        "instructions",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "active",
        "base_url",
        "api_key",
        "model",
        *(feature.value for feature in generation.FEATURE_SWITCHES),
        "timeout_seconds",
        "max_tokens",
        "temperature",
        *BUDGET,
        "keep_days",
        "instructions",
    ]
    search_text, search_columns = ("model", "base_url"), ["active"]
    base_order = ("id", "asc")
    own_fields = {"api_key": SecretField}
    beginning = {"base_url": "https://"}
    help_texts = {
        "active": _("One model is on at a time. Customers' questions and the quoted passages are sent to it"),
        "base_url": _("Up to and without /chat/completions; other than https only to hosts in OUTBOUND_ALLOW"),
        "api_key": _("Never shown again; left empty, the stored one stays"),
        "model": _("As the endpoint calls it"),
        "rewrite_answers": _("Quoted answers in one piece; only what the passages say is let through"),
        "suggest_replies": _("Agents have a reply written by one click, and send it themselves"),
        "summarise_handover": _("An internal note for the agent, with numbers and mailboxes masked"),
        "draft_articles": _("First versions for editors, from questions without an answer and what staff answered"),
        "timeout_seconds": _("Whoever asks never waits longer than 8 seconds for nicer words"),
        "temperature": _("0 says the same each time; 10 is a good beginning"),
        "calls_per_day": _("0: no limit. At the limit the model is not asked; all else goes on"),
        "keep_days": _("What was sent and said, for the log; 0: never kept"),
        "instructions": _("How to address customers, for example. Nothing here can lift the rules"),
    }
    formatters = {
        "api_key": lambda row: tag(_("Stored"), "success") if row.api_key else EMPTY,
        "used_for": _used_for,
    }
    label_columns = {"base_url": _("Address"), "model": _("Model"), "used_for": _("Used for")}
    show_template = "admin/language_model.html"

    def links_of(self, row) -> list[tuple[str, str, object]]:
        return [(f"/admin/language_model/try/{row.id}", "fa-flask", _("Try it"))] if self.can("edit") else []

    def spent(self) -> list[tuple[object, int, str]]:
        """Budget by budget: what it is, what has been used, the column with its limit."""
        used = generation.spent()
        return [
            (_("Calls today"), used.calls_today, "calls_per_day"),
            (_("Tokens today"), used.tokens_today, "tokens_per_day"),
            (_("Calls this month"), used.calls_this_month, "calls_per_month"),
            (_("Tokens this month"), used.tokens_this_month, "tokens_per_month"),
        ]

    @expose("/try/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("update")
    def try_it(self, pk: str):
        """One question to this model, and all that came of it."""
        if not self.can("edit"):
            abort(403)
        row, trial, problem = self.row(pk), None, None
        if request.method == "POST":
            try:
                trial = generation.try_out(g.actor, row, request.form.get("question", ""), locale=current_locale())
            except DomainError as refusal:
                problem = gettext(refusal.message)
        return self.render_template(
            "admin/language_model_try.html",
            title=gettext("Try it"),
            row=self.row(pk),
            trial=trial,
            problem=problem,
            question=request.form.get("question", ""),
        )


class ModelCallView(AdminView):
    model, resource, icon = ModelCall, "model_call", "fa-receipt"
    singular, plural = _("Call of the language model"), _("Calls of the language model")
    intro = _("Everything the language model was asked, what it cost and what came of it, newest first.")
    when_empty = _("Nothing has been asked. The model is off, or nobody has needed it.")
    list_columns = [
        "feature",
        "outcome",
        "reason",
        "user_id",
        "conversation_id",
        "prompt_tokens",
        "answer_tokens",
        "duration_ms",
        "create_time",
        "id",
    ]
    key_columns = ("outcome", "duration_ms", "create_time")
    show_columns = [*list_columns[:-2], "model", "create_time", "prompt", "answer", "id"]
    search_columns = ["feature", "outcome", "user_id", "create_time"]
    base_order = ("id", "desc")
    label_columns = {"model": _("Model"), "user_id": _("By whom"), "reason": _("Why it was not used")}
    formatters = {"prompt": _pre("prompt"), "answer": _pre("answer")}

    def heading(self, row) -> str:
        return f"{self.singular} {row.id}"
