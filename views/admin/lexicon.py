"""Synonyms and words of the trade, with their import (KB-3)."""

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.errors import DomainError
from app.offload import offload
from models.lexicon import DomainWord, Synonym
from services import lexicon, word_lists
from services.identity.tables import MOST_BYTES
from views.admin.base import AdminView
from views.admin.row_actions import RowAction
from views.admin.sensitive import reason_of


def _switches(resource: str) -> tuple[RowAction, RowAction]:
    return (
        RowAction(
            "switch_off",
            _("Switch off"),
            f"{resource}.update",
            "fa-toggle-off",
            data=(("active", False),),
            when=lambda row: row.active,
        ),
        RowAction(
            "switch_on",
            _("Switch on"),
            f"{resource}.update",
            "fa-toggle-on",
            data=(("active", True),),
            when=lambda row: not row.active,
        ),
    )


class SynonymView(AdminView):
    model, resource, icon = Synonym, "synonym", "fa-equals"
    singular, plural = _("Synonyms"), _("Synonyms")
    intro = _(
        "Words that mean the same: whoever searches for one finds what was written with another, in articles, "
        "messages, tickets and customers. A change holds within two seconds; nothing has to be indexed anew."
    )
    when_empty = _("Write the first group, or import a list.")
    list_columns = ["words", "active", "update_time", "id"]
    show_columns = ["words", "active", "create_time", "update_time", "id"]
    key_columns = ("active", "update_time")
    add_columns = edit_columns = ["words", "active"]
    label_columns = {"words": _("Words that mean the same")}
    search_text, search_columns = ("words",), ["active"]
    formatters = {"words": lambda row: " = ".join(row.words)}
    help_texts = {"words": _("One per line, at most 20. A word stands in one group only.")}
    row_actions = _switches("synonym")
    list_template = "admin/synonyms.html"


class DomainWordView(AdminView):
    model, resource, icon = DomainWord, "domain_word", "fa-spell-check"
    singular, plural = _("Word of the trade"), _("Words of the trade")
    intro = _(
        "Names of products, forms and procedures that are one word although a dictionary would cut them. Search marks "
        "and weighs them whole. A change holds within two seconds."
    )
    when_empty = _("Write the first word, or import a list.")
    list_columns = ["word", "active", "update_time", "id"]
    show_columns = ["word", "form", "active", "create_time", "update_time", "id"]
    key_columns = ("active", "update_time")
    add_columns = edit_columns = ["word", "active"]
    search_text, search_columns = ("word",), ["active"]
    row_actions = _switches("domain_word")
    list_template = "admin/domain_words.html"


class SynonymImportView(BaseView):
    """One page: a list as text or file, and below it what became of the lines."""

    route_base = "/admin/synonyms"
    default_view = "import_words"
    class_permission_name = "synonym"
    base_permissions = ["can_import"]
    title = _("Import synonyms")

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def import_words(self):
        return _import_page(
            self,
            lexicon.import_synonyms,
            "/admin/synonym/list/",
            _("Synonyms"),
            _("A line is a group, its words between commas, = or |. A line with a word of a group adds to that group."),
        )


class DomainWordImportView(BaseView):
    """The same for words of the trade."""

    route_base = "/admin/domain-words"
    default_view = "import_words"
    class_permission_name = "domain_word"
    base_permissions = ["can_import"]
    title = _("Import words of the trade")

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def import_words(self):
        return _import_page(
            self,
            lexicon.import_domain_words,
            "/admin/domain_word/list/",
            _("Words of the trade"),
            _("Words between commas or line ends. A word that is in the list already is not added twice."),
        )


def _import_page(view: BaseView, operation, address: str, plural, explained):
    outcomes, problem = None, None
    if request.method == "POST":
        try:
            outcomes = operation(g.actor, lines=_given())
        except DomainError as refusal:
            problem = reason_of(refusal)
        else:
            if all(outcome.error is None for outcome in outcomes):
                flash(_summary(outcomes), "success")
                return redirect(address)
    return view.render_template(
        "admin/word_import.html",
        title=view.title,
        address=address,
        plural=plural,
        explained=explained,
        outcomes=[outcome for outcome in outcomes or () if outcome.error],
        summary=_summary(outcomes) if outcomes is not None else "",
        problem=problem,
        reason=reason_of,
        given=request.form,
    )


def _given() -> list[tuple[int, list[str]]]:
    """What the form holds: the file where there is one, else the text."""
    part = request.files.get("file")
    data = part.stream.read(MOST_BYTES + 1) if part and part.filename else b""
    name = part.filename if data else ""
    return offload(word_lists.read_lines, name, data or request.form.get("text", "").encode())


def _summary(outcomes: list[lexicon.Outcome]) -> str:
    counts = {name: sum(outcome.result == name for outcome in outcomes) for name in lexicon.RESULTS}
    return gettext("%(created)s new, %(updated)s changed, %(unchanged)s as before, %(refused)s refused", **counts)
