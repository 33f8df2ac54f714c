"""The learning loop (KB-7, AI-9): questions without a good answer become articles, and answering is measured."""

from services.improving.evaluation import evaluate, take_question, try_question
from services.improving.figures import Quality, low_rated, quality
from services.improving.groups import examples, group_questions, trends
from services.improving.mending import add_to_article, draft_from, nearest_articles, proposal_for

__all__ = [
    "Quality",
    "add_to_article",
    "draft_from",
    "evaluate",
    "examples",
    "group_questions",
    "low_rated",
    "nearest_articles",
    "proposal_for",
    "quality",
    "take_question",
    "trends",
    "try_question",
]
