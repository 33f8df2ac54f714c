"""Accounts from the company's OA system (ID-16): pulled as a list, compared, changed where they differ.

The OA says who works here and what they are called. It never says what they may do: roles do not come from the
payload, an account that was not made by the synchronisation is not touched, and a list that would switch off many
accounts at once needs a person's word.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import Conflict, DomainError, Invalid, Unavailable
from app.extensions import db
from app.offload import give_way
from models.actor import Actor
from models.identity import ExternalIdentity, Role
from models.organization import Department
from services import safe_http
from services.identity import accounts, passwords
from services.identity.external import link
from services.identity.oauth import plain_name
from services.operation import run

OA = "oa"
MOST_ROWS = 20_000
LIMIT = 8 * 1024 * 1024
SECONDS = 60.0
#: a larger part of the linked accounts is switched off only after confirmation
MOST_DEACTIVATED = 0.10


@dataclass(frozen=True)
class Person:
    """One row of the OA's list, checked. Whatever else the row holds (a role, say) is not read."""

    row: int
    id: str
    username: str
    name: str
    phone: str | None
    email: str | None
    department: str
    active: bool


@dataclass
class Report:
    """What a synchronisation did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deactivated: int = 0
    #: (number of the row from 1, or None for an account that no row names; the refusal)
    errors: list[tuple[int | None, DomainError]] = field(default_factory=list)


class Source:
    """Where the list comes from."""

    def __init__(self, url: str = "", key: str = ""):
        self._url, self._key = url, key

    def fetch(self) -> list:
        """The list as the OA sent it. Raises Unavailable."""
        if not self._url:
            raise Unavailable("No OA system is set up here")
        answer = safe_http.client.get(
            self._url,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            seconds=SECONDS,
            limit=LIMIT,
        )
        if not answer.ok:
            raise safe_http.CallFailed("The OA system refused the request", reason=f"status {answer.status}")
        rows = answer.json()
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            raise safe_http.CallFailed("The OA system's answer is not a list of people", most=MOST_ROWS)
        return rows


source = Source()


def configure(url: str, key: str) -> None:
    """Called once by the factory."""
    source.__init__(url, key)


def sync_users(actor: Actor, role: Role, *, confirm: bool = False) -> Report:
    """Bring the accounts in line with the OA's list; new ones get `role`.

    Doing it twice changes nothing the second time. Raises Unavailable, NotAllowed for a role that is not the actor's
    to give, Conflict when too many accounts would be switched off and `confirm` is not given.
    """
    actor.require("user.sync")
    accounts.refuse_role(actor, role)
    report = Report()
    rows = source.fetch()
    named = {_subject(row) for row in rows}
    people = _checked(rows, report)
    departments = dict(db.session.execute(select(Department.code, Department.id)).tuples().all())
    linked = {
        identity.subject: identity
        for identity in db.session.scalars(
            select(ExternalIdentity).where(ExternalIdentity.provider == OA).options(joinedload(ExternalIdentity.user))
        )
    }
    leaving = _leaving(people, named, linked)
    active = sum(bool(identity.user.active) for identity in linked.values())
    if len(leaving) > MOST_DEACTIVATED * active and not confirm:
        raise Conflict(
            "This would switch off many accounts; confirm it if that is right",
            kind="confirmation_required",
            deactivations=len(leaving),
            active=active,
        )
    for person in people:
        identity = linked.get(person.id)
        _try(
            report,
            person.row,
            lambda person=person, identity=identity: _apply(actor, person, identity, role, departments, report),
        )
    for row, identity in leaving:
        _try(report, row, lambda identity=identity: _deactivate(actor, identity, report))
    return report


def _checked(rows: list, report: Report) -> list[Person]:
    people: dict[str, Person] = {}
    for number, row in enumerate(rows, start=1):
        try:
            person = _person(number, row)
            if person.id in people:
                raise Invalid("This id stands in the list twice", fields={"id": "twice"})
            people[person.id] = person
        except DomainError as error:
            report.errors.append((number, error))
    return list(people.values())


def _person(number: int, row: object) -> Person:
    if not isinstance(row, dict):
        raise Invalid("The request is not valid")
    subject, active = _subject(row), row.get("active", True)
    if subject is None:
        raise Invalid("The request is not valid", fields={"id": "1 to 191 characters"})
    if not isinstance(active, bool):
        raise Invalid("The request is not valid", fields={"active": "must be true or false"})
    texts = {name: row.get(name) or "" for name in ("username", "name", "phone", "email", "department")}
    if wrong := [name for name, text in texts.items() if not isinstance(text, str) or len(text) > 320]:
        raise Invalid("The request is not valid", fields=dict.fromkeys(wrong, "must be text"))
    return Person(
        number,
        subject,
        accounts.canonical_username(texts["username"]),
        plain_name(texts["name"]),
        accounts.canonical_phone(texts["phone"]),
        accounts.canonical_email(texts["email"]),
        texts["department"].strip(),
        active,
    )


def _subject(row: object) -> str | None:
    """The OA's key of a row, readable even where the rest is not; None when there is none."""
    subject = row.get("id") if isinstance(row, dict) else None
    if isinstance(subject, bool) or not isinstance(subject, str | int) or not 1 <= len(str(subject).strip()) <= 191:
        return None
    return str(subject).strip()


