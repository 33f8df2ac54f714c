"""Stars, tags and words of a verdict, whatever it is about (CHT-13, TKT-14)."""

import datetime as dt

from app.errors import Invalid
from models.conversations import Rating
from models.ticket_ratings import TicketRating
from services import settings

#: the dictionary whose items a customer taps instead of writing
TAGS = "rating_tag"
MOST_TAGS = 8
#: a customer with so few stars is not satisfied
LOW = (1, 2)


def fill(rating: Rating | TicketRating, score: int, tags: list[str] | None, comment: str) -> None:
    """Write down what was said. Raises Invalid for other than one to five stars and for tags that are not offered."""
    if not 1 <= score <= 5:
        raise Invalid("Give one to five stars", fields={"score": "1 to 5"})
    chosen = list(dict.fromkeys(tags or ()))
    if len(chosen) > MOST_TAGS or not set(chosen) <= settings.dictionary_codes(TAGS):
        raise Invalid("Choose among the tags that are offered", fields={"tags": "unknown"})
    rating.score, rating.tags, rating.comment = score, chosen or None, comment.strip()[:2000] or None


def changeable_until(rating: Rating | TicketRating) -> dt.datetime:
    """Until when its author may change it."""
    return rating.create_time + dt.timedelta(minutes=settings.get_setting("rating_change_minutes"))
