"""lists of agents find state, priority and type in the index of who is in charge, or who created it

Revision: 0037
Follows: 0036
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

NEW = {
    "assignee_id": ("assignee_id", "tenant_id", "deleted", "status", "id", "customer_id", "priority", "type"),
    "create_by": ("create_by", "tenant_id", "deleted", "id", "status", "priority", "type"),
}
OLD = {
    "assignee_id": ("assignee_id", "tenant_id", "deleted", "status", "id", "customer_id"),
    "create_by": ("create_by", "tenant_id", "deleted", "id"),
}


def upgrade() -> None:
    _replace(NEW)


def downgrade() -> None:
    _replace(OLD)


def _replace(wanted: dict[str, tuple[str, ...]]) -> None:
    """In one statement, for in MariaDB a foreign key needs an index at every moment."""
    if op.get_bind().dialect.name == "sqlite":
        for name, columns in wanted.items():
            op.drop_index(f"idx_ticket_{name}", "ticket")
            op.create_index(f"idx_ticket_{name}", "ticket", list(columns))
        return
    changes = [
        f"DROP INDEX idx_ticket_{name}, ADD INDEX idx_ticket_{name} ({', '.join(columns)})"
        for name, columns in wanted.items()
    ]
    op.execute(f"ALTER TABLE ticket {', '.join(changes)}")
