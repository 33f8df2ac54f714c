"""Accounts as commands show them: the table after a first start, and a new password for who is locked out."""

from collections.abc import Iterable

import click
from flask import Flask

from app.extensions import db
from app.terminal import gettext, width
from models.actor import system
from models.base import bind
from services.identity import accounts, signin
from services.setup import NewAccount

#: role → what it is called, and the page such an account works on
ROLES = {
    "super_admin": (gettext("Super administrator"), "/admin"),
    "admin": (gettext("Administrator"), "/admin"),
    "supervisor": (gettext("Supervisor"), "/desk"),
    "agent": (gettext("Service agent"), "/desk"),
    "customer": (gettext("Customer"), "/"),
}


def table(made: Iterable[NewAccount]) -> str:
    """One line for each account: name, password, role in words, page."""
    rows = [(one.username, one.password, *ROLES[one.role]) for one in made]
    head = (gettext("Account"), gettext("Password"), gettext("Role"), gettext("Page"))
    widths = [max(map(width, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join("  " + "  ".join(map(_filled, row, widths)).rstrip() for row in (head, *rows))


def new_password(app: Flask, name: str, *, clear_second_factor: bool) -> None:
    """Give an account a random password and print it: for who runs the server, when nobody can sign in to do it."""
    with app.app_context():
        user = signin.find_account(name)
        if user is None:
            raise click.ClickException(gettext("There is no account %(name)s", name=name))
        actor = system(user.tenant_id)
        bind(db.session(), actor)
        made = accounts.restore_access(actor, user, clear_second_factor=clear_second_factor)
        click.echo(f"  {user.username}  {made}")
        click.echo(gettext("It must be changed at the next sign-in. All sign-ins of the account have ended."))
        if not user.active:
            click.echo(gettext("The account is disabled: an administrator has to enable it first."))
        elif user.totp_enabled:
            click.echo(gettext("Two-step verification is still on; --clear-totp switches it off."))


def _filled(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
