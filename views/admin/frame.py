"""What the frame of every screen asks: its style sheets, its words, its addresses."""

from urllib.parse import urlencode

from flask import Flask, g, request

from app.locale import current_locale
from services import settings
from views import auth
from views.pages.shells import assets


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        page_assets=assets,
        page_csrf_token=auth.csrf_token,
        page_locale=current_locale,
        with_args=with_args,
        page_company=company,
    )


def company() -> str:
    """The company's name, read once for all places of a page."""
    if "company" not in g:
        g.company = settings.get_setting("company_name")
    return g.company


def with_args(**changes) -> str:
    """The address of this page with some arguments changed; None or "" takes one out."""
    arguments = {**request.args.to_dict(), **changes}
    return f"{request.path}?{urlencode({name: value for name, value in arguments.items() if value not in (None, '')})}"
