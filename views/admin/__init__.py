"""Generated screens for every entity, by Flask-AppBuilder: columns, labels, filters."""

from flask_appbuilder import AppBuilder


def register_admin(appbuilder: AppBuilder) -> None:
    """Hang the screens into the menu."""
