"""The ways customers come to us: the portal, and the widgets on other sites (CHT-17, SET-5)."""

from flask import g, make_response
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.channels import Channel, ChannelKind
from services import channels
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag, time_tag
from views.admin.knowledge import languages
from views.admin.row_actions import RowAction
from views.api.widget import snippet_for


def _languages() -> list[tuple[str, str]]:
    """The languages to choose from, and none."""
    return [("", gettext("As in the visitor's browser")), *languages()]


def _color(row) -> Markup:
    """The colour itself beside its number; the rectangle is drawn, for styles in pages come from files."""
    swatch = '<svg class="ad-swatch" width="14" height="14"><circle cx="7" cy="7" r="7" fill="{}"/></svg>'
    return Markup(f"{swatch} {{}}").format(row.color, row.color)


def _secret(row) -> Markup:
    if row.kind not in channels.SIGNING:
        return EMPTY
    if row.secret_time is None:
        return tag(_("Not made yet"), "quiet")
    return Markup("{} {}").format(tag(_("In use"), "success"), time_tag(row.secret_time))


class ChannelView(AdminView):
    model, resource, icon = Channel, "channel", "fa-comment-dots"
    singular, plural = _("Channel"), _("Channels")
    intro = _("The ways customers come to you: the portal, and chat windows on the pages of other sites.")
    list_columns = ["name", "code", "kind", "active", "origins", "team_id", "create_time", "id"]
    key_columns = ("code", "kind", "active", "origins")
    show_columns = [
        "name",
        "code",
        "kind",
        "active",
        "origins",
        "team_id",
        "color",
        "side",
        "greeting_zh",
        "greeting_en",
        "locale",
        "secret_time",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = [
        "name",
        "code",
        "kind",
        "origins",
        "team_id",
        "color",
        "side",
        "greeting_zh",
        "greeting_en",
        "locale",
        "active",
    ]
    edit_columns = add_columns
    search_text, search_columns = ("name", "code"), ["kind", "active"]
    base_order = ("id", "asc")
    label_columns = {
        "team_id": _("Served by team"),
        "secret_time": _("Signing secret"),
        "keep_old": _("Let the old secret count for 24 more hours"),
    }
    choices = {"locale": _languages}
    may_stay_empty = ("code",)
    help_texts = {
        "code": _("Stands in the pages of the other site and cannot be changed later. Empty: one is made."),
        "origins": _("Sites that may show the chat, one per line, e.g. https://www.example.org. No others can."),
        "team_id": _("Empty: the rules of distribution decide"),
        "keep_old": _(
            "Until the other site signs with the new one. Otherwise whom it has signed in is signed out at once; "
            "choose that when the old secret may be known to others."
        ),
        "color": _("Of the button and of the window's head"),
    }
    formatters = {
        "color": _color,
        "secret_time": _secret,
        "locale": lambda row: dict(_languages()).get(row.locale, row.locale),
    }
    row_actions = (
        RowAction(
            "secret",
            _("New signing secret"),
            "channel.rotate_secret",
            "fa-key",
            ask=("keep_old",),
            multiple=False,
            when=lambda row: row.kind in channels.SIGNING,
        ),
    )
    show_template = "admin/channel.html"

    def snippet(self, row) -> str:
        """The line for the other site's pages; nothing where there is nothing to copy."""
        return snippet_for(row) if row.kind is ChannelKind.widget else ""

    def perform(self, action: RowAction, row, data: dict):
        if action.name != "secret":
            return super().perform(action, row, data)
        secret = channels.rotate_secret(g.actor, row, **data)
        page = self.render_template("admin/secret.html", title=gettext("Signing secret"), channel=row, secret=secret)
        response = make_response(page)
        response.headers["Cache-Control"] = "no-store"
        return response
