"""Tokens and sessions, the own account, roles and departments."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets

import jwt
import pytest
import sqlalchemy as sa

from tests.people import Ears, Person, at_once, unique

#: how soon what was ended must have ended everywhere (B07)
AT_ONCE = 5.0


def bearer(server, token: str) -> Person:
    program = Person(server.base_url)
    program.http.headers["Authorization"] = f"Bearer {token}"
    return program


def sign_in(server, person: Person, **more) -> dict:
    return Person(server.base_url).post("/auth/login", {"username": person.username, "password": person.password, **more})


# --- tokens ---------------------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("spoil", [
    {"exp": dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)}, {"exp": None}, {"iat": None}, {"aud": "another-service"}, {"aud": None},
    {"sub": None}, {"jti": None}, {"jti": "999999999-0"}, {"jti": "x"}, {"jti": "-1-0"}, {"sub": "1"},
    {"nbf": dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)}, {"iat": dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)},
], ids=str)
def test_token_with_wrong_claims_is_refused(backend, server, claims, spoil):
    spoilt = {name: value for name, value in (claims | spoil).items() if value is not None}
    bearer(server, jwt.encode(spoilt, signing_key(backend), algorithm="HS256")).get("/user/info", expect=401)


@pytest.mark.parametrize(("key", "algorithm", "headers"), [
    (None, "none", {}), ("", "HS256", {}), (secrets.token_hex(32), "HS256", {}), ("right", "HS512", {}),
    ("", "HS256", {"kid": "../../dev/null"}), (secrets.token_hex(32), "HS256", {"jwk": {"kty": "oct", "k": "AAAA"}}),
], ids=["none", "empty key", "own key", "other algorithm", "kid", "jwk"])
def test_token_signed_otherwise_is_refused(backend, server, claims, key, algorithm, headers):
    if key == "":
        token = signed_with_nothing(claims, headers)
    else:
        token = jwt.encode(claims, signing_key(backend) if key == "right" else key, algorithm=algorithm, headers=headers)
    bearer(server, token).get("/user/info", expect=401)


def signed_with_nothing(claims: dict, headers: dict) -> str:
    """PyJWT refuses to sign with an empty key; whoever attacks does not."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = b".".join(part(json.dumps(value).encode()) for value in ({"alg": "HS256", "typ": "JWT", **headers}, claims))
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
    answers = at_once(*[lambda: Person(server.base_url).request("POST", "/auth/refresh", json={"refreshToken": pair["refreshToken"]})] * 4)
    assert [answer.status_code for answer in answers].count(200) <= 1


@pytest.mark.parametrize("token", ["", " ", "0", "null", "x" * 200])
def test_refresh_token_that_is_none_is_refused(server, token):
    Person(server.base_url).post("/auth/refresh", {"refreshToken": token}, expect=401)


# --- what ends a sign-in --------------------------------------------------------------------------------------------

