"""external identities: accounts known to WeChat or an OA; which phones and mailboxes are proven

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(length=191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "external_identity",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("subject", EXACT, nullable=False),
        sa.Column("union_subject", EXACT, nullable=True),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("disabled_by_source", TINY_INT, server_default="0", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_external_identity_user_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint(
            "tenant_id",
            "provider",
            "subject",
            "delete_token",
            name=op.f("uq_external_identity_tenant_id_provider_subject_delete_token"),
        ),
        sa.UniqueConstraint(
            "user_id", "provider", "delete_token", name=op.f("uq_external_identity_user_id_provider_delete_token")
        ),
    )
    op.create_index(op.f("idx_external_identity_union_subject"), "external_identity", ["union_subject"])
    for name in ("phone_verified", "email_verified"):
        op.add_column("ab_user", sa.Column(name, TINY_INT, server_default="1", nullable=False))


def downgrade() -> None:
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("ab_user", recreate="never") as table:
        table.drop_column("email_verified")
        table.drop_column("phone_verified")
    op.drop_table("external_identity")
