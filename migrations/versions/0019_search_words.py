"""synonyms, the segmenter's own words, the state of the index

Revision: 0019
Follows: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


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


def upgrade() -> None:
    op.create_table(
        "synonym",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_entity(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym")),
    )
    op.create_table(
        "domain_word",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("form", EXACT, nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_entity(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_word")),
        sa.UniqueConstraint("tenant_id", "form", "delete_token", name="uq_domain_word_form"),
    )
    op.create_table(
        "index_run",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("anew", TINY_INT, server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_article_id", BIG_ID, server_default="0", nullable=False),
        sa.Column("start_time", MOMENT, nullable=True),
        sa.Column("end_time", MOMENT, nullable=True),
        sa.Column("seen_time", MOMENT, nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        *_entity(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_run")),
    )
    op.create_index("idx_index_run_state", "index_run", ["tenant_id", "deleted", "state", "id"])
    op.create_table(
        "index_process",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("process", sa.String(length=96), nullable=False),
        sa.Column("model", sa.String(length=128), server_default="", nullable=False),
        sa.Column("epoch", BIG_ID, server_default="0", nullable=False),
        sa.Column("index_version", BIG_ID, server_default="0", nullable=False),
        sa.Column("lexicon_version", BIG_ID, server_default="0", nullable=False),
        sa.Column("articles", sa.Integer(), server_default="0", nullable=False),
        sa.Column("passages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("vectors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("behind", sa.Integer(), server_default="0", nullable=False),
        sa.Column("megabytes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seen_time", MOMENT, nullable=False),
        *_entity(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_process")),
        sa.UniqueConstraint("tenant_id", "process", name="uq_index_process"),
    )
    for name in ("lexicon_version", "epoch", "embedded_version"):
        op.add_column("index_state", sa.Column(name, BIG_ID, server_default="0", nullable=False))
    op.add_column("index_state", sa.Column("embedded_model", sa.String(length=128), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("index_state", recreate="never") as batch:
        for name in ("embedded_model", "embedded_version", "epoch", "lexicon_version"):
            batch.drop_column(name)
    op.drop_table("index_process")
    op.drop_table("index_run")
    op.drop_table("domain_word")
    op.drop_table("synonym")
