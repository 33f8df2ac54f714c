"""The columns of lists of tickets: what people choose from for the screen, for a saved view and for a file (TKT-9)."""

from collections.abc import Sequence

from app.errors import Invalid, Reason
from models.actor import Actor
from models.custom_fields import FieldSubject
from services.custom_fields import PREFIX, definitions

#: in the order in which they are offered
COLUMNS = (
    "no",
    "title",
    "status",
    "priority",
    "dueTime",
    "type",
    "product",
    "tags",
    "customer",
    "assignee",
    "team",
    "department",
    "source",
    "contactName",
    "contactEmail",
    "contactPhone",
    "createTime",
    "updateTime",
    "firstReplyTime",
    "resolveTime",
    "closeTime",
    "description",
    "resolution",
)
#: of a file, when nobody has chosen
USUAL = ("no", "title", "status", "priority", "type", "customer", "assignee", "createTime", "updateTime", "closeTime")


def columns_for(actor: Actor) -> set[str]:
    """Every column that this actor may choose: those above, and `custom.<code>` of the fields that he may see."""
    own = definitions.fields_of(FieldSubject.ticket, actor)
    return {*COLUMNS, *(f"{PREFIX}{field.code}" for field in own)}


def known_columns(actor: Actor, names: Sequence[str], field: str = "columns") -> list[str]:
    """These names, each once, in their order. Raises Invalid for one that no list of tickets has for this actor."""
    chosen, known = list(dict.fromkeys(names)), columns_for(actor)
    if unknown := [str(name) for name in chosen if name not in known]:
        names_ = ", ".join(unknown)[:100]
        raise Invalid("The request is not valid", fields={field: Reason("unknown: %(names)s", names=names_)})
    return chosen
