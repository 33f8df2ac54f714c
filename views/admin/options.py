"""Rows to choose from while typing: 20 at a time of what the actor may see."""

from flask import abort, g, jsonify, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext
from sqlalchemy import or_

from app.extensions import db
from models.conversations import Conversation
from models.customers import Contact, Customer, Organization
from models.identity import User
from models.knowledge import Article
from models.organization import Agent
from models.tickets import Ticket
from services.reach import reached_by
from views.admin.filters import NOTHING
from views.admin.references import RESOURCES, named

SIZE = 20
#: class → the columns that are looked into
SEARCHED = {
    Agent: (User.full_name, User.username, Agent.work_no),
    Article: (Article.title,),
    Contact: (Contact.name,),
    Conversation: (Conversation.no, Conversation.subject),
    Customer: (Customer.name,),
    Organization: (Organization.name,),
    Ticket: (Ticket.no, Ticket.title),
    User: (User.full_name, User.username),
}
_BY_RESOURCE = {RESOURCES[model]: model for model in SEARCHED}


class OptionsView(BaseView):
    """What the searching selects of forms and filters ask."""

    route_base = "/admin/options"
    default_view = "options"
    base_permissions: list[str] = []

    @expose("/<string:resource>")
    def options(self, resource: str):
        model = _BY_RESOURCE.get(resource)
        if model is None:
            abort(404)
        if not g.actor.may(f"{resource}.read"):
            abort(403)
        term, page = request.args.get("term", "").strip()[:100], request.args.get("page", 1, type=int)
        statement = named(model).where(model.visible_to(g.actor))
        if model is Agent:
            statement = statement.join(Agent.user)
        if term:
            found = [column.contains(term, autoescape=True) for column in SEARCHED[model]]
            found += reached_by(g.actor, model, term) if model in (Contact, Customer) else []
            statement = statement.where(or_(*found))
        start = (min(max(page, 1), 500) - 1) * SIZE
        rows = list(db.session.scalars(statement.order_by(model.id.desc()).offset(start).limit(SIZE + 1)))
        # filters also offer rows that point to nothing
        first = [{"id": NOTHING, "text": gettext("(not set)")}] if "nothing" in request.args and start == 0 else []
        return jsonify(
            results=[*first, *({"id": row.id, "text": str(row) or f"#{row.id}"} for row in rows[:SIZE])],
            pagination={"more": len(rows) > SIZE},
        )
