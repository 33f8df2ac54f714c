"""Who is acting: a plain value that every layer may hold, made by `services.identity`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.errors import NotAllowed, NotSignedIn


class Scope(StrEnum):
    """How far a role sees, narrow to wide (ID-9)."""

    own = "own"
    team = "team"
    department = "department"
    all = "all"

    @property
    def width(self) -> int:
        return list(Scope).index(self)


@dataclass(frozen=True)
class Actor:
    """One person, the bot or the system, with rights as they are now.

    `permissions` holds operation names ("conversation.transfer") and screen rights; `scopes` the data
    scope per resource, with "*" for those not named.
    """

    kind: str  # user | visitor | bot | system | anonymous
    tenant_id: int
    name: str = ""
    avatar_url: str | None = None
    user_id: int | None = None
    customer_id: int | None = None
    #: of customers: how important they are (`Customer.vip_level`)
    customer_level: int = 0
    agent_id: int | None = None
    is_staff: bool = False
    permissions: frozenset[str] = frozenset()
    scopes: Mapping[str, Scope] = field(default_factory=lambda: MappingProxyType({}))
    team_ids: frozenset[int] = frozenset()
    department_ids: frozenset[int] = frozenset()
    roles: tuple[str, ...] = ()
    sign_in_id: int | None = None
    must_change_password: bool = False
    ip: str = ""
    #: numbers of the automation rules that led to this act, the first one first: rules do not answer themselves
    rules: tuple[int, ...] = ()
    #: how many of them called each other
    depth: int = 0

    def may(self, name: str) -> bool:
        return self.kind == "system" or name in self.permissions

    def require(self, name: str) -> None:
        """Raises NotAllowed unless this actor holds the right `name`; NotSignedIn when nobody is signed in."""
        if not self.may(name):
            if self.kind == "anonymous":
                raise NotSignedIn("Please sign in")
            raise NotAllowed("You are not allowed to do this", operation=name)

    def scope(self, resource: str) -> Scope:
        if self.kind == "system":
            return Scope.all
        return self.scopes.get(resource) or self.scopes.get("*") or Scope.own

    @property
    def sees_as_customer(self) -> bool:
        return not self.is_staff and self.kind not in ("system", "bot")

    @property
    def sender(self) -> tuple[str, int]:
        """How this actor signs messages: (sender kind, id)."""
        if self.kind in ("bot", "system"):
            return self.kind, 0
        if self.is_staff:
            return "agent", self.user_id or 0
        return "customer", self.customer_id or 0


def system(tenant_id: int) -> Actor:
    """The actor of jobs and of consequences that nobody asked for by hand."""
    return Actor(kind="system", tenant_id=tenant_id, name="system", is_staff=True)


def bot(tenant_id: int) -> Actor:
    return Actor(
        kind="bot", tenant_id=tenant_id, name="智能助手", permissions=frozenset({"conversation.answer", "message.send"})
    )
