"""REST under /api/v1: B's envelope, one table of resources, OpenAPI made from what is served."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from views.api import (  # noqa: F401
    agent_figures,
    articles,
    assistance,
    automation,
    bot,
    conversations,
    custom_fields,
    endpoint,
    entry_codes,
    exports,
    forms,
    generation,
    help_centre,
    history,
    identity,
    imports,
    knowledge,
    learning,
    lexicon,
    misc,
    openapi,
    organization,
    people,
    profile,
    roles,
    routing,
    satisfaction,
    saved_views,
    search_index,
    sensitive,
    session,
    sla,
    table,
    team_members,
    ticket_assigning,
    ticket_board,
    ticket_relations,
    ticket_statistics,
    ticket_templates,
    tickets,
    transfers,
    understanding,
    wechat,
    widget,
)


def register_api(app: Flask, csrf: CSRFProtect) -> None:
    """Serve every registered endpoint. They check CSRF themselves, by header, hence the exemption from FAB's forms."""
    endpoint.register(app)
    csrf.exempt(app.blueprints["api"])
