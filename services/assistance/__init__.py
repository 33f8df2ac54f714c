"""Help for agents: suggestions, similar tickets, drafts of articles, and what is learned from them (AI-3 to AI-5)."""

from services.assistance.choices import note_choice
from services.assistance.drafting import draft_from_conversation, draft_from_ticket
from services.assistance.lookup import lookup
from services.assistance.past_answers import learn
from services.assistance.similar import similar_to_conversation, similar_to_text, similar_to_ticket
from services.assistance.suggesting import any_customer, suggest, suggest_for

__all__ = [
    "any_customer",
    "draft_from_conversation",
    "draft_from_ticket",
    "learn",
    "lookup",
    "note_choice",
    "similar_to_conversation",
    "similar_to_text",
    "similar_to_ticket",
    "suggest",
    "suggest_for",
]
