"""How tickets find their agents by themselves (TKT-7; B §2.5.2.1, §2.10.5)."""

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, Versioned
from models.organization import Department, Team
from models.routing import OffHours
from models.types import Code, Flag, Json


class TicketRule(Versioned, Entity, Model):
    """Among the active rules the first one, in their order, that fits a ticket decides to whom it is given.

    What no active rule fits stays in the pool until somebody assigns it by hand.
    """

    __tablename__ = "ticket_rule"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    sort: Mapped[int] = mapped_column(Integer, default=100, server_default="100")
    #: codes of the dictionary ticket_type, of priorities, of the dictionary product; empty: any
    ticket_types: Mapped[list | None] = mapped_column(Json)
    priorities: Mapped[list | None] = mapped_column(Json)
    products: Mapped[list | None] = mapped_column(Json)
    #: only tickets of which this department, or this team, is in charge
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    #: only customers of at least this level; empty: all
    vip_from: Mapped[int | None] = mapped_column(Integer)
    #: names of strategies: the first that tells candidates apart decides, the next one among equals
    strategies: Mapped[list | None] = mapped_column(Json)
    #: numbers of the teams that may get it; empty: any
    target_teams: Mapped[list | None] = mapped_column(Json)
    #: the skill it needs; empty: the one that is called like the type or the product
    skill: Mapped[str | None] = mapped_column(String(64))
    #: who lacks the skill does not get it at all
    skill_required: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: outside working hours: those on duty, anybody, or nobody until the next opening
    off_hours: Mapped[OffHours] = mapped_column(Code(OffHours), default=OffHours.anyone, server_default="2")
    department: Mapped[Department | None] = relationship()
    team: Mapped[Team | None] = relationship()

    def __repr__(self) -> str:
        return self.name
