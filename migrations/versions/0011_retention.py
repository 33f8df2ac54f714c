"""how long conversations are kept; exported files

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(length=191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")
HOLD = (("legal_hold_time", MOMENT), ("legal_hold_reason", sa.String(length=500)))
NEW_COLUMNS = {
    "conversation": (*HOLD, ("archive_time", MOMENT), ("purge_time", MOMENT)),
    "customer": HOLD,
}


def _common() -> list[sa.Column]:
    return [
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    ]


def upgrade() -> None:
    for table, columns in NEW_COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index(
        op.f("idx_conversation_retention"), "conversation", ["tenant_id", "deleted", "purge_time", "close_time"]
    )
    op.create_table(
        "export_job",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("content", TINY_INT, nullable=False),
        sa.Column("format", TINY_INT, nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("storage_key", EXACT, nullable=True),
        sa.Column("size", BIG_ID, nullable=True),
        sa.Column("start_time", MOMENT, nullable=True),
        sa.Column("finish_time", MOMENT, nullable=True),
        sa.Column("expire_time", MOMENT, nullable=False),
        sa.Column("error", sa.String(length=255), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_job")),
    )
    op.create_index(op.f("idx_export_job_create_by"), "export_job", ["create_by", "tenant_id", "deleted", "id"])
    op.create_index(op.f("idx_export_job_state"), "export_job", ["tenant_id", "deleted", "state"])
    op.create_table(
        "retention_run",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("cutoff", MOMENT, nullable=False),
        sa.Column("archived", TINY_INT, nullable=False),
        sa.Column("conversations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("messages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("files", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_bytes", BIG_ID, server_default="0", nullable=False),
        sa.Column("finish_time", MOMENT, nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )


def downgrade() -> None:
    op.drop_table("retention_run")
    op.drop_table("export_job")
    op.drop_index(op.f("idx_conversation_retention"), table_name="conversation")
    for table, columns in NEW_COLUMNS.items():
        # "never": to copy a table that others point to would break their references on SQLite
        with op.batch_alter_table(table, recreate="never") as batch:
            for name, _ in reversed(columns):
                batch.drop_column(name)
