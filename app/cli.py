"""The commands behind manage.py: `python -m app.cli COMMAND`.

The serving commands monkey-patch first, before anything else is imported; the others run plain.
"""

import os
import sys

_SERVING = {"run", "web"}

if __name__ == "__main__" and len(sys.argv) > 1 and sys.argv[1] in _SERVING:
    from app.offload import patch

    patch(os.environ.get("SOCKETIO_ASYNC_MODE", "eventlet"), int(os.environ.get("OFFLOAD_THREADS", "4")))

import gc
import re
import time
import warnings
from pathlib import Path

import click

from app import kb_columns
from app.terminal import gettext, paragraphs, translate_click

warnings.filterwarnings("ignore", category=DeprecationWarning, module="eventlet")

_HOST = gettext("Address to listen on; 0.0.0.0 for all of this machine")
_PORT = gettext("Port to listen on")
_KB_IMPORT = paragraphs(
    gettext(
        "Import articles from files, folders and ZIP archives: Markdown, HTML, Word (.docx) and PDF, or tables of "
        "questions and answers (CSV, Excel, JSON lines)."
    ),
    gettext(
        "The first line of a table names its columns; the keys of JSON and the head of Markdown are called the same:"
    ),
    kb_columns.table(),
    gettext(
        "Title and text are required, other columns are left out. Several values stand in one cell: ways to ask "
        "with | or ;, categories with |, tags with | ; or a comma; JSON takes lists as well. Columns are separated "
        "by comma, semicolon or tab. Files may be UTF-8 (with or without BOM) or GBK."
    ),
    gettext(
        "An article with the same key, or the same title in the same category, is overwritten with what the file "
        "says, also when somebody has edited it on a screen meanwhile; its versions are kept, and columns that the "
        "file does not have stay as they are. Rows that cannot be taken are named with file and line, the others are "
        "stored."
    ),
    gettext("An example that Excel opens: %(file)s", file="docs/examples/articles.csv"),
)


