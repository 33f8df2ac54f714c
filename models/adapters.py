"""What was learnt of a company's own questions for its search: adapters of the embedding model (AI-7)."""

from flask_appbuilder import Model
from sqlalchemy import Float, Index, Integer, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity
from models.types import Flag


class Adapter(Entity, Model):
    """One learning: from how many questions, whether it helped on those held back, and what came of it.

    The newest of a model decides: it serves if it was kept, and if not, none does.
    """

    __tablename__ = "adapter"
    __audit__ = None
    __table_args__ = (Index("idx_adapter_model", "tenant_id", "model", "id"),)

    #: of whose vectors it was learnt; it fits no others
    model: Mapped[str] = mapped_column(String(128))
    #: the change of the articles up to which they were read
    index_version: Mapped[int] = mapped_column(default=0)
    articles: Mapped[int] = mapped_column(Integer, default=0)
    #: learnt from: known phrasings or titles, and those that people confirmed
    questions: Mapped[int] = mapped_column(Integer, default=0)
    confirmed: Mapped[int] = mapped_column(Integer, default=0)
    #: held back, and how high they found their article without it and with it (mean reciprocal rank)
    asked: Mapped[int] = mapped_column(Integer, default=0)
    rank_before: Mapped[float] = mapped_column(Float, default=0.0)
    rank_after: Mapped[float] = mapped_column(Float, default=0.0)
    kept: Mapped[bool] = mapped_column(Flag, default=False)
    #: how the stated confidence is stretched and moved, by so many clicks (see `ai.calibration`)
    slope: Mapped[float] = mapped_column(Float, default=1.0)
    shift: Mapped[float] = mapped_column(Float, default=0.0)
    clicks: Mapped[int] = mapped_column(Integer, default=0)
    milliseconds: Mapped[int] = mapped_column(Integer, default=0)
    #: mean and matrix, float32, little endian; None where it was not kept
    data: Mapped[bytes | None] = mapped_column(
        LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"), deferred=True
    )

    def __repr__(self) -> str:
        return f"{self.model} {self.id}"
