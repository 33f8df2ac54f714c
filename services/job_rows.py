"""Rows that stand for work in the background: whoever does it keeps the row up to date, and notices when nobody wants
it any more."""

from sqlalchemy import ColumnElement, update

from models.base import Entity
from models.types import utcnow
from services.operation import write


def note(model: type[Entity], tenant_id: int, row_id: int, condition: ColumnElement[bool], **values) -> bool:
    """Bookkeeping of a row that is still as it should be; False when it is not."""
    with write(tenant_id) as session:
        return bool(
            session.execute(
                update(model).where(model.id == row_id, condition).values(update_time=utcnow(), **values),
                execution_options={"synchronize_session": False},
            ).rowcount
        )
