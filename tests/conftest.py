"""Fixtures of every test: the set-ups the product runs on, a running server, a watched browser.

Tests that need a running product take `server` (or `backend`) and so run once on SQLite and once on MariaDB with
Redis; `@pytest.mark.backend("sqlite")` keeps a test to one of them. Tests of pages run on either, module by module.
"""

import contextlib
import itertools
import os
import re
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, sync_playwright

from config import SETTINGS, Config
from tests import network, programs
from tests.browsing import Pages, launch
from tests.people import Company, unique
from tests.servers import ROOT, AppProcess, AppServer, MariaDB, Redis, run_cli, run_module

BACKENDS = ("sqlite", "mariadb")
FAILED = pytest.StashKey[bool]()
#: code and host name of the second company, which every set-up has
SECOND, SECOND_HOST = "two", "two.localhost"
COMPANIES_AT_ONCE = 6

#: the product's settings in all tests: quick hashes, and limits that only their own tests meet
COMMON_SETTINGS: Mapping[str, str] = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ADMIN_PASSWORD": secrets.token_urlsafe(12),
    "BCRYPT_ROUNDS": "4",
    "EMBEDDING_MODEL": "none",  # words alone find articles here; what the model adds, its own tests say
    "LOGIN_RATE_PER_IP": "100000 per minute",
    "VISITOR_RATE_PER_IP": "100000 per minute",
    "QUESTION_RATE": "100000 per minute",
    "MESSAGE_RATE": "100000 per minute",
    "UPLOAD_RATE": "100000 per minute",
    "EVENT_RATE": "1000000 per minute",
    "REQUEST_RATE_PER_IP": "1000000 per minute",
    "OUTBOUND_ALLOW": "localhost",  # where other systems are played
}


# --- what pytest asks -----------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=(*BACKENDS, "all"),
        default="all",
        help="run tests of the running product on this set-up only (default: all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "backend(name, …): run this test on these set-ups only, sqlite or mariadb")
    _forget_outer_settings()
    network.install()


