"""A language model beside the articles, where a company wants one (AI-8): it words, it never knows.

Off by default. Whatever it says is held against the passages it was given (`ai.grounding`); where it adds something,
is slow, refuses or fails, the quotation stands. Every call is written down and paid from a budget.
"""

from services.generation.answering import reword
from services.generation.calls import NotNow, Unusable, remove_old_words, spent
from services.generation.endpoints import FEATURE_SWITCHES, is_on
from services.generation.helping import Draft, draft_article, propose_reply, summarise_for_agent
from services.generation.trying import Trial, try_out

__all__ = [
    "FEATURE_SWITCHES",
    "Draft",
    "NotNow",
    "Trial",
    "Unusable",
    "draft_article",
    "is_on",
    "propose_reply",
    "remove_old_words",
    "reword",
    "spent",
    "summarise_for_agent",
    "try_out",
]
