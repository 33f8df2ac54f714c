"""What somebody searched the history for, in words: on screens and in the files made of it."""

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

#: parameter of a search → what it is called
FILTERS = {
    "session_id": _("Conversation"),
    "q": _("Words"),
    "since": pgettext("time", "From"),
    "until": pgettext("time", "Until"),
    "status": _("State"),
    "agent_id": _("Agent"),
    "customer_id": _("Customer"),
    "channel": _("Channel"),
    "rating": _("Score"),
}


def asked(params: dict) -> str:
    """Each filter with its value, in the reader's language."""
    return "   ".join(f"{title}: {params[name]}" for name, title in FILTERS.items() if name in params)
