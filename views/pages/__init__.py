"""HTML shells: the server sends a frame with the right scripts, the browser draws the page."""

from flask import Flask

from views.pages.shells import blueprint


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
