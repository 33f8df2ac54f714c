"""What administrators set in the browser: dictionaries and settings (SET-2, SET-3)."""

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.types import Flag, Json

#: from these customers choose, or read what was chosen; the others are words of staff among themselves
FOR_CUSTOMERS = ("ticket_type", "product", "problem_type", "rating_tag")


class Dictionary(Versioned, Entity, Model):
    """A named list of choices, e.g. ticket types."""

    __tablename__ = "dictionary"
    __table_args__ = (UniqueConstraint("tenant_id", "code", "delete_token"),)

    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    description: Mapped[str | None] = mapped_column(String(255))
    items: Mapped[list["DictionaryItem"]] = relationship(
        back_populates="dictionary", order_by="DictionaryItem.sort", cascade="save-update, merge, delete"
    )

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.code.in_(FOR_CUSTOMERS) if actor.sees_as_customer else cls.id.is_not(None)

    def __repr__(self) -> str:
        return self.name


class DictionaryItem(Versioned, Entity, Model):
    __tablename__ = "dictionary_item"
    __table_args__ = (UniqueConstraint("dictionary_id", "code", "delete_token"),)

    dictionary_id: Mapped[int] = mapped_column(ForeignKey("dictionary.id"))
    code: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(64))
    label_en: Mapped[str | None] = mapped_column(String(64))
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    dictionary: Mapped[Dictionary] = relationship(back_populates="items")

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.id.is_not(None)

    def __repr__(self) -> str:
        return self.label


class SystemSetting(Versioned, Entity, Model):
    """The value of one declared setting (`services.settings.SETTINGS`); without a row its default holds."""

    __tablename__ = "system_setting"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    value: Mapped[dict | None] = mapped_column(Json)

    def __repr__(self) -> str:
        return self.name
