"""when agents were there; codes that lead to an agent, a team or a channel

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")

#: what a conversation points to from now on: column → table
LINKS = {"entry_code_id": "entry_code", "wanted_agent_id": "agent"}


def upgrade() -> None:
    op.create_table(
        "presence_interval",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("agent_id", BIG_ID, nullable=False),
        sa.Column("presence", TINY_INT, nullable=False),
        sa.Column("start_time", MOMENT, nullable=False),
        sa.Column("end_time", MOMENT, nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_presence_interval_agent_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_interval")),
    )
    op.create_index(op.f("idx_presence_interval_agent_id"), "presence_interval", ["agent_id", "start_time"])
    # who is there at this moment is there since his presence changed
    op.execute(
        "INSERT INTO presence_interval (agent_id, presence, start_time, create_time, update_time, tenant_id) "
        "SELECT id, presence, presence_time, presence_time, presence_time, tenant_id FROM agent "
        "WHERE presence <> 3 AND deleted = 0 AND presence_time IS NOT NULL "
        "AND id NOT IN (SELECT agent_id FROM presence_interval)"
    )
    op.create_table(
        "entry_code",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("code", EXACT, nullable=False),
        sa.Column("agent_id", BIG_ID, nullable=True),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("hint", sa.String(length=120), nullable=True),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("use_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_use_time", MOMENT, nullable=True),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_entry_code_agent_id_agent")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_entry_code_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_code")),
        sa.UniqueConstraint("code", name=op.f("uq_entry_code_code")),
    )
    op.create_index(op.f("idx_entry_code_agent_id"), "entry_code", ["agent_id"])
    op.create_index(op.f("idx_entry_code_team_id"), "entry_code", ["team_id"])
    for column, table in LINKS.items():
        _add_link(column, table)
        op.create_index(op.f(f"idx_conversation_{column}"), "conversation", [column])
    op.create_index(
        op.f("idx_conversation_served"),
        "conversation",
        ["agent_id", "tenant_id", "deleted", "active_time", "queue_time", "first_reply_time", "customer_id"],
    )


def downgrade() -> None:
    op.drop_index(op.f("idx_conversation_served"), table_name="conversation")
    for column, table in LINKS.items():
        if not _is_sqlite():
            op.drop_constraint(op.f(f"fk_conversation_{column}_{table}"), "conversation", type_="foreignkey")
        op.drop_index(op.f(f"idx_conversation_{column}"), table_name="conversation")
        # "never": to copy a table that others point to would break their references on SQLite
        with op.batch_alter_table("conversation", recreate="never") as batch:
            batch.drop_column(column)
    op.drop_table("entry_code")
    op.drop_table("presence_interval")


def _common() -> list[sa.Column]:
    """The columns of every table."""
    return [
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    ]


def _add_link(column: str, table: str) -> None:
    name = op.f(f"fk_conversation_{column}_{table}")
    if _is_sqlite():  # which knows no constraint that comes later than its column
        linked = sa.Column(column, BIG_ID, sa.ForeignKey(f"{table}.id"), nullable=True)
        op.add_column("conversation", linked, inline_references=True)
    else:
        op.add_column("conversation", sa.Column(column, BIG_ID, nullable=True))
        op.create_foreign_key(name, "conversation", table, [column], ["id"])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
