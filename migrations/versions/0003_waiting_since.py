"""since when the customer of a conversation waits for a word

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

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("conversation", sa.Column("waiting_since", MOMENT, nullable=True))
    op.create_index(op.f("idx_conversation_waiting_since"), "conversation", ["tenant_id", "deleted", "waiting_since"])
    op.execute("UPDATE conversation SET waiting_since = queue_time WHERE status = 2")  # queued


def downgrade() -> None:
    op.drop_index(op.f("idx_conversation_waiting_since"), table_name="conversation")
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("conversation", recreate="never") as table:
        table.drop_column("waiting_since")
