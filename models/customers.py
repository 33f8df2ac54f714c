"""Organizations, their contacts, and customers (CUS)."""

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, select, union
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity, Versioned
from models.identity import User
from models.organization import Agent, agents_within
from models.types import Flag, Json


class Organization(Versioned, Entity, Model):
    """机构: an institution that buys service (CUS-1)."""

    __tablename__ = "organization"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(128))
    #: 统一社会信用代码
    credit_code: Mapped[str | None] = mapped_column(String(32), index=True)
    region: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(32))
    industry: Mapped[str | None] = mapped_column(String(64))
    cooperation_level: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)

    def __repr__(self) -> str:
        return self.name


class Contact(Versioned, Entity, Model):
    """工作人员: a person at an organization (CUS-2)."""

    __tablename__ = "contact"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    gender: Mapped[str | None] = mapped_column(String(8))
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    landline: Mapped[str | None] = mapped_column(String(32))
    email: Mapped[str | None] = mapped_column(String(191))
    position: Mapped[str | None] = mapped_column(String(64))
    department_name: Mapped[str | None] = mapped_column(String(64))
    emergency_phone: Mapped[str | None] = mapped_column(String(32))
    organization: Mapped[Organization] = relationship()

    def __repr__(self) -> str:
        return self.name


class Customer(Versioned, Entity, Model):
    """Someone who asks for service: with an account, or a portal visitor without one (CUS-3)."""

    __tablename__ = "customer"
    __bookkeeping__ = frozenset({"last_contact_time"})
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id", "delete_token"),
        Index("idx_customer_name", "tenant_id", "deleted", "name"),
        Index("idx_customer_phone", "tenant_id", "phone"),
        Index("idx_customer_listing", "tenant_id", "deleted", "id"),
        Index("idx_customer_create_by", "create_by"),
    )

    name: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    #: where he says he is from; whoever serves him finds the organization for it
    organization_told: Mapped[str | None] = mapped_column(String(128))
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(191))
    #: 0 and 1 ordinary, above 1 VIP (C §2.4.1)
    vip_level: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    tags: Mapped[list | None] = mapped_column(Json)
    source: Mapped[str] = mapped_column(String(32), default="portal", server_default="portal")
    #: 专属客服: who serves this customer whenever he is there
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    #: where he is; empty: where his organization is
    region: Mapped[str | None] = mapped_column(String(64))
    #: came without account or registration; not yet archived
    is_temporary: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    note: Mapped[str | None] = mapped_column(Text)
    last_contact_time: Mapped[dt.datetime | None]
    #: since when, and why, all that was said with this customer is kept whatever its age (legal hold)
    legal_hold_time: Mapped[dt.datetime | None]
    legal_hold_reason: Mapped[str | None] = mapped_column(String(500))
    user: Mapped[User | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    organization: Mapped[Organization | None] = relationship()
    agent: Mapped[Agent | None] = relationship()
    conversations: Mapped[list["Conversation"]] = relationship(viewonly=True)  # noqa: F821  (named, not imported: they import us)
    tickets: Mapped[list["Ticket"]] = relationship(viewonly=True)  # noqa: F821

    @classmethod
    def visible_to(cls, actor: Actor):
        """A customer sees himself; staff see whom their scope serves."""
        if actor.sees_as_customer:
            return cls.id == (actor.customer_id or 0)
        scope = actor.scope("customer")
        if scope is Scope.all:
            return cls.id.is_not(None)
        agents = agents_within(actor, scope)
        conversation, ticket = (link.property.mapper.class_ for link in (cls.conversations, cls.tickets))
        made = aliased(cls)
        served = union(
            select(conversation.customer_id.label("id")).where(conversation.agent_id.in_(agents)),
            select(ticket.customer_id).where(ticket.assignee_id.in_(agents)),
            select(made.id).where(made.create_by == actor.user_id),
        ).subquery()
        # one set of ids, computed once; conditions joined by "or", and a bare union in MariaDB, are asked of every row
        return cls.id.in_(select(served.c.id))

    def __repr__(self) -> str:
        return self.name
