"""Who is told of alerts: everybody with the right who may see the conversation or ticket, and nobody else."""

import time

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, Scope, system
from models.base import bind
from models.identity import User
from models.sensitive import UNSETTLED, SensitiveAlert, WordLevel
from services.identity import rights
from services.identity.rights import RIGHTS_SECONDS
from services.notifications import notify

RIGHT = "sensitive_alert.read"
#: what is only worth a look makes no notification: the console shows it
TOLD_FROM = (WordLevel.warning, WordLevel.severe)

_watchers: dict[int, tuple[float, list[Actor]]] = {}


def forget() -> None:
    """Called after an account or a role was changed here; in other processes what was known ends by itself."""
    _watchers.clear()


def watchers_of(alert: SensitiveAlert) -> list[int]:
    """The accounts that hear of this alert. The session is bound to the alert's company."""
    actors = _actors(alert.tenant_id)
    return [actor.user_id for actor in actors if _sees(actor, alert)]


def tell(alert: SensitiveAlert, event_key: str) -> None:
    """A notification for each watcher, once for each conversation until somebody has settled it or it gets worse."""
    if alert.level not in TOLD_FROM or _was_told(alert):
        return
    place = alert.conversation or alert.ticket
    for user_id in watchers_of(alert):
        notify(
            system(alert.tenant_id),
            user_id=user_id,
            event_key=event_key,
            kind="sensitive_alert.created",
            params={"no": place.no if place else "", "title": alert.words, "level": alert.level.value},
            link=f"/desk/console?tab=alerts&alert={alert.id}",
        )


def _was_told(alert: SensitiveAlert) -> bool:
    levels = list(WordLevel)
    as_grave = [level for level in TOLD_FROM if levels.index(level) >= levels.index(alert.level)]
    return (
        db.session.scalar(
            select(SensitiveAlert.id)
            .where(
                SensitiveAlert.thread_id == alert.thread_id,
                SensitiveAlert.id < alert.id,
                SensitiveAlert.state.in_(UNSETTLED),
                SensitiveAlert.level.in_(as_grave),
            )
            .limit(1)
        )
        is not None
    )


def _actors(tenant_id: int) -> list[Actor]:
    """Who holds the right, with rights as of two seconds ago at most."""
    until, known = _watchers.get(tenant_id, (0.0, []))
    if until > time.monotonic():
        return known
    users = db.session.scalars(select(User).where(User.id.in_(rights.holders_of(RIGHT)))).all()
    actors = [rights.actor_for_user(user) for user in users]
    bind(db.session(), system(tenant_id))  # finding out who somebody is binds the session to nobody
    _watchers[tenant_id] = (time.monotonic() + RIGHTS_SECONDS, actors)
    return actors


def _sees(actor: Actor, alert: SensitiveAlert) -> bool:
    if actor.scope("conversation") is Scope.all and actor.scope("ticket") is Scope.all:
        return True
    statement = select(SensitiveAlert.id).where(SensitiveAlert.id == alert.id, SensitiveAlert.visible_to(actor))
    return db.session.scalar(statement) is not None
