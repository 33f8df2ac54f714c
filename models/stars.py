"""What every verdict of a customer consists of, whatever it is about (CHT-13, TKT-14)."""

from sqlalchemy import Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.types import Json


class Stars:
    """One to five stars, words that were tapped, words of his own."""

    score: Mapped[int] = mapped_column(Integer)
    #: codes of the dictionary rating_tag
    tags: Mapped[list | None] = mapped_column(Json)
    comment: Mapped[str | None] = mapped_column(Text)

    def __repr__(self) -> str:
        return f"{self.score}/5"
