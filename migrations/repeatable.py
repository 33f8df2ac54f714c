"""Migrations that may be interrupted at any statement and run again.

SQLite undoes what was not finished. MariaDB commits with every change of structure: whoever dies in the midst of a
revision leaves some of its changes behind, and the revision begins anew at the next start. There, what is in place
already is left as it is: a table, a column, an index, a constraint is made once, and removed once. Statements that
change rows say themselves on which rows they have nothing left to do.
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic.operations import Operations, ops, toimpl


def install() -> None:
    """Called once by Alembic's entry, before any migration runs."""
    for kind, needed, original in (
        (ops.AddColumnOp, _lacks_column, toimpl.add_column),
        (ops.DropColumnOp, _has_column, toimpl.drop_column),
        (ops.CreateIndexOp, _lacks_index, toimpl.create_index),
        (ops.DropIndexOp, _has_index, toimpl.drop_index),
        (ops.DropTableOp, _has_table, toimpl.drop_table),
        (ops.CreateForeignKeyOp, _lacks_constraint, toimpl.create_constraint),
        (ops.CreateUniqueConstraintOp, _lacks_constraint, toimpl.create_constraint),
        (ops.DropConstraintOp, _has_constraint, toimpl.drop_constraint),
    ):
        Operations.implementation_for(kind, replace=True)(_only_if(needed, original))
    Operations.implementation_for(ops.CreateTableOp, replace=True)(_create_table)


def _only_if(needed: Callable, original: Callable) -> Callable:
    def run(operations: Operations, operation):
        connection = operations.get_bind()
        if connection.dialect.name == "sqlite" or needed(sa.inspect(connection), operation):
            return original(operations, operation)
        return None

    return run


def _create_table(operations: Operations, operation: ops.CreateTableOp):
    """A table that is there may still lack indexes: each is a statement of its own."""
    table = operation.to_table(operations.migration_context)
    connection = operations.get_bind()
    found = sa.inspect(connection)
    if connection.dialect.name == "sqlite" or not found.has_table(table.name):
        return toimpl.create_table(operations, operation)
    known = _index_names(found, table.name)
    for index in table.indexes:
        if index.name not in known:
            operations.impl.create_index(index)
    return table


def _columns(found: sa.Inspector, table: str) -> set[str]:
    return {column["name"] for column in found.get_columns(table)} if found.has_table(table) else set()


def _index_names(found: sa.Inspector, table: str) -> set[str]:
    return {index["name"] for index in found.get_indexes(table)} if found.has_table(table) else set()


def _has_table(found: sa.Inspector, operation: ops.DropTableOp) -> bool:
    return found.has_table(operation.table_name)


def _lacks_column(found: sa.Inspector, operation: ops.AddColumnOp) -> bool:
    return operation.column.name not in _columns(found, operation.table_name)


def _has_column(found: sa.Inspector, operation: ops.DropColumnOp) -> bool:
    return operation.column_name in _columns(found, operation.table_name)


def _lacks_index(found: sa.Inspector, operation: ops.CreateIndexOp) -> bool:
    return str(operation.index_name) not in _index_names(found, operation.table_name)


def _has_index(found: sa.Inspector, operation: ops.DropIndexOp) -> bool:
    return str(operation.index_name) in _index_names(found, operation.table_name)


def _constraint_names(found: sa.Inspector, table: str) -> set[str]:
    """Foreign keys and unique ones; MariaDB knows the latter as indexes."""
    if not found.has_table(table):
        return set()
    return {key["name"] for key in found.get_foreign_keys(table)} | _index_names(found, table)


def _lacks_constraint(found: sa.Inspector, operation) -> bool:
    table = getattr(operation, "source_table", None) or operation.table_name
    return str(operation.constraint_name) not in _constraint_names(found, table)


def _has_constraint(found: sa.Inspector, operation: ops.DropConstraintOp) -> bool:
    return str(operation.constraint_name) in _constraint_names(found, operation.table_name)