def pytest_report_header(config: pytest.Config) -> list[str]:
    reason = programs.why_not_mariadb()
    return [
        f"set-ups: {config.getoption('backend')}" + (f" (mariadb is skipped, {reason})" if reason else ""),
        f"browser: {programs.find_chromium() or 'none, browser tests are skipped'}",
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("backend")
        chosen = metafunc.config.getoption("backend")
        names = [name for name in (marker.args if marker else BACKENDS) if chosen in (name, "all")]
        if "browser" in metafunc.fixturenames and not marker:
            names = [_one_of(names, metafunc.module.__name__)]
        metafunc.parametrize("backend", [_backend_parameter(name) for name in names], indirect=True, scope="session")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """With two processes (pytest -n) each has the tests of one set-up, so that its servers start once; with more, each
    set-up is shared among as many, file by file."""
    from xdist.scheduler import LoadScopeScheduling

    shares = max(1, config.option.numprocesses // 2)
    modules = [path.name for path in sorted(Path(__file__).parent.rglob("test_*.py"))]

    class BySetUp(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            found = re.search(r"[\[-](sqlite|mariadb)[]-]", nodeid)
            module = Path(nodeid.split("::")[0]).name
            return f"{found[1]} {modules.index(module) % shares}" if found else nodeid

    return BySetUp(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Add to a failure what the servers of the test wrote."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for process in AppProcess.running:
            report.sections.append((f"end of {process.log}", "\n".join(process.log_text().splitlines()[-40:])))
    return report


def _one_of(names: list[str], module: str) -> str:
    """The set-up of a module's browser tests: what a page makes of an answer does not depend on the database, and the
    answers themselves are asked for on both set-ups by the tests of REST and sockets. Whole ways through the product
    are walked on both: their modules are marked so."""
    there = [name for name in names if name != "mariadb" or programs.why_not_mariadb() is None] or names
    return there[zlib.crc32(module.encode()) % len(there)]


def _backend_parameter(name: str):
    reason = programs.why_not_mariadb() if name == "mariadb" else None
    return pytest.param(name, marks=pytest.mark.skip(reason=f"mariadb with redis is {reason}")) if reason else name


def _forget_outer_settings() -> None:
    # the person who runs the tests may have a real database in the environment
    for setting in SETTINGS:
        os.environ.pop(setting.name, None)


# --- set-ups and servers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Backend:
    """One set-up of the product: the settings that a process of it gets, and a folder for its data."""

    name: str
    settings: Mapping[str, str]
    folder: Path

    @property
    def database_url(self) -> str:
        return Config(self.settings).database_url


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The set-up a test runs on, with its database ready."""
    folder = tmp_path_factory.mktemp(request.param)
    settings = COMMON_SETTINGS | {"DATA_DIR": str(folder / "data"), "KB_INDEX_DIR": str(folder / "kb_index")}
    if request.param == "sqlite":
        prepare_database(settings)
        yield Backend("sqlite", settings, folder)
        return
    with MariaDB(folder / "mariadb") as database, Redis(folder / "redis") as redis:
        settings |= {"DATABASE_URL": database.create_database("smartsupport"), "REDIS_URL": redis.url}
        prepare_database(settings)
        yield Backend("mariadb", settings, folder)


def job_process(backend: Backend, command: str) -> AppProcess:
    """One more process of a scaled-out installation: worker or beat."""
    return AppProcess(
        backend.folder / command,
        backend.settings,
        command,
        ready=" ready." if command == "worker" else "beat: Starting...",
    )


def prepare_database(settings: Mapping[str, str]) -> None:
    """Make the tables and what every test may count on, once for each set-up: the first company and a second one."""
    run_cli("migrate", settings=settings)
    run_cli("company", SECOND, "第二公司", "--host", SECOND_HOST, settings=settings)


@pytest.fixture(scope="session")
def server(backend: Backend) -> Iterator[AppServer]:
    """The running product, shared by all tests of a set-up. One that kills or reconfigures it takes `start_server`."""
    with contextlib.ExitStack() as started:
        running = started.enter_context(AppServer(backend.folder / "server", backend.settings))
        if "REDIS_URL" in backend.settings:  # jobs leave the web process: somebody must do them
            for command in ("worker", "beat"):
                started.enter_context(job_process(backend, command))
        yield running


@pytest.fixture(scope="session")
def people(backend: Backend, server: AppServer) -> Company:
    """The people of the first company: people.agent, people.customer, people.visitor() …"""
    return Company(server.base_url, "admin", backend.settings["ADMIN_PASSWORD"])


@pytest.fixture(scope="session")
def strangers(backend: Backend, server: AppServer) -> Company:
    """The people of the second company, under a host name of its own."""
    return Company(server.base_url, f"admin@{SECOND}", backend.settings["ADMIN_PASSWORD"], host=SECOND_HOST)


@pytest.fixture(scope="session")
def new_company(backend: Backend, server: AppServer) -> Callable[[], Company]:
    """Make a company of the test's own, whose queue and agents nobody else touches."""

    made: list[str] = []

    def make() -> Company:
        if not made:  # several at once: most of the time goes into starting the process
            made.extend(unique("company") for _ in range(COMPANIES_AT_ONCE))
            run_module("tests.companies", *made, settings=backend.settings)
        code = made.pop()
        return Company(server.base_url, f"admin@{code}", backend.settings["ADMIN_PASSWORD"], host=f"{code}.localhost")

    return make


@pytest.fixture(scope="session")
def database(backend: Backend) -> Iterator[sa.Engine]:
    """The database itself, for what no face offers: making a row old, counting rows, reading the outbox."""
    engine = sa.create_engine(backend.database_url)
    if backend.name == "sqlite":
        # Whoever writes waits for the others, and on a busy machine that may be long. After the product's own
        # listener, which counts for every engine of a process that imports it and is less patient.
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=60000"))
    yield engine
    engine.dispose()


@pytest.fixture
def bare_company(new_company: Callable[[], Company], database: sa.Engine) -> Company:
    """A company without the manuals that each begins with: for what is counted, and for models that would take time
    for them.
    """
    company = new_company()
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE article SET deleted = 1 WHERE tenant_id = (SELECT tenant_id FROM ab_user WHERE id = :id)"),
            {"id": company.admin.user_id},
        )
    return company


@pytest.fixture
def own_settings(backend: Backend, tmp_path: Path) -> Mapping[str, str]:
    """A database of the test's own beside the others' one; without Redis, where it would meet the others."""
    return settings_of_own(backend, tmp_path)


def settings_of_own(backend: Backend, tmp_path: Path) -> Mapping[str, str]:
    """The same in this folder, for fixtures that live longer than a test."""
    own = {**backend.settings, "DATA_DIR": str(tmp_path / "data"), "REDIS_URL": ""}
    if backend.name == "mariadb":
        name = f"own_{re.sub(r'[^a-z0-9]', '_', tmp_path.name.lower())}"[:60]
        engine = sa.create_engine(backend.database_url)
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"))
        engine.dispose()
        own["DATABASE_URL"] = backend.settings["DATABASE_URL"].replace("/smartsupport?", f"/{name}?")
    return own


@pytest.fixture
def start_server(backend: Backend, tmp_path: Path) -> Iterator[Callable[..., AppServer]]:
    """Start one more server on the same database: start_server(LOGIN_RATE_PER_IP="3 per minute")."""
    numbers = itertools.count(1)
    with contextlib.ExitStack() as started:
        yield lambda **settings: started.enter_context(
            AppServer(tmp_path / f"server-{next(numbers)}", {**backend.settings, **settings})
        )


@pytest.fixture(autouse=True)
def stay_on_this_machine() -> Iterator[None]:
    """Fail a test that tried to reach another machine, even if something swallowed the error."""
    before = len(network.attempts)
    yield
    reached = network.attempts[before:]
    assert not reached, f"tried to reach {', '.join(reached)}"


# --- the browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The installed Chromium."""
    chromium = programs.find_chromium()
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        running = launch(playwright, chromium)
        yield running
        running.close()


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser: Browser, server: AppServer, tmp_path: Path) -> Iterator[Pages]:
    """Open pages of the product: open_page("/portal", viewport="phone"). What breaks on any of them fails the test."""
    pages = Pages(browser, server)
    yield pages
    problems = pages.problems()
    if problems or request.node.stash.get(FAILED, False):
        kept = pages.keep_screenshots(tmp_path)
        print("pages as they were:", *kept)
    pages.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def screenshot(tmp_path: Path) -> Callable[[Page, str], Path]:
    """Keep a picture of a page: in docs/screenshots with UPDATE_SCREENSHOTS=1, else in the test's own folder."""
    folder = ROOT / "docs" / "screenshots" if os.environ.get("UPDATE_SCREENSHOTS") == "1" else tmp_path

    def take(page: Page, name: str, **options) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path, **options)
        return path

    return take
