"""fields that a company defines itself, and workflows of ticket types

Revision: 0033
Follows: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")
FILTERS = {
    "idx_custom_value_text": "text_value",
    "idx_custom_value_number": "number_value",
    "idx_custom_value_date": "date_value",
    "idx_custom_value_ref": "ref_id",
}


def upgrade() -> None:
    op.create_table(
        "custom_field",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("subject", TINY_INT, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("label_en", sa.String(length=64), nullable=True),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("help_text", sa.String(length=255), nullable=True),
        sa.Column("required", TINY_INT, server_default="0", nullable=False),
        sa.Column("shown_to_customers", TINY_INT, server_default="0", nullable=False),
        sa.Column("fillable_by_customers", TINY_INT, server_default="0", nullable=False),
        sa.Column("ticket_types", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("in_list", TINY_INT, server_default="0", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint(
            "tenant_id",
            "subject",
            "code",
            "delete_token",
            name=op.f("uq_custom_field_tenant_id_subject_code_delete_token"),
        ),
    )
    op.create_table(
        "ticket_workflow",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("ticket_type", sa.String(length=64), nullable=False),
        sa.Column("steps", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("needs_review", TINY_INT, server_default="0", nullable=False),
        sa.Column("required_at_creation", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("required_before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_workflow")),
        sa.UniqueConstraint(
            "tenant_id",
            "ticket_type",
            "delete_token",
            name=op.f("uq_ticket_workflow_tenant_id_ticket_type_delete_token"),
        ),
    )
    op.create_table(
        "custom_value",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("field_id", BIG_ID, nullable=False),
        sa.Column("row_id", BIG_ID, nullable=False),
        sa.Column("slot", EXACT, server_default="", nullable=False),
        sa.Column("text_value", EXACT, nullable=True),
        sa.Column("long_value", sa.Text(), nullable=True),
        sa.Column("number_value", sa.BigInteger(), nullable=True),
        sa.Column("date_value", sa.Date(), nullable=True),
        sa.Column("ref_id", BIG_ID, nullable=True),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["custom_field.id"], name=op.f("fk_custom_value_field_id_custom_field")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_value")),
        sa.UniqueConstraint(
            "field_id", "row_id", "slot", "delete_token", name=op.f("uq_custom_value_field_id_row_id_slot_delete_token")
        ),
    )
    for name, column in FILTERS.items():
        op.create_index(name, "custom_value", ["field_id", column, "tenant_id", "deleted", "row_id"])


def downgrade() -> None:
    for table in ("custom_value", "ticket_workflow", "custom_field"):
        op.drop_table(table)
