"""Operations offered on rows: a button on a row's page, an entry for the chosen rows of a list."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.errors import DomainError
from services.operation import OPERATIONS
from views.admin import forms, way

MAX_ROWS = 200


@dataclass(frozen=True)
class RowAction:
    """One operation on screen. With `ask` a form asks for these data first; `when` says for which rows it is."""

    name: str
    label: object
    operation: str
    icon: str = "fa-bolt"
    ask: tuple[str, ...] = ()
    confirm: object = ""
    tone: str = ""
    #: data given without asking
    data: tuple[tuple[str, object], ...] = ()
    when: Callable = lambda row: True
    multiple: bool = True

    @property
    def right(self) -> str:
        """The right the operation asks for; "" where the operation itself decides."""
        entry = OPERATIONS[self.operation]
        return entry.name if entry.right is None else entry.right

    def allowed(self) -> bool:
        return not self.right or g.actor.may(self.right)


class RowActions:
    """The part of a screen that offers operations beyond add and edit."""

    row_actions: tuple[RowAction, ...] = ()

    def actions_on(self, row) -> list[RowAction]:
        """The buttons of a row's page."""
        return [action for action in self.row_actions if action.allowed() and action.when(row)]

    def actions_on_list(self) -> list[RowAction]:
        """What the actor may do with several rows at once."""
        found = [action for action in self.row_actions if action.multiple and not action.ask and action.allowed()]
        if self.can("delete"):
            question = self.question_for_several()
            found.append(
                RowAction("delete", _("Delete"), f"{self.resource}.delete", "fa-trash", confirm=question, tone="danger")
            )
        return found

    @expose("/action/<string:name>/<pk>", methods=["GET", "POST"])
    def action(self, name: str, pk: str):
        """Do it to one row, after asking for what the operation needs to know."""
        action = self._named(name)
        row = self.row(pk)
        if not action.ask:
            if request.method == "POST":
                answer = self._perform(action, row, dict(action.data))
                if answer is not None:
                    return answer
            return redirect(way.to_row(self, row))
        form = self.action_form(action, row)()
        self.narrow_form(form, action, row)
        if request.method == "POST" and form.validate():
            try:
                answer = self.perform(action, row, self.action_data(action, form) | dict(action.data))
            except DomainError as refusal:
                flash(forms.show_refusal(self, form, refusal), "danger")
            else:
                flash(gettext("Done"), "success")
                return answer or redirect(way.to_row(self, row))
        return self.render_template(
            "admin/edit.html",
            title=action.label,
            widgets={"form": form, "row": row},
            action=action,
            asked_when=self.action_asks_when(action, row),
        )

    @expose("/action_post", methods=["POST"])
    def action_post(self):
        """Do it to the chosen rows of a list, each in a transaction of its own; refusals are told one by one."""
        action = next((known for known in self.actions_on_list() if known.name == request.form.get("action")), None)
        if action is None:
            abort(403)
        rows = [self.row(pk) for pk in request.form.getlist("rowid")[:MAX_ROWS]]
        done, refusals = 0, {}
        for row in rows:
            try:
                self.perform(action, row, dict(action.data))
                done += 1
            except DomainError as refusal:
                refusals.setdefault(gettext(refusal.message), []).append(self.heading(row))
        if done:
            flash(ngettext("%(num)d row done", "%(num)d rows done", done), "success")
        for reason, names in refusals.items():
            flash(f"{reason}: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}", "danger")
        return redirect(way.to_list(self))

    def action_form(self, action: RowAction, row) -> type[DynamicForm]:
        """What is asked before it is done to this row."""
        return forms.form_of(self, action.operation, action.ask)

    def action_data(self, action: RowAction, form: DynamicForm) -> dict:
        """What the operation is called with."""
        return forms.data_of(form, action.operation)

    def action_asks_when(self, action: RowAction, row) -> dict[str, tuple[str, str]]:
        """As `asked_when`, for the form of an action."""
        return self.asked_when

    def narrow_form(self, form, action: RowAction, row) -> None:
        """A subclass may offer only what is possible for this row."""

    def perform(self, action: RowAction, row, data: dict):
        """Call the operation; a subclass may answer with a page of its own. Raises DomainError."""
        OPERATIONS[action.operation].call(g.actor, row, **data)

    def _perform(self, action: RowAction, row, data: dict):
        try:
            answer = self.perform(action, row, data)
        except DomainError as refusal:
            flash(gettext(refusal.message), "danger")
            return None
        if answer is None:
            flash(gettext("Done"), "success")
        return answer

    def _named(self, name: str) -> RowAction:
        action = next((known for known in self.row_actions if known.name == name), None)
        if action is None:
            abort(404)
        if not action.allowed():
            abort(403)
        return action
