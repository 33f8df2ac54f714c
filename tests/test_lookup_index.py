"""The index of a company's tickets is built a batch at a time, however many there are (TKT-12)."""

import datetime as dt
import sys

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.factory import create_app
from config import Config
from models.actor import system
from models.base import bind
from models.tickets import Ticket
from services.assistance import lookup
from services.assistance.lookup import TICKETS, Lookup
from tests.people import Company

TABLE = Ticket.__table__
NUMBER, BATCH = 7, 2


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture
def tickets(company, database) -> tuple[int, set[int]]:
    """The company's number and tickets that were all changed at the same moment, as after a restore or an import."""
    ids = {company.ticket(title=f"报表打不开 {number}")["id"] for number in range(NUMBER)}
    with database.begin() as connection:
        connection.execute(TABLE.update().where(TABLE.c.id.in_(ids)).values(update_time=dt.datetime(2026, 1, 1)))
    with database.connect() as connection:
        return connection.scalar(sa.select(TABLE.c.tenant_id).where(TABLE.c.id == min(ids))), ids


def test_no_more_than_a_batch_is_held_while_it_is_built(tickets, backend, monkeypatch):
    tenant_id, ids = tickets
    steps: list[str] = []
    module = sys.modules[Lookup.__module__]  # its package gives the object of the same name
    read, take = module._changed, module._take

    def reading(*given):
        for rows in read(*given):
            assert len(rows) <= BATCH
            steps.append("read")
            yield rows

    def taking(*given):
        steps.append("take")
        take(*given)

    monkeypatch.setattr(module, "BATCH", BATCH)
    monkeypatch.setattr(module, "_changed", reading)
    monkeypatch.setattr(module, "_take", taking)
    with create_app(Config(backend.settings)).app_context():
        bind(db.session(), system(tenant_id))
        lookup.forget()
        index = lookup.index(tenant_id, TICKETS)
        assert ids <= set(index.versions())
    assert steps == ["read", "take"] * (len(steps) // 2) and len(steps) >= 2 * NUMBER / BATCH
