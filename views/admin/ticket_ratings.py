"""What customers thought of how their tickets were solved (TKT-14)."""

from flask_babel import lazy_gettext as _

from models.ticket_ratings import TicketRating
from views.admin.stars import StarsView


class TicketRatingView(StarsView):
    model, resource, icon = TicketRating, "ticket_rating", "fa-star"
    singular, plural = _("Rating of a ticket"), _("Ratings of tickets")
    list_columns = ["score", "tags", "comment", "ticket_id", "agent_id", "customer_id", "create_time", "id"]
    show_columns = list_columns
    when_empty = _("Customers are asked for a rating when their ticket is solved.")
