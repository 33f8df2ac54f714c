"""`manage.py password`: the way back in for who runs the server and finds an account locked out."""

import pyotp
import pytest

from tests.people import Person, unique
from tests.servers import ServerFailed, run_cli


@pytest.fixture
def give_password(backend):
    """Run the command with nobody at the keyboard; the password it printed."""

    def run(name: str, *options: str) -> str:
        printed = run_cli("password", name, *options, settings={**backend.settings, "LANG": "C.UTF-8"})
        assert "must be changed at the next sign-in" in printed
        return printed.splitlines()[0].split()[-1]

    return run


def new_browser(person: Person) -> Person:
    return Person(person.base_url, host=person.host)


def test_the_printed_password_opens_the_account_and_must_be_changed(people, give_password):
    person = people.new("agent")
    made = give_password(person.username)
    state = new_browser(person).post("/session", {"username": person.username, "password": made})
    assert state["actor"]["mustChangePassword"] is True
    new_browser(person).post("/session", {"username": person.username, "password": person.password}, expect=401)


def test_an_account_is_found_by_its_address_too(people, give_password):
    email = f"{unique('mail')}@example.org"
    person = people.new("supervisor", email=email)
    made = give_password(email)
    new_browser(person).post("/session", {"username": person.username, "password": made})


def test_everything_signed_in_before_ends(people, give_password):
    person = people.new("agent")
    program = person.program()
    give_password(person.username)
    assert person.get("/session")["actor"] is None
    program.get("/user/info", expect=401)


def test_a_locked_account_is_open_again(people, give_password):
    person = people.new("agent")
    for _ in range(5):
        new_browser(person).post("/session", {"username": person.username, "password": "wrong-1"}, expect=401)
    # locked in the serving process, which the command is not
    new_browser(person).post("/session", {"username": person.username, "password": person.password}, expect=429)
    made = give_password(person.username)
    new_browser(person).post("/session", {"username": person.username, "password": made})


def test_the_second_factor_stays_unless_it_is_cleared(people, give_password):
    person = people.new("agent")
    secret = person.post("/user/totp", {"password": person.password})["secret"]
    person.post("/user/totp/confirm", {"code": pyotp.TOTP(secret).now()})
    made = give_password(person.username)
    refusal = new_browser(person).post("/session", {"username": person.username, "password": made}, expect=401)
    assert refusal["error"] == "totp_required"
    made = give_password(person.username, "--clear-totp")
    state = new_browser(person).post("/session", {"username": person.username, "password": made})
    assert state["actor"]["mustChangePassword"] is True


def test_the_operation_log_knows(people, give_password):
    person = people.new("agent")
    made = give_password(person.username)
    log = people.admin.get("/operation-logs", targetType="ab_user", targetId=person.user_id)["list"]
    [row] = [row for row in log if row["operation"] == "user.reset_password"]
    assert (row["userName"], row["userId"]) == ("system", None)
    assert row["after"]["password"] == "***" and made not in str(log)


def test_an_unknown_account_is_refused(backend):
    with pytest.raises(ServerFailed, match="There is no account nobody-of-that-name"):
        run_cli("password", "nobody-of-that-name", settings={**backend.settings, "LANG": "C.UTF-8"})


def test_an_empty_folder_stays_without_database(tmp_path):
    settings = {"DATA_DIR": str(tmp_path), "KB_INDEX_DIR": str(tmp_path / "kb"), "LANG": "C.UTF-8"}
    with pytest.raises(ServerFailed, match=r"manage\.py migrate"):
        run_cli("password", "admin", settings=settings)
