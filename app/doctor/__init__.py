"""`manage.py doctor`: is this installation well? For operators, before they ask anybody.

It looks and changes nothing, and it goes on where something is missing: each check says what it found.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping

from app.doctor import configuration, database, neighbours, surroundings
from app.doctor.finding import Finding, Level
from app.terminal import gettext
from config import SETTINGS, Config

Check = Callable[[Config], Iterator[Finding]]

#: the sections of the report in order: title and checks
SECTIONS: tuple[tuple[str, tuple[Check, ...]], ...] = (
    (gettext("Program"), (surroundings.check_program, surroundings.check_front_end)),
    (gettext("Safety"), (configuration.check_safety,)),
    (gettext("Database"), (database.check_database, neighbours.check_running)),
    (gettext("Redis and jobs"), (neighbours.check_redis, neighbours.check_jobs)),
    (gettext("Folders"), (surroundings.check_data_folder, surroundings.check_index_folder)),
    (gettext("Assistant"), (surroundings.check_model, surroundings.check_model_interface)),
    (gettext("Network"), (neighbours.check_port,)),
)


def report(environment: Mapping[str, str] | None = None, *, everything: bool = False) -> int:
    """Print what was found, `everything` with the settings nobody has set; 0 when all needed things work, else 1."""
    sys.stdout.reconfigure(errors="replace")  # a terminal that knows no Chinese still gets the rest
    environment = os.environ if environment is None else environment
    config, given, findings = configuration.read(environment)
    _print_section(gettext("Settings"), findings)
    for line in configuration.table(config, given, everything=everything):
        print(f"    {line}")
    if not everything:
        left = len(SETTINGS) - len(given)
        print(f"    {gettext('%(number)s settings have their default; --all lists them.', number=left)}")
    for title, checks in SECTIONS:
        found = [finding for check in checks for finding in check(config)]
        _print_section(title, found)
        findings += found
    print(f"\n{_conclusion(findings)}")
    return 1 if _count(findings, Level.failure) else 0


def _conclusion(findings: list[Finding]) -> str:
    """How many problems there are, and the exit code that says so to programs."""
    failures, warnings = _count(findings, Level.failure), _count(findings, Level.warning)
    if failures:
        return gettext(
            "%(failures)s things do not work (✗), %(warnings)s deserve a look (!). Exit code 1.",
            failures=failures,
            warnings=warnings,
        )
    if warnings:
        return gettext(
            "Everything needed works, %(warnings)s things deserve a look (!). Exit code 0.", warnings=warnings
        )
    return gettext("Everything works, no problem was found. Exit code 0.")


def _count(findings: list[Finding], level: Level) -> int:
    return sum(finding.level is level for finding in findings)


def _print_section(title: str, findings: list[Finding]) -> None:
    print(f"\n{title}")
    for finding in findings:
        print(f"  {finding.level.mark} {finding.text}")
