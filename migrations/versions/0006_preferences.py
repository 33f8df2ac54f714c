"""what a person wants to be told, and how

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ab_user", sa.Column("preferences", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("ab_user", recreate="never") as table:
        table.drop_column("preferences")
