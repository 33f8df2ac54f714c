"""tickets are assigned by rules, and passed on with approval

Revision: 0032
Follows: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "ticket_rule",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="100", nullable=False),
        sa.Column("ticket_types", JSON, nullable=True),
        sa.Column("priorities", JSON, nullable=True),
        sa.Column("products", JSON, nullable=True),
        sa.Column("department_id", BIG_ID, nullable=True),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("vip_from", sa.Integer(), nullable=True),
        sa.Column("strategies", JSON, nullable=True),
        sa.Column("target_teams", JSON, nullable=True),
        sa.Column("skill", sa.String(length=64), nullable=True),
        sa.Column("skill_required", TINY_INT, server_default="0", nullable=False),
        sa.Column("off_hours", TINY_INT, server_default="2", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_tail(),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_ticket_rule_department_id_department")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_ticket_rule_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_rule")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_ticket_rule_tenant_id_name_delete_token")
        ),
    )
    op.create_table(
        "ticket_transfer",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("from_agent_id", BIG_ID, nullable=False),
        sa.Column("to_agent_id", BIG_ID, nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_by", BIG_ID, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("end_time", MOMENT, nullable=True),
        sa.Column("end_token", BIG_ID, server_default="0", nullable=False),
        *_tail(),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_transfer_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["from_agent_id"], ["agent.id"], name=op.f("fk_ticket_transfer_from_agent_id_agent")),
        sa.ForeignKeyConstraint(["to_agent_id"], ["agent.id"], name=op.f("fk_ticket_transfer_to_agent_id_agent")),
        sa.ForeignKeyConstraint(["decided_by"], ["ab_user.id"], name=op.f("fk_ticket_transfer_decided_by_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_transfer")),
        sa.UniqueConstraint("ticket_id", "end_token", name=op.f("uq_ticket_transfer_ticket_id_end_token")),
    )
    op.create_index("idx_ticket_transfer_state", "ticket_transfer", ["tenant_id", "deleted", "state", "id"])
    op.add_column("agent", sa.Column("max_tickets", sa.Integer(), nullable=True))
    op.add_column("agent", sa.Column("last_ticket_time", MOMENT, nullable=True))
    op.add_column("ticket", sa.Column("unrouted_time", MOMENT, nullable=True))
    op.add_column("ticket_assignment", sa.Column("detail", JSON, nullable=True))


def downgrade() -> None:
    # "never": to copy a table that others point to would break their references on SQLite
    for table, columns in (
        ("ticket_assignment", ("detail",)),
        ("ticket", ("unrouted_time",)),
        ("agent", ("last_ticket_time", "max_tickets")),
    ):
        with op.batch_alter_table(table, recreate="never") as batch:
            for column in columns:
                batch.drop_column(column)
    op.drop_table("ticket_transfer")
    op.drop_table("ticket_rule")


def _tail() -> tuple[sa.Column, ...]:
    return (
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    )
