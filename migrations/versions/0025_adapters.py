"""adapters learnt from a company's own questions; vectors of several models side by side

Revision: 0025
Follows: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

ONE_MODEL = "uq_article_vector_article_id_part_delete_token"
EACH_MODEL = "uq_article_vector_article_id_model_part_delete_token"


def upgrade() -> None:
    op.create_table(
        "adapter",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("index_version", BIG_ID, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("articles", "questions", "confirmed", "asked")),
        sa.Column("rank_before", sa.Float(), nullable=False),
        sa.Column("rank_after", sa.Float(), nullable=False),
        sa.Column("kept", TINY_INT, nullable=False),
        sa.Column("slope", sa.Float(), nullable=False),
        sa.Column("shift", sa.Float(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("data", BLOB, nullable=True),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adapter")),
    )
    op.create_index("idx_adapter_model", "adapter", ["tenant_id", "model", "id"])
    # the new constraint first: on MariaDB it serves the foreign key when the old one goes
    with op.batch_alter_table("article_vector") as table:
        table.create_unique_constraint(op.f(EACH_MODEL), ["article_id", "model", "part", "delete_token"])
        table.drop_constraint(op.f(ONE_MODEL), type_="unique")
    op.add_column("index_state", sa.Column("serving_model", sa.String(length=128), server_default="", nullable=False))
    op.add_column("index_state", sa.Column("serving_spec", sa.String(length=255), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("index_state", recreate="never") as table:
        table.drop_column("serving_spec")
        table.drop_column("serving_model")
    # of vectors by several models the newest stay: one per text is all that fits
    op.execute(
        "DELETE FROM article_vector WHERE id NOT IN (SELECT id FROM (SELECT max(id) AS id FROM article_vector"
        " GROUP BY article_id, part, delete_token) AS newest)"
    )
    with op.batch_alter_table("article_vector") as table:
        table.create_unique_constraint(op.f(ONE_MODEL), ["article_id", "part", "delete_token"])
        table.drop_constraint(op.f(EACH_MODEL), type_="unique")
    op.drop_table("adapter")
