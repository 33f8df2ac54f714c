"""What every answer carries: a strict content policy with a nonce, and no leaks (SECURITY §J)."""

import base64
import hashlib
import secrets
from collections.abc import Iterable

from flask import Flask, Response, current_app, g, request


def install(app: Flask) -> None:
    app.after_request(add_headers)
    app.jinja_env.globals["csp_nonce"] = nonce


def nonce() -> str:
    """One random word per answer; scripts that carry it may run. FAB's templates call it by this name."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def allow_framing(origins: Iterable[str]) -> None:
    """These sites, and no others, may show the page of this request in a frame."""
    g.framed_by = " ".join(origins)


def allow_script(text: str) -> None:
    """For a page that browsers may keep, which has no word that is new each time: its script is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    g.script_known = f"'sha256-{digest}'"


def add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    framed_by = g.get("framed_by") or "'none'"
    if framed_by == "'none'":  # the older header knows no list of sites
        headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Permissions-Policy", "geolocation=(), payment=(), usb=()")
    if "Content-Security-Policy" not in headers:
        script = g.get("script_known") or f"'nonce-{nonce()}'"
        headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {script}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
            f"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {framed_by}"
        )
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.path.startswith("/static/dist/assets/"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"  # their names change with their content
    elif response.mimetype == "text/html":
        headers.setdefault("Cache-Control", "no-store")
    return response
