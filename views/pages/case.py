"""E's addresses: each leads to the page of our own that does its work, whoever comes (TKT-13; E §1-§4).

Whoever has to sign in first comes back to the address of E that he asked for, and from there to his page.
"""

from urllib.parse import quote

from flask import Blueprint, g, redirect, request
from werkzeug import Response

from app.errors import NotAllowed

blueprint = Blueprint("case_pages", __name__, url_prefix="/case")


@blueprint.get("/", strict_slashes=False)
@blueprint.get("/my-tickets")
def my_tickets() -> Response:
    """The reader's own tickets; staff, who have none of their own, find theirs at the desk."""
    return _of_whom("/tickets", "/desk/tickets", after="/case/my-tickets")


@blueprint.get("/admin/tickets")
def admin_tickets() -> Response:
    """All tickets that somebody of the staff sees."""
    if g.actor.kind == "user" and not g.actor.is_staff:
        raise NotAllowed("The workbench is not for your account")
    return redirect("/desk/tickets") if g.actor.is_staff else _sign_in("/case/admin/tickets")


@blueprint.get("/login")
def login() -> Response:
    return my_tickets() if g.actor.kind == "user" else _sign_in("/case/my-tickets")


@blueprint.get("/admin/login")
def admin_login() -> Response:
    return admin_tickets()


@blueprint.get("/submit")
def submit() -> Response:
    """A new ticket; who has no account may report something as well, the page asks who he is."""
    return redirect("/desk/tickets?new=1" if g.actor.is_staff else "/tickets/new")


@blueprint.get("/ticket/<id:ticket_id>")
def ticket(ticket_id: int) -> Response:
    """One ticket and its room; whether it may be seen the page asks the server."""
    return _of_whom(f"/tickets/{ticket_id}", f"/desk/tickets/{ticket_id}", after=request.path)


def _of_whom(customer: str, staff: str, *, after: str) -> Response:
    if g.actor.kind == "anonymous":
        return _sign_in(after)
    return redirect(staff if g.actor.is_staff else customer)


def _sign_in(after: str) -> Response:
    return redirect(f"/login?next={quote(after)}")
