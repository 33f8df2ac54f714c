"""Accounts from a table: choose a file, see what would become of each row, make them (ID-12)."""

from flask import g, make_response, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.errors import DomainError
from services.identity import imports, tables
from views.api.envelope import translated


class UserImportView(BaseView):
    """One page: the form, and below it what became of the rows."""

    route_base = "/admin/users"
    default_view = "import_users"
    class_permission_name = "user"
    base_permissions = ["can_import"]
    title = _("Import users")

    @expose("/import", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def import_users(self):
        outcomes, problem, trial = None, None, "trial" in request.form
        if request.method == "POST":
            try:
                outcomes = _import(trial)
            except DomainError as refusal:
                problem = _reason(refusal)
        failed = sum(outcome.error is not None for outcome in outcomes or ())
        response = make_response(
            self.render_template(
                "admin/user_import.html",
                title=self.title,
                outcomes=outcomes,
                problem=problem,
                trial=trial,
                failed=failed,
                reason=_reason,
                most_rows=tables.MOST_ROWS,
                most_passwords=imports.MOST_OWN_PASSWORDS,
            )
        )
        response.headers["Cache-Control"] = "no-store"  # new passwords are shown this once
        return response


def _import(trial: bool) -> list[imports.Outcome]:
    part = request.files.get("file")
    data = part.stream.read(tables.MOST_BYTES + 1) if part else b""
    return imports.import_users(g.actor, name=part.filename or "" if part else "", data=data, dry_run=trial)


def _reason(error: DomainError) -> str:
    fields = ", ".join(f"{name}: {translated(text)}" for name, text in error.fields.items())
    return f"{gettext(error.message)} ({fields})" if fields else gettext(error.message)
