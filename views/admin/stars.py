"""How a screen shows what customers thought, whatever it is about (CHT-13, TKT-14)."""

from markupsafe import Markup

from views.admin.base import AdminView
from views.admin.dictionaries import words_of


class StarsView(AdminView):
    """The columns that every rating has; what it is about, each screen says."""

    key_columns = ("comment", "agent_id", "customer_id", "create_time")
    order_columns = ["score", "create_time", "id"]
    search_text, search_columns = ("comment",), ["score", "agent_id", "create_time"]
    formatters = {
        "score": lambda row: Markup('<span class="ad-stars" title="{}/5">{}<i>{}</i></span>').format(
            row.score, "★" * row.score, "★" * (5 - row.score)
        ),
        "tags": words_of("rating_tag", "tags"),
    }
