"""Lists that people keep, and those that everybody has; how many are in each (TKT-9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, inspect, select

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.organization import Team
from models.saved_views import SavedView, ViewAudience
from services.crud import crud, referenced
from services.ticket_columns import columns_for, known_columns
from services.tickets.filters import filters_of, ordering

#: views that one person may keep
MOST_OWN = 50
#: counting stops here: "99+" says enough, and costs no more than a page
MOST_COUNTED = 100
SHARE = "saved_view.share"
_OPEN = "pending,processing,waiting,review,resolved"
_TO_DO = "pending,processing,waiting,review"


@dataclass(frozen=True)
class BuiltIn:
    """A view that everybody has who holds `right`; its words are the page's."""

    filters: Mapping[str, str]
    right: str = "ticket.read"


#: key → view, in the order of the page
BUILT_IN: dict[str, BuiltIn] = {
    "mine": BuiltIn({"assigneeId": "me", "status": _TO_DO}),
    "created": BuiltIn({"creatorId": "me"}),
    "unassigned": BuiltIn({"assigneeId": "none", "status": _OPEN}, right="ticket.assign"),
    "open": BuiltIn({"status": _OPEN}),
    "today": BuiltIn({"createdFrom": "today"}),
    "waiting": BuiltIn({"status": "waiting"}),
}


def built_in_for(actor: Actor) -> dict[str, BuiltIn]:
    """Those of the built-in views that this actor has."""
    return {key: view for key, view in BUILT_IN.items() if actor.may(view.right)}


def counts_for(actor: Actor) -> dict[str, int]:
    """Tickets in each view this actor has, by key or number; MOST_COUNTED stands for as many or more."""
    saved = db.session.scalars(
        select(SavedView).where(SavedView.visible_to(actor), SavedView.subject == "ticket").limit(2 * MOST_OWN)
    )
    wanted = {key: view.filters for key, view in built_in_for(actor).items()}
    wanted |= {str(view.id): view.filters for view in saved}
    return {key: _count(actor, filters) for key, filters in wanted.items()}


def may_change(actor: Actor, view: SavedView) -> bool:
    """The owner, and who may share what is shared."""
    return view.owner_id == actor.user_id or (view.audience is not ViewAudience.own and actor.may(SHARE))


def columns_of(actor: Actor, views: Sequence[SavedView]) -> dict[int, list[str]]:
    """The columns of each view that its reader has: one of a field that was removed since is left out."""
    known = columns_for(actor)
    return {view.id: [name for name in view.columns or () if name in known] for view in views}


def _count(actor: Actor, filters: Mapping[str, str]) -> int:
    try:
        first = filters_of(filters).wanted(actor).limit(MOST_COUNTED)
    except Invalid:  # kept when there was a filter that is gone by now
        return 0
    return db.session.scalar(select(func.count()).select_from(first.subquery())) or 0


def _check(actor: Actor, view: SavedView, data: dict) -> None:
    view.name = " ".join((view.name or "").split())
    if not view.name:
        raise Invalid("A view needs a name", fields={"name": "required"})
    if view.id is None:
        _begin(actor, view)
    else:
        _may_change(actor, view)
    # what was kept before stays: a field may have been removed since
    if view.id is None or "filters" in data:
        filters = filters_of(view.filters or {})
        filters.conditions(actor)
        view.filters = filters.texts
    if view.id is None or "columns" in data:
        view.columns = known_columns(actor, view.columns or [])
    ordering(view.sort)
    if not -10_000 <= view.position <= 10_000:
        raise Invalid("The request is not valid", fields={"position": "the number is out of range"})
    referenced(Team, view.team_id, actor, "teamId")
    if view.audience is not ViewAudience.team:
        view.team_id = None
    elif view.team_id is None:
        raise Invalid("Say which team shares it", fields={"teamId": "required"})
    if view.audience is not ViewAudience.own and not actor.may(SHARE):
        raise NotAllowed("Only who leads shares views with others")


def _begin(actor: Actor, view: SavedView) -> None:
    view.owner_id, view.subject = actor.user_id, "ticket"
    view.audience = view.audience or ViewAudience.own
    view.sort, view.position = view.sort or "-updateTime", view.position or 0
    with db.session.no_autoflush:
        count = db.session.scalar(select(func.count()).where(SavedView.owner_id == actor.user_id))
    if count >= MOST_OWN:
        raise Conflict("You keep very many views already: remove some first", limit=MOST_OWN)


def _may_change(actor: Actor, view: SavedView) -> None:
    """What stood there before decides, so that nobody takes what is shared for himself."""
    before = inspect(view).attrs.audience.history.deleted
    was_shared = (before[0] if before else view.audience) is not ViewAudience.own
    if view.owner_id != actor.user_id and not (was_shared and actor.may(SHARE)):
        raise NotAllowed("You can only change views of your own")


crud(
    "saved_view",
    SavedView,
    title="Saved view",
    writable=("name", "filters", "columns", "sort", "audience", "team_id", "position"),
    kinds={"filters": dict, "columns": list[str]},
    check=_check,
    before_delete=_may_change,
)
