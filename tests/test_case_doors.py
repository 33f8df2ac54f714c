"""The doors of E's ticket system at `/case`: signing in, other sites, refusals, pages (TKT-13)."""

import pytest
import requests

from tests.case_face import TICKET, ask, call, checked
from tests.people import CSRF_HEADER, Company, Person, unique

# --- signing in -----------------------------------------------------------------------------------------------------


def at_the_door(people: Company, door: str, username: str, password: str, **more) -> requests.Response:
    return requests.post(
        f"{people.base_url}/case/api/{door}", json={"username": username, "password": password, **more}, timeout=30
    )


def test_each_door_lets_in_those_it_is_for(people):
    for door, insider, outsider, role in (
        ("login", people.customer, people.agent, "customer"),
        ("admin/login", people.agent, people.customer, "admin"),
    ):
        told = at_the_door(people, door, insider.username, insider.password)
        assert told.status_code == 200 and told.json()["user"]["role"] == role
        wrong = at_the_door(people, door, insider.username, "wrong-password")
        stranger = at_the_door(people, door, unique("nobody"), "wrong-password")
        # a right password at the wrong door says no more than a wrong one
        refused = at_the_door(people, door, outsider.username, outsider.password)
        assert {answer.status_code for answer in (wrong, stranger, refused)} == {401}
        assert wrong.text == stranger.text == refused.text and not refused.cookies


def test_doors_share_the_lock_of_all_doors(people):
    victim = people.new("customer")
    for _ in range(5):
        at_the_door(people, "login", victim.username, "wrong-password")
    assert at_the_door(people, "login", victim.username, victim.password).status_code == 429
    assert at_the_door(people, "admin/login", victim.username, victim.password).json()["error"] == "locked"
    Person(people.base_url).post("/session", {"username": victim.username, "password": victim.password}, expect=429)


def test_first_password_must_be_changed_before_anything_else(people):
    username, password = unique("new"), "First-password-1"
    people.admin.post("/users", {"username": username, "password": password, "roleIds": [people.role_id("customer")]})
    client = Person(people.base_url)
    call(client, "POST", "/api/login", {"username": username, "password": password})
    assert call(client, "GET", "/api/tickets", expect=403)["error"] == "password_change_required"


def test_login_takes_exactly_its_fields(people):
    call(people.anonymous, "POST", "/api/login", {"username": "x"}, expect=400)
    told = call(people.anonymous, "POST", "/api/login", {"username": "x", "password": "y", "role": "admin"}, expect=400)
    assert told["fields"] == {"role": told["fields"]["role"]}


# --- writes that another site may have caused -----------------------------------------------------------------------


