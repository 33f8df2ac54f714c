"""Tables as agreed: names, common columns, keys and indexes (B §6.3); and what a new company begins with."""

import re

import pytest
from flask_appbuilder import Model

import models  # noqa: F401  (maps them all)
from models.base import Entity

#: the columns of every table that people work with
COMMON = {"id", "create_time", "update_time", "create_by", "update_by", "deleted"}
#: tables of Flask-AppBuilder keep its names
TABLES = [table for table in Model.metadata.sorted_tables if not table.name.startswith("ab_")]
#: what indexes and keys may begin with
PREFIXES = ("pk_", "uq_", "idx_", "fk_")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_names_are_as_agreed(table):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", table.name)
    for column in table.columns:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name)
        assert not column.name.endswith(("_at", "_date_time")), "moments are called …_time"
    named = [index.name for index in table.indexes] + [key.name for key in table.constraints if key.name]
    assert all(str(name).startswith(PREFIXES) for name in named), named


@pytest.mark.parametrize("model", Entity.__subclasses__(), ids=lambda model: model.__name__)
def test_common_columns_are_everywhere(model):
    columns = model.__table__.columns
    assert set(columns.keys()) >= COMMON | {"tenant_id", "delete_token"}
    assert [column.name for column in columns if column.primary_key] == ["id"]


def test_new_company_begins_with_its_groups(new_company):
    """ORG-2: 售前咨询组、售后服务组、VIP客服组、管理组."""
    teams = {row["name"] for row in new_company().admin.get("/teams")["list"]}
    assert teams >= {"售前咨询组", "售后服务组", "VIP客服组", "管理组"}
