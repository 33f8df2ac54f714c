"""What a clock alone does not tell: during which time the system has really been running."""

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Tenanted
from models.types import Json


class ObservedTime(Tenanted, Model):
    """One row per company, written by the timetable. Not an Entity: nobody edits it."""

    __tablename__ = "observed_time"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    #: since when there is anything to tell
    began: Mapped[dt.datetime]
    #: when the timetable last came by
    seen_time: Mapped[dt.datetime]
    #: [[from, to], …] during which it did not, oldest first: the system stood still, or its clock jumped
    gaps: Mapped[list] = mapped_column(Json)
