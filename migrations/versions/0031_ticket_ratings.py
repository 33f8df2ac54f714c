"""what customers thought of how their tickets were solved

Revision: 0031
Follows: 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("rating_invited_time", MOMENT, nullable=True))
    op.create_table(
        "ticket_rating",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("agent_id", BIG_ID, nullable=True),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("resolve_time", MOMENT, nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_rating_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_ticket_rating_agent_id_agent")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_ticket_rating_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_rating")),
        sa.UniqueConstraint("ticket_id", "delete_token", name=op.f("uq_ticket_rating_ticket_id_delete_token")),
    )
    op.create_index(op.f("idx_ticket_rating_agent_id"), "ticket_rating", ["agent_id"])
    op.create_index(op.f("idx_ticket_rating_customer_id"), "ticket_rating", ["customer_id"])
    op.create_index("idx_ticket_rating_create_time", "ticket_rating", ["tenant_id", "deleted", "create_time"])


def downgrade() -> None:
    op.drop_table("ticket_rating")
    with op.batch_alter_table("ticket", recreate="never") as table:
        table.drop_column("rating_invited_time")
