"""The ways customers come to us: the portal, and the widgets on other sites (CHT-17, SET-5)."""

from flask import flash, g, make_response, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from markupsafe import Markup, escape

from app.errors import DomainError
from models.channels import Channel, ChannelKind, FormField
from models.invitations import Invitation
from models.types import utcnow
from services import channels, logos
from services.contrast import WHITE, contrast, letters_on
from services.identity import avatars
from views.admin import labels, way
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag, time_tag
from views.admin.knowledge import languages
from views.admin.row_actions import RowAction
from views.api.endpoint import sent_file
from views.api.widget import snippet_for

#: of a widget alone
_LOOKS = (
    "color",
    "side",
    "offset_x",
    "offset_y",
    "label_zh",
    "label_en",
    "greeting_zh",
    "greeting_en",
    "subtitle_zh",
    "subtitle_en",
    "locale",
)
_FORM = ("form_when", "form_fields", "form_required")


def _languages() -> list[tuple[str, str]]:
    """The languages to choose from, and none."""
    return [("", gettext("As in the visitor's browser")), *languages()]


def _color(row) -> Markup:
    """The colour itself beside its number, and how well the letters on it can be read."""
    letters = letters_on(row.color)
    said = _("white letters, contrast %(number)s", number=f"{contrast(row.color, letters):.1f}")
    if letters != WHITE:
        said = _("black letters, contrast %(number)s", number=f"{contrast(row.color, letters):.1f}")
    # drawn, for styles in pages come from files
    swatch = '<svg class="ad-swatch" width="14" height="14"><circle cx="7" cy="7" r="7" fill="{}"/></svg>'
    return Markup(f"{swatch} {{}} · {{}}").format(row.color, row.color, said)


def _secret(row) -> Markup:
    if row.kind not in channels.SIGNING:
        return EMPTY
    if row.secret_time is None:
        return tag(_("Not made yet"), "quiet")
    shown = Markup("{} {}").format(tag(_("In use"), "success"), time_tag(row.secret_time))
    if row.previous_secret_until is not None and row.previous_secret_until > utcnow():
        until = time_tag(row.previous_secret_until)
        shown += Markup(" · {} {}").format(_("The old secret counts until"), until)
    return shown


def _logo(row) -> Markup:
    picture = Markup('<img class="ad-avatar" src="{}" width="36" height="36" alt="{}">')
    return picture.format(row.logo_url, gettext("Picture")) if row.logo_url else EMPTY


def _fields(column: str):
    def shown(row) -> Markup:
        titles = [str(labels.state_title(FormField(name))) for name in getattr(row, column) or ()]
        return escape(" · ".join(titles)) if titles else EMPTY

    return shown


def _field_choices() -> list[tuple[str, str]]:
    return [(field.value, labels.state_title(field)) for field in FormField]


class InvitationView(AdminView):
    model, resource, icon = Invitation, "invitation", "fa-bullhorn"
    singular, plural = _("Invitation"), _("Invitations")
    intro = _("What a chat window says by itself to who looks at a page for a while.")
    when_empty = _("Offer help where people hesitate, e.g. on the page of prices after half a minute.")
    list_columns = ["name", "channel_id", "page", "after_seconds", "active", "shown_count", "accepted_count", "id"]
    key_columns = ("channel_id", "active", "shown_count", "accepted_count")
    add_columns = edit_columns = [
        "name",
        "channel_id",
        "page",
        "after_seconds",
        "every_hours",
        "only_when_open",
        "text_zh",
        "text_en",
        "sort",
        "active",
    ]
    show_columns = [*add_columns, "shown_count", "accepted_count", "create_time", "update_time", "id"]
    search_text, search_columns = ("name",), ["channel_id", "active"]
    related_columns = ("name", "page", "active", "shown_count", "accepted_count")
    base_order = ("id", "asc")
    label_columns = {
        "text_zh": _("Text (Chinese)"),
        "text_en": _("Text (English)"),
        "shown_count": pgettext("invitation", "Shown"),
        "accepted_count": pgettext("invitation", "Taken up"),
    }
    help_texts = {
        "page": _("The path, where * stands for anything: /prices, /help/*; * alone: every page"),
        "every_hours": _("In a browser that has seen it; 0: never again"),
        "only_when_open": _("In working hours, while one of your people is on line"),
        "text_zh": _("{company} is replaced by the company's name"),
        "text_en": _("{company} is replaced by the company's name"),
        "sort": _("Of several that fit, the smallest number is shown"),
    }


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
        *_LOOKS,
        "logo",
        *_FORM,
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
        *_LOOKS,
        *_FORM,
        "active",
    ]
    edit_columns = add_columns
    search_text, search_columns = ("name", "code"), ["kind", "active"]
    base_order = ("id", "asc")
    label_columns = {
        "team_id": _("Served by team"),
        "secret_time": _("Signing secret"),
        "label_en": _("Words on the button (English)"),
        "logo": _("Picture"),
        "keep_old": _("Let the old secret count for 24 more hours"),
    }
    choices = {"locale": _languages, "form_fields": _field_choices, "form_required": _field_choices}
    asked_when = dict.fromkeys(("origins", *_LOOKS), ("kind", "widget"))
    may_stay_empty = ("code",)
    help_texts = {
        "code": _("Stands in the pages of the other site and cannot be changed later. Empty: one is made."),
        "origins": _("Sites that may show the chat, one per line, e.g. https://www.example.org. No others can."),
        "team_id": _("Empty: the rules of distribution decide"),
        "keep_old": _(
            "Until the other site signs with the new one. Otherwise whom it has signed in is signed out at once; "
            "choose that when the old secret may be known to others."
        ),
        "color": _("Of the button and of the window's head; white or black letters are chosen by contrast"),
        "label_zh": _("Empty: only the picture"),
        "label_en": _("Empty: only the picture"),
        "form_when": _("What is known of somebody already, e.g. because the site has signed who he is, is not asked"),
    }
    formatters = {
        "color": _color,
        "logo": _logo,
        "form_fields": _fields("form_fields"),
        "form_required": _fields("form_required"),
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
    edit_template = add_template = "admin/channel_edit.html"
    related_views = [InvitationView]

    @expose("/logo/<pk>", methods=["POST"])
    @has_access
    @permission_name("update")
    def logo(self, pk: str):
        """A picture for the head of the window, or none."""
        row = self.row(pk)
        try:
            if "remove" in request.form:
                logos.remove_logo(g.actor, row)
            else:
                _name, data = sent_file(avatars.MAX_BYTES)
                logos.set_logo(g.actor, row, data=data)
            flash(gettext("Saved"), "success")
        except DomainError as refusal:
            flash(gettext(refusal.message), "danger")
        return redirect(way.to_row(self, row))

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
