"""Files that were brought into the knowledge base, by whom and with what result (KB-4)."""

from flask_babel import lazy_gettext as _

from models.imports import ArticleImport
from views.admin.base import AdminView
from views.admin.cells import in_units


class ArticleImportView(AdminView):
    model, resource, icon = ArticleImport, "article_import", "fa-file-import"
    singular, plural = _("Import of articles"), _("Imports of articles")
    intro = _("Who brought which file into the knowledge base, and what became of its rows. Reports are kept 90 days.")
    when_empty = _("Files are imported in the workbench, under Knowledge base, or at the command line.")
    list_columns = [
        "name",
        "create_by",
        "state",
        "is_trial",
        "total",
        "created",
        "updated",
        "skipped",
        "refused",
        "create_time",
        "id",
    ]
    key_columns = ("create_by", "state", "created", "refused", "create_time")
    show_columns = [
        "name",
        "create_by",
        "state",
        "is_trial",
        "size",
        "total",
        "done",
        "created",
        "updated",
        "unchanged",
        "skipped",
        "refused",
        "create_time",
        "start_time",
        "finish_time",
    ]
    label_columns = {"create_by": _("Owner"), "total": _("Rows")}
    search_text, search_columns = ("name",), ["create_by", "state", "is_trial", "create_time"]
    formatters = {"size": lambda row: in_units(row.size) if row.size else ""}