@pytest.mark.parametrize("origin", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_another_site_cannot_write_with_a_readers_cookie(people, origin):
    browser = people.customer.again()
    answer = ask(browser, "POST", "/api/tickets", json=TICKET, headers=origin)
    assert (answer.status_code, checked(answer)["error"]) == (403, "csrf")


@pytest.mark.parametrize("sign", ["Origin", "Referer", "Sec-Fetch-Site"])
def test_browsers_need_the_word_of_their_page(people, sign):
    """A program with a cookie jar has no page; a browser says in each write where it comes from."""
    browser = people.customer.again()
    word = browser.http.headers.pop(CSRF_HEADER)
    header = {sign: "same-origin" if sign == "Sec-Fetch-Site" else people.base_url}

    def status(**more) -> int:
        return ask(browser, "POST", "/api/tickets", json=TICKET, headers={**header, **more}).status_code

    assert status() == 403
    for wrong in ("", "0" * 64, people.agent.http.headers[CSRF_HEADER]):
        assert (
            ask(browser, "POST", "/api/tickets", json=TICKET, headers={**header, CSRF_HEADER: wrong}).status_code == 403
        )
    assert ask(browser, "POST", "/api/tickets", json=TICKET, headers={**header, CSRF_HEADER: word}).status_code == 200
    assert ask(browser, "POST", "/api/tickets", json=TICKET).status_code == 200


def test_login_tells_pages_their_word(people):
    who, browser = people.customer, requests.Session()
    answer = browser.post(
        f"{people.base_url}/case/api/login", json={"username": who.username, "password": who.password}, timeout=30
    )
    headers = {"Origin": people.base_url, CSRF_HEADER: answer.headers[CSRF_HEADER]}
    made = browser.post(f"{people.base_url}/case/api/tickets", json=TICKET, headers=headers, timeout=30)
    assert made.json()["success"] is True


def test_forms_of_other_sites_are_no_json(people):
    body = '{"customer_name": "x"}'
    answer = ask(people.customer, "POST", "/api/tickets", data=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400 and checked(answer)["error"] == "unsupported_type"


# --- one shape for all refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/tickets/999999999", 404, "not_found"),
        ("GET", "/api/tickets/x", 404, "not_found"),
        ("DELETE", "/api/tickets", 405, "method_not_allowed"),
        ("GET", "/api/tickets?page=0", 400, "invalid"),
        ("GET", "/api/tickets?per_page=101", 400, "invalid"),
        ("GET", "/api/tickets?colour=red", 400, "invalid"),
        ("GET", "/api/tickets?status=完成", 400, "invalid"),
        ("GET", "/api/tickets?priority=很高", 400, "invalid"),
        ("GET", "/api/tickets?type=不存在", 400, "invalid"),
        ("GET", "/api/tickets?start_date=2026-13-01", 400, "invalid"),
        ("GET", "/api/tickets?end_date=0001-01-01", 400, "invalid"),
        ("GET", "/uploads/", 404, "not_found"),
        ("GET", "/uploads/x.txt", 404, "not_found"),
    ],
)
def test_refusals_have_one_shape(people, method, path, status, error):
    answer = ask(people.supervisor, method, path)
    assert (answer.status_code, checked(answer)["error"]) == (status, error)


def test_too_large_bodies_are_refused_in_the_same_shape(people):
    answer = ask(people.customer, "POST", "/api/tickets", json={**TICKET, "description": "x" * 2_000_000})
    assert answer.status_code == 413 and checked(answer)["error"] == "too_large"


def test_too_many_requests_are_refused_in_the_same_shape(start_server, people):
    server = start_server(REQUEST_RATE_PER_IP="2 per minute")
    answers = [requests.get(f"{server.base_url}/case/api/tickets", timeout=30) for _ in range(4)]
    assert answers[-1].status_code == 429 and answers[-1].headers["Retry-After"]
    assert checked(answers[-1])["error"] == "too_many"


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "anonymous", "customer", "staff"),
    [
        ("/login", "/login?next=/case/my-tickets", "/tickets", "/desk/tickets"),
        ("/admin/login", "/login?next=/case/admin/tickets", None, "/desk/tickets"),
        ("/submit", "/tickets/new", "/tickets/new", "/desk/tickets?new=1"),
        ("/my-tickets", "/login?next=/case/my-tickets", "/tickets", "/desk/tickets"),
        ("/admin/tickets", "/login?next=/case/admin/tickets", None, "/desk/tickets"),
        ("/ticket/17", "/login?next=/case/ticket/17", "/tickets/17", "/desk/tickets/17"),
        ("", "/login?next=/case/my-tickets", "/tickets", "/desk/tickets"),
    ],
)
def test_pages_of_e_lead_to_our_own(people, page, anonymous, customer, staff):
    for who, wanted in (
        (people.anonymous, anonymous),
        (people.customer, customer),
        (people.agent, staff),
        (people.supervisor, staff),
    ):
        answer = ask(who, "GET", page, allow_redirects=False)
        found = (answer.status_code, answer.headers.get("Location"))
        assert found == ((302, wanted) if wanted else (403, None)), who
        if wanted:
            assert ask(who, "GET", page).status_code == 200


def test_unknown_page_is_a_page(people):
    answer = ask(people.anonymous, "GET", "/nothing")
    assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")
