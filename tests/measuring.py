"""The coverage of services/ as a part of a test run, `pytest -p tests.measuring`; tests/lines.py notes the lines."""

import atexit
import io
import os
import shutil
import tempfile
from pathlib import Path

import coverage
import pytest

from tests import lines
from tests.servers import ROOT

REPORT, VERDICT = pytest.StashKey[str](), pytest.StashKey[str]()


def pytest_load_initial_conftests() -> None:
    """Before anything of ours is imported. The folder is for the workers and servers of this run, too; it goes with
    the process that began the run, after its own last notes.
    """
    if lines.FOLDER_VARIABLE not in os.environ:
        folder = os.environ[lines.FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="smartsupport-lines-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    lines.install()


@pytest.hookimpl(trylast=True)  # when the workers have left theirs
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when too much was not reached."""
    lines.leave()
    if hasattr(session.config, "workerinput"):
        return
    measured = coverage.Coverage(data_file=None, config_file=str(ROOT / "pyproject.toml"))
    data = measured.get_data()
    data.add_lines(lines.reached(Path(os.environ[lines.FOLDER_VARIABLE])))
    data.touch_files(str(path) for path in (ROOT / lines.MEASURED).rglob("*.py"))
    table = io.StringIO()
    total, wanted = measured.report(file=table), measured.get_option("report:fail_under")
    session.config.stash[REPORT] = table.getvalue()
    session.config.stash[VERDICT] = f"{lines.MEASURED}/ is covered to {total:.1f} %, wanted are {wanted} %"
    if total < wanted and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("coverage")
    terminalreporter.write(config.stash[REPORT])
    terminalreporter.write_line(config.stash[VERDICT])
