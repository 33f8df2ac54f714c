"""Generated screens for every entity, by Flask-AppBuilder: columns, labels, filters."""

from importlib import import_module
from pkgutil import iter_modules

from flask import current_app
from flask_appbuilder import AppBuilder

from app.menu import MENU
from views.admin import door, frame
from views.admin.base import AdminView
from views.admin.keeping import RetentionPlanView
from views.admin.lexicon import DomainWordImportView, SynonymImportView
from views.admin.options import OptionsView
from views.admin.presence import PresenceDaysView
from views.admin.sensitive import SensitiveImportView
from views.admin.understanding import TrainingView
from views.admin.user_import import UserImportView
from views.admin.widget_preview import WidgetPreview

#: all of this package: a new screen is a class in one of its files and a line of the menu
_MODULES = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))


def register_admin(appbuilder: AppBuilder) -> None:
    """Hang the screens into the menu and collect their rights, which the migration writes down."""
    door.install(current_app)
    frame.install(current_app)
    security = appbuilder.sm
    for category in MENU:
        for entry in category.entries:
            view = appbuilder.add_view(
                screen(entry.view),
                entry.name,
                icon=entry.icon,
                label=entry.label,
                category=category.name,
                category_icon=category.icon,
                category_label=category.label,
            )
            # FAB_UPDATE_PERMS is off, so AppBuilder does not ask by itself
            security.add_permissions_view(view.base_permissions, view.class_permission_name)
            security.add_permissions_menu(entry.name)
    appbuilder.add_view_no_menu(OptionsView)
    appbuilder.add_view_no_menu(UserImportView)
    appbuilder.add_view_no_menu(PresenceDaysView)
    appbuilder.add_view_no_menu(WidgetPreview)
    appbuilder.add_view_no_menu(RetentionPlanView)
    appbuilder.add_view_no_menu(SensitiveImportView)
    appbuilder.add_view_no_menu(SynonymImportView)
    appbuilder.add_view_no_menu(TrainingView)
    appbuilder.add_view_no_menu(DomainWordImportView)


def screens() -> list[type[AdminView]]:
    """The screen classes of all tables."""
    classes = [value for module in _MODULES for value in vars(module).values() if isinstance(value, type)]
    return [value for value in dict.fromkeys(classes) if issubclass(value, AdminView) and value.resource]


def screen(name: str) -> type:
    """The class of this name in the modules of the screens."""
    return next(getattr(module, name) for module in _MODULES if hasattr(module, name))
