"""Tickets in an index of their own: the earlier one that asks the same, and how it was solved.

A ticket is compared with tickets, so both sides are questions: its title and its description are embedded as such,
and only what was done about it as a passage. It is searched like articles are (see `ai.index.KnowledgeIndex`); what
is asked is `ai.asking.understood_ticket`.
"""

import numpy as np

from ai.articles import CHUNK_CHARS, Piece, PieceKind
from ai.asking import BODY_EMBEDDED
from ai.segment import Entry
from ai.text import normalise


def ticket_pieces(title: str, description: str, resolution: str) -> list[Piece]:
    """Everything of a ticket that gets a vector, in the order `make_ticket_entry` expects."""
    title, description, resolution = map(normalise, (title, description, resolution))
    pieces = [Piece(PieceKind.title, 0, title)]
    if description:
        pieces.append(Piece(PieceKind.phrasing, 0, description[:BODY_EMBEDDED]))
    if resolution:
        pieces.append(Piece(PieceKind.body, 0, f"{title} {resolution[:CHUNK_CHARS]}"))
    return pieces


def make_ticket_entry(
    key: int, version: int, title: str, description: str, resolution: str, vectors: np.ndarray | None = None
) -> Entry:
    """The index entry of a ticket; `vectors` are those of `ticket_pieces` in order, None in the lexical tier."""
    said = (description,) if normalise(description) else ()
    body = f"{description}\n{resolution}".strip()
    if vectors is None:
        return Entry(key, version, title, body, said)
    return Entry(
        key=key,
        version=version,
        title=title,
        body=body,
        phrasings=said,
        title_vector=vectors[0],
        phrasing_vectors=tuple(vectors[1 : 1 + len(said)]),
        # a ticket of which nothing is known but its title is as near as its title
        body_vector=vectors[-1] if normalise(resolution) else vectors[0],
    )
