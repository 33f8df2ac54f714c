"""How tickets of one type go: which steps there are, what must be known before them (TKT-15)."""

from flask_appbuilder import Model
from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity, Versioned
from models.types import Flag, Json


class TicketWorkflow(Versioned, Entity, Model):
    """工单流程: the steps and the required fields of one ticket type.

    The table `models.tickets.TRANSITIONS` stays the law, with its rights; a workflow only narrows it.
    """

    __tablename__ = "ticket_workflow"
    __table_args__ = (UniqueConstraint("tenant_id", "ticket_type", "delete_token"),)

    #: code of an item of the dictionary ticket_type
    ticket_type: Mapped[str] = mapped_column(String(64))
    #: ["pending>processing", …]; None: every step of the table
    steps: Mapped[list | None] = mapped_column(Json)
    #: nobody calls it solved without a review
    needs_review: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: facts that staff fill in when they create a ticket: "product", "departmentId", "custom.<code>" …
    required_at_creation: Mapped[list | None] = mapped_column(Json)
    #: {state: facts that must be known before a ticket gets there}
    required_before: Mapped[dict | None] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")

    def __repr__(self) -> str:
        return self.ticket_type
