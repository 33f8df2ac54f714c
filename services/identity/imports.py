"""Accounts from a table (ID-12): every row is checked, the good ones are created, the bad ones change nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.errors import Conflict, DomainError, Invalid, TooLarge
from app.extensions import db
from app.offload import give_way, offload
from models.actor import Actor
from models.identity import Role, User
from models.organization import Department
from services.identity import accounts, passwords
from services.identity.tables import Row, read_table

#: column → the headings it goes by
COLUMNS = {
    "username": ("username", "用户名", "账号"),
    "full_name": ("fullname", "姓名", "name"),
    "email": ("email", "邮箱", "e-mail"),
    "phone": ("phone", "手机号", "手机"),
    "department": ("department", "部门", "部门编码"),
    "role": ("role", "角色"),
    "password": ("password", "密码", "初始密码"),
}
TITLES = {
    "zh": ("用户名", "姓名", "邮箱", "手机号", "部门编码", "角色", "初始密码"),
    "en": ("username", "fullName", "email", "phone", "department", "role", "password"),
}
#: hashes of chosen passwords cost a quarter of a second each; those made here are long and random and cost none
MOST_OWN_PASSWORDS = 200
_CHUNK = 500


@dataclass
class Outcome:
    """What became, or would become, of one row."""

    row: int
    username: str
    #: the new account's id; None when none was made
    user_id: int | None = None
    #: to be handed over once, for a row without password
    initial_password: str | None = None
    error: DomainError | None = None


@dataclass
class _Plan:
    """A row that may become an account."""

    outcome: Outcome
    values: dict = field(default_factory=dict)
    password: str = ""


def import_users(actor: Actor, *, name: str, data: bytes, dry_run: bool = False) -> list[Outcome]:
    """Make the accounts of a CSV or XLSX file; the outcome of every row, in order.

    With `dry_run` nothing is stored. Raises Invalid, TooLarge when the table as a whole cannot be used.
    """
    actor.require("user.import")
    heading, rows = offload(read_table, name, data)
    plans = _planned(actor, [_values(_positions(heading), row) for row in rows])
    good = [plan for plan in plans if plan.outcome.error is None]
    if dry_run:
        return [plan.outcome for plan in plans]
    for plan in good:
        plan.outcome.initial_password = None if plan.password else passwords.random_password()
    hashes = offload(_hashes, [(plan.password, plan.outcome.initial_password) for plan in good])
    for plan, password_hash in zip(good, hashes, strict=True):
        give_way()
        try:
            plan.outcome.user_id = accounts.add_user(
                actor, password_hash=password_hash, must_change=True, locale="", role_codes=[], **plan.values
            ).id
        except DomainError as error:  # somebody took the name since it was looked up
            plan.outcome.error, plan.outcome.initial_password = error, None
    return [plan.outcome for plan in plans]


def _hashes(pairs: list[tuple[str, str | None]]) -> list[str]:
    """In a native thread: the hash of every chosen or made password."""
    return [
        passwords.bcrypt_hash(made, rounds=passwords.ROUNDS_OF_RANDOM) if made else passwords.bcrypt_hash(chosen)
        for chosen, made in pairs
    ]


def _positions(heading: tuple[str, ...]) -> dict[str, int]:
    known = {title.casefold(): column for column, titles in COLUMNS.items() for title in titles}
    found: dict[str, int] = {}
    for position, title in enumerate(heading):
        column = known.get(title.casefold())
        if title and (column is None or column in found):
            raise Invalid("The table has a column that is not known or stands twice", fields={"file": title[:50]})
        if column:
            found[column] = position
    if missing := {"username", "role"} - found.keys():
        raise Invalid("The table lacks a column", fields=dict.fromkeys(sorted(missing), "required"))
    return found


def _values(positions: dict[str, int], row: Row) -> tuple[int, dict[str, str]]:
    return row.number, {column: "".join(row.cells[position : position + 1]) for column, position in positions.items()}


def _planned(actor: Actor, rows: list[tuple[int, dict[str, str]]]) -> list[_Plan]:
    if sum(bool(values.get("password")) for _, values in rows) > MOST_OWN_PASSWORDS:
        raise TooLarge("Too many rows with a password of their own: leave the column empty", limit=MOST_OWN_PASSWORDS)
    visible = select(Department.code, Department.id).where(Department.visible_to(actor))
    departments = dict(db.session.execute(visible).tuples().all())
    roles: dict[str, Role] = {}
    for role in db.session.scalars(select(Role)):
        roles.setdefault(role.name, role)
        if role.code:
            roles[role.code] = role
    plans = []
    for number, values in rows:
        if number % _CHUNK == 0:
            give_way()
        plan = _Plan(Outcome(number, values["username"]))
        try:
            _plan(actor, plan, values, departments, roles)
        except DomainError as error:
            plan.outcome.error = error
        plans.append(plan)
    _refuse_doubles(plans)
    return plans


def _plan(
    actor: Actor, plan: _Plan, values: dict[str, str], departments: dict[str, int], roles: dict[str, Role]
) -> None:
    """The row as data for `add_user`. Raises a DomainError that says what is wrong with it."""
    department, role = values.get("department", ""), roles.get(values["role"])
    if department and department not in departments:
        raise Invalid("This department does not exist", fields={"department": "unknown"})
    if role is None:
        raise Invalid("This role does not exist", fields={"role": "unknown"})
    accounts.refuse_role(actor, role)
    username = accounts.canonical_username(values["username"])
    plan.values = {
        "username": username,
        "full_name": accounts.canonical_name(values.get("full_name", "")),
        "email": accounts.canonical_email(values.get("email", "")) or "",
        "phone": accounts.canonical_phone(values.get("phone", "")) or "",
        "department_id": departments.get(department),
        "role_ids": [role.id],
    }
    plan.password = values.get("password", "")
    if plan.password:
        passwords.check_strength(plan.password, username=username)


def _refuse_doubles(plans: list[_Plan]) -> None:
    """Names, addresses and numbers that stand in the table twice or belong to somebody already."""
    for key, column in (("username", func.lower(User.username)), ("email", User.email), ("phone", User.phone)):
        good = [plan for plan in plans if plan.outcome.error is None and plan.values[key]]
        counts = Counter(plan.values[key].lower() for plan in good)
        proven = [User.phone_verified == 1] if key == "phone" else []
        taken = _taken(column, counts, proven, everywhere=key != "phone")
        for plan in good:
            value = plan.values[key].lower()
            if counts[value] > 1:
                plan.outcome.error = Conflict("This stands in the table twice", fields={key: "twice"})
            elif value in taken:
                plan.outcome.error = Conflict(accounts.TAKEN, fields={key: "taken"})


def _taken(column, values: Iterable[str], conditions: list, *, everywhere: bool) -> set[str]:
    wanted, found = sorted(values), set()
    for start in range(0, len(wanted), _CHUNK):
        rows = db.session.scalars(
            select(column).where(column.in_(wanted[start : start + _CHUNK]), *conditions),
            execution_options={"all_tenants": everywhere},
        )
        found |= {value.lower() for value in rows}
    return found
