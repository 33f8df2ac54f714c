"""the endpoint of a language model and its calls

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
NUMBERS = {
    "timeout_seconds": "6",
    "max_tokens": "500",
    "temperature": "10",
}
SWITCHES = ("rewrite_answers", "suggest_replies", "summarise_handover", "draft_articles")
LIMITS = {
    "tokens_per_day": "200000",
    "tokens_per_month": "2000000",
    "calls_per_day": "2000",
    "calls_per_month": "20000",
    "keep_days": "7",
}


def upgrade() -> None:
    op.create_table(
        "language_model",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("active", TINY_INT, server_default="0", nullable=False),
        sa.Column("base_url", sa.String(length=255), nullable=False),
        sa.Column("api_key", sa.String(length=1000), nullable=True),
        sa.Column("model", sa.String(length=128), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default=default, nullable=False) for name, default in NUMBERS.items()),
        sa.Column("instructions", sa.Text(), nullable=True),
        *(sa.Column(name, TINY_INT, server_default="0", nullable=False) for name in SWITCHES),
        *(sa.Column(name, sa.Integer(), server_default=default, nullable=False) for name, default in LIMITS.items()),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_model")),
    )
    op.create_table(
        "model_call",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("feature", TINY_INT, nullable=False),
        sa.Column("outcome", TINY_INT, nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("conversation_id", BIG_ID, nullable=True),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("prompt", LONG_TEXT, nullable=True),
        sa.Column("answer", LONG_TEXT, nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_model_call_user_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_model_call_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_call")),
    )
    op.create_index("idx_model_call_create_time", "model_call", ["tenant_id", "create_time"])
    op.create_index(op.f("idx_model_call_user_id"), "model_call", ["user_id"])
    op.create_index(op.f("idx_model_call_conversation_id"), "model_call", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("model_call")
    op.drop_table("language_model")


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
