"""reply scripts and what agents chose

Revision: 0021
Follows: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)
VECTORS = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

#: what a quick reply points to from now on: column → table
REPLY_LINKS = {"proposed_team_id": "team", "replaces_id": "quick_reply", "reviewer_id": "ab_user"}


def upgrade() -> None:
    # nothing points to this table, so SQLite may copy it
    with op.batch_alter_table("quick_reply") as table:
        table.add_column(sa.Column("review", TINY_INT, nullable=True))
        table.add_column(sa.Column("review_note", sa.String(length=255), nullable=True))
        table.add_column(sa.Column("review_time", MOMENT, nullable=True))
        for name, target in REPLY_LINKS.items():
            table.add_column(sa.Column(name, BIG_ID, nullable=True))
            table.create_foreign_key(op.f(f"fk_quick_reply_{name}_{target}"), target, [name], ["id"])
        table.create_index("idx_quick_reply_review", ["tenant_id", "deleted", "review"])
    op.add_column("rating", sa.Column("learned_time", MOMENT, nullable=True))
    op.create_index("idx_rating_learned_time", "rating", ["tenant_id", "deleted", "learned_time"])
    op.create_index("idx_ticket_update_time", "ticket", ["tenant_id", "update_time"])
    op.create_table(
        "past_answer",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("agent_id", BIG_ID, nullable=True),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_past_answer_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_past_answer_agent_id_agent")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_past_answer_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_answer")),
        sa.UniqueConstraint(
            "conversation_id", "seq", "delete_token", name=op.f("uq_past_answer_conversation_id_seq_delete_token")
        ),
    )
    op.create_index("idx_past_answer_update_time", "past_answer", ["tenant_id", "update_time"])
    op.create_index("idx_past_answer_listing", "past_answer", ["tenant_id", "deleted", "id"])
    op.create_index(op.f("idx_past_answer_agent_id"), "past_answer", ["agent_id"])
    op.create_index(op.f("idx_past_answer_team_id"), "past_answer", ["team_id"])
    op.create_table(
        "suggestion_choice",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("offered", JSON, nullable=False),
        sa.Column("source", TINY_INT, nullable=True),
        sa.Column("source_id", BIG_ID, nullable=True),
        sa.Column("kept", sa.Integer(), nullable=True),
        sa.Column("edited", sa.Text(), nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_suggestion_choice_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_suggestion_choice_user_id_ab_user")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_suggestion_choice_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_choice")),
        sa.UniqueConstraint("message_id", "delete_token", name=op.f("uq_suggestion_choice_message_id_delete_token")),
    )
    op.create_index("idx_suggestion_choice_listing", "suggestion_choice", ["tenant_id", "deleted", "id"])
    op.create_index(op.f("idx_suggestion_choice_conversation_id"), "suggestion_choice", ["conversation_id"])
    op.create_index(op.f("idx_suggestion_choice_user_id"), "suggestion_choice", ["user_id"])
    op.create_table(
        "text_vector",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("shelf", sa.String(length=16), nullable=False),
        sa.Column("row_id", BIG_ID, nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("vectors", VECTORS, nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_vector")),
        sa.UniqueConstraint(
            "shelf",
            "row_id",
            "tenant_id",
            "delete_token",
            name=op.f("uq_text_vector_shelf_row_id_tenant_id_delete_token"),
        ),
    )
    op.create_index("idx_text_vector_update_time", "text_vector", ["tenant_id", "shelf", "update_time"])


def downgrade() -> None:
    op.drop_table("text_vector")
    op.drop_table("suggestion_choice")
    op.drop_table("past_answer")
    op.drop_index("idx_ticket_update_time", "ticket")
    op.drop_index("idx_rating_learned_time", "rating")
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("rating", recreate="never") as table:
        table.drop_column("learned_time")
    with op.batch_alter_table("quick_reply") as table:
        table.drop_index("idx_quick_reply_review")
        for name, target in reversed(REPLY_LINKS.items()):
            table.drop_constraint(op.f(f"fk_quick_reply_{name}_{target}"), type_="foreignkey")
            table.drop_column(name)
        for name in ("review_time", "review_note", "review"):
            table.drop_column(name)


def _common() -> tuple[sa.Column, ...]:
    return (
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    )
