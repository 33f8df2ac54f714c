"""What the product has given a company, each thing once; what updates brought is shown to administrators (OPS-7)."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.actor import Actor
from models.base import Entity
from models.types import Code, Exact, Flag


class ProvisionKind(StrEnum):
    """A right or a data scope of a preset role, a piece of first content, an article of the manual."""

    right = auto()
    scope = auto()
    content = auto()
    manual = auto()


class Provision(Entity, Model):
    """One thing that was given once, and is not given again: whoever has taken it away since has decided so."""

    __tablename__ = "provision"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "role_code", "name", "delete_token"),
        Index("idx_provision_by_update", "tenant_id", "by_update", "id"),
    )

    kind: Mapped[ProvisionKind] = mapped_column(Code(ProvisionKind))
    #: of which preset role; "" for contents and manuals
    role_code: Mapped[str] = mapped_column(String(32), default="", server_default="")
    #: the machine's name: "conversation.transfer", "sensitive_words.投诉", "zh/rate-the-service"
    name: Mapped[str] = mapped_column(Exact)
    #: what people call it, where its name does not say so
    label: Mapped[str | None] = mapped_column(String(255))
    #: whether an update brought it to a company that was there already; the rest it had from the beginning
    by_update: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")

    @classmethod
    def visible_to(cls, actor: Actor):
        """What was there from the beginning is the machine's memory and nobody's news."""
        return false() if actor.sees_as_customer else cls.by_update == 1

    def __repr__(self) -> str:
        return self.label or self.name
