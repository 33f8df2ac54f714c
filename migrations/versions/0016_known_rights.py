"""what a company was given, so that an update gives it only what is new

Revision: 0016
Follows: 0015
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TINY_INT = sa.SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
EXACT = sa.String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")

RIGHT, SCOPE, CONTENT = 1, 2, 3
#: every company was made with these, or an earlier revision gave them to it
CONTENTS = (
    "dictionary.ticket_type",
    "dictionary.problem_type",
    "dictionary.rating_tag",
    "dictionary.tag",
    "work_calendar",
    "routing_rule",
    "channel.portal",
    "teams",
    "quick_replies",
    "organization",
)
#: table → what a company knows if it has, or once had, a row there
BY_ROWS = {
    "problem_profile": ("problem_profiles",),
    "sensitive_word": tuple(f"sensitive_words.{group}" for group in ("投诉", "退款", "报警举报", "欺诈", "监管")),
}


def upgrade() -> None:
    op.create_table(
        "provision",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", TINY_INT, nullable=False),
        sa.Column("role_code", sa.String(length=32), server_default="", nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("label", sa.String(length=255), nullable=True),
        sa.Column("by_update", TINY_INT, server_default="0", nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.Column("create_by", BIG_ID, nullable=True),
        sa.Column("update_by", BIG_ID, nullable=True),
        sa.Column("deleted", TINY_INT, server_default="0", nullable=False),
        sa.Column("delete_token", BIG_ID, server_default="0", nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provision")),
        sa.UniqueConstraint(
            "tenant_id",
            "kind",
            "role_code",
            "name",
            "delete_token",
            name=op.f("uq_provision_tenant_id_kind_role_code_name_delete_token"),
        ),
    )
    op.create_index("idx_provision_by_update", "provision", ["tenant_id", "by_update", "id"])
    for tenant_id in _column("SELECT id FROM tenant"):
        _remember(tenant_id, "", CONTENT, CONTENTS)
        for table, names in BY_ROWS.items():
            if _column(f"SELECT id FROM {table} WHERE tenant_id = :tenant LIMIT 1", tenant=tenant_id):
                _remember(tenant_id, "", CONTENT, names)
    for role_id, code, tenant_id in _rows(
        "SELECT id, code, tenant_id FROM ab_role WHERE code IS NOT NULL AND code <> 'super_admin' AND deleted = 0"
    ):
        _remember(tenant_id, code, RIGHT, _held(role_id) | _taken_away(role_id))
        _remember(
            tenant_id, code, SCOPE, set(_column("SELECT resource FROM role_scope WHERE role_id = :role", role=role_id))
        )


def downgrade() -> None:
    op.drop_table("provision")


def _held(role_id: int) -> set[str]:
    """The rights that a role has."""
    pairs = _rows(
        "SELECT v.name, p.name FROM ab_permission_view_role r"
        " JOIN ab_permission_view pv ON pv.id = r.permission_view_id"
        " JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id"
        " WHERE r.role_id = :role",
        role=role_id,
    )
    return {f"{resource}.{permission.removeprefix('can_')}" for resource, permission in pairs}


def _taken_away(role_id: int) -> set[str]:
    """The rights that an administrator took from a role, by the operation log, which keeps every such change."""
    logged = _column(
        "SELECT `before` FROM operation_log"
        " WHERE operation = 'role.grant' AND target_type = 'ab_role' AND target_id = :role AND `before` IS NOT NULL",
        role=role_id,
    )
    return {name for before in logged for name in (json.loads(before) or {}).get("removed") or ()}


def _remember(tenant_id: int, role_code: str, kind: int, names) -> None:
    rows = [{"tenant": tenant_id, "role": role_code, "kind": kind, "name": name} for name in sorted(names)]
    if rows:
        op.get_bind().execute(
            sa.text(
                "INSERT INTO provision (kind, role_code, name, tenant_id, create_time, update_time)"
                " VALUES (:kind, :role, :name, :tenant, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
            ),
            rows,
        )


def _rows(statement: str, **values) -> list:
    return op.get_bind().execute(sa.text(statement), values).all()


def _column(statement: str, **values) -> list:
    return [row[0] for row in _rows(statement, **values)]
