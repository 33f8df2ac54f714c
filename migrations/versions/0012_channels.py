"""the doors customers come through, and who they are on the sites behind them

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", EXACT, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("origins", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("color", sa.String(length=7), server_default="#0f766e", nullable=False),
        sa.Column("side", TINY_INT, server_default="1", nullable=False),
        sa.Column("greeting_zh", sa.String(length=200), nullable=True),
        sa.Column("greeting_en", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=8), server_default="", nullable=False),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("secret", sa.String(length=255), nullable=True),
        sa.Column("secret_time", MOMENT, nullable=True),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_channel_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("tenant_id", "code", "delete_token", name=op.f("uq_channel_tenant_id_code_delete_token")),
    )
    op.create_index(op.f("idx_channel_team_id"), "channel", ["team_id"])
    # every company has the portal
    op.execute(
        "INSERT INTO channel (code, name, kind, create_time, update_time, tenant_id) "
        "SELECT 'portal', '服务门户', 1, create_time, create_time, id FROM tenant "
        "WHERE id NOT IN (SELECT tenant_id FROM channel)"
    )
    op.create_table(
        "customer_identity",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=False),
        sa.Column("external_id", EXACT, nullable=False),
        sa.Column("customer_id", BIG_ID, nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_customer_identity_channel_id_channel")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_identity_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_identity")),
        sa.UniqueConstraint(
            "channel_id",
            "external_id",
            "delete_token",
            name=op.f("uq_customer_identity_channel_id_external_id_delete_token"),
        ),
    )
    op.create_index(op.f("idx_customer_identity_customer_id"), "customer_identity", ["customer_id"])
    op.create_table(
        "used_nonce",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=False),
        sa.Column("nonce_hash", EXACT, nullable=False),
        sa.Column("expire_time", MOMENT, nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_used_nonce_channel_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_nonce")),
        sa.UniqueConstraint("channel_id", "nonce_hash", name=op.f("uq_used_nonce_channel_id_nonce_hash")),
    )
    op.create_index(op.f("idx_used_nonce_expire_time"), "used_nonce", ["expire_time"])
    op.add_column("conversation", sa.Column("source", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("conversation", recreate="never") as table:
        table.drop_column("source")
    op.drop_table("used_nonce")
    op.drop_table("customer_identity")
    op.drop_table("channel")


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
