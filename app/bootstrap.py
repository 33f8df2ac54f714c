"""From nothing to a usable installation: structure, rights, company, help centre, first accounts."""

from dataclasses import replace

import click
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect, select

from app.accounts import table
from app.database import alone
from app.errors import Invalid
from app.extensions import db
from app.security import ROLES, rights_without_operation
from app.terminal import gettext
from config import ROOT
from models.base import EVERY_TENANT
from models.identity import Tenant
from services import maintenance, manuals, provisions, setup, words
from services.identity import passwords, presets
from services.operation import OPERATIONS, write
from services.provisions import Release
from services.setup import NewAccount

#: what this program has for every company
RELEASE = Release(ROLES, ROOT / "docs" / "help")


def prepare(app: Flask) -> None:
    """Bring the database up to date: its structure, the rights there are, what each company is given by this release.

    An empty one is filled. Quick when there is nothing to do. Of several processes that start at once one does it, and
    the others wait.
    """
    with app.app_context(), alone(db.engine, app.smartsupport.data_dir):
        if _needs_migration():
            click.echo("正在建立数据库结构 / creating the database structure …")
            upgrade(directory=str(ROOT / "migrations"))
            for tenant_id in list(db.session.scalars(select(Tenant.id))):
                with write(tenant_id):
                    words.build_missing()
        db.session().info["tenant_id"] = EVERY_TENANT
        _sync_rights(app)
        if db.session.scalar(select(Tenant.id).limit(1)) is None:
            _first_start(app)
        else:
            provisions.update_companies(RELEASE)
        maintenance.refresh_statistics()


def require_database(app: Flask) -> None:
    """For commands that work on what is there: refuses where there is no database yet, or one of an older program."""
    with app.app_context():
        if _needs_migration():
            raise click.ClickException(gettext("There is no up-to-date database: run `manage.py migrate` first."))


def company(app: Flask, code: str, name: str, host: str, admin_password: str) -> None:
    """One more company beside those there are, with its first administrator (OPS-7)."""
    with app.app_context():
        db.session().info["tenant_id"] = EVERY_TENANT
        if db.session.scalar(select(Tenant.id).where((Tenant.code == code) | (Tenant.host == host)).limit(1)):
            raise click.ClickException(
                gettext(
                    "A company with the code %(code)s or the host name %(host)s exists already", code=code, host=host
                )
            )
        try:
            if admin_password:
                passwords.check_strength(admin_password)
        except Invalid as weak:
            raise click.ClickException(gettext(weak.message)) from None
        tenant = setup.create_company(code, name, RELEASE, host)
        account = setup.create_administrator(tenant, admin_password)
        click.echo(f"{name}: http://{host}\n{table([_shown(account, admin_password)])}")


def _sync_rights(app: Flask) -> None:
    """A row in FAB's tables for every operation, every list and every screen."""
    names = {operation.right or name for name, operation in OPERATIONS.items() if operation.right != ""}
    with write(0):
        presets.sync_rights(names | app.appbuilder.sm.wanted | rights_without_operation())


def _first_start(app: Flask) -> None:
    click.echo("正在准备初始数据 / filling in the first data …")
    tenant = setup.create_company("default", "示例公司", RELEASE)
    count = len(manuals.manual_names(RELEASE.manuals))
    click.echo(f"已导入 {count} 篇帮助文章 / imported {count} help articles")
    chosen = app.smartsupport.ADMIN_PASSWORD
    made = setup.create_first_accounts(tenant, chosen)
    click.echo("\n首次登录账号（密码只显示这一次）/ first accounts (passwords are shown only now):\n")
    click.echo(table(_shown(account, chosen) for account in made))
    click.echo("\n忘记密码时 / should one get lost: python3 manage.py password 账号名 (USER)\n")


def _shown(account: NewAccount, chosen: str) -> NewAccount:
    """A password that somebody chose is not printed."""
    return replace(account, password="ADMIN_PASSWORD") if chosen and account.password == chosen else account


def _needs_migration() -> bool:
    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    wanted = ScriptDirectory.from_config(settings).get_current_head()
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return True
        return MigrationContext.configure(connection).get_current_revision() != wanted
