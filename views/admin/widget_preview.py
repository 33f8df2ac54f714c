"""How a widget will look: the script and the frame themselves, on a page of ours, with what the form says (CHT-17)."""

from urllib.parse import urlencode

from flask import g, make_response, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from sqlalchemy import select

from app.extensions import db
from app.locale import ARGUMENT, LANGUAGES, current_locale
from models.channels import Channel, ChannelKind, Side
from services import channels
from views import headers
from views.admin.filters import whole_number
from views.api.widget import base_url, look_of
from views.pages.shells import THEMES
from views.pages.widget import window

#: what the form may say of a widget that is not stored yet
TEXTS = ("label_zh", "label_en", "greeting_zh", "greeting_en", "subtitle_zh", "subtitle_en")
NUMBERS = ("offset_x", "offset_y")


class WidgetPreview(BaseView):
    """Two addresses: another site's page, as it were, and the frame on it. Nothing is stored."""

    route_base = "/admin/channel-preview"
    default_view = "page"
    class_permission_name = "channel"
    base_permissions = ["can_read"]

    @expose("/page")
    @has_access
    @permission_name("read")
    def page(self):
        """The page around it, in a frame of the form."""
        headers.allow_framing(["'self'"])
        locale = _chosen(ARGUMENT, tuple(LANGUAGES)) or current_locale()
        frame = f"{self.route_base}/window?{urlencode(list(request.args.items(multi=False)))}&"
        look = {**look_of(_draft()), "frame": frame, "invitations": []}
        theme = _chosen("theme", THEMES) or "light"
        page = self.render_template("admin/widget_preview.html", look=look, locale=locale, theme=theme)
        return make_response(page)

    @expose("/window")
    @has_access
    @permission_name("read")
    def window(self):
        """The frame, for our own page alone."""
        headers.allow_framing(["'self'"])
        return window(_draft(), _chosen(ARGUMENT, tuple(LANGUAGES)) or current_locale(), [base_url()])


def _draft() -> Channel:
    """The channel as it would be with what the address says; what is not possible is left as it was."""
    number = whole_number(request.args.get("id", ""))
    stored = db.session.scalars(select(Channel).where(Channel.id == number, Channel.visible_to(g.actor))).first()
    draft = Channel(
        tenant_id=g.actor.tenant_id,
        code=stored.code if stored else "preview",
        name=(request.args.get("name") or (stored.name if stored else ""))[:64],
        kind=ChannelKind.widget,
        logo_url=stored.logo_url if stored else None,
        locale="",
        color=channels.color_of(request.args.get("color", "")) or (stored.color if stored else channels.COLOR),
        side=Side(_chosen("side", tuple(Side)) or (stored.side if stored else Side.right)),
    )
    for name in TEXTS:
        setattr(draft, name, request.args.get(name, (getattr(stored, name) if stored else "") or "")[:200])
    for name in NUMBERS:
        given = whole_number(request.args.get(name, ""))
        usual = getattr(stored, name) if stored else channels.OFFSET
        setattr(draft, name, min(given, channels.MOST_OFFSET) if given is not None else usual)
    return draft


def _chosen(name: str, possible: tuple[str, ...]) -> str:
    given = request.args.get(name, "")
    return given if given in possible else ""
