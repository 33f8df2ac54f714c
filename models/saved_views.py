"""Lists that people keep: filters, columns and order under a name, for themselves or for others too (TKT-9)."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.identity import User
from models.organization import Team
from models.types import Code, Json


class ViewAudience(StrEnum):
    """Who has a view in his list."""

    own = auto()
    team = auto()
    everybody = auto()


class SavedView(Versioned, Entity, Model):
    """A list under a name. It is its owner's, whoever else has it too; what is in it each reader sees for himself."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index("idx_saved_view_owner_id", "owner_id", "tenant_id", "deleted", "position"),
        Index("idx_saved_view_audience", "tenant_id", "deleted", "audience"),
    )

    owner_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    #: what is listed: ticket
    subject: Mapped[str] = mapped_column(String(32), default="ticket", server_default="ticket")
    name: Mapped[str] = mapped_column(String(64))
    #: as in an address: {"status": "pending,processing", "assigneeId": "me"}
    filters: Mapped[dict] = mapped_column(Json, default=dict)
    #: empty: the reader's own
    columns: Mapped[list | None] = mapped_column(Json)
    sort: Mapped[str] = mapped_column(String(64), default="-updateTime", server_default="-updateTime")
    audience: Mapped[ViewAudience] = mapped_column(Code(ViewAudience), default=ViewAudience.own, server_default="1")
    #: whose it is too, where the audience is a team
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: its place in the owner's list
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
    team: Mapped[Team | None] = relationship(foreign_keys=[team_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        """One's own, everybody's, one's teams'; who may share sees what every team has."""
        is_teams = cls.audience == ViewAudience.team
        theirs = is_teams if actor.may("saved_view.share") else is_teams & cls.team_id.in_(actor.team_ids or {0})
        shared = or_(cls.audience == ViewAudience.everybody, theirs)
        return super().visible_to(actor) & or_(cls.owner_id == (actor.user_id or 0), shared)

    def __repr__(self) -> str:
        return self.name
