"""e-mail about tickets on its way

Revision: 0030
Follows: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "ticket_letter",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("reader", BIG_ID, nullable=False),
        sa.Column("event_id", BIG_ID, nullable=False),
        sa.Column("first_seq", BIG_ID, nullable=True),
        sa.Column("last_seq", BIG_ID, nullable=True),
        sa.Column("from_status", TINY_INT, nullable=True),
        sa.Column("to_status", TINY_INT, nullable=True),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("due_time", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", BIG_ID, server_default="0", nullable=False),
        sa.Column("last_error", sa.String(length=255), nullable=True),
        sa.Column("sent_time", MOMENT, nullable=True),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_letter_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ticket_letter_user_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_letter")),
        sa.UniqueConstraint("ticket_id", "kind", "reader", "event_id", name="uq_ticket_letter_event"),
    )
    op.create_index("idx_ticket_letter_due", "ticket_letter", ["tenant_id", "state", "due_time"])
    op.create_index(op.f("idx_ticket_letter_user_id"), "ticket_letter", ["user_id"])


def downgrade() -> None:
    op.drop_table("ticket_letter")
