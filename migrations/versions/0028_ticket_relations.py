"""tickets are tagged, linked, merged and watched

Revision: 0028
Follows: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
FOREIGN_KEY = "fk_ticket_merged_into_id_ticket"


def upgrade() -> None:
    op.add_column("ticket", sa.Column("tags", sa.JSON(none_as_null=True), nullable=True))
    if _is_sqlite():  # which knows no constraint that comes later than its column
        link = sa.Column("merged_into_id", BIG_ID, sa.ForeignKey("ticket.id"), nullable=True)
        op.add_column("ticket", link, inline_references=True)
    else:
        op.add_column("ticket", sa.Column("merged_into_id", BIG_ID, nullable=True))
        op.create_foreign_key(op.f(FOREIGN_KEY), "ticket", "ticket", ["merged_into_id"], ["id"])
    op.create_index(op.f("idx_ticket_merged_into_id"), "ticket", ["merged_into_id"])
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("tag", sa.String(length=32), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
    )
    op.create_index("idx_ticket_tag_tag", "ticket_tag", ["tenant_id", "tag", "ticket_id"])
    op.create_table(
        "ticket_link",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("other_id", BIG_ID, nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name=op.f("fk_ticket_link_other_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_link")),
        sa.UniqueConstraint(
            "ticket_id", "other_id", "delete_token", name=op.f("uq_ticket_link_ticket_id_other_id_delete_token")
        ),
    )
    op.create_index(op.f("idx_ticket_link_other_id"), "ticket_link", ["other_id"])
    op.create_table(
        "ticket_merge",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("into_id", BIG_ID, nullable=False),
        sa.Column("former_status", TINY_INT, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("undo_time", MOMENT, nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_merge_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["into_id"], ["ticket.id"], name=op.f("fk_ticket_merge_into_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_merge")),
    )
    for column in ("ticket_id", "into_id"):
        op.create_index(op.f(f"idx_ticket_merge_{column}"), "ticket_merge", [column])
    op.create_table(
        "ticket_watcher",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_watcher_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ticket_watcher_user_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_watcher")),
        sa.UniqueConstraint(
            "ticket_id", "user_id", "delete_token", name=op.f("uq_ticket_watcher_ticket_id_user_id_delete_token")
        ),
    )
    op.create_index(op.f("idx_ticket_watcher_user_id"), "ticket_watcher", ["user_id"])


def downgrade() -> None:
    for table in ("ticket_watcher", "ticket_merge", "ticket_link", "ticket_tag"):
        op.drop_table(table)
    if not _is_sqlite():
        op.drop_constraint(op.f(FOREIGN_KEY), "ticket", type_="foreignkey")
    op.drop_index(op.f("idx_ticket_merged_into_id"), "ticket")
    with op.batch_alter_table("ticket", recreate="never") as table:
        table.drop_column("merged_into_id")
        table.drop_column("tags")


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


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
