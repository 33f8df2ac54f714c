"""word search: the inverted file of messages, tickets, customers and conversations

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "search_term",
        sa.Column("tenant_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("kind", TINY_INT, autoincrement=False, nullable=False),
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_id", BIG_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "term", "row_id", name=op.f("pk_search_term")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("idx_search_term_row_id"), "search_term", ["tenant_id", "kind", "row_id"])


def downgrade() -> None:
    op.drop_table("search_term")
