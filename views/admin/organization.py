"""Departments, teams, their members, agents (ORG)."""

import pytz
from flask import g, redirect
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from models.identity import User
from models.organization import Agent, Department, Team, TeamMember
from models.presence import answered_for
from models.types import utcnow
from services import agent_figures, teams
from services.attendance import Span
from views.admin import fields, way
from views.admin.base import AdminView
from views.admin.cells import EMPTY, link_to, person, tag, time_tag, zone
from views.admin.dictionaries import items_of, words_of
from views.admin.durations import duration
from views.admin.entry_codes import EntryCodeView
from views.admin.filters import Further
from views.admin.presence import PresenceView
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
        "current_count",
        "calendar_id",
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
        "calendar_id",
    ]
    search_text, search_columns = ("name",), ["department_id"]
    choices = {"problem_types": items_of("problem_type")}
    formatters = {
        "problem_types": words_of("problem_type", "problem_types"),
        "max_conversations": lambda row: row.max_conversations or _("as many as its members"),
    }
    help_texts = {
        "max_conversations": _("0: as many as the members together"),
        "calendar_id": _("Empty: the company's working hours"),
        "skills": _("What every member knows, at the lowest level; one per line"),
        "problem_types": _("Leave all boxes empty for any problem type"),
        "into_id": _("Members, open conversations and tickets, and QR codes move there; this team is gone afterwards."),
    }
    row_actions = (
        RowAction(
            "merge", _("Merge into another team"), "team.merge", "fa-code-merge", ask=("into_id",), multiple=False
        ),
    )
    related_views = [TeamMemberView, EntryCodeView]

    def goes_along(self, row) -> list[str]:
        members = db.session.scalar(select(func.count()).select_from(TeamMember).where(TeamMember.team_id == row.id))
        talks, tickets = teams.open_work_of(row)
        told = []
        if members:
            told.append(ngettext("%(num)d member leaves the team.", "%(num)d members leave the team.", members))
        if talks:
            told.append(
                ngettext(
                    "%(num)d open conversation is anybody's again.",
                    "%(num)d open conversations are anybody's again.",
                    talks,
                )
            )
        if tickets:
            told.append(
                ngettext("%(num)d open ticket loses its team.", "%(num)d open tickets lose their team.", tickets)
            )
        return told

    def narrow_form(self, form, action: RowAction, row) -> None:
        if action.name == "merge":
            others = [(value, title) for value, title in form["into_id"].options() if value != str(row.id)]
            form["into_id"].options = lambda: others
            # nothing is chosen by itself: this cannot be undone
            form["into_id"].flags.required = False

    def perform(self, action: RowAction, row, data: dict):
        if action.name != "merge":
            return super().perform(action, row, data)
        # the team one came from is gone
        return redirect(way.to_row(self, teams.merge_team(g.actor, row, **data)))


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


def _shown(figures: agent_figures.Figures | None) -> dict[str, object]:
    """The counted cells of an agent; empty ones where the reader may not know."""
    if figures is None:
        return dict.fromkeys(("total_count", "today_count", "satisfaction", "first_reply", "online_today"))
    return {
        "total_count": str(figures.total),
        "today_count": str(figures.served),
        "satisfaction": None if figures.satisfaction is None else f"{figures.satisfaction:.2f}",
        "first_reply": duration(figures.first_reply_seconds),
        "online_today": duration(figures.attendance.online_seconds),
    }


class AgentView(AdminView):
    model, resource, icon = Agent, "agent", "fa-headset"
    singular, plural = _("Agent"), _("Agents")
    intro = _("The working side of staff accounts: presence, capacity, skills. The accounts are kept under Users.")
    list_columns = [
        "user_id",
        "work_no",
        "presence",
        "groups",
        "current_count",
        "total_count",
        "today_count",
        "online_today",
        "last_login",
        "skills",
    ]
    show_columns = [
        "id",
        "user_id",
        "work_no",
        "presence",
        "presence_time",
        "seen_time",
        "last_login",
        "current_count",
        "max_conversations",
        "max_tickets",
        "total_count",
        "today_count",
        "satisfaction",
        "first_reply",
        "online_today",
        "skills",
        "region",
        "seniority",
        "hire_date",
        "introduction",
        "groups",
        "last_assigned_time",
        "last_ticket_time",
        "create_time",
    ]
    counted = ("groups", "total_count", "today_count", "satisfaction", "first_reply", "online_today")
    add_columns = edit_columns = [
        "user_id",
        "work_no",
        "max_conversations",
        "max_tickets",
        "skills",
        "region",
        "seniority",
        "hire_date",
        "introduction",
    ]
    search_text, search_columns = ("work_no", "region"), ["presence", "user_id"]
    key_columns = ("presence", "current_count", "work_no", "skills")
    search_hint = _("Search name, number or region")
    help_texts = {
        "user_id": _("The account with which this agent signs in"),
        "skills": _("What he is good at, from 1 (knows it) to 5 (teaches it); an empty line is left out"),
        "max_tickets": _("Up to which the rules give him more; 0: none; empty: as set for everybody"),
        "seniority": _("Higher numbers get VIP customers and urgent problems first"),
        "region": _("Written like the region of customers and organizations"),
    }
    own_fields = {"skills": fields.SkillsField}
    formatters = {
        "skills": lambda row: Markup(" ").join(tag(f"{one['name']} {one['level']}") for one in row.skills or []),
        "user_id": lambda row: person(row.user, link_to(row.user)) if row.user else EMPTY,
        "last_login": lambda row: time_tag(row.user.last_login) if row.user and row.user.last_login else EMPTY,
    }
    label_columns = {
        "groups": _("Teams"),
        "total_count": _("Conversations in all"),
        "today_count": _("Conversations today"),
        "satisfaction": _("Satisfaction"),
        "first_reply": _("First reply on average, today"),
        "online_today": _("Online today"),
    }
    further_filters = {"team_id": Further(_("Team"), Team, lambda team_id: Agent.memberships.any(team_id=team_id))}
    eager = ("user",)
    row_actions = (
        RowAction("presence", _("Set presence"), "agent.set_presence_of_others", "fa-circle-dot", ask=("presence",)),
    )
    related_views = [TeamMemberView, EntryCodeView, PresenceView]

    def count(self, rows: list) -> dict[int, dict[str, object]]:
        """Figures of those whom the reader leads, and of himself; teams of everybody."""
        ids, today = [row.id for row in rows], pytz.utc.localize(utcnow()).astimezone(zone()).date()
        mine = set(db.session.scalars(select(Agent.id).where(Agent.id.in_(ids), answered_for(g.actor, Agent.id))))
        figures = agent_figures.figures_of(mine, Span.of_days(zone(), today, today))
        groups: dict[int, list[str]] = {number: [] for number in ids}
        for agent_id, name in db.session.execute(
            select(TeamMember.agent_id, Team.name).join(TeamMember.team).where(TeamMember.agent_id.in_(ids))
        ):
            groups[agent_id].append(name)
        return {
            number: {"groups": Markup(" ").join(map(tag, groups[number])), **_shown(figures.get(number))}
            for number in ids
        }

    def search(self, text: str) -> list[ColumnElement[bool]]:
        by_name = Agent.user.has(User.full_name.contains(text, autoescape=True))
        return [*super().search(text), by_name]
