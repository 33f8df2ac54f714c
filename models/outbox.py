"""What became true and must still be told: rows written in the transaction that made it true (NTF-5)."""

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Tenanted
from models.types import Json, utcnow


class OutboxEvent(Tenanted, Model):
    """One event. `sent_time` is set when the reactions have run; the sweep re-runs what has none.

    Not an Entity: nobody edits it, and a row is removed a week after it was sent.
    """

    __tablename__ = "outbox_event"
    __table_args__ = (Index("idx_outbox_event_sent_time", "sent_time", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict] = mapped_column(Json)
    create_time: Mapped[dt.datetime] = mapped_column(default=utcnow)
    sent_time: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(String(500))
