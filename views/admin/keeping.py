"""What left the house as a file, and what went because its time was over (CHT-11, CHT-16)."""

from flask import g
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _

from models.exports import ExportJob
from models.retention import RetentionRun
from services import retention
from services.settings import get_setting
from views.admin.base import AdminView
from views.admin.cells import in_units
from views.search_words import asked_of


class ExportJobView(AdminView):
    model, resource, icon = ExportJob, "export_job", "fa-file-export"
    singular, plural = _("Exported file"), _("Exported files")
    intro = _("Who had conversations, articles or tickets written into a file. The file itself is its owner's alone.")
    when_empty = _("Files are made in the workbench: from the history, the knowledge base and the list of tickets.")
    list_columns = ["name", "create_by", "content", "format", "state", "total", "params", "create_time", "id"]
    key_columns = ("create_by", "content", "state", "create_time")
    show_columns = [
        "name",
        "create_by",
        "content",
        "format",
        "state",
        "total",
        "done",
        "size",
        "error",
        "time_zone",
        "create_time",
        "finish_time",
        "expire_time",
        "params",
    ]
    label_columns = {"create_by": _("Owner")}
    search_text, search_columns = ("name",), ["create_by", "content", "format", "state", "create_time"]
    formatters = {
        "params": lambda row: asked_of(row.content, row.params, row.time_zone),
        "size": lambda row: in_units(row.size) if row.size else "",
    }


class RetentionRunView(AdminView):
    model, resource, icon = RetentionRun, "retention_run", "fa-box-archive"
    singular, plural = _("Retention run"), _("Retention runs")
    intro = _("Conversations that were kept long enough are purged; their figures stay. Here is what each run took.")
    when_empty = _("Nothing has been purged yet.")
    list_columns = [
        "create_time",
        "state",
        "cutoff",
        "archived",
        "conversations",
        "messages",
        "files",
        "file_bytes",
        "finish_time",
        "id",
    ]
    key_columns = ("state", "conversations", "messages", "finish_time")
    show_columns = [*list_columns, "error"]
    search_text, search_columns = (), ["state", "create_time"]
    formatters = {"file_bytes": lambda row: in_units(row.file_bytes)}
    list_template = "admin/retention_runs.html"


class RetentionPlanView(BaseView):
    """What the next runs would take, month by month. Looking changes nothing."""

    route_base = "/admin/retention_run"
    default_view = "plan"
    class_permission_name = "retention_run"
    base_permissions = ["can_read"]
    title = _("What would be purged")

    @expose("/plan", methods=["GET"])
    @has_access
    @permission_name("read")
    def plan(self):
        before = retention.cutoff()
        months = retention.plan(before) if before else []
        return self.render_template(
            "admin/retention_plan.html",
            title=self.title,
            before=before,
            months=months,
            archived=get_setting("retention_archive"),
            in_units=in_units,
            may_set=g.actor.may("system_setting.read"),
        )
