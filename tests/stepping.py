"""Walk through the history of a database: `python -m tests.stepping down base up check`.

One process takes all the steps: to start one takes longer than a step. "up:7" goes up and dies at the seventh statement
that changes something, as by kill -9.
"""

import itertools
import json
import os
import sys

import sqlalchemy as sa
from flask_migrate import check, downgrade, upgrade

from app.extensions import db
from app.factory import create_app
from tests.servers import ROOT

MIGRATIONS = str(ROOT / "migrations")
STEPS = {
    "down": lambda: downgrade(MIGRATIONS, revision="-1"),
    "base": lambda: downgrade(MIGRATIONS, revision="base"),
    "up": lambda: upgrade(MIGRATIONS),
    "check": lambda: check(MIGRATIONS),  # whether the tables are those of the models
}

#: the first words of statements that change something
CHANGING = frozenset({"CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"})


def counts(engine: sa.Engine) -> dict[str, int]:
    """Rows per table."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return {table: connection.scalar(sa.text(f"SELECT COUNT(*) FROM `{table}`")) for table in tables}


def die_at(number: int) -> None:
    """End this process without a farewell once so many statements have changed something."""
    done = itertools.count(1)

    @sa.event.listens_for(sa.Engine, "after_cursor_execute")  # migrations may have an engine of their own
    def count(connection, cursor, statement, *_) -> None:
        if statement.lstrip().split(" ", 1)[0].upper() in CHANGING and next(done) == number:
            os._exit(9)


def main(steps: list[str]) -> None:
    """The last line printed is a list: after each step, how many rows each table had. A step that fails ends it all."""
    found = []
    with create_app().app_context():
        for step in steps:
            name, _, number = step.partition(":")
            if number:
                die_at(int(number))
            STEPS[name]()
            found.append(counts(db.engine))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
