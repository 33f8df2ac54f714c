"""Organizations, their contacts, customers (CUS)."""

from flask import g
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from models.conversations import Conversation
from models.customers import Contact, Customer, Organization
from models.tickets import Ticket
from services.reach import reached_by
from views.admin.assigning import CustomerTeamRelationView
from views.admin.cells import EMPTY, tag
from views.admin.conversations import ConversationView
from views.admin.custom_values import CustomValuesView
from views.admin.dictionaries import texts_of, words_of
from views.admin.labels import origin, origins
from views.admin.reach import ReachView
from views.admin.row_actions import RowAction
from views.admin.tickets import TicketView

GENDERS = {"male": _("Male"), "female": _("Female"), "other": _("Other")}


class PersonView(ReachView):
    """Persons, found by number and address too."""

    search_hint = _("Search name, phone or e-mail")

    def search(self, text: str) -> list[ColumnElement[bool]]:
        return [*super().search(text), *reached_by(g.actor, self.model, text)]


class ContactView(PersonView):
    model, resource, icon = Contact, "contact", "fa-address-book"
    singular, plural = _("Contact"), _("Contacts")
    list_columns = ["name", "organization_id", "position", "department_name", "phone", "email", "create_time", "id"]
    key_columns = ("organization_id", "position", "phone")
    when_empty = _("Persons at your customers' organizations whom your staff may call.")
    show_columns = [
        "name",
        "organization_id",
        "gender",
        "position",
        "department_name",
        "phone",
        "landline",
        "email",
        "emergency_phone",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "organization_id",
        "name",
        "gender",
        "position",
        "department_name",
        "phone",
        "landline",
        "email",
        "emergency_phone",
    ]
    search_text, search_columns = ("name",), ["organization_id"]
    choices = {"gender": lambda: list(GENDERS.items())}
    formatters = {**ReachView.formatters, "gender": lambda row: GENDERS.get(row.gender, row.gender)}


class CustomerView(CustomValuesView, PersonView):
    model, resource, icon = Customer, "customer", "fa-user-tag"
    singular, plural = _("Customer"), _("Customers")
    intro = _("Everybody who asked for service, with an account or as a visitor of the portal.")
    when_empty = _("Customers appear by themselves when they write; you can also enter them here.")
    list_columns = [
        "name",
        "organization_id",
        "vip_level",
        "phone",
        "tags",
        "source",
        "last_contact_time",
        "create_time",
        "id",
    ]
    key_columns = ("organization_id", "phone", "vip_level", "last_contact_time")
    show_columns = [
        "name",
        "user_id",
        "contact_id",
        "organization_id",
        "organization_told",
        "phone",
        "email",
        "vip_level",
        "tags",
        "source",
        "is_temporary",
        "agent_id",
        "region",
        "note",
        "last_contact_time",
        "legal_hold_time",
        "legal_hold_reason",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "name",
        "user_id",
        "contact_id",
        "organization_id",
        "phone",
        "email",
        "vip_level",
        "source",
        "is_temporary",
        "agent_id",
        "region",
        "tags",
        "note",
    ]
    search_text, search_columns = ("name",), ["organization_id", "is_temporary", "vip_level", "last_contact_time"]
    formatters = {
        **ReachView.formatters,
        "source": origin("source"),
        "tags": words_of("tag", "tags"),
        "vip_level": lambda row: tag(f"VIP {row.vip_level}", "vip") if row.vip_level > 1 else EMPTY,
    }
    choices = {"source": origins}
    tags = {"tags": texts_of("tag")}
    help_texts = {
        "tags": _("Choose from the dictionary “customer tags”, or type another one and press Enter"),
        "vip_level": _("0 and 1: ordinary customer; from 2: VIP, served earlier"),
        "is_temporary": _("Came without registration and is not archived yet"),
        "agent_id": _("Serves this customer whenever he is there"),
        "region": _("Empty: the region of the organization"),
    }
    row_actions = (
        RowAction(
            "preserve",
            _("Legal hold"),
            "customer.preserve",
            "fa-lock",
            ask=("reason",),
            when=lambda row: row.legal_hold_time is None,
        ),
        RowAction(
            "release",
            _("Lift legal hold"),
            "customer.release",
            "fa-lock-open",
            confirm=_("Really lift it? What is old enough is purged soon afterwards."),
            when=lambda row: row.legal_hold_time is not None,
            multiple=False,
        ),
    )
    label_columns = {"agent_id": _("Exclusive agent")}
    related_views = [ConversationView, TicketView, CustomerTeamRelationView]

    def _given(self) -> dict:
        return {"source": "admin"} | super()._given()

    def goes_along(self, row) -> list[str]:
        talks, tickets = (_count(model, row) for model in (Conversation, Ticket))
        told = []
        if talks:
            told.append(ngettext("%(num)d conversation stays.", "%(num)d conversations stay.", talks))
        if tickets:
            told.append(ngettext("%(num)d ticket stays.", "%(num)d tickets stay.", tickets))
        return told


def _count(model: type, owner: Customer | Organization) -> int:
    """How many rows point to a customer or an organization."""
    column = model.customer_id if isinstance(owner, Customer) else model.organization_id
    return db.session.scalar(select(func.count()).select_from(model).where(column == owner.id))


class OrganizationView(CustomValuesView):
    model, resource, icon = Organization, "organization", "fa-building"
    singular, plural = _("Organization"), _("Organizations")
    list_columns = ["name", "region", "industry", "cooperation_level", "phone", "create_time", "id"]
    key_columns = ("region", "industry", "phone")
    when_empty = _("The institutions that your customers and contacts belong to.")
    show_columns = [
        "name",
        "credit_code",
        "region",
        "address",
        "phone",
        "industry",
        "cooperation_level",
        "note",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "name",
        "credit_code",
        "region",
        "address",
        "phone",
        "industry",
        "cooperation_level",
        "note",
    ]
    search_text, search_columns = ("name", "credit_code", "region", "industry"), []
    related_views = [ContactView, CustomerView]

    def goes_along(self, row) -> list[str]:
        count = _count(Contact, row) + _count(Customer, row)
        told = ngettext(
            "%(num)d contact or customer no longer belongs to an organization.",
            "%(num)d contacts and customers no longer belong to an organization.",
            count,
        )
        return [told] if count else []
