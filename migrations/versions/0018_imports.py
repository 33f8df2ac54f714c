"""imports of articles and what became of each row

Revision: 0018
Follows: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)


def _entity() -> list[sa.Column]:
    return [
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    ]


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def upgrade() -> None:
    op.add_column("article", sa.Column("external_key", EXACT, nullable=True))
    op.create_index("idx_article_external_key", "article", ["tenant_id", "external_key"])
    op.create_table(
        "article_import",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", BIG_ID, server_default="0", nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("storage_key", EXACT, nullable=True),
        sa.Column("preview", JSON, nullable=True),
        sa.Column("choices", JSON, nullable=True),
        sa.Column("is_trial", TINY_INT, server_default="0", nullable=False),
        *map(_count, ("total", "done", "created", "updated", "unchanged", "skipped", "refused")),
        sa.Column("start_time", MOMENT, nullable=True),
        sa.Column("finish_time", MOMENT, nullable=True),
        sa.Column("error", JSON, nullable=True),
        *_entity(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_import")),
    )
    op.create_index("idx_article_import_listing", "article_import", ["tenant_id", "deleted", "id"])
    op.create_index("idx_article_import_state", "article_import", ["tenant_id", "deleted", "state"])
    op.create_table(
        "article_import_row",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("import_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=500), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("result", TINY_INT, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=True),
        sa.Column("remarks", JSON, nullable=True),
        *_entity(),
        sa.ForeignKeyConstraint(
            ["import_id"], ["article_import.id"], name=op.f("fk_article_import_row_import_id_article_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_import_row")),
    )
    op.create_index("idx_article_import_row_import_id", "article_import_row", ["import_id", "number"])


def downgrade() -> None:
    op.drop_table("article_import_row")
    op.drop_table("article_import")
    op.drop_index("idx_article_external_key", "article")
    # "never": to copy tables that others point to would break their references on SQLite
    with op.batch_alter_table("article", recreate="never") as table:
        table.drop_column("external_key")
