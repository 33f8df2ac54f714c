"""What a number in a column points to: the target's class, its name in a table cell, its screen."""

from collections.abc import Iterable
from types import SimpleNamespace

from flask import g
from flask_appbuilder import Model
from sqlalchemy import inspect, select
from sqlalchemy.orm import joinedload

from app.extensions import db
from models.actor import Actor
from models.articles import ArticleTemplate
from models.automation import AutomationRule
from models.bot_menu import BotMenuEntry
from models.channels import Channel
from models.conversations import Conversation
from models.customers import Contact, Customer, Organization
from models.entry_codes import EntryCode
from models.hours import WorkCalendar
from models.identity import Role, User
from models.knowledge import Article, ArticleCategory
from models.messaging import FileObject
from models.organization import Agent, Department, Team, TeamMember
from models.settings import Dictionary
from models.sla import SlaPolicy
from models.tickets import Ticket

#: parameters of operations and columns without foreign key that name a row
BY_NAME: dict[str, type] = {
    "agent_id": Agent,
    "to_agent_id": Agent,
    "into_id": Team,
    "customer_id": Customer,
    "create_by": User,
    "update_by": User,
    "department_id": Department,
    "target_teams": Team,
    "team_ids": Team,
    "translation_of_id": Article,
    "user_id": User,
    "user_ids": User,
    "role_ids": Role,
}
#: rows whose name is another row's: load that along
_NAMED_BY = {Agent: (Agent.user,), TeamMember: (TeamMember.team, TeamMember.agent)}
#: few enough to be offered as one list; all others are searched while typing
SMALL = (
    AutomationRule,
    Channel,
    Department,
    Team,
    Role,
    ArticleCategory,
    BotMenuEntry,
    Dictionary,
    WorkCalendar,
    SlaPolicy,
)
#: class → the right's resource, which is also the path of its screen
RESOURCES: dict[type, str] = {
    Agent: "agent",
    Article: "article",
    ArticleCategory: "article_category",
    ArticleTemplate: "article_template",
    AutomationRule: "automation_rule",
    BotMenuEntry: "bot_menu_entry",
    Channel: "channel",
    Contact: "contact",
    Conversation: "conversation",
    Customer: "customer",
    Department: "department",
    Dictionary: "dictionary",
    EntryCode: "entry_code",
    FileObject: "file_object",
    Organization: "organization",
    Role: "role",
    SlaPolicy: "sla_policy",
    Team: "team",
    Ticket: "ticket",
    User: "user",
    WorkCalendar: "work_calendar",
}


def target_of(model: type, name: str) -> type | None:
    """The class of the row that column `name` of `model` (or a parameter of this name) points to."""
    column = inspect(model).columns.get(name)
    if column is not None and column.foreign_keys:
        table = next(iter(column.foreign_keys)).column.table
        return next(mapper.class_ for mapper in Model.registry.mappers if mapper.local_table is table)
    return BY_NAME.get(name)


def load_names(model: type, rows: Iterable, columns: Iterable[str]) -> dict[tuple[str, int], object]:
    """{(column, number): the row it points to} for a page of rows, with one query for each kind of target.

    Deleted targets are found too: what happened stays readable.
    """
    wanted: dict[type, set[int]] = {}
    places: list[tuple[str, type, int]] = []
    for column in columns:
        target = target_of(model, column)
        if target is None or target not in RESOURCES:
            continue
        for row in rows:
            number = getattr(row, column, None)
            if isinstance(number, int):
                wanted.setdefault(target, set()).add(number)
                places.append((column, target, number))
    found = {
        target: {
            row.id: row
            for row in db.session.scalars(
                named(target).where(target.id.in_(numbers)), execution_options={"include_deleted": True}
            )
        }
        for target, numbers in wanted.items()
    }
    return {(column, number): found[target][number] for column, target, number in places if number in found[target]}


def names_of(model: type, values: Iterable[dict]) -> dict[tuple[str, int], object]:
    """The same for values that were once in such rows, e.g. of the log: [{column: number}]."""
    return load_names(model, [SimpleNamespace(**one) for one in values], {name for one in values for name in one})


def address_of_number(model: type, number: int) -> str | None:
    """The screen of the row with this number, for those who may read such rows; whether it still lives is not asked."""
    resource = RESOURCES.get(model)
    if resource is None or not g.actor.may(f"{resource}.read"):
        return None
    return f"/admin/{resource}/show/{number}"


def named(model: type):
    """SELECT of rows together with what their name is made of."""
    return select(model).options(*(joinedload(relation) for relation in _NAMED_BY.get(model, ())))


def address_of(row, actor: Actor) -> str | None:
    """The screen of a row, for those who may read such rows."""
    resource = RESOURCES.get(type(row))
    if resource is None or row.deleted or not actor.may(f"{resource}.read"):
        return None
    return f"/admin/{resource}/show/{row.id}"
