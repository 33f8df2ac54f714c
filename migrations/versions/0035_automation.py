"""automation rules and their runs, macros, ticket templates; since when a ticket is in its state

Revision: 0035
Follows: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("status_time", MOMENT, nullable=True))
    op.create_table(
        "automation_rule",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", TINY_INT, server_default="0", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="100", nullable=False),
        sa.Column("event", TINY_INT, nullable=False),
        sa.Column("conditions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("actions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("stop_after", TINY_INT, server_default="0", nullable=False),
        sa.Column("run_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_run_time", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        _version(),
        *_common(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_rule")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_automation_rule_tenant_id_name_delete_token")
        ),
    )
    op.create_index("idx_automation_rule_event", "automation_rule", ["tenant_id", "deleted", "active", "event"])
    op.create_table(
        "automation_run",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("rule_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("occasion", EXACT, nullable=False),
        sa.Column("outcome", TINY_INT, nullable=False),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["automation_rule.id"], name=op.f("fk_automation_run_rule_id_automation_rule")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_automation_run_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_run")),
        sa.UniqueConstraint("rule_id", "occasion", name="uq_automation_run_occasion"),
    )
    op.create_index("idx_automation_run_ticket", "automation_run", ["ticket_id", "rule_id", "create_time"])
    op.create_index("idx_automation_run_create_time", "automation_run", ["tenant_id", "deleted", "create_time"])
    op.create_table(
        "macro",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("actions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("owner_id", BIG_ID, nullable=True),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("sort", sa.Integer(), server_default="100", nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        _version(),
        *_common(),
        sa.ForeignKeyConstraint(["owner_id"], ["ab_user.id"], name=op.f("fk_macro_owner_id_ab_user")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_macro_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro")),
    )
    op.create_index(op.f("idx_macro_owner_id"), "macro", ["owner_id"])
    op.create_index(op.f("idx_macro_team_id"), "macro", ["team_id"])
    op.create_table(
        "ticket_template",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=255), server_default="", nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.String(length=64), server_default="", nullable=False),
        sa.Column("priority", TINY_INT, nullable=False),
        sa.Column("product", sa.String(length=64), server_default="", nullable=False),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("is_public", TINY_INT, server_default="0", nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="100", nullable=False),
        _version(),
        *_common(),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_ticket_template_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_template")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_ticket_template_tenant_id_name_delete_token")
        ),
    )


def downgrade() -> None:
    for table in ("ticket_template", "macro", "automation_run", "automation_rule"):
        op.drop_table(table)
    with op.batch_alter_table("ticket", recreate="never") as table:
        table.drop_column("status_time")


def _version() -> sa.Column:
    """What two people may edit at once has it."""
    return sa.Column("version", BIG_ID, server_default="1", nullable=False)


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
