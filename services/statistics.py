"""Figures for the supervisor's console, counted from the rows (RPT-1)."""

import datetime as dt

from sqlalchemy import func, select

from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationStatus, Rating
from models.organization import Agent, Presence
from models.types import utcnow


def overview(actor: Actor, day_start: dt.datetime | None = None) -> dict:
    """{active, queued, onlineAgents, todayConversations, avgFirstReplySeconds, avgRating} of what the actor may see.

    `day_start` is the beginning of the reader's day in UTC.
    """
    actor.require("statistics.read")
    visible = Conversation.visible_to(actor)
    start = day_start or utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    by_status = dict(
        db.session.execute(
            select(Conversation.status, func.count())
            .where(visible, Conversation.status.in_([*HELD, ConversationStatus.queued]))
            .group_by(Conversation.status)
        )
        .tuples()
        .all()
    )
    replies = db.session.execute(
        select(Conversation.queue_time, Conversation.active_time, Conversation.first_reply_time).where(
            visible, Conversation.create_time >= start, Conversation.first_reply_time.is_not(None)
        )
    ).all()
    waits = [(reply - (queued or active)).total_seconds() for queued, active, reply in replies if queued or active]
    rating = db.session.scalar(select(func.avg(Rating.score)).where(Rating.visible_to(actor)))
    return {
        "active": sum(by_status.get(status, 0) for status in HELD),
        "queued": by_status.get(ConversationStatus.queued, 0),
        "onlineAgents": db.session.scalar(
            select(func.count()).select_from(Agent).where(Agent.presence == Presence.online)
        ),
        "todayConversations": db.session.scalar(
            select(func.count()).select_from(Conversation).where(visible, Conversation.create_time >= start)
        ),
        "avgFirstReplySeconds": round(sum(waits) / len(waits)) if waits else None,
        "avgRating": round(float(rating), 2) if rating is not None else None,
    }
