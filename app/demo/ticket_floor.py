"""How the demonstration's company works on tickets: what tickets.toml says of dictionaries, rules, macros, views."""

from sqlalchemy import select

from app.demo.cast import Cast
from app.extensions import db
from models.actor import Actor, system
from models.automation import AutomationRule, Macro, TicketTemplate
from models.base import Entity
from models.custom_fields import CustomField, FieldKind, FieldSubject
from models.organization import Agent, Team
from models.routing import OffHours
from models.saved_views import SavedView, ViewAudience
from models.settings import Dictionary, DictionaryItem
from models.ticket_routing import TicketRule
from models.ticket_types import TicketWorkflow
from models.tickets import TicketPriority
from services.operation import OPERATIONS


class TicketFloor:
    """Makes it, once; what the company has under the same name already stays as it is."""

    def __init__(self, tenant_id: int, story: dict, cast: Cast):
        self.actor, self.story, self.cast = system(tenant_id), story, cast
        self._teams: dict[str, int] = {}

    def make(self) -> None:
        for data in self.story["dictionary_item"]:
            self._item(**data)
        for data in self.story["custom_field"]:
            kinds = {"subject": FieldSubject(data["subject"]), "kind": FieldKind(data["kind"])}
            self._once(CustomField, "custom_field", "code", **data | kinds)
        for data in self.story["team"]:
            self._team(**data)
        for data in self.story["ticket_workflow"]:
            self._once(TicketWorkflow, "ticket_workflow", "ticket_type", **data)
        for data in self.story["ticket_rule"]:
            named = {"target_teams": [self._teams[name] for name in data["target_teams"]]}
            self._once(TicketRule, "ticket_rule", **data | named | {"off_hours": OffHours(data["off_hours"])})
        for data in self.story["automation_rule"]:
            self._once(AutomationRule, "automation_rule", active=True, **data)
        for data in self.story["macro"]:
            keeper, own = self._keeper(data), data.pop("own", False)
            self._once(Macro, "macro", by=keeper, owner_id=keeper.user_id if own else None, **data)
        for data in self.story["ticket_template"]:
            priority = TicketPriority(data.pop("priority", "normal"))
            self._once(TicketTemplate, "ticket_template", priority=priority, **self._in_team(data))
        for data in self.story["saved_view"]:
            keeper, audience = self._keeper(data), ViewAudience(data.pop("audience", "own"))
            self._once(SavedView, "saved_view", by=keeper, audience=audience, **self._in_team(data))

    def _once(self, model: type[Entity], resource: str, key: str = "name", *, by: Actor | None = None, **data) -> int:
        """The number of the row of this name, made if there is none."""
        existing = db.session.scalar(select(model.id).where(getattr(model, key) == data[key]).limit(1))
        return existing or OPERATIONS[f"{resource}.create"].call(by or self.actor, **data).id

    def _item(self, dictionary: str, code: str, **data) -> None:
        number = db.session.scalars(select(Dictionary.id).where(Dictionary.code == dictionary)).one()
        there = select(DictionaryItem.id).where(DictionaryItem.dictionary_id == number, DictionaryItem.code == code)
        if db.session.scalar(there) is None:
            OPERATIONS["dictionary_item.create"].call(self.actor, dictionary_id=number, code=code, **data)

    def _team(self, name: str, members: list[str], **data) -> None:
        self._teams[name] = number = self._once(Team, "team", name=name, **data)
        for agent in (db.session.get(Agent, self.cast.staff[member].agent_id) for member in members):
            OPERATIONS["team_member.create"].call(self.actor, team_id=number, agent_id=agent.id)

    def _keeper(self, data: dict) -> Actor:
        return self.cast.staff[data.pop("by")]

    def _in_team(self, data: dict) -> dict:
        return data | {"team_id": self._teams.get(data.pop("team", ""))}
