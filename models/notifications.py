"""What a person is told in the in-app centre (NTF-1)."""

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.actor import Actor
from models.base import Entity
from models.types import Exact, Json


class Notification(Entity, Model):
    __tablename__ = "notification"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("user_id", "event_key", name="uq_notification_event"),
        Index("idx_notification_user_id", "user_id", "read_time", "id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    #: the event it came from: the same event told twice makes one notification
    event_key: Mapped[str] = mapped_column(Exact)
    #: conversation.assigned, ticket.assigned …; the page words it in the reader's language
    kind: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict | None] = mapped_column(Json)
    link: Mapped[str | None] = mapped_column(String(255))
    read_time: Mapped[dt.datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.user_id == (actor.user_id or 0)

    def __repr__(self) -> str:
        return self.kind
