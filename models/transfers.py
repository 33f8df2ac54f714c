"""Conversations that are offered to somebody else, until he has answered (CHT-6)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String, false, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity
from models.conversations import Conversation
from models.organization import Agent, Team
from models.types import Code


class TransferState(StrEnum):
    pending = auto()
    accepted = auto()
    declined = auto()
    timed_out = auto()
    cancelled = auto()


class ConversationTransfer(Entity, Model):
    """One offer. While it is pending the agent who made it goes on serving."""

    __tablename__ = "conversation_transfer"
    __table_args__ = (
        Index("idx_conversation_transfer_state", "tenant_id", "deleted", "state", "expire_time"),
        Index("idx_conversation_transfer_conversation_id", "conversation_id", "state"),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    from_agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    #: whom it was offered to; of an offer to a team, who accepted it
    to_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    to_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    state: Mapped[TransferState] = mapped_column(Code(TransferState), default=TransferState.pending)
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: what who declined said to it
    answer: Mapped[str | None] = mapped_column(String(500))
    expire_time: Mapped[dt.datetime]
    end_time: Mapped[dt.datetime | None]
    conversation: Mapped[Conversation] = relationship()
    from_agent: Mapped[Agent] = relationship(foreign_keys=[from_agent_id])
    to_agent: Mapped[Agent | None] = relationship(foreign_keys=[to_agent_id])
    to_team: Mapped[Team | None] = relationship()

    @classmethod
    def offered_to(cls, actor: Actor):
        """The offers that this actor may accept now."""
        if actor.agent_id is None:
            return false()
        to_one_of_us = cls.to_agent_id.is_(None) & cls.to_team_id.in_(actor.team_ids or {0})
        mine = or_(cls.to_agent_id == actor.agent_id, to_one_of_us)
        return (cls.state == TransferState.pending) & (cls.from_agent_id != actor.agent_id) & mine

    @classmethod
    def visible_to(cls, actor: Actor):
        """Staff who see the conversation; and who is asked to take it, as long as he is asked."""
        seen = cls.conversation.has(Conversation.visible_to(actor)) | cls.offered_to(actor)
        return super().visible_to(actor) & seen

    def __repr__(self) -> str:
        return f"#{self.conversation_id}"