ENDINGS = {
    "disable": lambda people, person: people.admin.put(f"/users/{person.user_id}", {"active": False}),
    "delete": lambda people, person: people.admin.delete(f"/users/{person.user_id}"),
    "role change": lambda people, person: people.admin.put(f"/users/{person.user_id}", {"roleIds": [people.role_id("customer")]}),
    "role granted": lambda people, person: people.admin.post(f"/roles/{people.role_id('supervisor')}/users", {"userIds": [person.user_id]}),
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
    ears = Ears(server.base_url, cookie=person.cookie) if kind == "cookie" else Ears(server.base_url, token=pair["accessToken"])
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
    for method, path in (("GET", "/tickets"), ("GET", "/users"), ("PUT", "/user/info"), ("POST", "/tickets"), ("POST", "/user/totp")):
        assert person.call(method, path, {} if method != "GET" else None, expect=403)["error"] == "password_change_required"
    with person.socket() as ears:
        ears.refused("join", {"sessionId": 1}, "password_change_required")
    program = bearer(server, Person(server.base_url).post("/auth/login", {"username": username, "password": made})["accessToken"])
    assert program.get("/tickets", expect=403)["error"] == "password_change_required"
    person.put("/user/password", {"oldPassword": made, "newPassword": made}, expect=400)
    person.put("/user/password", {"oldPassword": made, "newPassword": "Brand-new-pass-1"})
    assert person.get("/session")["actor"]["mustChangePassword"] is False
    person.get("/tickets")


# --- the own account ------------------------------------------------------------------------------------------------

FORBIDDEN = {"role": "admin", "roles": [1], "roleIds": [1], "active": True, "isActive": 1, "vipLevel": 9, "teamId": 1, "password": "x",
             "emailVerified": True, "phoneVerified": True, "deleted": 0, "createBy": 1, "tenantId": 2, "departmentId": 1, "username": "root",
             "mustChangePassword": False, "totpEnabled": False, "id": 1, "__proto__": {}, "full_name": "snake"}


@pytest.mark.parametrize("field", FORBIDDEN)
def test_own_profile_takes_only_what_belongs_to_the_person(people, field):
    customer = people.customer
    before = customer.get("/user/info")
    data = customer.put("/user/info", {"fullName": before["fullName"], field: FORBIDDEN[field]}, expect=400)
    assert field in data["fields"]
    assert customer.get("/user/info") == before


def test_own_profile_changes_what_it_may(people):
    person = people.new("agent")
    info = person.put("/user/info", {"fullName": "  王  敏 ", "email": f"{unique('W')}@Example.org", "locale": "en"})
    assert info["fullName"] == "王 敏" and info["email"].islower() and info["locale"] == "en"
    assert person.get("/session")["actor"]["name"] == "王 敏"
    person.put("/user/info", {"email": people.admin.get("/user/info")["email"]}, expect=409)


def test_own_operation_log_shows_own_acts_only(people):
    person = people.new("agent")
    person.put("/user/info", {"fullName": "Somebody"})
    log = person.get("/user/operation-logs", size=100)["list"]
    assert {row["userId"] for row in log} == {person.user_id}
    assert "user.update_own" in {row["operation"] for row in log}
    person.get("/operation-logs", expect=403)
    person.delete("/operation-logs/1", expect=404)


def test_passwords_never_reach_the_operation_log(people, database):
    person = people.new("agent")
    person.put("/user/password", {"oldPassword": person.password, "newPassword": "Brand-new-pass-1"})
    with database.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM operation_log WHERE target_type = 'ab_user' AND target_id = :id"),
                                  {"id": person.user_id}).mappings().all()
    assert rows and not any("$2b$" in str(dict(row)) or "Brand-new" in str(dict(row)) for row in rows)


# --- who may manage whom --------------------------------------------------------------------------------------------

WRITES = [("POST", "/users", {"username": "intruder", "roleIds": []}), ("PUT", "/users/{user}", {"fullName": "x"}), ("DELETE", "/users/{user}", None),
          ("POST", "/users/{user}/reset-password", None), ("POST", "/users/{user}/reset-second-factor", None),
          ("POST", "/users/import", None), ("POST", "/users/sync/oa", {"roleId": 1}), ("POST", "/roles", {"name": "x"}),
          ("PUT", "/roles/{role}", {"name": "x"}), ("DELETE", "/roles/{role}", None), ("POST", "/roles/{role}/permissions", {"permissionIds": []}),
          ("POST", "/roles/{role}/users", {"userIds": []}), ("PUT", "/settings", {"values": {}}), ("POST", "/departments", {"name": "x", "code": "x"}),
          ("PUT", "/departments/1", {"name": "x"}), ("DELETE", "/departments/1", None), ("GET", "/users", None), ("GET", "/roles", None),
          ("GET", "/permissions", None), ("GET", "/users/import/template.csv", None)]


@pytest.mark.parametrize("who", ["agent", "customer", "anonymous"])
@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: value if isinstance(value, str) else "")
def test_users_roles_and_settings_belong_to_administrators(people, who, method, path, body):
    path = path.format(user=people.admin.user_id, role=people.role_id("agent"))
    getattr(people, who).call(method, path, body, expect=401 if who == "anonymous" else 403)


