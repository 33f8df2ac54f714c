"""What somebody wants done with a file: which column is what, for whom its articles are, what happens to known ones."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum, auto


class Existing(StrEnum):
    """What becomes of an article that the knowledge base has already."""

    update = auto()
    skip = auto()
    #: another one is made beside it
    new = auto()


@dataclass(frozen=True)
class Choices:
    """Rows that say something themselves are taken by their word; this is for those that do not."""

    #: field of each column of a table by its place, "" to leave it out; None: by their names
    columns: tuple[str, ...] | None = None
    #: names from the top of the tree down
    category: tuple[str, ...] = ()
    #: the folders of an archive become categories, below `category`
    folders: bool = True
    #: zh, en, or "" for what the text is written in
    locale: str = ""
    visibility: str = "public"
    publish: bool = False
    existing: Existing = Existing.update
    #: documents become an article for each heading down to this level; 0: one article each
    split: int = 0

    def packed(self) -> dict:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, packed: Mapping) -> "Choices":
        columns = packed.get("columns")
        return cls(
            **{
                **packed,
                "columns": tuple(columns) if columns is not None else None,
                "category": tuple(packed.get("category", ())),
                "existing": Existing(packed.get("existing", Existing.update)),
            }
        )
