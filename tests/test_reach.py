"""Customers and contacts are found by what a caller says: name, phone number, address (CUS, M09)."""

import itertools

import pytest

from tests.people import unique
from tests.screens import Screens, somebody_with, text_of

_ends = itertools.count(1000)


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def number() -> str:
    """A mobile number nobody else in the test run has, with last four digits of its own."""
    return f"1395555{next(_ends)}"


def found(person, text: str, path: str = "/customers") -> list[str]:
    return [row["name"] for row in person.get(path, q=text)["list"]]


def customer(people, **more) -> str:
    name = unique("caller")
    people.admin.post("/customers", {"name": name, **more})
    return name


@pytest.mark.parametrize("stored", ["{}", "+86{}", "+86 {}", "0086{}"])
@pytest.mark.parametrize("typed", ["{}", "+86{}", "+86 {}", "86{}"])
def test_a_phone_number_is_found_however_it_is_written(people, stored, typed):
    phone = number()
    name = customer(people, phone=stored.format(phone))
    assert found(people.admin, typed.format(phone)) == [name]
    assert found(people.admin, phone[:-1]) == []


def test_dashes_and_spaces_do_not_matter(people):
    name = customer(people, phone="0512-7654 8899")
    for typed in ("051276548899", "0512-76548899", "(0512) 7654 8899"):
        assert found(people.admin, typed) == [name]


def test_an_address_is_found_whole_and_in_any_case(people):
    address = f"{unique('Post')}@Example.org"
    name = customer(people, email=address)
    assert found(people.admin, address.lower()) == [name]
    assert found(people.admin, address.upper()) == [name]
    assert found(people.admin, address[:-1]) == []


def test_who_sees_numbers_masked_searches_by_what_he_sees(people):
    phone, address = number(), f"{unique('m')}@example.org"
    name = customer(people, phone=phone, email=address)
    clerk = somebody_with(people, "customer.read").person
    assert name in found(clerk, phone[-4:])
    assert found(clerk, phone) == found(clerk, address) == []
    assert name not in found(clerk, phone[-5:]), "others may have these digits in their names"
    assert name in found(people.admin, phone[-4:])


def test_a_short_number_is_masked_whole_and_not_found_by_its_end(people):
    short = str(next(_ends)) + "7"
    name = customer(people, phone=short)
    clerk = somebody_with(people, "customer.read").person
    assert clerk.get("/customers", q=name)["list"][0]["phone"] == "****"
    assert name not in found(clerk, short[-4:])


def test_contacts_are_found_by_any_of_their_numbers(people):
    organization = people.admin.post("/organizations", {"name": unique("org")})
    numbers = {"phone": number(), "landline": number(), "emergencyPhone": number()}
    name = unique("contact")
    people.admin.post("/contacts", {"organizationId": organization["id"], "name": name, **numbers})
    for one in numbers.values():
        assert found(people.admin, one, "/contacts") == [name]


def test_nobody_finds_whom_he_may_not_see(people, strangers):
    phone = number()
    customer(people, phone=phone)
    assert found(strangers.admin, phone) == []
    clerk = somebody_with(people, "customer.read", "customer.read_pii", scopes={"*": "own"}).person
    assert found(clerk, phone) == []


def test_the_administration_searches_the_same_way(people, admin):
    phone = number()
    name = customer(people, phone=phone)
    page = text_of(admin.page(f"/customer/list/?q={phone}"))
    assert name in page and "1 row" in page
    assert [row["text"] for row in admin.fetch(f"/options/customer?term={phone}").json()["results"]] == [name]
    clerk = somebody_with(people, "admin.enter", "customer.read")
    assert "Nothing fits" in text_of(clerk.page(f"/customer/list/?q={phone}"))
    assert name in text_of(clerk.page(f"/customer/list/?q={phone[-4:]}"))
    assert clerk.fetch(f"/options/customer?term={phone}").json()["results"] == []
