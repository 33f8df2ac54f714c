"""groups of open questions, and the evaluation set

Revision: 0024
Follows: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("question", sa.Column("group_id", BIG_ID, nullable=True))
    op.create_index("idx_question_group_id", "question", ["group_id"])
    op.create_table(
        "question_group",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("locale", sa.String(length=8), server_default="zh", nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=True),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_since", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_time", MOMENT, nullable=False),
        sa.Column("last_time", MOMENT, nullable=False),
        sa.Column("model", sa.String(length=128), server_default="", nullable=False),
        sa.Column("vector", BLOB, nullable=False),
        sa.Column("vector_count", sa.Integer(), server_default="0", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_question_group_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_group")),
    )
    op.create_index(op.f("idx_question_group_article_id"), "question_group", ["article_id"])
    op.create_index("idx_question_group_listing", "question_group", ["tenant_id", "deleted", "state", "asked"])
    op.create_table(
        "evaluation_question",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("article_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("question_id", BIG_ID, nullable=True),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_question")),
    )
    op.create_table(
        "evaluation_run",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("mode", TINY_INT, nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("model", sa.String(length=128), server_default="", nullable=False),
        sa.Column("figures", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("results", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("start_time", MOMENT, nullable=True),
        sa.Column("finish_time", MOMENT, nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_run")),
    )


def downgrade() -> None:
    for table in ("evaluation_run", "evaluation_question", "question_group"):
        op.drop_table(table)
    with op.batch_alter_table("question", recreate="never") as table:
        table.drop_index("idx_question_group_id")
        table.drop_column("group_id")


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
