"""since when the customer of a conversation waits for a word; what presence an agent chose

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("conversation", sa.Column("waiting_since", MOMENT, nullable=True))
    op.create_index(op.f("idx_conversation_waiting_since"), "conversation", ["tenant_id", "deleted", "waiting_since"])
    op.execute("UPDATE conversation SET waiting_since = queue_time WHERE status = 2")  # queued
    op.add_column("agent", sa.Column("chosen_presence", TINY_INT, server_default="3", nullable=False))
    op.execute("UPDATE agent SET chosen_presence = presence")


def downgrade() -> None:
    with op.batch_alter_table("agent", recreate="never") as table:
        table.drop_column("chosen_presence")
    op.drop_index(op.f("idx_conversation_waiting_since"), table_name="conversation")
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("conversation", recreate="never") as table:
        table.drop_column("waiting_since")
