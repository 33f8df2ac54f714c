"""`manage.py demo`: a company that has been at work for a week, for somebody who looks at the product."""

import tomllib
from collections import defaultdict
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from app import accounts, delivery
from app.demo.story import Story
from app.extensions import db
from app.jobs import jobs
from app.terminal import gettext
from config import ROOT
from models.actor import system
from models.base import bind
from models.customers import Organization
from models.identity import Tenant
from services import setup
from services.documents.rows import read_rows
from services.imports import Choices, import_articles
from services.imports.planning import planned
from services.setup import NewAccount

DATA = tuple(Path(__file__).with_name(name) for name in ("cast.toml", "story.toml", "tickets.toml"))
ARTICLES = ROOT / "docs" / "examples" / "articles.csv"
#: user name, full name, role, password: known to everybody, which is why production refuses them
ACCOUNTS = (
    ("demo_admin", "陈立新", "super_admin", "Admin-demo-1"),
    ("demo_supervisor", "周雅芳", "supervisor", "Supervisor-demo-1"),
    ("demo_agent1", "刘思远", "agent", "Agent-demo-1"),
    ("demo_agent2", "孙晓梅", "agent", "Agent-demo-2"),
    ("demo_customer", "马建国", "customer", "Customer-demo-1"),
)


def fill(app: Flask) -> None:
    """Make what is missing of the demonstration, and say what there is."""
    with app.app_context():
        tenant = db.session.scalars(select(Tenant).order_by(Tenant.id)).first()
        made = {account.username for account in setup.create_accounts(tenant, ACCOUNTS)}
        click.echo(gettext("Accounts for a try, with passwords that everybody knows:") + "\n")
        click.echo(accounts.table(NewAccount(name, password, role, False) for name, _, role, password in ACCOUNTS))
        there = [name for name, *_ in ACCOUNTS if name not in made]
        if there:
            click.echo(
                gettext(
                    "They existed already: %(names)s. Passwords changed since then stay changed.",
                    names=", ".join(there),
                )
            )
        click.echo("\n" + _tell(tenant))


def _tell(tenant: Tenant) -> str:
    """Let the story happen unless it has; what to say about it."""
    actor = system(tenant.id)
    bind(db.session(), actor)
    story = defaultdict(list)
    for path in DATA:
        for name, rows in tomllib.loads(path.read_text(encoding="utf-8")).items():
            story[name] += rows
    names = [organization["name"] for organization in story["organization"]]
    if db.session.scalar(select(Organization.id).where(Organization.name.in_(names)).limit(1)):
        return gettext("The demonstration data existed already; nothing was added.")
    choices = Choices(publish=True)
    found = planned(read_rows(ARTICLES.read_bytes(), ARTICLES.name, most_rows=10_000), choices)
    import_articles(actor, [each.row for each in found if each.row], choices)
    with jobs.at_once():  # the bot answers while the story goes on, not beside it
        counts = Story(tenant.id, story).happen()
    delivery.flush_marks()
    return gettext(
        "Made: %(conversations)s conversations, %(tickets)s tickets, %(customers)s customers of %(organizations)s "
        "organizations, spread over the last days.",
        **counts,
    )