def test_administrator_manages_users(people):
    manager = people.manager
    username = unique("managed")
    made = manager.post("/users", {"username": username, "fullName": "新人", "roleIds": [people.role_id("agent")]})
    assert made["initialPassword"] and made["mustChangePassword"] and made["roles"][0]["code"] == "agent"
    assert "password" not in made
    assert manager.get("/users", q=username)["total"] == 1
    manager.post("/users", {"username": username.upper(), "roleIds": []}, expect=409)
    manager.put(f"/users/{made['id']}", {"roleIds": [people.role_id("supervisor")]})
    assert manager.get(f"/users/{made['id']}")["roles"][0]["code"] == "supervisor"
    manager.delete(f"/users/{made['id']}")
    manager.get(f"/users/{made['id']}", expect=404)
    # the name is free again
    manager.post("/users", {"username": username, "roleIds": []})


def test_nobody_switches_off_his_own_account(people):
    people.manager.put(f"/users/{people.manager.user_id}", {"active": False}, expect=409)
    people.manager.delete(f"/users/{people.manager.user_id}", expect=409)


def test_administrator_has_no_power_over_the_super_administrator(people):
    manager, victim = people.manager, people.admin
    for method, path, body in (("PUT", "", {"active": False}), ("PUT", "", {"email": f"{unique()}@example.org"}), ("DELETE", "", None),
                               ("POST", "/reset-password", None), ("POST", "/reset-second-factor", None)):
        manager.call(method, f"/users/{victim.user_id}{path}", body, expect=403)
    assert victim.get("/session")["actor"]


@pytest.mark.parametrize("way", ["create", "update", "own"])
def test_nobody_gives_a_role_that_may_do_more_than_himself(people, way):
    """Neither the super administrator's nor a home-made one."""
    manager = people.manager
    strong = people.admin.post("/roles", {"name": unique("strong")})["id"]
    people.admin.post(f"/roles/{strong}/permissions", {"permissionIds": right_ids(people, "system_setting.update")})
    for role in (people.role_id("super_admin"), strong):
        if way == "create":
            manager.post("/users", {"username": unique("puppet"), "roleIds": [role]}, expect=403)
        else:
            user_id = manager.user_id if way == "own" else people.agent.user_id
            manager.put(f"/users/{user_id}", {"roleIds": [role]}, expect=403)


def test_account_that_may_do_more_is_out_of_reach(people):
    """To reset its password would be to become that person."""
    strong = people.admin.post("/roles", {"name": unique("strong")})["id"]
    people.admin.post(f"/roles/{strong}/permissions", {"permissionIds": right_ids(people, "system_setting.update")})
    holder = new_with_role(people, strong)
    people.manager.post(f"/users/{holder.user_id}/reset-password", expect=403)
    people.manager.put(f"/users/{holder.user_id}", {"email": f"{unique()}@example.org"}, expect=403)


@pytest.mark.parametrize("name", ["", "ab", "a b c", "<script>", "x" * 65, "a/b/c", "a\tb\tc", "=cmd()", "root\x00"])
def test_odd_user_names_are_refused(people, name):
    people.admin.post("/users", {"username": name, "roleIds": []}, expect=400)


# --- roles ----------------------------------------------------------------------------------------------------------

def right_ids(people, *names: str) -> list[int]:
    known = {right["name"]: right["id"] for right in people.admin.get("/permissions")}
    return [known[name] for name in names]


def new_with_role(people, role_id: int) -> Person:
    username, password = unique("person"), f"First-{secrets.token_hex(6)}"
    people.admin.post("/users", {"username": username, "password": password, "roleIds": [role_id]})
    return Person(people.base_url).sign_in(username, password)


