"""What the frame of every screen asks: its style sheets, its words, its addresses."""

from flask import Flask, g

from app.locale import current_locale
from services import settings
from views import auth
from views.admin import cells, way
from views.pages.shells import assets


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        page_assets=assets,
        page_csrf_token=auth.csrf_token,
        page_locale=current_locale,
        with_args=way.with_args,
        to_list=way.to_list,
        to_row=way.to_row,
        after_edit=way.after_edit,
        page_company=company,
        time_tag=cells.time_tag,
    )


def company() -> str:
    """The company's name, read once for all places of a page."""
    if "company" not in g:
        g.company = settings.get_setting("company_name")
    return g.company
