"""`manage.py doctor`: is this installation well? For operators, before they ask anybody.

It looks and changes nothing, and it goes on where something is missing: each check says what it found.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping

from app.doctor import configuration, database, neighbours, surroundings
from app.doctor.finding import Finding, Level
from app.terminal import gettext
from config import Config

Check = Callable[[Config], Iterator[Finding]]

#: the sections of the report in order: title and checks
SECTIONS: tuple[tuple[str, tuple[Check, ...]], ...] = (
    (gettext("Program"), (surroundings.check_program, surroundings.check_front_end)),
    (gettext("Safety"), (configuration.check_safety,)),
    (gettext("Database"), (database.check_database,)),
    (gettext("Redis and jobs"), (neighbours.check_redis, neighbours.check_jobs)),
    (gettext("Folders"), (surroundings.check_data_folder, surroundings.check_index_folder)),
    (gettext("Assistant"), (surroundings.check_model, surroundings.check_model_interface)),
    (gettext("Network"), (neighbours.check_port,)),
)


def report(environment: Mapping[str, str] | None = None) -> int:
    """Print what was found; 0 when all that is needed works, else 1."""
    sys.stdout.reconfigure(errors="replace")  # a terminal that knows no Chinese still gets the rest
    environment = os.environ if environment is None else environment
    config, given, findings = configuration.read(environment)
    _print_section(gettext("Settings"), findings)
    for line in configuration.table(config, given):
        print(f"    {line}")
    for title, checks in SECTIONS:
        found = [finding for check in checks for finding in check(config)]
        _print_section(title, found)
        findings += found
    failures = sum(finding.level is Level.failure for finding in findings)
    warnings = sum(finding.level is Level.warning for finding in findings)
    print()
    if failures:
        print(
            gettext(
                "%(failures)s things do not work and %(warnings)s deserve a look.", failures=failures, warnings=warnings
            )
        )
    elif warnings:
        print(gettext("Everything needed works; %(warnings)s things deserve a look.", warnings=warnings))
    else:
        print(gettext("Everything works."))
    return 1 if failures else 0


def _print_section(title: str, findings: list[Finding]) -> None:
    print(f"\n{title}")
    for finding in findings:
        print(f"  {finding.level.mark} {finding.text}")
