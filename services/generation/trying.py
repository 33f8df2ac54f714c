"""An administrator tries an endpoint: what would it make of this question, and would that be used?"""

from dataclasses import dataclass, field

from ai.answer import extract
from ai.smalltalk import language_of
from app.errors import DomainError, Invalid
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.generation import Feature, LanguageModel
from services.generation import calls, prompts
from services.generation.answering import PASSAGE_CHARS, PASSAGE_SENTENCES, grounded
from services.generation.calls import Unusable
from services.generation.endpoints import plain
from services.knowledge_index import readable, search
from services.markdown import quotable

MAX_QUESTION = 500
#: articles the model is given
ARTICLES = 2


@dataclass
class Trial:
    """What happened; exactly one of `answer` (used), `refused` (why not) and `error` (no answer at all) says so."""

    question: str
    passages: list[str] = field(default_factory=list)
    #: what the model said, word for word
    said: str = ""
    answer: str = ""
    refused: str = ""
    error: str = ""


def try_out(actor: Actor, row: LanguageModel, question: str, *, locale: str) -> Trial:
    """Ask this endpoint, active or not, as a customer's question would; it counts in the log and the budget."""
    actor.require("language_model.update")
    question = " ".join(question.split())[:MAX_QUESTION]
    if not question:
        raise Invalid("Please write your question", fields={"question": "required"})
    endpoint, trial = plain(row), Trial(question)
    hits = search(actor, question, ARTICLES)
    rows = readable(actor, (hit.key for hit in hits))
    for article in [rows[hit.key] for hit in hits if hit.key in rows]:
        body = quotable(article.body)
        told = offload(extract, question, article.title, body, PASSAGE_SENTENCES).text[:PASSAGE_CHARS]
        trial.passages.append(f"{article.title}\n{told}")
    messages = prompts.messages_for(
        "rewrite",
        locale=language_of(question, locale),
        wishes=endpoint.instructions,
        texts=[(f"passage {number}", text) for number, text in enumerate(trial.passages, start=1)],
        question=question,
    )

    def use(text: str) -> str:
        trial.said = text
        return grounded(text, trial.passages, question).text

    db.session.rollback()
    try:
        trial.answer = calls.ask(actor, Feature.trial, messages, use, endpoint=endpoint)
    except Unusable as refusal:
        trial.refused = refusal.reason
    except DomainError as error:
        trial.error = str(error.data.get("reason") or error.message)
    return trial
