"""The inverted file behind word search in messages, tickets and customers, the same on both databases (CHT-11)."""

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Column, Index, Table

from models.types import BigId, TinyInt

#: (company, kind of row, term, row): rows of a term lie side by side, newest last. What a term is, `ai.words` says.
search_term = Table(
    "search_term",
    Model.metadata,
    Column("tenant_id", BigId, primary_key=True, autoincrement=False),
    Column("kind", TinyInt, primary_key=True, autoincrement=False),
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("row_id", BigId, primary_key=True, autoincrement=False),
    Index("idx_search_term_row_id", "tenant_id", "kind", "row_id"),
    sqlite_with_rowid=False,
)
