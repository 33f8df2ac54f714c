"""Deleting a row with a question that says what goes along, and bringing it back."""

from flask import abort, flash, g, redirect
from flask_appbuilder import expose
from flask_babel import gettext

from app.errors import DomainError
from services.operation import OPERATIONS
from views.admin import filters, way


class Deletion:
    """The part of a screen that deletes and restores."""

    # --- what a subclass may change ---------------------------------------------------------------------------------

    def goes_along(self, row) -> list[str]:
        """What happens to other things when this row is deleted, one sentence each."""
        return []

    def may_delete(self, row) -> bool:
        """Whether this row can be deleted at all."""
        return self.can("delete")

    # --- for the templates ------------------------------------------------------------------------------------------

    def may_restore(self) -> bool:
        """Whether the actor may bring back what was deleted here."""
        entry = OPERATIONS.get(f"{self.resource}.restore")
        return entry is not None and g.actor.may(entry.right)

    def question(self, row) -> str:
        """What is asked before this row is deleted."""
        title = gettext("Delete “%(name)s”?", name=self.heading(row))
        return "\n".join([title, *self.goes_along(row), self.end_of_question()])

    def question_for_several(self) -> str:
        return "\n".join([gettext("Delete what is chosen?"), self.end_of_question()])

    def end_of_question(self) -> str:
        if self.may_restore():
            return gettext("It can be brought back with the filter “Deleted”.")
        return gettext("This cannot be undone here.")

    # --- the pages --------------------------------------------------------------------------------------------------

    def _delete(self, pk: str) -> None:
        row = self.row(pk)
        name = self.heading(row)
        try:
            self.datamodel.call("delete", row)
        except DomainError as refusal:
            g.kept = row
            flash(gettext(refusal.message), "danger")
        else:
            flash(f"{gettext('Deleted')}: {name}", "success")

    def post_delete_redirect(self):
        """A refusal leaves one with the row it is about."""
        return redirect(way.to_row(self, g.kept) if "kept" in g else way.to_list(self))

    @expose("/restore/<pk>", methods=["POST"])
    def restore(self, pk: str):
        """Bring a deleted row back."""
        number = filters.whole_number(pk)
        if number is None or not self.datamodel.has("restore"):
            abort(404)
        if not self.may_restore():
            abort(403)
        try:
            row = self.datamodel.call("restore", row_id=number)
        except DomainError as refusal:
            flash(gettext(refusal.message), "danger")
            return redirect(f"{self.route_base}/list/?deleted=1")
        flash(f"{gettext('Restored')}: {self.heading(row)}", "success")
        return redirect(f"{self.route_base}/show/{row.id}")
