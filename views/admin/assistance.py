"""Answers with which customers were content (AI-3): what is offered to agents, and what nobody shall be offered."""

from flask_babel import lazy_gettext as _

from models.assistance import PastAnswer
from views.admin.base import AdminView


class PastAnswerView(AdminView):
    model, resource, icon = PastAnswer, "past_answer", "fa-thumbs-up"
    singular, plural = _("Past answer"), _("Past answers")
    intro = _(
        "What agents answered customers who gave four or five stars, without names and numbers. "
        "It is suggested to colleagues; delete what should not be."
    )
    when_empty = _("Answers appear here when customers rate their conversations with four or five stars.")
    list_columns = ["question", "answer", "score", "agent_id", "team_id", "conversation_id", "create_time", "id"]
    key_columns = ("question", "answer", "score")
    show_columns = ["id", "question", "answer", "score", "agent_id", "team_id", "conversation_id", "seq", "create_time"]
    search_text, search_columns = ("question", "answer"), ["score", "agent_id", "team_id", "create_time"]
