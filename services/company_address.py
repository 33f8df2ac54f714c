"""The address by which browsers reach a company from outside."""

from urllib.parse import urlsplit, urlunsplit

from app.extensions import db
from models.identity import Tenant


def company_address(tenant_id: int, base: str) -> str:
    """ "https://help.example.org", without a slash at the end, of what the installation is reached by.

    A company with a host name of its own is reached under that.
    """
    parts = urlsplit(base)
    tenant = db.session.get(Tenant, tenant_id)
    netloc = parts.netloc
    if tenant is not None and tenant.host:
        netloc = f"{tenant.host}:{parts.port}" if parts.port else tenant.host
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
