"""Fields that a company defines for itself, and what stands in them (SET-4, TKT-3)."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.types import Code, Exact, Fixed, Flag, Json


class FieldSubject(StrEnum):
    """What a field belongs to."""

    customer = auto()
    organization = auto()
    ticket = auto()
    conversation = auto()


class FieldKind(StrEnum):
    text = auto()
    long_text = auto()
    number = auto()
    date = auto()
    select = auto()
    multi_select = auto()
    #: one of our agents
    person = auto()
    organization = auto()
    yes_no = auto()


class CustomField(Versioned, Entity, Model):
    """自定义字段: a field of tickets, customers, organizations or conversations, defined on screen (SET-4)."""

    __tablename__ = "custom_field"
    __table_args__ = (UniqueConstraint("tenant_id", "subject", "code", "delete_token"),)

    subject: Mapped[FieldSubject] = mapped_column(Code(FieldSubject))
    #: how REST calls it: `custom.<code>`
    code: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(64))
    label_en: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[FieldKind] = mapped_column(Code(FieldKind))
    #: of selects: [{code, label, labelEn, active}] in the order in which they are offered
    options: Mapped[list | None] = mapped_column(Json)
    help_text: Mapped[str | None] = mapped_column(String(255))
    required: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    shown_to_customers: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    fillable_by_customers: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: codes of the ticket types that have it; empty: all
    ticket_types: Mapped[list | None] = mapped_column(Json)
    #: whether lists have a column for it
    in_list: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")

    @classmethod
    def visible_to(cls, actor: Actor):
        """Staff see every field; customers those in use that are meant for them."""
        if actor.sees_as_customer:
            return (cls.active == 1) & ((cls.shown_to_customers == 1) | (cls.fillable_by_customers == 1))
        return cls.id.is_not(None)

    @property
    def is_for_customers(self) -> bool:
        """Whether a customer sees what stands in it: what he may fill in he sees."""
        return self.shown_to_customers or self.fillable_by_customers

    def applies_to(self, ticket_type: str) -> bool:
        return not self.ticket_types or ticket_type in self.ticket_types

    def __repr__(self) -> str:
        return self.label


class CustomValue(Entity, Model):
    """What stands in one field of one row: a line, of a field with several choices a line for each.

    `row_id` is the number of a row of the table that the field's subject names. The changes stand in that row's own
    lines of the operation log.
    """

    __tablename__ = "custom_value"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("field_id", "row_id", "slot", "delete_token"),
        # for filters: each holds all that is asked, so that no row is touched
        Index("idx_custom_value_text", "field_id", "text_value", "tenant_id", "deleted", "row_id"),
        Index("idx_custom_value_number", "field_id", "number_value", "tenant_id", "deleted", "row_id"),
        Index("idx_custom_value_date", "field_id", "date_value", "tenant_id", "deleted", "row_id"),
        Index("idx_custom_value_ref", "field_id", "ref_id", "tenant_id", "deleted", "row_id"),
    )

    field_id: Mapped[int] = mapped_column(ForeignKey("custom_field.id"))
    row_id: Mapped[int]
    #: the option's code where there may be several, else empty: two writers cannot store the same twice
    slot: Mapped[str] = mapped_column(Exact, default="", server_default="")
    #: a text, or the code of an option
    text_value: Mapped[str | None] = mapped_column(Exact)
    long_value: Mapped[str | None] = mapped_column(Text)
    #: a number; 1 and 0 for yes and no
    number_value: Mapped[Decimal | None] = mapped_column(Fixed)
    date_value: Mapped[dt.date | None] = mapped_column(Date)
    #: the number of an agent or an organization
    ref_id: Mapped[int | None]
    field: Mapped[CustomField] = relationship()
