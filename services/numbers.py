"""Numbers people read aloud (TK202611210001): unique and without gaps under concurrent creation."""

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from models.tickets import NumberSeries
from services.company_days import company_zone, date_at


def next_number(prefix: str, moment: dt.datetime, digits: int = 4) -> str:
    """Inside an operation: the next number of `prefix` on the company's day of this moment.

    The series' row is held until the commit.
    """
    series = f"{prefix}{date_at(moment, company_zone()):%Y%m%d}"
    if not _raise(series):
        try:
            with db.session.begin_nested():
                db.session.add(NumberSeries(series=series, last_number=0))
        except IntegrityError:
            pass  # another writer began the day
        _raise(series)
    number = db.session.scalar(select(NumberSeries.last_number).where(NumberSeries.series == series))
    return f"{series}{number:0{digits}d}"


def _raise(series: str) -> bool:
    result = db.session.execute(
        update(NumberSeries).where(NumberSeries.series == series).values(last_number=NumberSeries.last_number + 1),
        execution_options={"synchronize_session": False},
    )
    return result.rowcount == 1
