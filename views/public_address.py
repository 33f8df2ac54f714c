"""The address by which browsers reach a company from outside, for what is printed or sent."""

from urllib.parse import urlsplit, urlunsplit

from flask import current_app, request

from app.extensions import db
from models.actor import Actor
from models.identity import Tenant


def public_address(actor: Actor) -> str:
    """ "https://help.example.org", without a slash at the end: the operator's PUBLIC_URL, else what this browser used.

    A company with a host name of its own is reached under that.
    """
    base = urlsplit(current_app.smartsupport.PUBLIC_URL or request.host_url)
    tenant = db.session.get(Tenant, actor.tenant_id)
    netloc = base.netloc
    if tenant is not None and tenant.host:
        netloc = f"{tenant.host}:{base.port}" if base.port else tenant.host
    return urlunsplit((base.scheme, netloc, base.path.rstrip("/"), "", ""))
