"""whose quick replies: a team's too; how far a participant's device has received a thread

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # nothing points to these two tables, so SQLite may copy them
    with op.batch_alter_table("quick_reply") as table:
        table.add_column(sa.Column("team_id", BIG_ID, nullable=True))
        table.create_foreign_key(op.f("fk_quick_reply_team_id_team"), "team", ["team_id"], ["id"])
        table.create_index(op.f("idx_quick_reply_team_id"), ["team_id"])
    op.add_column("read_mark", sa.Column("received_seq", BIG_ID, server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("read_mark", recreate="never") as table:
        table.drop_column("received_seq")
    with op.batch_alter_table("quick_reply") as table:
        table.drop_constraint(op.f("fk_quick_reply_team_id_team"), type_="foreignkey")
        table.drop_index(op.f("idx_quick_reply_team_id"))
        table.drop_column("team_id")
