"""What fields there are: defined by administrators, checked here (SET-4)."""

import re

from sqlalchemy import func, inspect, select

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.custom_fields import CustomField, CustomValue, FieldKind, FieldSubject
from services import settings
from services.crud import crud

#: what a field is called among the columns and filters of its subject: "custom.<code>"
PREFIX = "custom."
CODE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
OPTION_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
#: fields of one subject, and options of one field
MOST_FIELDS, MOST_OPTIONS = 100, 200
SELECTS = (FieldKind.select, FieldKind.multi_select)
#: what customers cannot choose from: lists of our people and of our other customers
STAFF_ONLY = (FieldKind.person, FieldKind.organization)
_OPTION = {"code", "label", "labelEn", "active"}


def fields_of(subject: FieldSubject, actor: Actor | None = None) -> list[CustomField]:
    """The fields in use, in the order of forms; with an actor those that he may see."""
    wanted = select(CustomField).where(CustomField.subject == subject, CustomField.active == 1)
    if actor is not None:
        wanted = wanted.where(CustomField.visible_to(actor))
    return list(db.session.scalars(wanted.order_by(CustomField.sort, CustomField.id)))


def has_values(field: CustomField, option: str | None = None) -> bool:
    """Whether anything stands in it; with an option, whether anybody chose that one."""
    wanted = select(CustomValue.id).where(CustomValue.field_id == field.id)
    if option is not None:
        wanted = wanted.where(CustomValue.text_value == option)
    return db.session.scalar(wanted.limit(1)) is not None


def cleaned_options(options: list | None) -> list[dict]:
    """Options as they are stored: [{code, label, labelEn, active}], each code once. Raises Invalid."""
    found: dict[str, dict] = {}
    for option in options or ():
        if not isinstance(option, dict) or set(option) - _OPTION:
            raise _wrong(Reason("not valid"))
        code, label, label_en = (option.get(name) or "" for name in ("code", "label", "labelEn"))
        if not all(isinstance(text, str) for text in (code, label, label_en)) or not OPTION_CODE.fullmatch(code):
            raise _wrong(Reason("letters, digits, . _ -"))
        if not 1 <= len(label.strip()) <= 64 or len(label_en.strip()) > 64:
            raise _wrong(Reason("a label of at most %(number)s characters", number=64))
        if type(option.get("active", True)) is not bool:
            raise _wrong(Reason("must be true or false"))
        if code in found:
            raise _wrong(Reason("given twice"))
        found[code] = {
            "code": code,
            "label": label.strip(),
            "labelEn": label_en.strip() or None,
            "active": option.get("active", True),
        }
    if len(found) > MOST_OPTIONS:
        raise _wrong(Reason("at most %(number)s", number=MOST_OPTIONS))
    return list(found.values())


def _check(actor: Actor, row: CustomField, data: dict) -> None:
    row.label = (row.label or "").strip()
    if not CODE.fullmatch(row.code or ""):
        raise Invalid(
            "A field's code begins with a small letter and has small letters, digits, - and _",
            fields={"code": Reason("small letters, digits, - and _, a letter first")},
        )
    if not row.label:
        raise Invalid("A field needs a name", fields={"label": Reason("required")})
    _check_what_stays(row)
    _check_options(row)
    _check_reach(row)
    if row.id is None:
        known = select(func.count()).select_from(CustomField).where(CustomField.subject == row.subject)
        with db.session.no_autoflush:
            if db.session.scalar(known) >= MOST_FIELDS:
                raise Conflict("There are as many fields as there can be")


def _check_what_stays(row: CustomField) -> None:
    """What values are stored under cannot become something else."""
    if row.id is None:
        return
    was = {name: inspect(row).attrs[name].history.deleted for name in ("subject", "code", "kind")}
    was = {name: old[0] for name, old in was.items() if old and old[0] != getattr(row, name)}
    if "subject" in was:
        raise Conflict("A field stays where it is: make another one")
    with db.session.no_autoflush:
        if was and has_values(row):
            raise Conflict("The field is in use: its kind and code stay; switch it off and make another one")


def _check_options(row: CustomField) -> None:
    if row.kind not in SELECTS:
        row.options = None
        return
    options = cleaned_options(row.options)
    kept = {option["code"] for option in options}
    before = (inspect(row).attrs.options.history.deleted or [None])[0] or []
    with db.session.no_autoflush:
        # what somebody chose keeps its words, though nobody can choose it any more
        options += [
            option | {"active": False}
            for option in before
            if option["code"] not in kept and has_values(row, option["code"])
        ]
    if not any(option["active"] for option in options):
        raise Invalid("A field to choose from needs options", fields={"options": Reason("required")})
    if options != row.options:
        row.options = options


def _check_reach(row: CustomField) -> None:
    """For whom, and for which tickets."""
    if row.fillable_by_customers and (row.kind in STAFF_ONLY or row.subject is not FieldSubject.ticket):
        raise Invalid(
            "Customers fill in fields of tickets only, and choose neither persons nor organizations",
            fields={"fillableByCustomers": Reason("not valid")},
        )
    if not row.ticket_types:
        row.ticket_types = None
        return
    if row.subject is not FieldSubject.ticket:
        raise Invalid("Only fields of tickets have ticket types", fields={"ticketTypes": Reason("not valid")})
    if set(row.ticket_types) - settings.dictionary_codes("ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"ticketTypes": Reason("unknown")})


def _keep_used(actor: Actor, row: CustomField) -> None:
    if has_values(row):
        raise Conflict("The field is in use: switch it off instead, then what stands in it is kept")


def _wrong(reason: Reason) -> Invalid:
    return Invalid("The options are not valid", fields={"options": reason})


crud(
    "custom_field",
    CustomField,
    title="Custom field",
    writable=(
        "subject",
        "code",
        "label",
        "label_en",
        "kind",
        "options",
        "help_text",
        "required",
        "shown_to_customers",
        "fillable_by_customers",
        "ticket_types",
        "in_list",
        "sort",
        "active",
    ),
    kinds={"options": list[dict] | None, "ticket_types": list[str] | None},
    check=_check,
    before_delete=_keep_used,
)
