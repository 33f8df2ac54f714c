"""A quoted answer in other words: only from passages that were quoted and that the asker may read, else not at all."""

import logging

from ai.answer import extract
from ai.grounding import Verdict, check
from ai.smalltalk import language_of
from app.offload import offload
from models.actor import Actor
from models.generation import Feature
from services.generation import calls, prompts
from services.generation.calls import Declined, NotNow, Unusable
from services.generation.endpoints import endpoint_for
from services.knowledge_index import readable
from services.markdown import quotable

logger = logging.getLogger(__name__)

#: who asks waits no longer than this for nicer words
MOST_SECONDS = 8.0
#: sentences and characters around a quotation that the model is given of the same article
PASSAGE_SENTENCES, PASSAGE_CHARS = 10, 1500


def reword(
    actor: Actor, question: str, result: dict, *, locale: str = "zh", conversation_id: int | None = None
) -> dict:
    """An answer as `services.assistant` gives it, said by the model if it is switched on and adds nothing.

    Then it is marked ("rewritten"), and "sentences" says on which citation each rests. In every other case it comes
    back as it was.
    """
    if not result["answered"] or not result["citations"]:
        return result
    endpoint = endpoint_for(Feature.rewrite_answers)
    if endpoint is None:
        return result
    passages = passages_of(actor, question, result["citations"])
    if not passages:
        return result
    texts = [text for _citation, text in passages]
    messages = prompts.messages_for(
        "rewrite",
        locale=language_of(question, locale),
        wishes=endpoint.instructions,
        texts=[(f"passage {number}", text) for number, text in enumerate(texts, start=1)],
        question=question,
    )
    try:
        verdict = calls.ask(
            actor,
            Feature.rewrite_answers,
            messages,
            lambda text: grounded(text, texts, question),
            conversation_id=conversation_id,
            endpoint=endpoint,
            most_seconds=MOST_SECONDS,
        )
    except (NotNow, Unusable) as reason:
        logger.info("the quotation stands: %s", reason)
        return result
    return result | {
        "answer": verdict.text,
        "rewritten": True,
        "sentences": [
            {"text": sentence.text, "citations": [passages[place][0] for place in sentence.sources]}
            for sentence in verdict.sentences
        ],
    }


def passages_of(actor: Actor, question: str, citations: list[dict]) -> list[tuple[int, str]]:
    """(place of the citation, what surrounds its quotation) of the cited articles that this actor may read now."""
    ids = [citation["articleId"] for citation in citations]
    rows = {row.id: (row.title, quotable(row.body)) for row in readable(actor, ids).values()}
    passages = []
    for place, citation in enumerate(citations):
        if citation["articleId"] in rows:
            title, body = rows[citation["articleId"]]
            quote = citation["quote"]
            wide = offload(extract, question, title, body, PASSAGE_SENTENCES).text[:PASSAGE_CHARS]
            passages.append((place, "\n".join([title, wide] if quote in wide else [title, quote, wide])))
    return passages


def grounded(text: str, sources: list[str], question: str = "") -> Verdict:
    """The sentences of a model's answer, if all of them stand on the sources. Raises Unusable."""
    if prompts.NOTHING in text:
        raise Declined("the passages do not answer")
    verdict = offload(check, text, sources, question)
    if verdict.fault is not None:
        raise Unusable(f"{verdict.fault}: {verdict.about}" if verdict.about else str(verdict.fault))
    return verdict