def _company_code(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", value):
        raise click.BadParameter(gettext("1 to 32 small letters, digits or dashes"))
    return value


@click.group(help="SmartSupport")
def cli() -> None:
    pass


@cli.command(help=gettext("Prepare the database if need be, then serve everything from this one process."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_HOST)
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help=_PORT)
def run(host: str, port: int) -> None:
    started = time.monotonic()
    app = _application(serving=True)
    from app import bootstrap
    from app.jobs import jobs

    bootstrap.prepare(app)
    jobs.configure(app, broker_url="")  # everything from this one process, also beside a configured broker
    _serve(app, host, port, started, timetable=True)


@cli.command(help=gettext("One web process of several; jobs go to Celery's broker when one is configured."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_HOST)
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help=_PORT)
def web(host: str, port: int) -> None:
    started = time.monotonic()
    app = _application(serving=True)
    _serve(app, host, port, started, timetable=not app.smartsupport.broker_url)


@cli.command(
    help=paragraphs(
        gettext(
            "Bring the database to the present structure. An empty one is filled: its first accounts are made and "
            "their passwords printed once."
        )
    )
)
def migrate() -> None:
    app = _application()
    from app import bootstrap

    bootstrap.prepare(app)
    click.echo("数据库已是最新结构 / the database is up to date")


@cli.command(
    help=paragraphs(
        gettext(
            "Accounts with well-known passwords, and conversations, tickets and customers to look at. Runs twice "
            "without doubling anything; refused in production."
        )
    )
)
def demo() -> None:
    app = _application()
    from app import bootstrap
    from app.demo import fill

    if app.smartsupport.production:
        raise click.ClickException(gettext("Demonstration accounts have well-known passwords: not in production."))
    bootstrap.prepare(app)
    fill(app)


@cli.command(
    help=paragraphs(
        gettext(
            "Give an account (user name or e-mail address) a new random password, for somebody who is locked out. "
            "It asks nothing, prints the password once, lifts a lock and ends all sign-ins of the account; the "
            "password must be changed at the next sign-in. The operation log records it."
        )
    )
)
@click.argument("user")
@click.option("--clear-totp", is_flag=True, help=gettext("Switch off two-step verification as well"))
def password(user: str, clear_totp: bool) -> None:
    app = _application()
    from app import bootstrap
    from app.accounts import new_password

    bootstrap.require_database(app)
    new_password(app, user, clear_second_factor=clear_totp)


@cli.command(
    help=paragraphs(
        gettext("Add a company, for example:"),
        '  company acme "ACME Ltd" --host help.acme.org',
        gettext(
            "CODE is a short word of small letters, digits and dashes; the first administrator is called "
            "admin@CODE. The company begins with its own roles, dictionaries, department, teams and quick replies, "
            "and sees nothing of the others. Visitors reach it under its host name; accounts belong to their "
            "company whatever name they use."
        ),
    )
)
@click.argument("code", callback=_company_code)
@click.argument("name")
@click.option(
    "--host",
    required=True,
    help=gettext("Host name by which browsers reach this company, e.g. help.example.org"),
)
@click.option(
    "--admin-password",
    envvar="ADMIN_PASSWORD",
    default="",
    help=gettext("Password of its first administrator; without it a random one is printed once"),
)
def company(code: str, name: str, host: str, admin_password: str) -> None:
    app = _application()
    from app import bootstrap

    bootstrap.prepare(app)
    bootstrap.company(app, code, name, host.lower(), admin_password)


@cli.command(help=gettext("A process for jobs, over the configured broker."))
def worker() -> None:
    app = _application()
    if not app.smartsupport.broker_url:
        raise click.ClickException(
            gettext("worker needs REDIS_URL or CELERY_BROKER_URL; without them jobs run inside `run`")
        )
    from celery_app import become_worker, celery_app

    become_worker()
    with app.app_context():
        celery_app.worker_main(
            [
                "worker",
                "--loglevel",
                app.smartsupport.LOG_LEVEL,
                "--pool",
                "threads",
                "--concurrency",
                "4",
                "--hostname",
                f"worker-{os.getpid()}@%h",
            ]
        )


@cli.command(help=gettext("The timetable, once per installation."))
def beat() -> None:
    app = _application()
    if not app.smartsupport.broker_url:
        raise click.ClickException(
            gettext("beat needs REDIS_URL or CELERY_BROKER_URL; without them the timetable runs inside `run`")
        )
    from celery_app import celery_app

    celery_app.Beat(
        loglevel=app.smartsupport.LOG_LEVEL, schedule=str(app.smartsupport.data_dir / "beat-schedule")
    ).run()


@cli.command(
    help=paragraphs(
        gettext(
            "The configuration, what can be reached, what is unsafe. It looks and changes nothing. Ends with code 1"
            " when something needed does not work, else with 0."
        )
    )
)
@click.option("--all", "everything", is_flag=True, help=gettext("Also list the settings that have their default"))
def doctor(everything: bool) -> None:
    from app.doctor import report

    sys.exit(report(everything=everything))


@cli.command(
    help=paragraphs(
        gettext(
            "Purge the conversations that have been kept long enough (settings retention_months, retention_archive), "
            "as the timetable does, but to the end."
        ),
        gettext("With --dry-run it changes nothing and lists what would go, by company and month."),
    )
)
@click.option("--dry-run", is_flag=True, help=gettext("Only list what would go"))
@click.option("--company", "code", default="", help=gettext("Code of one company; by default all"))
def retention(dry_run: bool, code: str) -> None:
    app = _application()
    from app import bootstrap
    from app.retention import purge, show

    bootstrap.require_database(app)
    (show if dry_run else purge)(app, code)


@cli.group(help=gettext("The knowledge base."))
def kb() -> None:
    pass


@kb.command("import", help=_KB_IMPORT)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--tenant", default="default", show_default=True, help=gettext("Code of the company"))
@click.option("--category", default="", help=gettext("Category for rows that name none, as in the column: a|b"))
@click.option("--no-folders", is_flag=True, help=gettext("Folders do not become categories"))
@click.option("--language", type=click.Choice(["zh", "en"]), help=gettext("Language of what does not say it itself"))
@click.option(
    "--visibility",
    type=click.Choice(["public", "customer", "staff"]),
    default="public",
    show_default=True,
    help=gettext("Who may read what does not say it itself"),
)
@click.option("--draft", is_flag=True, help=gettext("Store new articles as drafts, which nobody finds yet"))
@click.option(
    "--existing",
    type=click.Choice(["update", "skip", "new"]),
    default="update",
    show_default=True,
    help=gettext("What to do with articles that exist already"),
)
@click.option(
    "--split", type=click.IntRange(0, 3), default=0, help=gettext("One article for each heading down to this level")
)
@click.option("--dry-run", is_flag=True, help=gettext("Only say what would become of each row"))
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help=gettext("Write a line for each row into a CSV file"),
)
def kb_import(paths: tuple[Path, ...], tenant: str, report: Path | None, dry_run: bool, **chosen) -> None:
    app = _application()
    from app import bootstrap
    from app.kb_import import import_files
    from services.documents.columns import SEVERAL, parts
    from services.imports import Choices, Existing

    bootstrap.require_database(app)
    choices = Choices(
        category=parts(chosen["category"], SEVERAL["category"]),
        folders=not chosen["no_folders"],
        locale=chosen["language"] or "",
        visibility=chosen["visibility"],
        publish=not chosen["draft"],
        existing=Existing(chosen["existing"]),
        split=chosen["split"],
    )
    with app.app_context():
        failed = import_files(paths, tenant_code=tenant, choices=choices, dry_run=dry_run, report=report)
    sys.exit(1 if failed else 0)


@cli.command(
    context_settings={"ignore_unknown_options": True},
    help=gettext("Measure: start, http, retrieval … (the modules of bench/)."),
)
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str, arguments: tuple[str, ...]) -> None:
    import importlib

    path = f"bench.{name.replace('-', '_')}"
    try:
        module = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise click.ClickException(gettext("There is no bench %(name)s", name=name)) from None
    sys.exit(module.main(list(arguments)))


def _application(serving: bool = False):
    # a start makes half a million objects that stay; looking through them for garbage costs a quarter of its time
    gc.disable()
    try:
        from app.factory import create_app
        from config import ConfigError

        try:
            return create_app(serving=serving)
        except ConfigError as error:
            raise click.ClickException(gettext(str(error))) from None
    finally:
        gc.freeze()
        gc.enable()


def _serve(app, host: str, port: int, started: float, *, timetable: bool) -> None:
    from app.serving import serve

    serve(app, host, port, started, timetable=timetable)


if __name__ == "__main__":
    translate_click()
    cli(prog_name="manage.py")
