"""What a person wants to be told, and how (ID-11). A new choice is a new line in one of the two tables."""

from sqlalchemy import select

from app.errors import Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.identity import User
from services.operation import operation
from services.ticket_columns import columns_for, known_columns

#: kinds of notification that can be switched off, in the order of the page; what is not named here is always told
NOTICES = (
    "article.approved",
    "article.returned",
    "article.submitted",
    "conversation.assigned",
    "message.mentioned",
    "ticket.assigned",
    "ticket.created",
    "ticket.message",
    "ticket.moved",
    "sla.warned",
    "sla.breached",
    "sla.escalated",
    "ticket.rated_low",
    "ticket.transfer_approved",
    "ticket.transfer_rejected",
    "ticket.transfer_requested",
    "sensitive_alert.created",
    "quick_reply.proposed",
    "quick_reply.reviewed",
)
#: what else draws attention besides the notification centre, and whether it does so before anybody has chosen
ATTENTION = {"sound": True, "browser": False, "mail": True}
#: how the list of tickets looks before anybody has chosen: no columns are the usual ones, no view is all tickets
TICKETS = {"columns": [], "density": "comfortable", "view": ""}
DENSITIES = ("comfortable", "compact")


def preferences_of(actor: Actor, user: User) -> dict:
    """Every choice as it stands: {"notices": {kind: wanted}, "sound": True, "tickets": {…}, …}."""
    chosen = user.preferences or {}
    notices = chosen.get("notices", {})
    tickets = TICKETS | chosen.get("tickets", {})
    if tickets["columns"]:  # one of a field that was removed since is left out
        known = columns_for(actor)
        tickets["columns"] = [name for name in tickets["columns"] if name in known]
    return {
        "notices": {kind: notices.get(kind, True) for kind in NOTICES},
        **{name: chosen.get(name, default) for name, default in ATTENTION.items()},
        "tickets": tickets,
    }


@operation("user.set_preferences", title="Change own preferences", right="")
def change_preferences(
    actor: Actor,
    user: User,
    *,
    notices: dict | None = None,
    sound: bool | None = None,
    browser: bool | None = None,
    mail: bool | None = None,
    tickets: dict | None = None,
) -> User:
    """What is given is changed, the rest stays. Raises Invalid for what does not exist."""
    if user.id != actor.user_id:
        raise NotAllowed("You can only change your own profile")
    wrong = {
        f"notices.{str(kind)[:64]}": "unknown" if kind not in NOTICES else "must be true or false"
        for kind, wanted in (notices or {}).items()
        if kind not in NOTICES or not isinstance(wanted, bool)
    }
    if wrong:
        raise Invalid("The request is not valid", fields=wrong)
    chosen = user.preferences or {}
    attention = {"sound": sound, "browser": browser, "mail": mail}
    given = {name: value for name, value in attention.items() if value is not None}
    if tickets:
        given["tickets"] = chosen.get("tickets", {}) | _checked_list(actor, tickets)
    user.preferences = chosen | given | {"notices": chosen.get("notices", {}) | (notices or {})}
    db.session.flush()
    return user


def _checked_list(actor: Actor, given: dict) -> dict:
    """How somebody wants his list of tickets. Raises Invalid."""
    wrong = {f"tickets.{str(name)[:64]}": "unknown" for name in given if name not in TICKETS}
    columns, view = given.get("columns", []), given.get("view", "")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        wrong["tickets.columns"] = "must be a list"
    if given.get("density", DENSITIES[0]) not in DENSITIES:
        wrong["tickets.density"] = "unknown"
    if not isinstance(view, str) or len(view) > 32:
        wrong["tickets.view"] = "unknown"
    if wrong:
        raise Invalid("The request is not valid", fields=wrong)
    return given | ({"columns": known_columns(actor, columns, "tickets.columns")} if "columns" in given else {})


def wants_notice(user_id: int, kind: str) -> bool:
    """Whether this person has left this kind of notification switched on."""
    return bool(_chosen(user_id).get("notices", {}).get(kind, True))


def wants_mail(user_id: int, kind: str) -> bool:
    """Whether this person is also written to about what such a notification is about."""
    return bool(_chosen(user_id).get("mail", ATTENTION["mail"])) and wants_notice(user_id, kind)


def _chosen(user_id: int) -> dict:
    return db.session.scalar(select(User.preferences).where(User.id == user_id)) or {}
