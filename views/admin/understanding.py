"""What was learned from corrections: models with their figures, and the order to learn anew (AI-6)."""

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.errors import DomainError
from models.tickets import TicketPriority
from models.understanding import LearnedModel, Subject
from services.understanding import labels, learning
from views.admin.base import AdminView
from views.admin.cells import EMPTY
from views.admin.dictionaries import words_for
from views.admin.labels import state_title
from views.admin.sensitive import reason_of


def percent(thousandths: int | None) -> str:
    return "" if thousandths is None else f"{thousandths / 10:.1f} %"


def _names(subject: Subject, codes: list[str]) -> dict[str, str]:
    """What the labels of a subject are called."""
    if subject is Subject.ticket_priority:
        return {code: str(state_title(TicketPriority(code))) for code in codes}
    dictionary = "ticket_type" if subject is Subject.ticket_type else "problem_type"
    return dict(zip(codes, words_for(dictionary, codes), strict=True))


def _confusions(row: LearnedModel) -> Markup:
    """A table: what the cases are, and what the model said they were."""
    if not row.confusions:
        return EMPTY
    codes = list(dict.fromkeys(code for was, said, _count in row.confusions for code in (was, said)))
    names, counts = _names(row.subject, codes), {(was, said): count for was, said, count in row.confusions}
    cell = Markup('<td class="{}">{}</td>')
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(names[code]) for code in codes)
    lines = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            names[was],
            Markup("").join(
                cell.format("ad-right" if was == said else "", counts.get((was, said), "")) for said in codes
            ),
        )
        for was in codes
    )
    table = Markup(
        '<table class="ad-table ad-confusions"><thead><tr><th>{}</th>{}</tr></thead><tbody>{}</tbody></table>'
    )
    return Markup('<div class="ad-scroll">{}</div>').format(table.format(gettext("is ↓ taken for →"), head, lines))


class LearnedModelView(AdminView):
    model, resource, icon = LearnedModel, "learned_model", "fa-graduation-cap"
    singular, plural = _("Learned recognition"), _("Learned recognition")
    intro = _(
        "Problem types, ticket types and priorities are learned from what your people correct and confirm. A new model "
        "replaces the one in use only when it is no worse on cases that neither has seen."
    )
    when_empty = _("Nothing has been learned yet.")
    list_columns = [
        "subject",
        "number",
        "state",
        "accuracy",
        "accuracy_before",
        "macro_f1",
        "trained_on",
        "held_back",
        "create_time",
        "id",
    ]
    key_columns = ("number", "state", "accuracy", "accuracy_before")
    show_columns = [*list_columns[:-1], "embedder", "confusions", "id"]
    label_columns = {"number": _("Training")}
    search_text, search_columns = (), ["subject", "state", "create_time"]
    formatters = {
        "accuracy": lambda row: percent(row.accuracy),
        "accuracy_before": lambda row: percent(row.accuracy_before),
        "macro_f1": lambda row: percent(row.macro_f1),
        "confusions": _confusions,
    }
    list_template = "admin/learned_models.html"

    def heading(self, row) -> str:
        return f"{state_title(row.subject)} {row.number}"

    def subjects(self) -> list[dict]:
        """Each subject with how much there is to learn from."""
        known = labels.counts()
        return [
            {
                "code": subject.value,
                "title": state_title(subject),
                "cases": known.get(subject, (0, 0))[0],
                "as_guessed": known.get(subject, (0, 0))[1],
                "needed": learning.LEAST_CASES,
            }
            for subject in Subject
        ]


class TrainingView(BaseView):
    """The button that has a subject learned now."""

    route_base = "/admin/learned-models"
    default_view = "train"
    class_permission_name = "learned_model"
    base_permissions = ["can_train"]

    @expose("/train", methods=["POST"])
    @has_access
    @permission_name("train")
    def train(self):
        given = request.form.get("subject", "")
        try:
            learning.request_training(g.actor, subject=Subject(given))
        except ValueError:
            flash(gettext("This does not exist"), "danger")
        except DomainError as refusal:
            flash(reason_of(refusal), "danger")
        else:
            flash(gettext("It is being learned; the new model will stand here in a moment."), "success")
        return redirect("/admin/learned_model/list/")
