"""timers, transfers and what is said by itself

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)

CONVERSATION_COLUMNS = (
    ("previous_id", BIG_ID),
    ("idle_warned_time", MOMENT),
    ("left_message_time", MOMENT),
    ("rating_invited_time", MOMENT),
)

RATING_TAGS = (
    ("good.polite", "态度亲切", "Friendly"),
    ("good.fast", "回复及时", "Quick answers"),
    ("good.solved", "问题已解决", "Problem solved"),
    ("good.professional", "专业清楚", "Clear and competent"),
    ("bad.slow", "回复太慢", "Slow answers"),
    ("bad.unsolved", "问题没解决", "Problem not solved"),
    ("bad.rude", "态度不好", "Unfriendly"),
    ("bad.unclear", "讲不清楚", "Hard to follow"),
)


def upgrade() -> None:
    for name, type_ in CONVERSATION_COLUMNS:
        op.add_column("conversation", sa.Column(name, type_, nullable=True))
    op.execute("UPDATE conversation SET rating_invited_time = close_time WHERE status = 5")  # closed
    op.add_column("rating", sa.Column("tags", JSON, nullable=True))
    op.create_table(
        "conversation_transfer",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", BIG_ID, nullable=False),
        sa.Column("from_agent_id", BIG_ID, nullable=False),
        sa.Column("to_agent_id", BIG_ID, nullable=True),
        sa.Column("to_team_id", BIG_ID, nullable=True),
        sa.Column("state", TINY_INT, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("expire_time", MOMENT, nullable=False),
        sa.Column("end_time", MOMENT, nullable=True),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_transfer_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(
            ["from_agent_id"], ["agent.id"], name=op.f("fk_conversation_transfer_from_agent_id_agent")
        ),
        sa.ForeignKeyConstraint(["to_agent_id"], ["agent.id"], name=op.f("fk_conversation_transfer_to_agent_id_agent")),
        sa.ForeignKeyConstraint(["to_team_id"], ["team.id"], name=op.f("fk_conversation_transfer_to_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_transfer")),
    )
    op.create_index(
        "idx_conversation_transfer_state", "conversation_transfer", ["tenant_id", "deleted", "state", "expire_time"]
    )
    op.create_index("idx_conversation_transfer_conversation_id", "conversation_transfer", ["conversation_id", "state"])
    op.create_index(op.f("idx_conversation_transfer_to_agent_id"), "conversation_transfer", ["to_agent_id"])
    op.create_table(
        "observed_time",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("seen_time", MOMENT, nullable=False),
        sa.Column("gaps", JSON, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observed_time")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_observed_time_tenant_id")),
    )
    _give_every_company_rating_tags()


def downgrade() -> None:
    # the dictionary of rating tags stays: it may hold words of the company's own
    op.drop_table("observed_time")
    op.drop_table("conversation_transfer")
    # "never": to copy a table that others point to would break their references on SQLite
    with op.batch_alter_table("rating", recreate="never") as table:
        table.drop_column("tags")
    with op.batch_alter_table("conversation", recreate="never") as table:
        for name, _ in reversed(CONVERSATION_COLUMNS):
            table.drop_column(name)


def _give_every_company_rating_tags() -> None:
    """New companies get them when they are made; those that exist need them to be asked for a rating."""
    connection = op.get_bind()
    missing = sa.text(
        "SELECT id FROM tenant WHERE id NOT IN (SELECT tenant_id FROM dictionary WHERE code = 'rating_tag')"
    )
    for tenant_id in connection.execute(missing).scalars().all():
        connection.execute(
            sa.text(
                "INSERT INTO dictionary (code, name, tenant_id, create_time, update_time)"
                " VALUES ('rating_tag', '评价标签', :tenant, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
            ),
            {"tenant": tenant_id},
        )
        dictionary_id = connection.execute(
            sa.text("SELECT id FROM dictionary WHERE code = 'rating_tag' AND tenant_id = :tenant"),
            {"tenant": tenant_id},
        ).scalar()
        for sort, (code, label, label_en) in enumerate(RATING_TAGS):
            connection.execute(
                sa.text(
                    "INSERT INTO dictionary_item"
                    " (dictionary_id, code, label, label_en, sort, tenant_id, create_time, update_time) VALUES"
                    " (:dictionary, :code, :label, :label_en, :sort, :tenant, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
                ),
                {
                    "dictionary": dictionary_id,
                    "code": code,
                    "label": label,
                    "label_en": label_en,
                    "sort": sort,
                    "tenant": tenant_id,
                },
            )
