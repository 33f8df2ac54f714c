"""what the bot says when it does not know, for each language

Revision: 0004
Follows: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE system_setting SET name = 'bot_no_answer_zh' WHERE name = 'bot_no_answer'")


def downgrade() -> None:
    op.execute("UPDATE system_setting SET name = 'bot_no_answer' WHERE name = 'bot_no_answer_zh'")
