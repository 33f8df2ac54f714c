"""工单管理接口: the views of tickets that people keep, and those that everybody has (TKT-9)."""

from models.actor import Actor
from models.saved_views import SavedView
from services import saved_views
from views.api.endpoint import endpoint
from views.api.resource import Resource, serve

SECTION = "工单管理接口"


def _columns(actor: Actor, rows: list[SavedView]) -> dict[int, dict]:
    return {number: {"columns": columns} for number, columns in saved_views.columns_of(actor, rows).items()}


serve(
    Resource(
        "ticket-views",
        "saved_view",
        SavedView,
        SECTION,
        "工单视图",
        out=("id", "name", "filters", "columns", "sort", "audience", "team_id", "owner_id", "position", "version"),
        filters=("audience",),
        sort=("id", "position"),
        eager=("owner", "team"),
        enrich=_columns,
        more={
            "ownerName": lambda actor, row: row.owner.full_name if row.owner else None,
            "teamName": lambda actor, row: row.team.name if row.team else None,
            "isMine": lambda actor, row: row.owner_id == actor.user_id,
            "mayChange": saved_views.may_change,
        },
    )
)


@endpoint("GET", "/ticket-views/built-in", section=SECTION, summary="内置工单视图", right="saved_view.read")
def list_built_in(actor: Actor):
    return [{"key": key, "filters": dict(view.filters)} for key, view in saved_views.built_in_for(actor).items()]


@endpoint("GET", "/ticket-views/counts", section=SECTION, summary="各工单视图的数量", right="saved_view.read")
def count_views(actor: Actor):
    """How many tickets are in each view, by key or number; `most` stands for as many or more."""
    return {"most": saved_views.MOST_COUNTED, "counts": saved_views.counts_for(actor)}
