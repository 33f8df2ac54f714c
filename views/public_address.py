"""The address by which browsers reach a company from outside, for what is printed or shown."""

from flask import current_app, request

from models.actor import Actor
from services.company_address import company_address


def public_address(actor: Actor) -> str:
    """ "https://help.example.org", without a slash at the end: the operator's PUBLIC_URL, else what this browser used.

    A company with a host name of its own is reached under that.
    """
    return company_address(actor.tenant_id, current_app.smartsupport.PUBLIC_URL or request.host_url)
