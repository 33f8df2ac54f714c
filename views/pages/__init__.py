"""HTML shells: the server sends a frame with the right scripts, the browser draws the page."""

from flask import Flask

from views.pages import cards, shells, wechat, widget


def register(app: Flask) -> None:
    app.register_blueprint(shells.blueprint)
    app.register_blueprint(cards.blueprint)
    app.register_blueprint(wechat.blueprint)
    app.register_blueprint(widget.blueprint)
