"""From nothing to a usable installation: structure, rights, company, help centre, first accounts."""

import click
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect, select

from app.errors import Invalid
from app.extensions import db
from app.security import ROLES, rights_without_operation
from config import ROOT
from models.base import EVERY_TENANT
from models.identity import Tenant
from services import maintenance, setup
from services.identity import passwords

DEMO_PASSWORDS = {
    "admin": "Admin-demo-1",
    "supervisor": "Supervisor-demo-1",
    "agent1": "Agent-demo-1",
    "agent2": "Agent-demo-2",
    "customer": "Customer-demo-1",
}


def prepare(app: Flask) -> None:
    """Bring the database up to date; fill it when it is empty. Quick when there is nothing to do."""
    with app.app_context():
        if _needs_migration():
            click.echo("正在建立数据库结构 / creating the database structure …")
            upgrade(directory=str(ROOT / "migrations"))
        db.session().info["tenant_id"] = EVERY_TENANT
        if setup.sync_rights(app.appbuilder.sm.wanted | rights_without_operation()):
            setup.ensure_roles(ROLES)
        tenant = db.session.scalars(select(Tenant).order_by(Tenant.id)).first()
        if tenant is None:
            _first_start(app)
        maintenance.refresh_statistics()


def demo(app: Flask) -> None:
    """The documents' people with passwords everybody knows; refused in production."""
    if app.smartsupport.production:
        raise click.ClickException("demo accounts have well-known passwords: not in production")
    with app.app_context():
        tenant = db.session.scalars(select(Tenant).order_by(Tenant.id)).first()
        made = setup.create_demo_accounts(tenant, DEMO_PASSWORDS)
        for account in made:
            click.echo(f"  {account.username:<18}{account.password:<22}{account.role}")


def company(app: Flask, code: str, name: str, host: str, admin_password: str) -> None:
    """One more company beside those there are, with its first administrator (OPS-7)."""
    with app.app_context():
        db.session().info["tenant_id"] = EVERY_TENANT
        if db.session.scalar(select(Tenant.id).where((Tenant.code == code) | (Tenant.host == host)).limit(1)):
            raise click.ClickException(f"a company with the code {code} or the host name {host} exists already")
        try:
            if admin_password:
                passwords.check_strength(admin_password)
        except Invalid as weak:
            raise click.ClickException(weak.message) from None
        tenant = setup.create_company(code, name, ROLES, host)
        setup.import_help(tenant, ROOT / "docs" / "help")
        account = setup.create_administrator(tenant, admin_password)
        click.echo(
            f"{name}: http://{host}\n  {account.username:<24}{'ADMIN_PASSWORD' if admin_password else account.password}"
        )


def _first_start(app: Flask) -> None:
    click.echo("正在准备初始数据 / filling in the first data …")
    tenant = setup.create_company("default", "示例公司", ROLES)
    count = setup.import_help(tenant, ROOT / "docs" / "help")
    click.echo(f"已导入 {count} 篇帮助文章 / imported {count} help articles")
    made = setup.create_first_accounts(tenant, app.smartsupport.ADMIN_PASSWORD)
    click.echo("\n首次登录账号（密码只显示这一次）/ first accounts (passwords are shown only now):\n")
    for account in made:
        shown = (
            "ADMIN_PASSWORD" if app.smartsupport.ADMIN_PASSWORD and account.username == "admin" else account.password
        )
        click.echo(f"  {account.username:<14}{shown:<20}{account.role}")
    click.echo("")


def _needs_migration() -> bool:
    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    wanted = ScriptDirectory.from_config(settings).get_current_head()
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return True
        return MigrationContext.configure(connection).get_current_revision() != wanted
