"""what was recognised in messages, and corrections of it; the bot's menu; what came of questions

Revision: 0020
Follows: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

CONVERSATION = {
    "problem_source": TINY_INT,
    "problem_confidence": sa.Integer(),
    "mood": TINY_INT,
    "mood_seq": BIG_ID,
}
QUESTION = {
    "customer_id": BIG_ID,
    "message_id": BIG_ID,
    "asked_as": sa.String(length=500),
    "helpful": TINY_INT,
    "verdict_reason": TINY_INT,
    "verdict_comment": sa.String(length=500),
    "verdict_time": MOMENT,
}
ANSWERED, UNANSWERED = 1, 3


def upgrade() -> None:
    for name, kind in CONVERSATION.items():
        op.add_column("conversation", sa.Column(name, kind, nullable=True))
    op.create_index("idx_conversation_mood", "conversation", ["tenant_id", "deleted", "mood", "status", "id"])
    for name, kind in QUESTION.items():
        op.add_column("question", sa.Column(name, kind, nullable=True))
    op.add_column("question", sa.Column("outcome", TINY_INT, server_default=str(UNANSWERED), nullable=False))
    op.execute(f"UPDATE question SET outcome = {ANSWERED} WHERE answered = 1")
    op.create_index("idx_question_message_id", "question", ["message_id"])
    op.create_table(
        "message_mood",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("thread_id", BIG_ID, nullable=False),
        sa.Column("mood", TINY_INT, nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_message_mood_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_mood")),
        sa.UniqueConstraint("message_id", name="uq_message_mood_message_id"),
    )
    op.create_index("idx_message_mood_thread_id", "message_mood", ["thread_id", "message_id"])
    op.create_table(
        "labelled_case",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("subject", TINY_INT, nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("guess", sa.String(length=64), nullable=True),
        sa.Column("guess_confidence", sa.Integer(), nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labelled_case")),
        sa.UniqueConstraint(
            "tenant_id",
            "subject",
            "owner_id",
            "delete_token",
            name=op.f("uq_labelled_case_tenant_id_subject_owner_id_delete_token"),
        ),
    )
    op.create_index("idx_labelled_case_update_time", "labelled_case", ["tenant_id", "subject", "update_time"])
    op.create_table(
        "learned_model",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("subject", TINY_INT, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("embedder", sa.String(length=128), server_default="", nullable=False),
        sa.Column("trained_on", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Integer(), nullable=False),
        sa.Column("accuracy_before", sa.Integer(), nullable=True),
        sa.Column("macro_f1", sa.Integer(), nullable=False),
        sa.Column("confusions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("data", BLOB, nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_model")),
        sa.UniqueConstraint(
            "tenant_id",
            "subject",
            "number",
            "delete_token",
            name=op.f("uq_learned_model_tenant_id_subject_number_delete_token"),
        ),
    )
    op.create_table(
        "bot_menu_entry",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=True),
        sa.Column("parent_id", BIG_ID, nullable=True),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("label_zh", sa.String(length=40), nullable=False),
        sa.Column("label_en", sa.String(length=80), nullable=True),
        sa.Column("article_id", BIG_ID, nullable=True),
        sa.Column("question", sa.String(length=255), nullable=True),
        sa.Column("problem_type", sa.String(length=64), nullable=True),
        sa.Column("url", sa.String(length=255), nullable=True),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_bot_menu_entry_channel_id_channel")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["bot_menu_entry.id"], name=op.f("fk_bot_menu_entry_parent_id_bot_menu_entry")
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_bot_menu_entry_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_menu_entry")),
    )
    op.create_index("idx_bot_menu_entry_sort", "bot_menu_entry", ["tenant_id", "deleted", "sort"])
    for column in ("channel_id", "parent_id", "article_id"):
        op.create_index(op.f(f"idx_bot_menu_entry_{column}"), "bot_menu_entry", [column])


def downgrade() -> None:
    for table in ("bot_menu_entry", "learned_model", "labelled_case", "message_mood"):
        op.drop_table(table)
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("question", recreate="never") as table:
        table.drop_index("idx_question_message_id")
        for column in ("outcome", *QUESTION):
            table.drop_column(column)
    with op.batch_alter_table("conversation", recreate="never") as table:
        table.drop_index("idx_conversation_mood")
        for column in CONVERSATION:
            table.drop_column(column)


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
