"""How well questions are answered, by day, channel and article; and the articles readers find no help in (KB-7)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, func, select

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.knowledge import Article, ArticleStatus, Outcome, Question
from services.attendance import Span, days_between
from services.satisfaction import place_of_day

MOST_DAYS = 92
#: articles named
ARTICLES = 30
#: fewer thumbs say nothing; from this share of thumbs down an article is low-rated
LEAST_VERDICTS, LOW_SHARE = 3, 0.4


@dataclass
class Figures:
    """Questions of a time and what came of them."""

    asked: int = 0
    answered: int = 0
    offered: int = 0
    handed_over: int = 0
    resolved: int = 0
    helpful: int = 0
    unhelpful: int = 0

    def add(self, other: "Figures") -> None:
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


@dataclass
class Quality:
    """The same for the whole time, by day, by channel and by the article that answered."""

    total: Figures
    days: dict[dt.date, Figures]
    channels: dict[str, Figures]
    articles: dict[int, Figures]


def quality(actor: Actor, zone: dt.tzinfo, first: dt.date, last: dt.date) -> Quality:
    """From `first` to `last`, days of the reader's calendar; by two statements. Raises Invalid for too many days."""
    actor.require("statistics.read")
    days = days_between(first, last)
    if len(days) > MOST_DAYS:
        too_many = Reason("at most %(number)s days", number=MOST_DAYS)
        raise Invalid("The request is not valid", fields={"fromDay": too_many})
    found = Quality(Figures(), {day: Figures() for day in days}, {}, {})
    span = Span.of_days(zone, first, last)
    within = (Question.create_time >= span.start, Question.create_time < span.end, Question.visible_to(actor))
    day = place_of_day(Question.create_time, zone, days).label("day")
    for place, channel, *counts in db.session.execute(
        select(day, Question.channel, *_counts()).where(*within).group_by("day", Question.channel)
    ):
        figures = Figures(*map(int, counts))
        for line in (found.total, found.days[days[place]], found.channels.setdefault(channel, Figures())):
            line.add(figures)
    for article_id, *counts in db.session.execute(
        select(Question.article_id, *_counts())
        .where(*within, Question.article_id.is_not(None))
        .group_by(Question.article_id)
        .order_by(func.count().desc(), Question.article_id)
        .limit(ARTICLES)
    ):
        found.articles[article_id] = Figures(*map(int, counts))
    return found


def _counts() -> Iterable:
    """In the order of `Figures`. Resolved ones were answered, too."""

    def number(condition):
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return (
        func.count(),
        number(Question.answered == 1),
        number(Question.outcome == Outcome.offered),
        number(Question.outcome == Outcome.handed_over),
        number(Question.outcome == Outcome.resolved),
        number(Question.helpful == 1),
        number(Question.helpful == 0),
    )


def low_rated(actor: Actor, size: int = 20) -> list[Article]:
    """Published articles that many readers say do not help, the worst first."""
    actor.require("article.update")
    verdicts = Article.helpful_count + Article.unhelpful_count
    share = Article.unhelpful_count * 1.0 / verdicts
    return list(
        db.session.scalars(
            select(Article)
            .where(
                Article.visible_to(actor),
                Article.status == ArticleStatus.published,
                Article.unhelpful_count >= 1,
                verdicts >= LEAST_VERDICTS,
                Article.unhelpful_count >= LOW_SHARE * verdicts,
            )
            .order_by(share.desc(), Article.unhelpful_count.desc(), Article.id)
            .limit(size)
        )
    )
