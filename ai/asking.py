"""A question on its way into the search: as the knowledge base would write it, with the company's synonyms.

The one place where what customers type becomes what is embedded and looked up; articles, tickets and measurements all
come through here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ai.index import KnowledgeIndex
from ai.lexicon import NO_WORDS, Lexicon
from ai.model import Embedder
from ai.spelling import spelled
from ai.text import normalise

#: of the body of a mail or ticket so much is embedded and looked up beside its subject
BODY_EMBEDDED, BODY_WORDS = 150, 200


class Asked(NamedTuple):
    """A question, ready to be embedded and searched."""

    text: str
    wordings: tuple[str, ...] = ()  #: other ways to say it, for the search by words
    embedded: tuple[str, ...] = ()  #: whose vectors together are the question's


def understood(question: str, index: KnowledgeIndex, lexicon: Lexicon = NO_WORDS) -> Asked:
    """A customer's question as this knowledge base would write it."""
    text, sounding = spelled(question, index.frequency)
    same = lexicon.wordings(text)
    return Asked(text, tuple(filter(None, (sounding, *same))), (text, *same[:1]))


def understood_ticket(subject: str, body: str) -> Asked:
    """A ticket or mail: its subject says what it is about, its body in which words."""
    subject, body = normalise(subject), normalise(body)
    texts = tuple(filter(None, (subject, body[:BODY_EMBEDDED])))
    return Asked(f"{subject} {body[:BODY_WORDS]}".strip(), (), texts)


def embed_asked(embedder: Embedder | None, asked: Asked) -> np.ndarray | None:
    """The vector of a question, of length one; None without a model or without words."""
    if embedder is None or not asked.embedded:
        return None
    return mean_vector(embedder.encode_queries(asked.embedded))


def mean_vector(vectors: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Several vectors of one question as one, of length one."""
    mean = np.mean(vectors, axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
