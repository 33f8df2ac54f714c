"""versions, review, audience and dates of articles

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)


def _article_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("translation_of_id", BIG_ID, nullable=True),
        sa.Column("team_ids", sa.String(length=500), nullable=True),
        sa.Column("levels", sa.String(length=100), nullable=True),
        sa.Column("valid_from", MOMENT, nullable=True),
        sa.Column("valid_until", MOMENT, nullable=True),
        sa.Column("content_time", MOMENT, nullable=True),
        sa.Column("live_revision", sa.Integer(), nullable=True),
        sa.Column("working_revision", sa.Integer(), nullable=True),
        sa.Column("proposal", TINY_INT, server_default="1", nullable=False),
    )


def _common() -> tuple[sa.Column, ...]:
    """What every table has; columns belong to one table each, so they are made anew."""
    return (
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    )


def upgrade() -> None:
    for column in _article_columns():
        op.add_column("article", column)
    op.create_index(op.f("idx_article_translation_of_id"), "article", ["translation_of_id"])
    op.create_index("idx_article_proposal", "article", ["tenant_id", "proposal"])
    op.execute("UPDATE article SET content_time = update_time WHERE publish_time IS NOT NULL")
    op.create_table(
        "article_revision",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("is_auto", TINY_INT, server_default="0", nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("submitted_by", BIG_ID, nullable=True),
        sa.Column("submit_time", MOMENT, nullable=True),
        sa.Column("submit_note", sa.String(length=500), nullable=True),
        sa.Column("decided_by", BIG_ID, nullable=True),
        sa.Column("decide_time", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("due_time", MOMENT, nullable=True),
        sa.Column("publish_time", MOMENT, nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_revision_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revision")),
        sa.UniqueConstraint(
            "article_id", "number", "delete_token", name=op.f("uq_article_revision_article_id_number_delete_token")
        ),
    )
    op.create_table(
        "article_file",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("file_id", BIG_ID, nullable=False),
        sa.Column("is_live", TINY_INT, server_default="0", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_file_article_id_article")),
        sa.ForeignKeyConstraint(["file_id"], ["file_object.id"], name=op.f("fk_article_file_file_id_file_object")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_file")),
        sa.UniqueConstraint(
            "article_id", "file_id", "delete_token", name=op.f("uq_article_file_article_id_file_id_delete_token")
        ),
    )
    op.create_index(op.f("idx_article_file_file_id"), "article_file", ["file_id"])
    op.create_table(
        "article_template",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=8), server_default="zh", nullable=False),
        sa.Column("title", sa.String(length=255), nullable=True),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.Column("tags", JSON, nullable=True),
        sa.Column("category_id", BIG_ID, nullable=True),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["category_id"], ["article_category.id"], name=op.f("fk_article_template_category_id_article_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_template")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_article_template_tenant_id_name_delete_token")
        ),
    )
    op.create_index(op.f("idx_article_template_category_id"), "article_template", ["category_id"])
    op.create_table(
        "article_editing",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("seen_time", MOMENT, nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_editing_article_id_article")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_article_editing_user_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_editing")),
        sa.UniqueConstraint(
            "article_id", "user_id", "delete_token", name=op.f("uq_article_editing_article_id_user_id_delete_token")
        ),
    )


def downgrade() -> None:
    for table in ("article_editing", "article_template", "article_file", "article_revision"):
        op.drop_table(table)
    op.drop_index("idx_article_proposal", "article")
    op.drop_index(op.f("idx_article_translation_of_id"), "article")
    # addressed to few: the code of before knows no such readers, and nobody else may see them
    op.execute("UPDATE article SET visibility = 3 WHERE visibility > 3")
    # "never": to copy tables that others point to would break their references on SQLite
    with op.batch_alter_table("article", recreate="never") as table:
        for column in reversed(_article_columns()):
            table.drop_column(column.name)
