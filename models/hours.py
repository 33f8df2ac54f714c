"""When a company works: the hours of a week, the days that differ, who is on duty outside of them (RTE-2)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, Versioned
from models.types import Code, Flag

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ALL_DAY = "00:00-24:00"
#: the clock of a company that says nothing else
DEFAULT_ZONE = "Asia/Shanghai"


class WorkCalendar(Versioned, Entity, Model):
    """The hours of one week. Each day has text such as "09:00-12:00, 13:30-18:00"; empty: closed."""

    __tablename__ = "work_calendar"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    #: the company's own: it holds for every team that names none
    is_default: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: the clock by which the hours are meant
    timezone: Mapped[str] = mapped_column(String(64), default=DEFAULT_ZONE, server_default=DEFAULT_ZONE)
    monday: Mapped[str | None] = mapped_column(String(100))
    tuesday: Mapped[str | None] = mapped_column(String(100))
    wednesday: Mapped[str | None] = mapped_column(String(100))
    thursday: Mapped[str | None] = mapped_column(String(100))
    friday: Mapped[str | None] = mapped_column(String(100))
    saturday: Mapped[str | None] = mapped_column(String(100))
    sunday: Mapped[str | None] = mapped_column(String(100))
    days: Mapped[list["WorkDay"]] = relationship(
        back_populates="calendar", order_by="WorkDay.day", cascade="save-update, merge, delete"
    )

    def __repr__(self) -> str:
        return self.name


class DayKind(StrEnum):
    """How a day differs from its weekday: 放假, or 补班 (work on what would be free)."""

    holiday = auto()
    workday = auto()


class WorkDay(Versioned, Entity, Model):
    """One date on which a calendar's usual week does not hold."""

    __tablename__ = "work_day"
    __table_args__ = (UniqueConstraint("calendar_id", "day", "delete_token"),)

    calendar_id: Mapped[int] = mapped_column(ForeignKey("work_calendar.id"))
    day: Mapped[dt.date] = mapped_column(Date)
    kind: Mapped[DayKind] = mapped_column(Code(DayKind), default=DayKind.holiday)
    #: of a workday; empty: those of a Monday
    hours: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(64))
    calendar: Mapped[WorkCalendar] = relationship(back_populates="days")

    def __repr__(self) -> str:
        return f"{self.day} {self.name or ''}".strip()
