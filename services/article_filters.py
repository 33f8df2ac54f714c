"""What a search for articles may be narrowed by: applied inside the search, so that nothing loses its place (KB-3)."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from models.knowledge import Article, Visibility
from services.knowledge import tagged, with_those_below


class Filters(NamedTuple):
    """Everything that is set must hold."""

    #: with those below it
    category_id: int = 0
    tag: str = ""
    locale: str = ""
    #: for staff: whom an article addresses
    visibility: Visibility | None = None
    #: last changed for its readers at or after, and before
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def ids(self) -> list[int] | None:
        """The bound company's articles that fit; None where nothing is set."""
        conditions = self._conditions()
        return list(db.session.scalars(select(Article.id).where(*conditions))) if conditions else None

    def _conditions(self) -> list[ColumnElement[bool]]:
        changed = func.coalesce(Article.content_time, Article.update_time)
        found = [Article.category_id.in_(with_those_below(self.category_id))] if self.category_id else []
        found += [tagged(self.tag)] if self.tag else []
        found += [Article.locale == self.locale] if self.locale else []
        found += [Article.visibility == self.visibility] if self.visibility else []
        found += [changed >= self.since] if self.since else []
        found += [changed < self.until] if self.until else []
        return found


NO_FILTERS = Filters()
