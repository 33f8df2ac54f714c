"""which product a ticket is about, who is in charge, how to reach whoever reported it

Revision: 0027
Follows: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FOREIGN_KEY = "fk_ticket_department_id_department"
COLUMNS = ("product", "contact_name", "contact_email", "contact_phone", "department_id")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("product", sa.String(length=64), server_default="", nullable=False))
    op.add_column("ticket", sa.Column("contact_name", sa.String(length=100), nullable=True))
    op.add_column("ticket", sa.Column("contact_email", sa.String(length=255), nullable=True))
    op.add_column("ticket", sa.Column("contact_phone", sa.String(length=32), nullable=True))
    link = sa.Column("department_id", BIG_ID, sa.ForeignKey("department.id"), nullable=True)
    if op.get_bind().dialect.name == "sqlite":  # which knows no constraint that comes later than its column
        op.add_column("ticket", link, inline_references=True)
    else:
        op.add_column("ticket", sa.Column("department_id", BIG_ID, nullable=True))
        op.create_foreign_key(op.f(FOREIGN_KEY), "ticket", "department", ["department_id"], ["id"])
    op.create_index(op.f("idx_ticket_department_id"), "ticket", ["department_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(FOREIGN_KEY), "ticket", type_="foreignkey")
    op.drop_index(op.f("idx_ticket_department_id"), "ticket")
    with op.batch_alter_table("ticket", recreate="never") as table:
        for column in reversed(COLUMNS):
            table.drop_column(column)
