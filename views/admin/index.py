"""The front page of /admin: the areas and how much there is in them."""

from flask import g
from flask_appbuilder import IndexView, expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select, union_all

from app.extensions import db
from app.menu import MENU
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationStatus
from models.customers import Customer
from models.knowledge import Article, ArticleStatus, Question
from models.organization import Agent, Presence
from models.tickets import Ticket, TicketStatus

#: (right, label, model, condition, address of the list it counts)
FIGURES = (
    (
        "conversation.read",
        _("Waiting"),
        Conversation,
        lambda: Conversation.status == ConversationStatus.queued,
        "/admin/conversation/list/?status=queued",
    ),
    (
        "conversation.read",
        _("Running conversations"),
        Conversation,
        lambda: Conversation.status.in_(HELD),
        "/admin/conversation/list/?status=active",
    ),
    (
        "ticket.read",
        _("Pending tickets"),
        Ticket,
        lambda: Ticket.status == TicketStatus.pending,
        "/admin/ticket/list/?status=pending",
    ),
    (
        "ticket.read",
        _("Tickets in progress"),
        Ticket,
        lambda: Ticket.status == TicketStatus.processing,
        "/admin/ticket/list/?status=processing",
    ),
    (
        "agent.read",
        _("Agents online"),
        Agent,
        lambda: Agent.presence == Presence.online,
        "/admin/agent/list/?presence=online",
    ),
    (
        "customer.read",
        _("Customers"),
        Customer,
        lambda: Customer.is_temporary == 0,
        "/admin/customer/list/?is_temporary=0",
    ),
    (
        "article.read",
        _("Published articles"),
        Article,
        lambda: Article.status == ArticleStatus.published,
        "/admin/article/list/?status=published",
    ),
    (
        "question.read",
        _("Unanswered questions"),
        Question,
        lambda: Question.answered == 0,
        "/admin/question/list/?answered=0",
    ),
)


class AdminIndexView(IndexView):
    """What the administrator may open, as cards."""

    route_base = "/admin"
    index_template = "admin/index.html"

    @expose("/")
    @has_access
    def index(self):
        return self.render_template(
            self.index_template,
            title=_("Overview"),
            actor=g.actor,
            figures=_figures(g.actor),
            categories=_categories(g.actor),
        )

    def update_redirect(self) -> None:
        """Nothing leads back here by history."""


def _figures(actor: Actor) -> list[dict]:
    """The figures of what the actor may read, all in one query."""
    shown = [(number, figure) for number, figure in enumerate(FIGURES) if actor.may(figure[0])]
    if not shown:
        return []
    counts = dict(
        db.session.execute(
            union_all(
                *(
                    select(db.literal(number).label("number"), func.count(model.id)).where(
                        condition(), model.visible_to(actor)
                    )
                    for number, (_right, _label, model, condition, _address) in shown
                )
            )
        )
        .tuples()
        .all()
    )
    return [
        {"label": label, "count": counts[number], "address": address} for number, (_r, label, _m, _c, address) in shown
    ]


def _categories(actor: Actor) -> list[dict]:
    found = []
    for category in MENU:
        entries = [entry for entry in category.entries if all(map(actor.may, entry.rights))]
        if entries:
            found.append({"category": category, "entries": entries})
    return found
