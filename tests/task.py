"""Run one task of the timetable now, in a process of its own: `python -m tests.task exports.sweep [tenant_id]`."""

import sys

from app.factory import create_app
from celery_app import celery_app


def main(name: str, *tenant: str) -> None:
    """What the timetable does when its time has come; for one company where it is named."""
    create_app()
    print(celery_app.tasks[name](*map(int, tenant)))


if __name__ == "__main__":
    main(*sys.argv[1:])
