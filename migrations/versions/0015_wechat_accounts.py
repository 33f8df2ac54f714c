"""WeChat official accounts and mini programs as channels

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("customer_identity", sa.Column("union_id", EXACT, nullable=True))
    op.add_column("customer_identity", sa.Column("followed", TINY_INT, nullable=True))
    op.add_column("customer_identity", sa.Column("follow_time", MOMENT, nullable=True))
    op.add_column("customer_identity", sa.Column("described_time", MOMENT, nullable=True))
    op.create_index(op.f("idx_customer_identity_union_id"), "customer_identity", ["union_id"])
    op.create_table(
        "wechat_account",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("app_id", EXACT, nullable=False),
        sa.Column("app_secret", sa.String(length=512), nullable=False),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column("aes_key", sa.String(length=255), nullable=True),
        sa.Column("mode", TINY_INT, nullable=False),
        sa.Column("api_url", sa.String(length=255), server_default="https://api.weixin.qq.com", nullable=False),
        sa.Column("access_token", sa.String(length=2000), nullable=True),
        sa.Column("access_token_until", MOMENT, nullable=True),
        sa.Column("refresh_until", MOMENT, nullable=True),
        sa.Column("base_url", sa.String(length=255), nullable=True),
        sa.Column("heard_time", MOMENT, nullable=True),
        sa.Column("problem", sa.String(length=255), nullable=True),
        sa.Column("problem_time", MOMENT, nullable=True),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_wechat_account_channel_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_account")),
        sa.UniqueConstraint("channel_id", "delete_token", name=op.f("uq_wechat_account_channel_id_delete_token")),
    )
    op.create_table(
        "wechat_incoming",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=False),
        sa.Column("message_key", EXACT, nullable=False),
        sa.Column("openid", EXACT, nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_time", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("done_time", MOMENT, nullable=True),
        sa.Column("problem", sa.String(length=255), nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_wechat_incoming_channel_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_incoming")),
        sa.UniqueConstraint("channel_id", "message_key", name=op.f("uq_wechat_incoming_channel_id_message_key")),
    )
    op.create_index("idx_wechat_incoming_waiting", "wechat_incoming", ["tenant_id", "done_time", "id"])
    op.create_table(
        "wechat_chat",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("identity_id", BIG_ID, nullable=False),
        sa.Column("change_seq", BIG_ID, server_default="0", nullable=False),
        sa.Column("sent_seq", BIG_ID, server_default="0", nullable=False),
        sa.Column("sent_parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_time", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("settled", TINY_INT, server_default="0", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_wechat_chat_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["customer_identity.id"], name=op.f("fk_wechat_chat_identity_id_customer_identity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_chat")),
        sa.UniqueConstraint(
            "conversation_id", "delete_token", name=op.f("uq_wechat_chat_conversation_id_delete_token")
        ),
    )
    op.create_index(op.f("idx_wechat_chat_identity_id"), "wechat_chat", ["identity_id"])
    op.create_index("idx_wechat_chat_settled", "wechat_chat", ["tenant_id", "settled"])
    op.create_table(
        "undelivered_message",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("reason", TINY_INT, nullable=False),
        sa.Column("code", sa.Integer(), server_default="0", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_message.id"], name=op.f("fk_undelivered_message_message_id_chat_message")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_undelivered_message_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undelivered_message")),
        sa.UniqueConstraint("message_id", "delete_token", name=op.f("uq_undelivered_message_message_id_delete_token")),
    )
    op.create_index(op.f("idx_undelivered_message_conversation_id"), "undelivered_message", ["conversation_id"])


def downgrade() -> None:
    for table in ("undelivered_message", "wechat_chat", "wechat_incoming", "wechat_account"):
        op.drop_table(table)
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("customer_identity", recreate="never") as table:
        table.drop_index(op.f("idx_customer_identity_union_id"))
        for column in ("union_id", "followed", "follow_time", "described_time"):
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
