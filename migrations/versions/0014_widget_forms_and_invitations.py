"""forms before a chat, invitations and looks of a widget; who was signed by which site

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)


def _channel_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("offset_x", sa.Integer(), server_default="20", nullable=False),
        sa.Column("offset_y", sa.Integer(), server_default="20", nullable=False),
        sa.Column("label_zh", sa.String(length=20), nullable=True),
        sa.Column("label_en", sa.String(length=20), nullable=True),
        sa.Column("subtitle_zh", sa.String(length=200), nullable=True),
        sa.Column("subtitle_en", sa.String(length=200), nullable=True),
        sa.Column("logo_url", sa.String(length=255), nullable=True),
        sa.Column("form_when", TINY_INT, server_default="1", nullable=False),
        sa.Column("form_fields", JSON, nullable=True),
        sa.Column("form_required", JSON, nullable=True),
        sa.Column("previous_secret", sa.String(length=255), nullable=True),
        sa.Column("previous_secret_until", MOMENT, nullable=True),
    )


def upgrade() -> None:
    for column in _channel_columns():
        op.add_column("channel", column)
    op.add_column("conversation", sa.Column("answers", JSON, nullable=True))
    op.add_column("customer", sa.Column("organization_told", sa.String(length=128), nullable=True))
    # nothing points to this table, so SQLite may copy it
    with op.batch_alter_table("login_session") as table:
        table.add_column(sa.Column("latest_time", MOMENT, nullable=True))
        table.add_column(sa.Column("channel_id", BIG_ID, nullable=True))
        table.create_foreign_key(op.f("fk_login_session_channel_id_channel"), "channel", ["channel_id"], ["id"])
        table.create_index(op.f("idx_login_session_channel_id"), ["channel_id"])
    op.create_table(
        "invitation",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("page", sa.String(length=200), server_default="*", nullable=False),
        sa.Column("after_seconds", sa.Integer(), server_default="20", nullable=False),
        sa.Column("every_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("only_when_open", TINY_INT, server_default="1", nullable=False),
        sa.Column("text_zh", sa.String(length=200), nullable=True),
        sa.Column("text_en", sa.String(length=200), nullable=True),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_invitation_channel_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("idx_invitation_channel_id"), "invitation", ["channel_id"])


def downgrade() -> None:
    op.drop_table("invitation")
    with op.batch_alter_table("login_session") as table:
        table.drop_constraint(op.f("fk_login_session_channel_id_channel"), type_="foreignkey")
        table.drop_index(op.f("idx_login_session_channel_id"))
        table.drop_column("channel_id")
        table.drop_column("latest_time")
    # "never": to copy tables that others point to would break their references on SQLite
    with op.batch_alter_table("customer", recreate="never") as table:
        table.drop_column("organization_told")
    with op.batch_alter_table("conversation", recreate="never") as table:
        table.drop_column("answers")
    with op.batch_alter_table("channel", recreate="never") as table:
        for column in reversed(_channel_columns()):
            table.drop_column(column.name)
