"""Dictionaries with their items (SET-2)."""

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from models.settings import Dictionary, DictionaryItem
from views.admin.base import AdminView


class DictionaryItemView(AdminView):
    model, resource, icon = DictionaryItem, "dictionary_item", "fa-list"
    singular, plural = _("Dictionary item"), _("Dictionary items")
    list_columns = ["label", "label_en", "code", "dictionary_id", "sort", "active", "id"]
    show_columns = [*list_columns, "create_time", "update_time"]
    add_columns = edit_columns = ["dictionary_id", "code", "label", "label_en", "sort", "active"]
    search_text, search_columns = ("code", "label", "label_en"), ["dictionary_id", "active"]
    base_order = ("sort", "asc")


class DictionaryView(AdminView):
    model, resource, icon = Dictionary, "dictionary", "fa-book"
    singular, plural = _("Dictionary"), _("Dictionaries")
    intro = _("Named lists of choices, such as ticket types. Their items appear in forms at once.")
    list_columns = ["name", "code", "description", "create_time", "id"]
    show_columns = [*list_columns, "update_time"]
    add_columns = edit_columns = ["code", "name", "description"]
    search_text = ("code", "name")
    related_views = [DictionaryItemView]

    def goes_along(self, row) -> list[str]:
        count = len(row.items)
        return (
            [ngettext("Its %(num)d item is deleted too.", "Its %(num)d items are deleted too.", count)] if count else []
        )
