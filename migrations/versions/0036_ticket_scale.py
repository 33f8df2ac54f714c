"""indexes for a million tickets; how often a ticket was taken up again

Revision: 0036
Follows: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NEW = {
    "status": ("tenant_id", "deleted", "status", "id", "assignee_id", "team_id", "create_by", "create_time"),
    "priority": ("tenant_id", "deleted", "priority", "id", "status", "type"),
    "type": ("tenant_id", "deleted", "type", "id", "status", "priority"),
    "update_time": ("tenant_id", "update_time", "id", "deleted", "status", "priority", "type"),
    "create_time": (
        *("tenant_id", "deleted", "create_time", "id", "status", "priority", "type", "assignee_id", "team_id"),
        *("create_by", "first_reply_time", "resolve_time", "reopen_count"),
    ),
    "resolve_time": ("tenant_id", "deleted", "resolve_time", "assignee_id", "team_id", "create_by", "create_time"),
    "close_time": ("tenant_id", "deleted", "close_time", "status", "assignee_id", "team_id", "create_by"),
    "team_id": ("team_id", "tenant_id", "deleted", "id", "status"),
    "department_id": ("department_id", "tenant_id", "deleted", "id", "status"),
    "create_by": ("create_by", "tenant_id", "deleted", "id"),
}
OLD = {
    "status": ("tenant_id", "deleted", "status", "id"),
    "priority": ("tenant_id", "deleted", "priority", "id"),
    "update_time": ("tenant_id", "update_time"),
    "create_time": ("tenant_id", "deleted", "create_time"),
    "team_id": ("team_id",),
    "department_id": ("department_id",),
}


def upgrade() -> None:
    op.add_column("ticket", sa.Column("reopen_count", sa.Integer(), server_default="0", nullable=False))
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)
    with op.batch_alter_table("ticket", recreate="never") as table:
        table.drop_column("reopen_count")


def _replace(before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]]) -> None:
    """In MariaDB a foreign key needs an index at every moment: the new ones first, under names of their own."""
    if op.get_bind().dialect.name == "sqlite":
        for name in before:
            op.drop_index(f"idx_ticket_{name}", "ticket")
        for name, columns in after.items():
            op.create_index(f"idx_ticket_{name}", "ticket", list(columns))
        return
    changes = [f"ADD INDEX new_ticket_{name} ({', '.join(columns)})" for name, columns in after.items()]
    op.execute(f"ALTER TABLE ticket {', '.join(changes)}")
    op.execute(f"ALTER TABLE ticket {', '.join(f'DROP INDEX idx_ticket_{name}' for name in before)}")
    renamed = ", ".join(f"RENAME INDEX new_ticket_{name} TO idx_ticket_{name}" for name in after)
    op.execute(f"ALTER TABLE ticket {renamed}")
