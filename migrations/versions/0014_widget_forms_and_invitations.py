"""forms before a chat, invitations and looks of a widget

Revision: 0014
Follows: 0013
"""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
