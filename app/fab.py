"""Flask-AppBuilder made to fit: one policy instead of two, no queries per permission, and a few mended faults.

FAB generates the screens; who may do what is asked of the actor, as everywhere. Each patch names its reason.
"""

from flask import g
from flask_appbuilder import const
from flask_appbuilder.babel.manager import BabelManager
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import LoginManager

from app.locale import current_locale
from app.menu import CATEGORIES, ENTRIES
from services.identity.rights import right_name


class ActorSecurityManager(SecurityManager):
    """FAB's questions ("has this user can_list on Ticket?") answered by `g.actor`."""

    def __init__(self, appbuilder):
        super().__init__(appbuilder)
        self.wanted: set[str] = set()

    def has_access(self, permission_name: str, view_name: str) -> bool:
        if not g.actor.may("admin.enter"):
            return False
        if permission_name == "menu_access":
            return self._is_shown(view_name)
        return view_name in _OPEN or g.actor.may(right_name(view_name, permission_name))

    @staticmethod
    def _is_shown(name: str) -> bool:
        """Whether a menu entry shows, or any entry of a category."""
        entries = CATEGORIES[name].entries if name in CATEGORIES else (ENTRIES[name],)
        return any(all(g.actor.may(right) for right in entry.rights) for entry in entries)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        return {name for name in menu_names or () if self.has_access("menu_access", name)}

    def add_permissions_view(self, base_permissions, view_menu) -> None:
        """Collected here, written by `sync_rights` at migration: FAB itself needs some 7,000 statements."""
        self.wanted |= {right_name(view_menu, name) for name in base_permissions}

    def add_permissions_menu(self, view_menu_name: str) -> None:
        if view_menu_name not in CATEGORIES:  # a category shows by its entries
            self.wanted.add(right_name(view_menu_name, "menu_access"))

    def register_views(self) -> None:
        """None of FAB's own: sign-in, users and roles have ours."""

    def create_login_manager(self, app) -> LoginManager:
        manager = LoginManager(app)
        manager.session_protection = None
        # FAB's templates ask Flask-Login; the answer is the account behind our own cookie
        manager.request_loader(lambda request: getattr(g, "account", None))
        return manager

    def create_builtin_roles(self) -> dict:
        return {}

    def create_db(self) -> None:
        """Migrations make the tables."""

    def get_public_role(self):
        return None

    @staticmethod
    def before_request() -> None:
        g.user = getattr(g, "account", None)


#: views that every member of staff may open
_OPEN = frozenset({"AdminIndexView", "UtilView", "LocaleView"})


def patch_fab() -> None:
    """The mends that FAB offers no hook for; called before AppBuilder is made."""
    # FAB writes session['locale'] at every request, which puts a Set-Cookie on JSON answers
    BabelManager.get_locale = lambda self: current_locale()
    const.LOGMSG_ERR_SEC_ACCESS_DENIED = "Access is denied for: %s on: %s"