def _leaving(
    people: list[Person], named: set[str | None], linked: dict[str, ExternalIdentity]
) -> list[tuple[int | None, ExternalIdentity]]:
    """Active accounts that the OA calls inactive or does not name any more, with the row that says so.

    Nobody is missed on the word of a list that is partly unreadable.
    """
    inactive = {person.id: person.row for person in people if not person.active}
    return [
        (inactive.get(subject), identity)
        for subject, identity in linked.items()
        if identity.user.active and (subject in inactive or (subject not in named and None not in named))
    ]


def _apply(
    actor: Actor,
    person: Person,
    identity: ExternalIdentity | None,
    role: Role,
    departments: dict[str, int],
    report: Report,
) -> None:
    """One person who is there: make or change the account."""
    if person.department and person.department not in departments:
        raise Invalid("This department does not exist", fields={"department": "unknown"})
    department_id = departments.get(person.department)
    if identity is None:
        if person.active:
            _create(actor, person, department_id, role)
            report.created += 1
        else:
            report.unchanged += 1
        return
    user = identity.user
    wanted = {
        "full_name": person.name or user.full_name,
        "email": person.email or user.email,
        "phone": person.phone or user.phone,
        "department_id": department_id or user.department_id,
    }
    changes = {name: value for name, value in wanted.items() if getattr(user, name) != value}
    returns = person.active and not user.active and bool(identity.disabled_by_source)
    if changes or returns:
        run(actor, "user.sync_row", lambda: _change(actor, identity, changes, returns), [user, identity])
        report.updated += 1
    elif person.active or not user.active:
        report.unchanged += 1


def _create(actor: Actor, person: Person, department_id: int | None, role: Role) -> None:
    def create() -> None:
        user = accounts.add_user(
            actor,
            username=person.username,
            full_name=person.name,
            email=person.email or "",
            phone=person.phone or "",
            department_id=department_id,
            role_codes=[],
            role_ids=[role.id],
            password_hash=passwords.NO_PASSWORD,
            must_change=False,
            locale="",
        )
        link(user, OA, person.id)

    run(actor, "user.sync_row", create)


def _change(actor: Actor, identity: ExternalIdentity, changes: dict, returns: bool) -> None:
    accounts.update_user(actor, identity.user, **changes, **({"active": True} if returns else {}))
    if returns:
        identity.disabled_by_source = 0


def _deactivate(actor: Actor, identity: ExternalIdentity, report: Report) -> None:
    def deactivate() -> None:
        accounts.update_user(actor, identity.user, active=False)
        identity.disabled_by_source = 1

    run(actor, "user.sync_row", deactivate, [identity.user, identity])
    report.deactivated += 1


def _try(report: Report, row: int | None, work: Callable[[], None]) -> None:
    """One row's refusal is the row's own: the others go on."""
    give_way()
    try:
        work()
    except DomainError as error:
        if isinstance(error, Unavailable):
            raise
        report.errors.append((row, error))
