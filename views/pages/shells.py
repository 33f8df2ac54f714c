"""One shell for each front-end entry; which paths it answers is the front end's own routing."""

import functools
import json
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, current_app, g, redirect, render_template, request
from flask_babel import gettext

from app.errors import NotAllowed
from app.locale import current_locale
from services import settings
from views import auth

blueprint = Blueprint("pages", __name__)

#: set by the pages' theme switch, so that a dark page is dark from its first moment
THEME_COOKIE = "ss_theme"
THEMES = ("light", "dark")


#: with and without a slash at the end: the front end's routers write both, and people reload what stands there
page = functools.partial(blueprint.get, strict_slashes=False)


@page("/login")
def login():
    return shell("login", gettext("Sign in"))


@page("/ask")
@page("/chat")
@page("/chat/<path:rest>")
@page("/c/<path:rest>")
@page("/tickets")
@page("/tickets/<path:rest>")
def portal(rest: str = ""):
    return shell("portal", gettext("Help centre"))


@page("/desk")
@page("/desk/<path:rest>")
def desk(rest: str = ""):
    if g.actor.is_staff:
        return shell("desk", gettext("Workbench"))
    if g.actor.kind == "user":  # the login page would send a customer's account straight back
        raise NotAllowed("The workbench is not for your account")
    return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}")


@blueprint.get("/api/docs")
def api_page():
    """The OpenAPI document as a page on which calls can be tried."""
    return render_template("api.html", locale=current_locale(), company=settings.get_setting("company_name"))


@blueprint.get("/favicon.ico")
def favicon():
    return current_app.send_static_file("favicon.svg")


def shell(entry: str, title: str, *, locale: str = "", theme: str | None = None, data: dict | None = None):
    """The page of a front-end entry; company and title are on screen before any script has come.

    `theme` is light or dark, "" as the browser wishes, None as somebody has chosen on our pages. `data` is for the
    entry's script, in a block of the page that nothing runs.
    """
    parts, tokens = assets(entry), assets("tokens")
    return render_template(
        "shell.html",
        entry=parts,
        styles=list(dict.fromkeys(tokens["css"] + parts["css"])),
        locale=locale or current_locale(),
        theme=chosen_theme() if theme is None else theme,
        title=title,
        data=data,
        company=settings.get_setting("company_name"),
        csrf_token=auth.csrf_token(),
    )


def chosen_theme() -> str | None:
    """Light or dark, where somebody has chosen; else the browser decides."""
    theme = request.cookies.get(THEME_COOKIE)
    return theme if theme in THEMES else None


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
