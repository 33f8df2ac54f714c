"""The bot's menu, with a preview as customers see it (AI-10)."""

from flask import g
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.extensions import db
from app.locale import LANGUAGES
from models.actor import Actor
from models.bot_menu import BotMenuEntry, MenuKind
from models.channels import PORTAL, Channel
from services.bot import menu
from views.admin.assigning import problem_word
from views.admin.base import AdminView
from views.admin.cells import EMPTY
from views.admin.dictionaries import items_of
from views.admin.row_actions import RowAction


def _leads_to(row: BotMenuEntry):
    """What happens when somebody chooses it."""
    return {
        MenuKind.article: row.article,
        MenuKind.question: row.question or row.label_zh,
        MenuKind.person: problem_word(row) if row.problem_type else None,
        MenuKind.link: row.url,
    }.get(row.kind) or EMPTY


class BotMenuEntryView(AdminView):
    model, resource, icon = BotMenuEntry, "bot_menu_entry", "fa-robot"
    singular, plural = _("Entry of the bot's menu"), _("Bot menu")
    intro = _(
        "What customers may choose instead of asking in their own words: shown when they begin, when they greet the "
        "bot, and when they write “menu” or 0. In WeChat the entries are numbers to reply with."
    )
    when_empty = _("Write the first entry; until there is one, the bot has no menu.")
    list_columns = ["label_zh", "label_en", "parent_id", "kind", "channel_id", "active", "sort", "id"]
    key_columns = ("kind", "parent_id", "active")
    show_columns = [
        "label_zh",
        "label_en",
        "kind",
        "parent_id",
        "channel_id",
        "article_id",
        "question",
        "problem_type",
        "url",
        "sort",
        "active",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "label_zh",
        "label_en",
        "kind",
        "article_id",
        "question",
        "problem_type",
        "url",
        "parent_id",
        "channel_id",
        "sort",
        "active",
    ]
    label_columns = {
        "label_zh": _("Text in Chinese"),
        "label_en": _("Text in English"),
        "kind": _("What it does"),
        "parent_id": _("Below"),
        "url": _("Link"),
    }
    search_text, search_columns = ("label_zh", "label_en"), ["kind", "channel_id", "parent_id", "active"]
    base_order = ("sort", "asc")
    choices = {"problem_type": items_of("problem_type")}
    formatters = {"problem_type": problem_word}
    asked_when = {
        "article_id": ("kind", "article"),
        "question": ("kind", "question"),
        "problem_type": ("kind", "person"),
        "url": ("kind", "link"),
    }
    eager = ("channel", "parent", "article")
    help_texts = {
        "label_en": _("Empty: the Chinese text is shown to everybody"),
        "parent_id": _("Empty: it stands on the first level. Only a submenu has entries below it."),
        "channel_id": _("Empty: in every channel that has no menu of its own. Of the first level only."),
        "question": _("Empty: the text is the question"),
        "sort": _("Smaller numbers come first"),
        "url": _("https://… or a page of ours, such as /articles"),
    }
    row_actions = (
        RowAction(
            "switch_off",
            _("Switch off"),
            "bot_menu_entry.update",
            "fa-toggle-off",
            data=(("active", False),),
            when=lambda row: row.active,
        ),
        RowAction(
            "switch_on",
            _("Switch on"),
            "bot_menu_entry.update",
            "fa-toggle-on",
            data=(("active", True),),
            when=lambda row: not row.active,
        ),
    )
    list_template = "admin/bot_menu.html"

    def previews(self) -> list[tuple[object, list[tuple[str, Markup]]]]:
        """[(channel, [(language, the menu)])]: what customers without an account see, where there is something."""
        reader = Actor(kind="visitor", tenant_id=g.actor.tenant_id, permissions=frozenset({"article.read"}))
        own = db.session.scalars(
            select(Channel).where(Channel.id.in_(select(BotMenuEntry.channel_id).where(BotMenuEntry.active == 1)))
        )
        places = [(_("All other channels"), PORTAL), *((channel.name, channel.code) for channel in own)]
        found = [
            (name, [(one["name"], _tree(menu.root(reader, code, locale))) for locale, one in LANGUAGES.items()])
            for name, code in places
        ]
        return [(name, trees) for name, trees in found if any(tree for _, tree in trees)]


def _tree(entries: list[dict]) -> Markup:
    """A menu as a numbered list."""
    items = (Markup("<li>{}{}</li>").format(entry["label"], _tree(entry.get("children", []))) for entry in entries)
    return Markup('<ol class="ad-tree">{}</ol>').format(Markup("").join(items)) if entries else Markup("")
