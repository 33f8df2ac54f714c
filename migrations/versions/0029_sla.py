"""service levels of tickets: policies, escalation, clocks, and what lists show of them

Revision: 0029
Follows: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "sla_policy",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", TINY, server_default="1", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="100", nullable=False),
        sa.Column("priority", TINY, nullable=True),
        sa.Column("ticket_type", sa.String(length=64), nullable=True),
        sa.Column("product", sa.String(length=64), nullable=True),
        sa.Column("min_vip_level", sa.Integer(), nullable=True),
        sa.Column("first_response_minutes", sa.Integer(), nullable=True),
        sa.Column("resolution_minutes", sa.Integer(), nullable=True),
        sa.Column("warn_percent", sa.Integer(), server_default="80", nullable=False),
        sa.Column("around_the_clock", TINY, server_default="0", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_policy")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_sla_policy_tenant_id_name_delete_token")
        ),
    )
    op.create_table(
        "sla_escalation",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("policy_id", BIG_ID, nullable=False),
        sa.Column("goal", TINY, nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("action", TINY, nullable=False),
        sa.Column("agent_id", BIG_ID, nullable=True),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_sla_escalation_agent_id_agent")),
        sa.ForeignKeyConstraint(["policy_id"], ["sla_policy.id"], name=op.f("fk_sla_escalation_policy_id_sla_policy")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_escalation")),
    )
    op.create_index(op.f("idx_sla_escalation_policy_id"), "sla_escalation", ["policy_id"])

    op.create_table(
        "ticket_clock",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("goal", TINY, nullable=False),
        sa.Column("policy_id", BIG_ID, nullable=True),
        sa.Column("calendar_id", BIG_ID, nullable=True),
        sa.Column("target_seconds", sa.Integer(), nullable=True),
        sa.Column("spent_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("running_since", MOMENT, nullable=True),
        sa.Column("due_time", MOMENT, nullable=True),
        sa.Column("met_time", MOMENT, nullable=True),
        sa.Column("breached", TINY, server_default="0", nullable=False),
        sa.Column("reached_percent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_check_time", MOMENT, nullable=True),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["work_calendar.id"], name=op.f("fk_ticket_clock_calendar_id_work_calendar")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["sla_policy.id"], name=op.f("fk_ticket_clock_policy_id_sla_policy")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_clock_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_clock")),
        sa.UniqueConstraint("ticket_id", "goal", "delete_token", name="uq_ticket_clock_goal"),
    )
    op.create_index(op.f("idx_ticket_clock_calendar_id"), "ticket_clock", ["calendar_id"])
    op.create_index("idx_ticket_clock_next_check_time", "ticket_clock", ["tenant_id", "deleted", "next_check_time"])
    op.create_index(op.f("idx_ticket_clock_policy_id"), "ticket_clock", ["policy_id"])

    op.add_column("ticket", sa.Column("due_time", MOMENT, nullable=True))
    op.add_column("ticket", sa.Column("sla_state", TINY, server_default="1", nullable=False))
    op.create_index("idx_ticket_due_time", "ticket", ["tenant_id", "deleted", "due_time", "id"])
    op.create_index("idx_ticket_sla_state", "ticket", ["tenant_id", "deleted", "sla_state", "id"])


def downgrade() -> None:
    op.drop_index("idx_ticket_sla_state", "ticket")
    op.drop_index("idx_ticket_due_time", "ticket")
    with op.batch_alter_table("ticket", recreate="never") as table:
        table.drop_column("sla_state")
        table.drop_column("due_time")
    for name in ("ticket_clock", "sla_escalation", "sla_policy"):
        op.drop_table(name)
