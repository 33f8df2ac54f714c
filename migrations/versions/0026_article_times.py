"""when the time of the next article comes or ends is looked up, not searched for

Revision: 0026
Follows: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TIMES = ("valid_from", "valid_until")


def upgrade() -> None:
    for column in TIMES:
        op.create_index(f"idx_article_{column}", "article", ["tenant_id", column])


def downgrade() -> None:
    for column in TIMES:
        op.drop_index(f"idx_article_{column}", "article")
