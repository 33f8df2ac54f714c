"""Which pieces of an article are embedded, and how pieces and vectors become an index entry.

Measured on real customer questions: a title is best encoded as a question (it is compared with
questions), title and beginning of the body together as a passage, known phrasings as questions. A
body also gets one vector for each stretch of it: answers deep in a text are found, and what an answer says without
its title teaches the adapter (see ai.adapter) where there are no phrasings.

A caller stores `Piece.text` or its hash beside each vector, and so embeds only pieces that changed.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from ai.index import Entry
from ai.model import Embedder
from ai.text import normalise

#: How much of a body goes into its one passage vector.
BODY_CHARS = 300
#: The length of the stretches a longer body is cut into.
CHUNK_CHARS = 240


class PieceKind(StrEnum):
    """What a vector stands for."""

    title = "title"
    phrasing = "phrasing"
    body = "body"
    chunk = "chunk"

    @property
    def is_question(self) -> bool:
        """Whether it is encoded as a question, not as a passage."""
        return self in (PieceKind.title, PieceKind.phrasing)


class Piece(NamedTuple):
    """A text to embed, as the model gets it."""

    kind: PieceKind
    position: int
    text: str


def pieces_of(title: str, body: str, phrasings: Sequence[str] = ()) -> list[Piece]:
    """Everything of an article that gets a vector, in the order `make_entry` expects; a text may have no title."""
    title, body = normalise(title), normalise(body)
    pieces = [Piece(PieceKind.title, 0, title)] if title else []
    pieces += [Piece(PieceKind.phrasing, i, normalise(text)) for i, text in enumerate(phrasings)]
    pieces.append(Piece(PieceKind.body, 0, f"{title} {body[:BODY_CHARS]}".strip()))
    if body:
        length = CHUNK_CHARS if len(body) > BODY_CHARS else BODY_CHARS
        chunks = [body[start : start + length] for start in range(0, len(body), length)]
        pieces += [Piece(PieceKind.chunk, i, text) for i, text in enumerate(chunks)]
    return pieces


def embed_pieces(embedder: Embedder, pieces: Sequence[Piece]) -> np.ndarray:
    """The vectors of pieces (of one article or of many), in their order."""
    vectors = np.empty((len(pieces), embedder.dim), np.float32)
    for as_question, encode in ((True, embedder.encode_queries), (False, embedder.encode_passages)):
        places = [i for i, piece in enumerate(pieces) if piece.kind.is_question == as_question]
        if places:
            vectors[places] = encode([pieces[i].text for i in places])
    return vectors


def embed_question(embedder: Embedder | None, question: str) -> np.ndarray | None:
    """The vector of a customer's question; None without a model."""
    return None if embedder is None else embedder.encode_queries([normalise(question)])[0]


def make_entry(
    key: int, version: int, title: str, body: str, phrasings: Sequence[str] = (), vectors: np.ndarray | None = None
) -> Entry:
    """The index entry of an article; `vectors` are those of `pieces_of` in order, None in the lexical tier."""
    phrasings = tuple(phrasings)
    if vectors is None:
        return Entry(key, version, title, body, phrasings)
    first_phrasing = 1 if normalise(title) else 0
    first_passage = first_phrasing + len(phrasings)
    return Entry(
        key=key,
        version=version,
        title=title,
        body=body,
        phrasings=phrasings,
        # without a title it is asked for by what it says
        title_vector=vectors[0] if first_phrasing else vectors[first_passage],
        phrasing_vectors=tuple(vectors[first_phrasing:first_passage]),
        body_vector=vectors[first_passage],
        chunk_vectors=tuple(vectors[first_passage + 1 :]),
    )
