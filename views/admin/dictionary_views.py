"""Dictionaries with their items (SET-2)."""

from flask_babel import lazy_gettext as _

from models.settings import Dictionary, DictionaryItem
from views.admin.base import AdminView


class DictionaryItemView(AdminView):
    model, resource, icon = DictionaryItem, "dictionary_item", "fa-list"
    singular, plural = _("Dictionary item"), _("Dictionary items")
    list_columns = ["id", "dictionary_id", "code", "label", "label_en", "sort", "active"]
    show_columns = [*list_columns, "create_time", "update_time"]
    add_columns = edit_columns = ["dictionary_id", "code", "label", "label_en", "sort", "active"]
    search_text, search_columns = ("code", "label", "label_en"), ["dictionary_id", "active"]
    base_order = ("sort", "asc")


class DictionaryView(AdminView):
    model, resource, icon = Dictionary, "dictionary", "fa-book"
    singular, plural = _("Dictionary"), _("Dictionaries")
    intro = _("Named lists of choices, such as ticket types. Their items appear in forms at once.")
    list_columns = ["id", "code", "name", "description", "create_time"]
    show_columns = [*list_columns, "update_time"]
    add_columns = edit_columns = ["code", "name", "description"]
    search_text = ("code", "name")
    related_views = [DictionaryItemView]
