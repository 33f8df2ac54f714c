"""Who acts in the demonstration: staff with accounts, institutions, and customers who come without one."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, system
from models.base import bind
from models.customers import Customer
from models.identity import User
from services.identity import signin
from services.identity.rights import actor_for_user
from services.operation import OPERATIONS

STAFF = ("demo_supervisor", "demo_agent1", "demo_agent2")


class Cast:
    """The actors of the story by name; customers come into being when they first turn up."""

    def __init__(self, tenant_id: int, story: dict):
        self.tenant_id, self.story = tenant_id, story
        self.staff = {name: _actor(name) for name in STAFF}
        self._by_agent = {actor.agent_id: actor for actor in self.staff.values()}
        self._customers: dict[str, Actor] = {}
        self._organizations: dict[str, int] = {}
        bind(db.session(), system(tenant_id))

    @property
    def supervisor(self) -> Actor:
        return self.staff["demo_supervisor"]

    def agent(self, agent_id: int | None) -> Actor | None:
        """Whoever of the staff has this agent profile; None for nobody."""
        return self._by_agent.get(agent_id)

    def customer(self, name: str) -> Actor:
        """The customer, who comes to the portal now if he has not been there before."""
        if name not in self._customers:
            [person] = [one for one in self.story["customer"] if one["name"] == name]
            self._customers[name] = self._arrive(person)
        return self._customers[name]

    def make_organizations(self) -> None:
        for data in self.story["organization"]:
            made = OPERATIONS["organization.create"].call(self.supervisor, **data)
            self._organizations[data["name"]] = made.id

    def _arrive(self, person: dict) -> Actor:
        """As somebody comes: a visitor (or an account), whom the staff then file under the institution."""
        if "account" in person:
            actor = _actor(person["account"])
        else:
            actor = signin.open_for_visitor(self.tenant_id, person["name"], ip="", user_agent="demo").actor
        data = {name: person[name] for name in ("phone", "email", "vip_level", "tags", "note") if name in person}
        if "organization" in person:
            data["organization_id"] = self._organizations[person["organization"]]
        if "position" in person:
            data["contact_id"] = self._contact(person, data["organization_id"])
        customer = db.session.get(Customer, actor.customer_id)
        OPERATIONS["customer.update"].call(self.supervisor, customer, is_temporary="organization" not in person, **data)
        return actor

    def _contact(self, person: dict, organization_id: int) -> int:
        made = OPERATIONS["contact.create"].call(
            self.supervisor,
            organization_id=organization_id,
            name=person["name"],
            phone=person["phone"],
            position=person["position"],
        )
        return made.id


def _actor(username: str) -> Actor:
    return actor_for_user(db.session.scalars(select(User).where(User.username == username)).one())
