"""The front page of /admin."""

from flask import g
from flask_appbuilder import IndexView, expose
from flask_appbuilder.security.decorators import has_access


class AdminIndexView(IndexView):
    """What the administrator may open, as cards."""

    route_base = "/admin"
    index_template = "admin/index.html"

    @expose("/")
    @has_access
    def index(self):
        self.update_redirect()
        return self.render_template(self.index_template, actor=g.actor)
