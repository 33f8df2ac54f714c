"""The WeChat accounts behind channels, and what an administrator copies to and from WeChat's own administration."""

from flask import g
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.wechat import WechatAccount
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag, time_tag
from views.admin.fields import SecretField
from views.public_address import public_address


def callback_of(row: WechatAccount) -> str:
    """The address that WeChat calls."""
    return f"{public_address(g.actor)}/wechat/{row.channel.code}"


def _state(row: WechatAccount) -> Markup:
    if row.problem is not None:
        return Markup("{} {} {}").format(tag(_("WeChat refuses"), "danger"), row.problem, time_tag(row.problem_time))
    if row.heard_time is None:
        return tag(_("WeChat has not called yet"), "quiet")
    return Markup("{} {}").format(tag(_("Connected"), "success"), time_tag(row.heard_time))


def _there(name: str):
    """Whether a secret is stored; never the secret."""
    return lambda row: tag(_("Stored"), "success") if getattr(row, name) else EMPTY


class WechatAccountView(AdminView):
    model, resource, icon = WechatAccount, "wechat_account", "fa-comments"
    singular, plural = _("WeChat account"), _("WeChat accounts")
    intro = _("Official accounts and mini programs whose followers write to you as to any other channel.")
    when_empty = _("Make a channel of the kind WeChat first, then enter its account here.")
    list_columns = ["app_id", "kind", "channel_id", "mode", "state", "create_time", "id"]
    key_columns = ("kind", "channel_id", "state")
    show_columns = [
        "app_id",
        "kind",
        "channel_id",
        "state",
        "mode",
        "app_secret",
        "token",
        "aes_key",
        "api_url",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = ["channel_id", "kind", "app_id", "app_secret", "mode", "token", "aes_key", "api_url"]
    search_text, search_columns = ("app_id",), ["kind", "channel_id"]
    base_order = ("id", "asc")
    eager = ("channel",)
    own_fields = dict.fromkeys(("app_secret", "token", "aes_key"), SecretField)
    may_stay_empty = ("app_secret", "token", "api_url")
    help_texts = {
        "channel_id": _("One of the kind WeChat; its greeting welcomes new followers, its team serves them"),
        "app_secret": _("Never shown again; left empty, the stored one stays"),
        "token": _("The same 3 to 32 letters and digits as in WeChat's administration"),
        "aes_key": _("43 letters and digits, as in WeChat's administration; plain mode does without"),
        "mode": _("As in WeChat's administration. Safe mode is the one to choose: only there is the text signed"),
        "api_url": _("Leave it as it is, unless a gateway of your own stands between"),
    }
    formatters = {
        "state": _state,
        **{name: _there(name) for name in ("app_secret", "token", "aes_key")},
    }
    label_columns = {"state": _("State"), "channel_id": _("Channel")}
    show_template = "admin/wechat_account.html"

    callback = staticmethod(callback_of)
