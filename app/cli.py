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
import logging
import re
import time
import warnings
from pathlib import Path

import click

warnings.filterwarnings("ignore", category=DeprecationWarning, module="eventlet")

ROOT = Path(__file__).resolve().parent.parent


def _company_code(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", value):
        raise click.BadParameter("1 to 32 small letters, digits or dashes")
    return value


@click.group()
def cli() -> None:
    """SmartSupport."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
def run(host: str, port: int) -> None:
    """Prepare the database if need be, then serve everything from this one process."""
    started = time.monotonic()
    app = _application(serving=True)
    from app import bootstrap
    from app.jobs import jobs

    bootstrap.prepare(app)
    jobs.configure(app, broker_url="")  # everything from this one process, also beside a configured broker
    _serve(app, host, port, started, timetable=True)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
def web(host: str, port: int) -> None:
    """One web process of several; jobs go to Celery's broker when one is configured."""
    started = time.monotonic()
    app = _application(serving=True)
    _serve(app, host, port, started, timetable=not app.smartsupport.broker_url)


@cli.command()
def migrate() -> None:
    """Bring the database to the present structure and fill an empty one."""
    app = _application()
    from app import bootstrap

    bootstrap.prepare(app)
    click.echo("数据库已是最新结构 / the database is up to date")


@cli.command()
def demo() -> None:
    """Demonstration accounts and data, for trying the product out."""
    app = _application()
    from app import bootstrap

    bootstrap.prepare(app)
    bootstrap.demo(app)


@cli.command()
@click.argument("code", callback=_company_code)
@click.argument("name")
@click.option("--host", required=True, help="Host name by which browsers reach this company, e.g. help.example.org")
@click.option(
    "--admin-password",
    envvar="ADMIN_PASSWORD",
    default="",
    help="Password of its first administrator; without it a random one is printed once",
)
def company(code: str, name: str, host: str, admin_password: str) -> None:
    """Add a company: `company acme "ACME Ltd" --host help.acme.org`.

    CODE is a short word of small letters, digits and dashes; the first administrator is called admin@CODE. The
    company begins with its own roles, dictionaries, department, teams and quick replies, and sees nothing of the
    others. Visitors reach it under its host name; accounts belong to their company whatever name they use.
    """
    app = _application()
    from app import bootstrap

    bootstrap.prepare(app)
    bootstrap.company(app, code, name, host.lower(), admin_password)


@cli.command()
def worker() -> None:
    """A process for jobs, over the configured broker."""
    app = _application()
    if not app.smartsupport.broker_url:
        raise click.ClickException("worker needs REDIS_URL or CELERY_BROKER_URL; without them jobs run inside `run`")
    from celery_app import celery_app

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


@cli.command()
def beat() -> None:
    """The timetable, once per installation."""
    app = _application()
    if not app.smartsupport.broker_url:
        raise click.ClickException(
            "beat needs REDIS_URL or CELERY_BROKER_URL; without them the timetable runs inside `run`"
        )
    from celery_app import celery_app

    celery_app.Beat(
        loglevel=app.smartsupport.LOG_LEVEL, schedule=str(app.smartsupport.data_dir / "beat-schedule")
    ).run()


@cli.command()
def doctor() -> None:
    """The configuration, what can be reached, what is unsafe."""
    from app.doctor import report

    sys.exit(report())


@cli.group()
def kb() -> None:
    """The knowledge base."""


@kb.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", default="default", show_default=True, help="Code of the company")
@click.option("--category", default="", help="Category for rows that name none")
@click.option("--draft", is_flag=True, help="Do not publish")
def kb_import(files: tuple[Path, ...], tenant: str, category: str, draft: bool) -> None:
    """Import CSV or JSONL: title (or question), text (or answer), similar, category."""
    app = _application()
    from app.kb_import import import_files

    with app.app_context():
        failed = import_files(files, tenant_code=tenant, category=category, publish=not draft)
    sys.exit(1 if failed else 0)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str, arguments: tuple[str, ...]) -> None:
    """Measure: start, http, retrieval."""
    import importlib

    try:
        module = importlib.import_module(f"bench.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"bench.{name}":
            raise
        raise click.ClickException(f"there is no bench {name}") from None
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
            raise click.ClickException(str(error)) from None
    finally:
        gc.freeze()
        gc.enable()


def _serve(app, host: str, port: int, started: float, *, timetable: bool) -> None:
    from app.serving import serve

    logging.getLogger("eventlet.wsgi").setLevel(logging.WARNING)
    serve(app, host, port, started, timetable=timetable)


if __name__ == "__main__":
    cli(prog_name="manage.py")
