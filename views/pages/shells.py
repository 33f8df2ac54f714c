"""One shell for each front-end entry; which paths it answers is the front end's own routing."""

import functools
import json
from pathlib import Path

from flask import Blueprint, current_app, g, redirect, render_template, request

from app.locale import current_locale
from services import settings
from views import auth

blueprint = Blueprint("pages", __name__)

#: set by the pages' theme switch, so that a dark page is dark from its first moment
THEME_COOKIE = "ss_theme"


@blueprint.get("/login")
def login():
    return _shell("login")


@blueprint.get("/")
@blueprint.get("/ask")
@blueprint.get("/chat")
@blueprint.get("/chat/<path:rest>")
@blueprint.get("/articles/<path:rest>")
@blueprint.get("/categories/<path:rest>")
@blueprint.get("/tickets")
@blueprint.get("/tickets/<path:rest>")
def portal(rest: str = ""):
    return _shell("portal")


@blueprint.get("/desk")
@blueprint.get("/desk/<path:rest>")
def desk(rest: str = ""):
    if not g.actor.is_staff:
        return redirect(f"/login?next={request.path}")
    return _shell("desk")


@blueprint.get("/api/docs")
def api_page():
    """The OpenAPI document as a page on which calls can be tried."""
    return render_template("api.html", locale=current_locale(), company=settings.get_setting("company_name"))


@blueprint.get("/favicon.ico")
def favicon():
    return current_app.send_static_file("favicon.svg")


def _shell(entry: str):
    theme = request.cookies.get(THEME_COOKIE)
    parts, tokens = assets(entry), assets("tokens")
    return render_template(
        "shell.html",
        entry=parts,
        styles=list(dict.fromkeys(tokens["css"] + parts["css"])),
        locale=current_locale(),
        theme=theme if theme in ("light", "dark") else None,
        company=settings.get_setting("company_name"),
        csrf_token=auth.csrf_token(),
    )


def assets(entry: str) -> dict:
    """{js, css: […], preload: […]}, each file once, of a front-end entry, from the build's manifest."""
    manifest = _manifest(Path(current_app.static_folder) / "dist" / "manifest.json")
    name = next(key for key, value in manifest.items() if value.get("isEntry") and value.get("name") == entry)
    css, preload, seen = [], [], set()

    def walk(key: str) -> None:
        if key in seen:
            return
        seen.add(key)
        css.extend(file for file in manifest[key].get("css", []) if file not in css)
        for imported in manifest[key].get("imports", []):
            if manifest[imported]["file"] not in preload:
                preload.append(manifest[imported]["file"])
            walk(imported)

    walk(name)
    file = manifest[name]["file"]
    return {
        "js": None if file.endswith(".css") else file,
        "css": css + ([file] if file.endswith(".css") else []),
        "preload": preload,
    }


@functools.cache
def _manifest(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
