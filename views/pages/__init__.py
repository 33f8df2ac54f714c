"""HTML shells: the server sends a frame with the right scripts, the browser draws the page."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from views.pages import cards, case, crawlers, help_centre, shells, wechat, wechat_callback, widget


def register(app: Flask, csrf: CSRFProtect) -> None:
    app.register_blueprint(shells.blueprint)
    app.register_blueprint(help_centre.blueprint)
    app.register_blueprint(crawlers.blueprint)
    app.register_blueprint(cards.blueprint)
    app.register_blueprint(case.blueprint)
    app.register_blueprint(wechat.blueprint)
    app.register_blueprint(widget.blueprint)
    csrf.exempt(widget.blueprint)  # what the script on other sites tells carries nobody's key
    app.register_blueprint(wechat_callback.blueprint)
    csrf.exempt(wechat_callback.blueprint)  # its calls are signed by WeChat
