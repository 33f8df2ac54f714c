"""Run one task of the timetable now, in a process of its own: `python -m tests.task exports.sweep`."""

import sys

from app.factory import create_app
from celery_app import celery_app


def main(name: str) -> None:
    """What the timetable does when its time has come."""
    create_app()
    print(celery_app.tasks[name]())


if __name__ == "__main__":
    main(*sys.argv[1:])