def test_role_is_made_granted_given_and_deleted(people):
    admin, name = people.admin, unique("role")
    role = admin.post("/roles", {"name": f"  {name} ", "description": "for the test"})
    assert (role["name"], role["isPreset"], role["permissions"], role["scopes"]) == (name, False, [], {"*": "own"})
    admin.post("/roles", {"name": name}, expect=409)
    assert admin.put(f"/roles/{role['id']}", {"description": "changed"})["description"] == "changed"
    granted = admin.post(f"/roles/{role['id']}/permissions", {"permissionIds": right_ids(people, "ticket.read", "customer.read"),
                                                              "scopes": {"*": "team", "ticket": "all"}})
    assert {right["name"] for right in granted["permissions"]} == {"ticket.read", "customer.read"}
    assert granted["scopes"] == {"*": "team", "ticket": "all"}
    person = new_with_role(people, role["id"])
    assert person.get("/session")["actor"]["permissions"] == ["customer.read", "ticket.read"]
    admin.delete(f"/roles/{role['id']}", expect=409)
    admin.delete(f"/users/{person.user_id}")
    admin.delete(f"/roles/{role['id']}")
    admin.get(f"/roles/{role['id']}", expect=404)
    # its name is free again, and granting leaves a trace
    admin.post("/roles", {"name": name})
    log = admin.get("/operation-logs", operation="role.grant", targetId=role["id"])["list"]
    assert any(row["after"] and row["after"].get("added") == ["customer.read", "ticket.read"] for row in log)


@pytest.mark.parametrize("code", ["super_admin", "admin", "supervisor", "agent", "customer"])
def test_preset_roles_stay(people, code):
    people.admin.delete(f"/roles/{people.role_id(code)}", expect=409)


def test_rights_of_the_super_administrator_stay(people):
    people.admin.post(f"/roles/{people.role_id('super_admin')}/permissions", {"permissionIds": []}, expect=403)


def test_nobody_grants_more_than_he_has(people):
    """Neither a right nor a wider view: of what he holds he may grant anything."""
    granter_role = people.admin.post("/roles", {"name": unique("granter")})["id"]
    people.admin.post(f"/roles/{granter_role}/permissions", {
        "permissionIds": right_ids(people, "role.read", "role.create", "role.grant", "ticket.read"), "scopes": {"*": "team"}})
    granter = new_with_role(people, granter_role)
    role = granter.post("/roles", {"name": unique("made")})["id"]
    refused = granter.post(f"/roles/{role}/permissions", {"permissionIds": right_ids(people, "ticket.read", "user.delete")}, expect=403)
    assert refused["rights"] == ["user.delete"]
    granter.post(f"/roles/{role}/permissions", {"permissionIds": [], "scopes": {"ticket": "all"}}, expect=403)
    granter.post(f"/roles/{role}/permissions", {"permissionIds": right_ids(people, "ticket.read"), "scopes": {"*": "team"}})
    # nor does he give away what others may do
    granter.post(f"/roles/{people.role_id('admin')}/users", {"userIds": [granter.user_id]}, expect=(400, 403))


def test_role_is_given_to_many_at_once(people):
    role = people.admin.post("/roles", {"name": unique("bulk")})["id"]
    users = [people.admin.post("/users", {"username": unique("member"), "roleIds": [people.role_id("agent")]})["id"] for _ in range(3)]
    assert people.admin.post(f"/roles/{role}/users", {"userIds": users})["changed"] == 3
    assert people.admin.post(f"/roles/{role}/users", {"userIds": users})["changed"] == 0
    assert {entry["id"] for entry in people.admin.get(f"/users/{users[0]}")["roles"]} == {role, people.role_id("agent")}
    people.admin.post(f"/roles/{role}/users", {"userIds": [*users, 10**12]}, expect=400)


@pytest.mark.parametrize("body", [{"permissionIds": [10**12]}, {"permissionIds": ["1"]}, {"permissionIds": [1], "scopes": {"*": "everything"}},
                                  {}, {"permissionIds": [1], "tenantId": 2}])
def test_grant_that_makes_no_sense_is_refused(people, body):
    role = people.admin.post("/roles", {"name": unique("role")})["id"]
    people.admin.post(f"/roles/{role}/permissions", body, expect=400)


def test_permission_tree_holds_every_permission(people):
    tree = people.admin.get("/permissions/tree")
    in_tree = sorted(right["id"] for resource in tree["resources"] for right in resource["permissions"])
    assert in_tree == sorted(right["id"] for right in people.admin.get("/permissions"))
    assert tree["scopes"] == ["own", "team", "department", "all"]
    assert {right["kind"] for resource in tree["resources"] for right in resource["permissions"]} >= {"operation"}


