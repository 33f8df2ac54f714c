"""sensitive words: the list of a company, the alerts that came of it

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "sensitive_list",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("version", BIG_ID, server_default="0", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_list")),
        sa.UniqueConstraint("tenant_id", name="uq_sensitive_list_tenant"),
    )
    op.create_table(
        "sensitive_word",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("form", EXACT, nullable=False),
        sa.Column("group_name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("level", TINY_INT, nullable=False),
        sa.Column("action", TINY_INT, nullable=False),
        sa.Column("speaker", TINY_INT, nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_word")),
        sa.UniqueConstraint("tenant_id", "form", "delete_token", name="uq_sensitive_word_form"),
    )
    op.create_table(
        "sensitive_alert",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("thread_id", BIG_ID, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=True),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("message_id", BIG_ID, nullable=True),
        sa.Column("seq", BIG_ID, nullable=False),
        sa.Column("client_msg_id", EXACT, nullable=False),
        sa.Column("sender_kind", TINY_INT, nullable=False),
        sa.Column("sender_id", BIG_ID, nullable=False),
        sa.Column("sender_name", sa.String(length=128), nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=True),
        sa.Column("agent_id", BIG_ID, nullable=True),
        sa.Column("action", TINY_INT, nullable=False),
        sa.Column("level", TINY_INT, nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("spans", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("handler_id", BIG_ID, nullable=True),
        sa.Column("handle_time", MOMENT, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_sensitive_alert_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_sensitive_alert_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sensitive_alert_customer_id_customer")),
        sa.ForeignKeyConstraint(["handler_id"], ["ab_user.id"], name=op.f("fk_sensitive_alert_handler_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["chat_message.id"],
            name=op.f("fk_sensitive_alert_message_id_chat_message"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_sensitive_alert_thread_id_thread"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_sensitive_alert_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_alert")),
        sa.UniqueConstraint(
            "thread_id",
            "sender_kind",
            "sender_id",
            "client_msg_id",
            "action",
            "delete_token",
            name="uq_sensitive_alert_message",
        ),
    )
    op.create_index("idx_sensitive_alert_agent_id", "sensitive_alert", ["agent_id"])
    op.create_index("idx_sensitive_alert_conversation_id", "sensitive_alert", ["conversation_id"])
    op.create_index(
        "idx_sensitive_alert_create_time", "sensitive_alert", ["tenant_id", "deleted", "create_time", "level"]
    )
    op.create_index("idx_sensitive_alert_customer_id", "sensitive_alert", ["customer_id"])
    op.create_index("idx_sensitive_alert_message_id", "sensitive_alert", ["message_id"])
    op.create_index("idx_sensitive_alert_state", "sensitive_alert", ["tenant_id", "deleted", "state", "id"])
    op.create_index("idx_sensitive_alert_ticket_id", "sensitive_alert", ["ticket_id"])
    op.create_table(
        "sensitive_hit",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("alert_id", BIG_ID, nullable=False),
        sa.Column("word_id", BIG_ID, nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("group_name", sa.String(length=64), nullable=False),
        sa.Column("level", TINY_INT, nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["sensitive_alert.id"],
            name=op.f("fk_sensitive_hit_alert_id_sensitive_alert"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["word_id"], ["sensitive_word.id"], name=op.f("fk_sensitive_hit_word_id_sensitive_word")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_hit")),
    )
    op.create_index("idx_sensitive_hit_alert_id", "sensitive_hit", ["alert_id"])
    op.create_index("idx_sensitive_hit_word", "sensitive_hit", ["tenant_id", "deleted", "word", "alert_id"])
    op.create_index("idx_sensitive_hit_word_id", "sensitive_hit", ["word_id"])


def downgrade() -> None:
    op.drop_table("sensitive_hit")
    op.drop_table("sensitive_alert")
    op.drop_table("sensitive_word")
    op.drop_table("sensitive_list")
