"""Tokens and sessions: what is taken for one, and what ends it."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets

import jwt
import pytest

from tests.identity.custom_roles import new_with_role, right_ids
from tests.identity.ways_in import (
    AT_ONCE,
    bearer,
    sign_in,
)
from tests.people import Ears, Person, at_once, unique


def signing_key(backend) -> str:
    return hashlib.sha256(f"jwt:{backend.settings['SECRET_KEY']}".encode()).hexdigest()


@pytest.fixture
def claims(backend, server, people) -> dict:
    """The claims of a token that is good, to be spoilt."""
    token = sign_in(server, people.agent)["accessToken"]
    return jwt.decode(token, signing_key(backend), algorithms=["HS256"], audience="smartsupport-api")


def test_token_made_like_ours_is_taken(backend, server, claims):
    """The other tests would prove nothing if ours were refused for another reason."""
    assert bearer(server, jwt.encode(claims, signing_key(backend), algorithm="HS256")).get("/user/info")
    assert claims["exp"] - claims["iat"] == 2 * 3600


@pytest.mark.parametrize(
    "spoil",
    [
        {"exp": dt.timedelta(minutes=-5)},
        {"exp": None},
        {"iat": None},
        {"aud": "another-service"},
        {"aud": None},
        {"sub": None},
        {"jti": None},
        {"jti": "999999999-0"},
        {"jti": "x"},
        {"jti": "-1-0"},
        {"sub": "1"},
        {"nbf": dt.timedelta(hours=1)},
        {"iat": dt.timedelta(hours=1)},
    ],
    ids=str,
)
def test_token_with_wrong_claims_is_refused(backend, server, claims, spoil):
    now = dt.datetime.now(dt.UTC)
    spoil = {name: now + value if isinstance(value, dt.timedelta) else value for name, value in spoil.items()}
    spoilt = {name: value for name, value in (claims | spoil).items() if value is not None}
    bearer(server, jwt.encode(spoilt, signing_key(backend), algorithm="HS256")).get("/user/info", expect=401)


@pytest.mark.parametrize(
    ("key", "algorithm", "headers"),
    [
        (None, "none", {}),
        ("", "HS256", {}),
        (secrets.token_hex(32), "HS256", {}),
        ("right", "HS512", {}),
        ("", "HS256", {"kid": "../../dev/null"}),
        (secrets.token_hex(32), "HS256", {"jwk": {"kty": "oct", "k": "AAAA"}}),
    ],
    ids=["none", "empty key", "own key", "other algorithm", "kid", "jwk"],
)
def test_token_signed_otherwise_is_refused(backend, server, claims, key, algorithm, headers):
    if key == "":
        token = signed_with_nothing(claims, headers)
    else:
        token = jwt.encode(
            claims, signing_key(backend) if key == "right" else key, algorithm=algorithm, headers=headers
        )
    bearer(server, token).get("/user/info", expect=401)


def signed_with_nothing(claims: dict, headers: dict) -> str:
    """PyJWT refuses to sign with an empty key; whoever attacks does not."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = b".".join(
        part(json.dumps(value).encode()) for value in ({"alg": "HS256", "typ": "JWT", **headers}, claims)
    )
    return (signed + b"." + part(hmac.digest(b"", signed, "sha256"))).decode()


@pytest.mark.parametrize("token", ["", " ", "null", "a.b.c", "." * 3, "x" * 5000])
def test_what_is_no_token_is_refused(server, token):
    bearer(server, token).get("/user/info", expect=401)


def test_refresh_token_is_no_access_token_and_the_reverse(server, people):
    pair = sign_in(server, people.agent)
    bearer(server, pair["refreshToken"]).get("/user/info", expect=401)
    Person(server.base_url).post("/auth/refresh", {"refreshToken": pair["accessToken"][:200]}, expect=401)


def test_refresh_token_works_once_and_its_reuse_ends_the_family(server, people):
    agent = people.new("agent")
    pair = sign_in(server, agent)
    bystander = sign_in(server, agent)
    newer = Person(server.base_url).post("/auth/refresh", {"refreshToken": pair["refreshToken"]})
    assert newer["refreshToken"] != pair["refreshToken"]
    program = bearer(server, newer["accessToken"])
    assert program.get("/user/info")["id"] == agent.user_id
    with Ears(server.base_url, token=newer["accessToken"]) as ears:
        Person(server.base_url).post("/auth/refresh", {"refreshToken": pair["refreshToken"]}, expect=401)
        assert ears.closed.wait(AT_ONCE)
    program.get("/user/info", expect=401)
    Person(server.base_url).post("/auth/refresh", {"refreshToken": newer["refreshToken"]}, expect=401)
    # another program of the same person goes on
    assert bearer(server, bystander["accessToken"]).get("/user/info")
    assert Person(server.base_url).post("/auth/refresh", {"refreshToken": bystander["refreshToken"]})


def test_refresh_token_used_twice_at_once_gives_one_pair(server, people):
    pair = sign_in(server, people.new("agent"))
    answers = at_once(
        *[lambda: Person(server.base_url).request("POST", "/auth/refresh", json={"refreshToken": pair["refreshToken"]})]
        * 4
    )
    assert [answer.status_code for answer in answers].count(200) <= 1


@pytest.mark.parametrize("token", ["", " ", "0", "null", "x" * 200])
def test_refresh_token_that_is_none_is_refused(server, token):
    Person(server.base_url).post("/auth/refresh", {"refreshToken": token}, expect=401)