def test_roles_of_another_company_do_not_exist(people, strangers):
    theirs = strangers.admin.get("/roles")["list"][0]["id"]
    people.admin.get(f"/roles/{theirs}", expect=404)
    people.admin.post("/users", {"username": unique("u"), "roleIds": [theirs]}, expect=400)
    people.admin.get(f"/users/{strangers.admin.user_id}", expect=404)


# --- departments ----------------------------------------------------------------------------------------------------

def department(people, parent: int | None = None) -> dict:
    return people.admin.post("/departments", {"name": unique("部门"), "code": unique("dep"), "parentId": parent})


def node(people, row_id: int, nodes: list[dict] | None = None) -> dict | None:
    for found in people.admin.get("/departments/tree") if nodes is None else nodes:
        if found["id"] == row_id:
            return found
        if below := node(people, row_id, found["children"]):
            return below
    return None


def test_departments_form_a_tree_and_move_with_all_below(people):
    root, other = department(people), department(people)
    middle = department(people, root["id"])
    leaf = department(people, middle["id"])
    assert [child["id"] for child in node(people, root["id"])["children"]] == [middle["id"]]
    people.admin.put(f"/departments/{middle['id']}", {"parentId": other["id"]})
    assert node(people, root["id"])["children"] == []
    moved = node(people, other["id"])["children"][0]
    assert moved["id"] == middle["id"] and moved["children"][0]["id"] == leaf["id"]
    people.admin.put(f"/departments/{middle['id']}", {"parentId": None})
    assert middle["id"] in {found["id"] for found in people.admin.get("/departments/tree")}


def test_department_cannot_be_moved_below_itself(people):
    root = department(people)
    leaf = department(people, department(people, root["id"])["id"])
    for below in (root["id"], leaf["id"]):
        people.admin.put(f"/departments/{root['id']}", {"parentId": below}, expect=409)
    people.admin.put(f"/departments/{root['id']}", {"parentId": 10**12}, expect=400)
    assert node(people, root["id"])["children"][0]["children"][0]["id"] == leaf["id"]


def test_department_in_use_stays(people):
    root = department(people)
    leaf = department(people, root["id"])
    member = people.admin.post("/users", {"username": unique("member"), "roleIds": [], "departmentId": leaf["id"]})
    for row in (root, leaf):
        people.admin.delete(f"/departments/{row['id']}", expect=409)
    people.admin.delete(f"/users/{member['id']}")
    for row in (leaf, root):
        people.admin.delete(f"/departments/{row['id']}")
    assert node(people, root["id"]) is None


def test_department_list_detail_and_code(people):
    row = department(people)
    assert people.admin.get(f"/departments/{row['id']}")["code"] == row["code"]
    assert people.admin.get("/departments", code=row["code"])["total"] == 1
    people.admin.post("/departments", {"name": "twin", "code": row["code"]}, expect=409)
    stale = people.admin.put(f"/departments/{row['id']}", {"name": "first", "version": row["version"]})
    assert stale["version"] > row["version"]
    people.admin.put(f"/departments/{row['id']}", {"name": "second", "version": row["version"]}, expect=409)


def test_head_of_a_department_sees_its_people_and_those_below(people):
    """The data scope `department`: the own one and all below it."""
    root = department(people)
    leaf, elsewhere = department(people, root["id"]), department(people)
    role = people.admin.post("/roles", {"name": unique("head")})["id"]
    people.admin.post(f"/roles/{role}/permissions", {"permissionIds": right_ids(people, "user.read"), "scopes": {"*": "department"}})
    head = new_with_role(people, role)
    people.admin.put(f"/users/{head.user_id}", {"departmentId": root["id"]})
    members = {row["id"]: people.admin.post("/users", {"username": unique("m"), "roleIds": [], "departmentId": row["id"]})["id"]
               for row in (root, leaf, elsewhere)}
    assert {user["id"] for user in head.get("/users", size=100)["list"]} == {head.user_id, members[root["id"]], members[leaf["id"]]}
    head.get(f"/users/{members[elsewhere['id']]}", expect=404)
