"""Files that become articles: Markdown, tables, Word, PDF, HTML (KB-4)."""

from services.imports.choices import Choices, Existing
from services.imports.jobs import (
    RIGHT,
    cancel_import,
    clear_leftovers,
    expire,
    start_import,
    storage,
    upload,
    waiting,
)
from services.imports.planning import ArticleRow
from services.imports.running import work
from services.imports.storing import Outcome, import_articles

__all__ = [
    "RIGHT",
    "ArticleRow",
    "Choices",
    "Existing",
    "Outcome",
    "cancel_import",
    "clear_leftovers",
    "expire",
    "import_articles",
    "start_import",
    "storage",
    "upload",
    "waiting",
    "work",
]
