"""Retention at the terminal: what would go, by company and month, and letting it go."""

from collections.abc import Iterator

import click
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.jobs import jobs
from app.terminal import Progress, gettext, width
from models.actor import system
from models.base import bind
from models.identity import Tenant
from services import retention


def show(app: Flask, code: str) -> None:
    """Print what a run would take; nothing is changed."""
    with app.app_context():
        for company in _companies(code):
            before = retention.cutoff()
            if before is None:
                click.echo(
                    gettext("%(company)s: conversations are kept for ever (retention_months is 0)", company=company)
                )
                continue
            click.echo(
                gettext(
                    "%(company)s: conversations that ended before %(day)s", company=company, day=f"{before:%Y-%m-%d}"
                )
            )
            click.echo(_table(retention.plan(before)))


def purge(app: Flask, code: str) -> None:
    """Take what is due, to the end."""
    with app.app_context(), jobs.at_once():
        for company in _companies(code):
            before = retention.cutoff()
            total = sum(month.conversations for month in retention.plan(before)) if before else 0
            progress = Progress(company, total, gettext("conversations"))
            done = retention.run_for(system(db.session().info["tenant_id"]), seconds=None, progress=progress.show)
            progress.end(done)


def _companies(code: str) -> Iterator[str]:
    """The name of each company, with the session bound to it."""
    known = [(row.id, row.code, row.name) for row in db.session.scalars(select(Tenant).order_by(Tenant.id))]
    chosen = [row for row in known if code in ("", row[1])]
    if not chosen:
        raise click.ClickException(gettext("There is no company with the code %(code)s", code=code))
    for number, _, name in chosen:
        bind(db.session(), system(number))
        yield name


def _table(months: list[retention.Month]) -> str:
    head = (
        gettext("Month"),
        gettext("Conversations"),
        gettext("Messages"),
        gettext("Files"),
        gettext("Megabytes of files"),
        gettext("Kept: held or needed"),
    )
    rows = [
        (
            f"{one.year}-{one.month:02}",
            one.conversations,
            one.messages,
            one.files,
            f"{one.file_bytes / 1e6:.1f}",
            one.kept,
        )
        for one in months
    ]
    total = (
        gettext("Total"),
        *(sum(getattr(one, name) for one in months) for name in ("conversations", "messages", "files")),
        f"{sum(one.file_bytes for one in months) / 1e6:.1f}",
        sum(one.kept for one in months),
    )
    lines = [tuple(map(str, line)) for line in (head, *rows, total)]
    columns = [max(map(width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  " + "  ".join(" " * (size - width(cell)) + cell for cell, size in zip(line, columns, strict=True))
        for line in lines
    )
