"""Departments, teams, their members, agents (ORG)."""

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from models.identity import User
from models.organization import Agent, Department, Team, TeamMember
from views.admin.base import AdminView
from views.admin.cells import EMPTY, link_to, person, tag
from views.admin.dictionaries import items_of
from views.admin.row_actions import RowAction


class TeamMemberView(AdminView):
    model, resource, icon = TeamMember, "team_member", "fa-user-plus"
    singular, plural = _("Team member"), _("Team members")
    list_columns = ["agent_id", "team_id", "create_time", "id"]
    show_columns = [*list_columns, "create_by"]
    when_empty = _("Put an agent into a team, so that he gets its conversations.")
    add_columns = edit_columns = ["team_id", "agent_id"]
    search_columns = ["team_id", "agent_id"]


class TeamView(AdminView):
    model, resource, icon = Team, "team", "fa-people-group"
    singular, plural = _("Team"), _("Teams")
    intro = _("Agents who serve together. Problem types and skills steer which conversations a team gets.")
    list_columns = ["name", "department_id", "leader_id", "max_conversations", "create_time", "id"]
    key_columns = ("department_id", "leader_id", "max_conversations")
    show_columns = [
        "id",
        "name",
        "description",
        "department_id",
        "leader_id",
        "problem_types",
        "skills",
        "max_conversations",
        "create_time",
        "update_time",
    ]
    add_columns = edit_columns = [
        "name",
        "description",
        "department_id",
        "leader_id",
        "problem_types",
        "skills",
        "max_conversations",
    ]
    search_text, search_columns = ("name",), ["department_id"]
    choices = {"problem_types": items_of("problem_type")}
    help_texts = {
        "max_conversations": _("0: as many as the members together"),
        "problem_types": _("Leave all boxes empty for any problem type"),
    }
    related_views = [TeamMemberView]

    def goes_along(self, row) -> list[str]:
        count = db.session.scalar(select(func.count()).select_from(TeamMember).where(TeamMember.team_id == row.id))
        told = ngettext("%(num)d member leaves the team.", "%(num)d members leave the team.", count)
        return [told] if count else []


class DepartmentView(AdminView):
    model, resource, icon = Department, "department", "fa-sitemap"
    singular, plural = _("Department"), _("Departments")
    intro = _("The tree of the organisation. A data scope 'department' reaches from here to everything below.")
    list_columns = ["name", "code", "parent_id", "sort", "create_time", "id"]
    key_columns = ("code", "parent_id")
    show_columns = ["name", "code", "parent_id", "sort", "description", "create_time", "update_time", "id"]
    add_columns = edit_columns = ["name", "code", "parent_id", "sort", "description"]
    search_text, search_columns = ("name", "code"), ["parent_id"]
    base_order = ("sort", "asc")
    related_views = [TeamView]


class AgentView(AdminView):
    model, resource, icon = Agent, "agent", "fa-headset"
    singular, plural = _("Agent"), _("Agents")
    intro = _("The working side of staff accounts: presence, capacity, skills. The accounts are kept under Users.")
    list_columns = [
        "user_id",
        "work_no",
        "presence",
        "current_count",
        "max_conversations",
        "skills",
        "region",
        "last_assigned_time",
    ]
    show_columns = [
        "id",
        "user_id",
        "work_no",
        "presence",
        "presence_time",
        "seen_time",
        "current_count",
        "max_conversations",
        "skills",
        "region",
        "seniority",
        "hire_date",
        "introduction",
        "teams",
        "last_assigned_time",
        "create_time",
    ]
    add_columns = edit_columns = [
        "user_id",
        "work_no",
        "max_conversations",
        "skills",
        "region",
        "seniority",
        "hire_date",
        "introduction",
    ]
    search_text, search_columns = ("work_no", "region"), ["presence", "user_id"]
    key_columns = ("presence", "current_count", "work_no", "skills")
    search_hint = _("Search name, number or region")
    help_texts = {"user_id": _("The account with which this agent signs in")}
    formatters = {
        "user_id": lambda row: person(row.user, link_to(row.user)) if row.user else EMPTY,
        "teams": lambda row: Markup(" ").join(tag(team.name) for team in row.teams),
    }
    eager = ("user",)
    row_actions = (
        RowAction("presence", _("Set presence"), "agent.set_presence_of_others", "fa-circle-dot", ask=("presence",)),
    )
    related_views = [TeamMemberView]

    def search(self, text: str) -> list[ColumnElement[bool]]:
        by_name = Agent.user.has(User.full_name.contains(text, autoescape=True))
        return [*super().search(text), by_name]
