"""Which team looks after which customer (CUS-10, as far as assigning needs it)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.customers import Customer
from models.organization import Team
from models.routing import CustomerTeamRelation, RelationKind
from services import problems
from services.crud import crud, referenced
from services.operation import OPERATIONS, announce, operation

MOST_AT_ONCE = 500


@operation(
    "customer_team_relation.batch_create",
    title="Give several customers a team",
    right="customer_team_relation.create",
)
def batch_create(
    actor: Actor,
    *,
    customer_ids: list[int],
    team_id: int,
    kind: RelationKind = RelationKind.primary,
    problem_types: list[str] | None = None,
    note: str = "",
) -> list[CustomerTeamRelation]:
    """One relation to the same team for each customer; all of them or none. Who has it already keeps it as it is."""
    wanted = list(dict.fromkeys(customer_ids))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise Invalid("Name one to five hundred customers", fields={"customerIds": "1 to 500"})
    present = set(
        db.session.scalars(
            select(CustomerTeamRelation.customer_id).where(
                CustomerTeamRelation.team_id == team_id, CustomerTeamRelation.customer_id.in_(wanted)
            )
        )
    )
    create = OPERATIONS["customer_team_relation.create"].call
    data = {"team_id": team_id, "kind": kind, "problem_types": problem_types, "note": note[:255] or None}
    return [create(actor, customer_id=number, **data) for number in wanted if number not in present]


def hand_on(team_id: int, target_id: int | None) -> None:
    """Inside an operation: another team looks after the customers of this one; None: nobody any more does."""
    theirs = set(
        db.session.scalars(select(CustomerTeamRelation.customer_id).where(CustomerTeamRelation.team_id == target_id))
    )
    for row in db.session.scalars(select(CustomerTeamRelation).where(CustomerTeamRelation.team_id == team_id)):
        if target_id is None or row.customer_id in theirs:
            db.session.delete(row)
        else:
            row.team_id = target_id


def _check_relation(actor: Actor, row: CustomerTeamRelation, data: dict) -> None:
    # as objects: the log names them while the row is being stored
    row.customer = referenced(Customer, row.customer_id, actor, "customerId")
    row.team = referenced(Team, row.team_id, actor, "teamId")
    for code in row.problem_types or ():
        problems.check_type(code, "problemTypes")
    if row.effective_date and row.expiry_date and row.expiry_date < row.effective_date:
        raise Invalid("The end comes after the start", fields={"expiryDate": "after the start"})
    with db.session.no_autoflush:
        others = [
            one
            for one in db.session.scalars(
                select(CustomerTeamRelation).where(CustomerTeamRelation.customer_id == row.customer_id)
            )
            if one is not row
        ]
    if any(one.team_id == row.team_id for one in others):
        raise Conflict("This team looks after the customer already: change that relation")
    if row.kind in (None, RelationKind.primary):
        for other in others:
            if other.kind is RelationKind.primary:  # there is one that comes first
                other.kind = RelationKind.secondary
                announce("customer_team_relation.updated", customer_team_relation_id=other.id)


crud(
    "customer_team_relation",
    CustomerTeamRelation,
    title="Customer's team",
    writable=("customer_id", "team_id", "kind", "problem_types", "effective_date", "expiry_date", "note"),
    check=_check_relation,
)
