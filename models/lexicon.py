"""Words of a trade: which mean the same, and which are one word (KB-3)."""

from flask_appbuilder import Model
from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity, Versioned
from models.types import Exact, Flag, Json


class Synonym(Versioned, Entity, Model):
    """同义词: words of which each finds what was written with any other. A word stands in one group only."""

    __tablename__ = "synonym"

    words: Mapped[list] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")

    def __repr__(self) -> str:
        return " = ".join(self.words)


class DomainWord(Versioned, Entity, Model):
    """领域词: what the segmenter is not to cut in two."""

    __tablename__ = "domain_word"
    __table_args__ = (UniqueConstraint("tenant_id", "form", "delete_token", name="uq_domain_word_form"),)
    __bookkeeping__ = frozenset({"form"})

    word: Mapped[str] = mapped_column(String(64))
    #: the word as it is compared
    form: Mapped[str] = mapped_column(Exact)
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")

    def __repr__(self) -> str:
        return self.word