# --- what ends a sign-in --------------------------------------------------------------------------------------------

ENDINGS = {
    "disable": lambda people, person: people.admin.put(f"/users/{person.user_id}", {"active": False}),
    "delete": lambda people, person: people.admin.delete(f"/users/{person.user_id}"),
    "role change": lambda people, person: people.admin.put(
        f"/users/{person.user_id}", {"roleIds": [people.role_id("customer")]}
    ),
    "role granted": lambda people, person: people.admin.post(
        f"/roles/{people.role_id('supervisor')}/users", {"userIds": [person.user_id]}
    ),
    "password reset": lambda people, person: people.admin.post(f"/users/{person.user_id}/reset-password"),
    "second factor reset": lambda people, person: people.admin.post(f"/users/{person.user_id}/reset-second-factor"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_change_by_an_administrator_ends_cookie_token_and_sockets(server, people, ending):
    person = people.new("agent")
    pair = sign_in(server, person)
    program = bearer(server, pair["accessToken"])
    with person.socket() as by_cookie, Ears(server.base_url, token=pair["accessToken"]) as by_token:
        by_cookie.ok("ping")
        ENDINGS[ending](people, person)
        assert person.get("/session")["actor"] is None
        program.get("/user/info", expect=401)
        Person(server.base_url).post("/auth/refresh", {"refreshToken": pair["refreshToken"]}, expect=401)
        assert by_cookie.closed.wait(AT_ONCE) and by_token.closed.wait(AT_ONCE)


def test_change_of_the_own_password_ends_all_but_the_place_where_it_was_made(server, people):
    person = people.new("agent")
    other, program = person.again(), person.program()
    with person.socket() as here, other.socket() as there:
        person.put("/user/password", {"oldPassword": person.password, "newPassword": "Brand-new-pass-1"})
        assert there.closed.wait(AT_ONCE)
        here.ok("ping")
    assert person.get("/session")["actor"]["userId"] == person.user_id
    assert other.get("/session")["actor"] is None
    program.get("/user/info", expect=401)


@pytest.mark.parametrize("kind", ["cookie", "token"])
def test_signing_out_ends_this_sign_in_only(server, people, kind):
    person = people.new("agent")
    other = person.again()
    pair = sign_in(server, person)
    program = bearer(server, pair["accessToken"])
    ears = (
        Ears(server.base_url, cookie=person.cookie)
        if kind == "cookie"
        else Ears(server.base_url, token=pair["accessToken"])
    )
    kept = dict(person.http.cookies)
    with ears:
        person.delete("/session") if kind == "cookie" else program.post("/auth/logout")
        assert ears.closed.wait(AT_ONCE)
    thief = Person(server.base_url)
    thief.http.cookies.update(kept)
    if kind == "cookie":
        assert thief.get("/session")["actor"] is None
        assert program.get("/user/info")
    else:
        program.get("/user/info", expect=401)
        Person(server.base_url).post("/auth/refresh", {"refreshToken": pair["refreshToken"]}, expect=401)
        assert thief.get("/session")["actor"]
    assert other.get("/session")["actor"]


def test_what_ended_in_one_process_has_ended_in_the_other(people, start_server):
    person = people.new("agent")
    elsewhere = person.at(start_server().base_url)
    with elsewhere.socket() as ears:
        ears.ok("ping")
        people.admin.put(f"/users/{person.user_id}", {"active": False})
        assert elsewhere.get("/session")["actor"] is None
        assert ears.closed.wait(AT_ONCE)


def test_rights_taken_from_a_role_are_gone_at_once(people):
    role = people.admin.post("/roles", {"name": unique("role")})
    wanted = right_ids(people, "ticket.read", "user.read")
    people.admin.post(f"/roles/{role['id']}/permissions", {"permissionIds": wanted, "scopes": {"*": "all"}})
    person = new_with_role(people, role["id"])
    person.get("/users")
    people.admin.post(f"/roles/{role['id']}/permissions", {"permissionIds": wanted[:1], "scopes": {"*": "all"}})
    person.get("/users", expect=403)
    assert person.get("/session")["actor"]["permissions"] == ["ticket.read"]


# --- the first password ---------------------------------------------------------------------------------------------


def test_first_password_must_be_changed_before_anything_else(server, people):
    username = unique("fresh")
    made = people.admin.post("/users", {"username": username, "roleIds": [people.role_id("agent")]})["initialPassword"]
    person = Person(server.base_url)
    person._remember(person.post("/session", {"username": username, "password": made}))
    assert person.actor["mustChangePassword"] is True
    for method, path in (
        ("GET", "/tickets"),
        ("GET", "/users"),
        ("PUT", "/user/info"),
        ("POST", "/tickets"),
        ("POST", "/user/totp"),
    ):
        assert (
            person.call(method, path, {} if method != "GET" else None, expect=403)["error"]
            == "password_change_required"
        )
    with person.socket() as ears:
        ears.refused("join", {"sessionId": 1}, "password_change_required")
    program = bearer(
        server, Person(server.base_url).post("/auth/login", {"username": username, "password": made})["accessToken"]
    )
    assert program.get("/tickets", expect=403)["error"] == "password_change_required"
    person.put("/user/password", {"oldPassword": made, "newPassword": made}, expect=400)
    person.put("/user/password", {"oldPassword": made, "newPassword": "Brand-new-pass-1"})
    assert person.get("/session")["actor"]["mustChangePassword"] is False
    person.get("/tickets")
