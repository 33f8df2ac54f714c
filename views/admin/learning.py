"""Questions without a good answer, and the evaluation set with its trials (KB-7, AI-9)."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import ValidationError

from models.learning import EvaluationQuestion, EvaluationRun, GroupState, QuestionGroup
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.fields import LinesField
from views.admin.filters import whole_number
from views.admin.row_actions import RowAction

FIGURES = {
    "hit1": _("Right article first"),
    "hit5": _("Right article among five"),
    "mrr": _("Mean reciprocal rank"),
    "answeredRight": _("Answered rightly"),
    "offered": _("Offered among others"),
    "missed": _("Missed"),
    "answeredWrong": _("Answered wrongly"),
    "silent": _("Rightly not answered"),
}


def _share(name: str):
    def cell(row: EvaluationRun):
        number = (row.figures or {}).get(name)
        return EMPTY if number is None else f"{number:.1%}"

    return cell


def _all_figures(row: EvaluationRun) -> Markup:
    lines = (Markup("<li>{}: {}</li>").format(title, _share(name)(row)) for name, title in FIGURES.items())
    return Markup("<ul>{}</ul>").format(Markup("").join(lines)) if row.figures else EMPTY


def _expected(row: EvaluationQuestion):
    if not row.article_ids:
        return tag(_("Not to be answered"), "quiet")
    return Markup(", ").join(
        Markup('<a href="/admin/article/show/{0}">{0}</a>').format(number) for number in row.article_ids
    )


class NumbersField(LinesField):
    """Numbers of articles, one per line."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        numbers = [whole_number(line) for line in self.data]
        if None in numbers:
            raise ValidationError(gettext("One number per line"))
        self.data = numbers


class QuestionGroupView(AdminView):
    model, resource, icon = QuestionGroup, "question_group", "fa-layer-group"
    singular, plural = _("Group of open questions"), _("Open questions by meaning")
    intro = _("Questions without a good answer, put together by what they mean. The desk begins articles from them.")
    when_empty = _("Nothing is open: every question had a good answer, or nobody has asked yet.")
    list_columns = ["text", "state", "asked", "asked_since", "article_id", "last_time", "id"]
    show_columns = [
        "text",
        "state",
        "asked",
        "asked_since",
        "article_id",
        "locale",
        "first_time",
        "last_time",
        "update_by",
        "update_time",
        "id",
    ]
    key_columns = ("state", "asked", "last_time")
    search_text, search_columns = ("text",), ["state", "article_id", "last_time"]
    base_order = ("asked", "desc")
    label_columns = {
        "asked": _("Asked"),
        "asked_since": _("Asked since it was dealt with"),
        "first_time": _("First asked"),
        "last_time": _("Last asked"),
    }
    desk_path = "/desk/knowledge/quality?group={id}"
    row_actions = (
        RowAction(
            "dismiss",
            _("Dismiss"),
            "question_group.dismiss",
            "fa-eye-slash",
            when=lambda row: row.state is GroupState.open,
        ),
        RowAction(
            "reopen",
            _("Open again"),
            "question_group.reopen",
            "fa-rotate-left",
            when=lambda row: row.state is not GroupState.open,
        ),
    )


class EvaluationQuestionView(AdminView):
    model, resource, icon = EvaluationQuestion, "evaluation_question", "fa-vial"
    singular, plural = _("Evaluation question"), _("Evaluation questions")
    intro = _("Questions of which the right article is known. A trial on the desk asks all of them and counts.")
    when_empty = _("Write the first question with the number of the article that answers it.")
    list_columns = ["text", "article_ids", "active", "note", "update_time", "id"]
    show_columns = ["text", "article_ids", "active", "note", "question_id", "create_time", "update_time", "id"]
    add_columns = edit_columns = ["text", "article_ids", "note", "active"]
    key_columns = ("article_ids", "active")
    search_text, search_columns = ("text", "note"), ["active"]
    label_columns = {"text": _("Question"), "article_ids": _("Right articles"), "question_id": _("Asked as number")}
    help_texts = {
        "article_ids": _("One number per line. Any of them is right; none at all: it must not be answered"),
    }
    own_fields = {"article_ids": NumbersField}
    formatters = {"article_ids": _expected}
    desk_path = "/desk/knowledge/quality?tab=evaluation"


class EvaluationRunView(AdminView):
    model, resource, icon = EvaluationRun, "evaluation_run", "fa-vials"
    singular, plural = _("Trial"), _("Trials")
    intro = _("Trials of the evaluation questions with the settings of that day, newest first. Start one on the desk.")
    when_empty = _("No trial has been made yet.")
    list_columns = ["create_time", "note", "mode", "state", "total", "hit1", "right", "wrong", "model", "id"]
    show_columns = [
        "create_time",
        "note",
        "mode",
        "state",
        "total",
        "model",
        "all_figures",
        "start_time",
        "finish_time",
        "error",
        "create_by",
        "id",
    ]
    key_columns = ("state", "hit1", "right", "wrong")
    search_text, search_columns = ("note",), ["state", "mode", "create_time"]
    label_columns = {
        "model": _("Model"),
        "total": _("Questions"),
        "mode": _("Search"),
        "hit1": FIGURES["hit1"],
        "right": FIGURES["answeredRight"],
        "wrong": FIGURES["answeredWrong"],
        "all_figures": _("Figures"),
    }
    formatters = {
        "hit1": _share("hit1"),
        "right": _share("answeredRight"),
        "wrong": _share("answeredWrong"),
        "all_figures": _all_figures,
    }
    desk_path = "/desk/knowledge/quality?tab=evaluation"
