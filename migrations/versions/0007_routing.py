"""how conversations find their agents: rules, problem types, working hours, duty, teams of customers, skills with level

Revision: 0007
Follows: 0006
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON = sa.JSON(none_as_null=True)

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: (table, new column, the table it points to)
LINKS = (
    ("team", "calendar_id", "work_calendar"),
    ("customer", "agent_id", "agent"),
    ("conversation", "served_team_id", "team"),
)
#: what a company does that has configured nothing
STRATEGIES = (
    '["exclusive", "cross_service", "relation", "skill", "senior", "region", "last_agent", "fewest", "round_robin"]'
)


def upgrade() -> None:
    _make_tables()
    op.add_column("team", sa.Column("current_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("customer", sa.Column("region", sa.String(length=64), nullable=True))
    op.add_column("conversation", sa.Column("problem_type", sa.String(length=64), nullable=True))
    for table, column, target in LINKS:
        _add_link(table, column, target)
    op.create_index(op.f("idx_customer_agent_id"), "customer", ["agent_id"])
    op.create_index(
        op.f("idx_conversation_served_team_id"),
        "conversation",
        ["served_team_id", "tenant_id", "deleted", "status", "id"],
    )
    _rewrite_skills(lambda skills: [{"name": one, "level": 1} if isinstance(one, str) else one for one in skills])
    _begin_as_before()


def downgrade() -> None:
    _rewrite_skills(lambda skills: [one["name"] if isinstance(one, dict) else one for one in skills])
    for table, column, target in reversed(LINKS):
        if not _is_sqlite():
            op.drop_constraint(op.f(f"fk_{table}_{column}_{target}"), table, type_="foreignkey")
    op.drop_index(op.f("idx_conversation_served_team_id"), table_name="conversation")
    op.drop_index(op.f("idx_customer_agent_id"), table_name="customer")
    for table, columns in (
        ("conversation", ("served_team_id", "problem_type")),
        ("customer", ("agent_id", "region")),
        ("team", ("calendar_id", "current_count")),
    ):
        # "never": to copy a table that others point to would break their references on SQLite
        with op.batch_alter_table(table, recreate="never") as batch:
            for column in columns:
                batch.drop_column(column)
    for table in (
        "customer_team_relation",
        "duty_shift",
        "problem_profile",
        "routing_rule",
        "work_day",
        "work_calendar",
    ):
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "work_calendar",
        *_head(),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("is_default", TINY_INT, server_default="0", nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="Asia/Shanghai", nullable=False),
        *(sa.Column(day, sa.String(length=100), nullable=True) for day in DAYS),
        *_tail(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_calendar")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_work_calendar_tenant_id_name_delete_token")
        ),
    )
    op.create_table(
        "work_day",
        *_head(),
        sa.Column("calendar_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("hours", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=True),
        *_tail(),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["work_calendar.id"], name=op.f("fk_work_day_calendar_id_work_calendar")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_day")),
        sa.UniqueConstraint(
            "calendar_id", "day", "delete_token", name=op.f("uq_work_day_calendar_id_day_delete_token")
        ),
    )
    op.create_table(
        "routing_rule",
        *_head(),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", TINY_INT, server_default="1", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="100", nullable=False),
        sa.Column("applies_to", TINY_INT, nullable=False),
        sa.Column("department_id", BIG_ID, nullable=True),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("problem_type", sa.String(length=64), nullable=True),
        sa.Column("is_emergency", TINY_INT, server_default="0", nullable=False),
        sa.Column("strategies", JSON, nullable=True),
        sa.Column("target_teams", JSON, nullable=True),
        sa.Column("first_visit_team_id", BIG_ID, nullable=True),
        sa.Column("first_visit_strategies", JSON, nullable=True),
        sa.Column("no_relation_team_id", BIG_ID, nullable=True),
        sa.Column("no_relation_strategies", JSON, nullable=True),
        sa.Column("off_hours", TINY_INT, server_default="1", nullable=False),
        *_tail(),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_routing_rule_department_id_department")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["team.id"], name=op.f(f"fk_routing_rule_{column}_team"))
            for column in ("team_id", "first_visit_team_id", "no_relation_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule")),
        sa.UniqueConstraint(
            "tenant_id", "name", "delete_token", name=op.f("uq_routing_rule_tenant_id_name_delete_token")
        ),
    )
    op.create_table(
        "problem_profile",
        *_head(),
        sa.Column("problem_type", sa.String(length=64), nullable=False),
        sa.Column("keywords", JSON, nullable=True),
        sa.Column("skill", sa.String(length=64), nullable=True),
        sa.Column("is_urgent", TINY_INT, server_default="0", nullable=False),
        *_tail(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_profile")),
        sa.UniqueConstraint(
            "tenant_id",
            "problem_type",
            "delete_token",
            name=op.f("uq_problem_profile_tenant_id_problem_type_delete_token"),
        ),
    )
    op.create_table(
        "duty_shift",
        *_head(),
        sa.Column("agent_id", BIG_ID, nullable=True),
        sa.Column("team_id", BIG_ID, nullable=True),
        sa.Column("start_time", MOMENT, nullable=False),
        sa.Column("end_time", MOMENT, nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        *_tail(),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_duty_shift_agent_id_agent")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_shift_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_shift")),
    )
    op.create_index(op.f("idx_duty_shift_agent_id"), "duty_shift", ["agent_id"])
    op.create_index(op.f("idx_duty_shift_team_id"), "duty_shift", ["team_id"])
    op.create_index(op.f("idx_duty_shift_end_time"), "duty_shift", ["tenant_id", "deleted", "end_time"])
    op.create_table(
        "customer_team_relation",
        *_head(),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("team_id", BIG_ID, nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("problem_types", JSON, nullable=True),
        sa.Column("effective_date", sa.Date(), nullable=True),
        sa.Column("expiry_date", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=255), nullable=True),
        *_tail(),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_team_relation_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_customer_team_relation_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_team_relation")),
        sa.UniqueConstraint(
            "customer_id",
            "team_id",
            "delete_token",
            name=op.f("uq_customer_team_relation_customer_id_team_id_delete_token"),
        ),
    )
    op.create_index(op.f("idx_customer_team_relation_team_id"), "customer_team_relation", ["team_id"])
    op.create_index(op.f("idx_customer_team_relation_expiry_date"), "customer_team_relation", ["expiry_date"])


def _head() -> list[sa.Column]:
    return [sa.Column("id", BIG_ID, autoincrement=True, nullable=False)]


def _tail() -> list[sa.Column]:
    """The columns of every table that people edit."""
    return [
        sa.Column("version", BIG_ID, server_default="1", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
    ]


def _add_link(table: str, column: str, target: str) -> None:
    if _is_sqlite():  # which knows no constraint that comes later than its column
        op.add_column(
            table, sa.Column(column, BIG_ID, sa.ForeignKey(f"{target}.id"), nullable=True), inline_references=True
        )
    else:
        op.add_column(table, sa.Column(column, BIG_ID, nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{column}_{target}"), table, target, [column], ["id"])


def _rewrite_skills(change) -> None:
    """A skill was a name and has a level from now on, and the other way round."""
    connection = op.get_bind()
    for number, stored in connection.execute(sa.text("SELECT id, skills FROM agent WHERE skills IS NOT NULL")).all():
        skills = json.loads(stored) if isinstance(stored, str) else stored
        connection.execute(
            sa.text("UPDATE agent SET skills = :skills WHERE id = :id"),
            {"skills": json.dumps(change(skills), ensure_ascii=False), "id": number},
        )


def _begin_as_before() -> None:
    """Every company works around the clock and by one rule for everybody, as it did."""
    always = ", ".join(["'00:00-24:00'"] * len(DAYS))
    op.execute(
        f"INSERT INTO work_calendar (name, is_default, {', '.join(DAYS)}, create_time, update_time, tenant_id) "
        f"SELECT '全天候', 1, {always}, create_time, create_time, id FROM tenant "
        "WHERE id NOT IN (SELECT tenant_id FROM work_calendar)"
    )
    op.execute(
        "INSERT INTO routing_rule (name, sort, applies_to, strategies, create_time, update_time, tenant_id) "
        f"SELECT '默认规则', 1000, 1, '{STRATEGIES}', create_time, create_time, id FROM tenant "
        "WHERE id NOT IN (SELECT tenant_id FROM routing_rule)"
    )


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
