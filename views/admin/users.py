"""Accounts (ID-6, ID-11)."""

from flask import g, make_response, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.extensions import db
from models.identity import Role, User
from models.organization import Agent
from services.identity import accounts
from services.identity.accounts import NO_ADDRESS
from views.admin.base import AdminView
from views.admin.cells import EMPTY, person, tag
from views.admin.filters import Further
from views.admin.knowledge import languages
from views.admin.row_actions import RowAction


def _languages() -> list[tuple[str, str]]:
    """The languages to choose from, and none."""
    return [("", gettext("Not chosen: as in the browser")), *languages()]


class UserView(AdminView):
    model, resource, icon = User, "user", "fa-users"
    singular, plural = _("User"), _("Users")
    intro = _("Accounts of staff and customers. Disabling one or changing its roles ends its sign-ins.")
    list_columns = [
        "full_name",
        "username",
        "roles",
        "department_id",
        "active",
        "totp_enabled",
        "last_login",
        "create_time",
        "id",
    ]
    key_columns = ("username", "roles", "department_id", "active")
    related_columns = ("full_name", "username", "department_id", "active", "last_login")
    related_by = {Role: lambda row: User.roles.any(Role.id == row.id)}
    show_columns = [
        "id",
        "username",
        "full_name",
        "email",
        "phone",
        "department_id",
        "roles",
        "locale",
        "active",
        "totp_enabled",
        "must_change_password",
        "last_login",
        "create_by",
        "create_time",
        "update_time",
    ]
    add_columns = ["username", "full_name", "email", "phone", "department_id", "role_ids", "locale"]
    edit_columns = ["full_name", "email", "phone", "department_id", "role_ids", "active", "locale"]
    search_hint = _("Search name, e-mail or phone")
    search_text = ("username", "full_name", "email", "phone")
    search_columns = ["department_id", "active", "create_time"]
    further_filters = {"role_id": Further(_("Role"), Role, lambda role_id: User.roles.any(Role.id == role_id))}
    order_columns = ["id", "username", "full_name", "last_login", "create_time"]
    choices = {"locale": _languages}
    formatters = {
        "full_name": person,
        "roles": lambda row: Markup(" ").join(tag(role.name, "primary") for role in row.roles) or EMPTY,
        "email": lambda row: EMPTY if row.email.endswith(NO_ADDRESS) else row.email,
        "locale": lambda row: dict(_languages()).get(row.locale, row.locale),
    }
    may_stay_empty = ("email",)
    eager = ("roles",)
    help_texts = {
        "username": _("3 to 64 letters, digits or . _ -"),
        "phone": _("Chinese mobile number, or +country code"),
    }
    row_actions = (
        RowAction(
            "reset_password",
            _("Reset password"),
            "user.reset_password",
            "fa-key",
            multiple=False,
            confirm=_("Make a new random password? All sign-ins of this account end."),
        ),
        RowAction(
            "reset_second_factor",
            _("Reset second factor"),
            "user.reset_second_factor",
            "fa-mobile-screen",
            multiple=False,
            confirm=_("Switch two-step verification off for this account?"),
            when=lambda row: bool(row.totp_enabled),
        ),
        RowAction(
            "disable",
            _("Disable"),
            "user.update",
            "fa-user-slash",
            data=(("active", False),),
            tone="danger",
            confirm=_("Really disable? Sign-ins end at once."),
            when=lambda row: row.active,
        ),
        RowAction(
            "enable",
            _("Enable"),
            "user.update",
            "fa-user-check",
            data=(("active", True),),
            when=lambda row: not row.active,
        ),
    )
    list_template = "admin/users.html"

    def create(self, data: dict) -> User:
        user, g.made_password = accounts.create_user(g.actor, **data)
        return user

    def data_of(self, form, verb: str, row=None) -> dict:
        data = super().data_of(form, verb, row)
        if verb == "create":
            return data
        if set(data.get("role_ids", ())) == {role.id for role in row.roles}:
            data.pop("role_ids", None)
        # this operation takes None for "as it is": an emptied field is said by an empty value
        empty = {"full_name": "", "email": "", "phone": "", "department_id": 0}
        return {name: empty.get(name) if value is None else value for name, value in data.items()}

    def edit_form_of(self, row):
        form = super().edit_form_of(row)
        if request.method == "GET":
            form["role_ids"].data = [role.id for role in row.roles]
            form["email"].data = "" if row.email.endswith(NO_ADDRESS) else row.email
        return form

    def post_add_redirect(self):
        return self._password_page(g.made, g.made_password)

    def perform(self, action: RowAction, row, data: dict):
        if action.name != "reset_password":
            return super().perform(action, row, data)
        return self._password_page(row, accounts.reset_password(g.actor, row))

    def heading(self, row) -> str:
        return f"{row.full_name} ({row.username})"

    def goes_along(self, row) -> list[str]:
        agent = db.session.scalars(select(Agent).where(Agent.user_id == row.id)).first()
        told = [gettext("All its sign-ins end; what the person did stays.")]
        if agent is not None:
            count = len(agent.teams)
            told.append(gettext("The agent profile is deleted too."))
            told += (
                [ngettext("The agent leaves %(num)d team.", "The agent leaves %(num)d teams.", count)] if count else []
            )
        return told

    def _password_page(self, user: User, password: str):
        """The only time anybody sees it: in no redirect, no cookie, no log."""
        page = self.render_template("admin/password.html", title=gettext("New password"), user=user, password=password)
        response = make_response(page)
        response.headers["Cache-Control"] = "no-store"
        return response
