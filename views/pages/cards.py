"""The printable card of an entry code (CHT-15): A6, one page, nothing on it that needs a colour printer."""

from flask import Blueprint, abort, g, redirect, render_template
from sqlalchemy import select

from app.extensions import db
from app.locale import current_locale
from models.entry_codes import EntryCode, EntryKind
from services import settings
from views import qr
from views.api.entry_codes import address_of

blueprint = Blueprint("cards", __name__)


@blueprint.get("/cards/<int:number>")
def card(number: int):
    """For its agent and for those who keep the codes."""
    actor = g.actor
    if actor.kind == "anonymous":
        return redirect(f"/login?next=/cards/{number}")
    entry = db.session.scalars(select(EntryCode).where(EntryCode.id == number, EntryCode.visible_to(actor))).first()
    if entry is None:
        abort(404)
    address = address_of(actor, entry)
    return render_template(
        "card.html",
        entry=entry,
        agent=entry.agent if entry.kind is EntryKind.agent else None,
        address=address,
        picture=qr.inline(address),
        locale=current_locale(),
        company=settings.get_setting("company_name"),
    )
