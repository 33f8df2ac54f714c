"""The in-app centre: who is told what, once per event (NTF-1)."""

from sqlalchemy import select, update

from app.extensions import db
from models.actor import Actor
from models.notifications import Notification
from models.types import utcnow
from services.identity.preferences import wants_notice
from services.operation import announce, operation


@operation("notification.create", title="Notify somebody")
def notify(
    actor: Actor, *, user_id: int, event_key: str, kind: str, params: dict, link: str = ""
) -> Notification | None:
    """Tell one person; the same event told again is ignored, and so is what the person does not want to be told."""
    known = db.session.scalar(
        select(Notification.id).where(Notification.user_id == user_id, Notification.event_key == event_key)
    )
    if known is not None or not wants_notice(user_id, kind):
        return None
    row = Notification(user_id=user_id, event_key=event_key, kind=kind, params=params, link=link or None)
    db.session.add(row)
    db.session.flush()
    announce("notification.created", rooms=[f"user:{user_id}"], notification_id=row.id)
    return row


@operation("notification.read", title="Mark notifications as read")
def read_notifications(actor: Actor, *, ids: list[int] | None = None) -> int:
    """These, or all of the actor's own when `ids` is None; returns how many were unread."""
    statement = (
        update(Notification)
        .where(Notification.user_id == actor.user_id, Notification.read_time.is_(None))
        .values(read_time=utcnow())
    )
    if ids is not None:
        statement = statement.where(Notification.id.in_(ids))
    return db.session.execute(statement, execution_options={"synchronize_session": False}).rowcount
