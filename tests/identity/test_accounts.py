"""The own account, and who may manage whose."""

import pytest
import sqlalchemy as sa

from tests.identity.custom_roles import new_with_role, right_ids
from tests.people import unique

FORBIDDEN = {
    "role": "admin",
    "roles": [1],
    "roleIds": [1],
    "active": True,
    "isActive": 1,
    "vipLevel": 9,
    "teamId": 1,
    "password": "x",
    "emailVerified": True,
    "phoneVerified": True,
    "deleted": 0,
    "createBy": 1,
    "tenantId": 2,
    "departmentId": 1,
    "username": "root",
    "mustChangePassword": False,
    "totpEnabled": False,
    "id": 1,
    "__proto__": {},
    "full_name": "snake",
}


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
    taken = people.new("customer", email=f"{unique('taken')}@example.org").get("/user/info")["email"]
    person.put("/user/info", {"email": taken}, expect=409)


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
        rows = (
            connection.execute(
                sa.text("SELECT * FROM operation_log WHERE target_type = 'ab_user' AND target_id = :id"),
                {"id": person.user_id},
            )
            .mappings()
            .all()
        )
    assert rows and not any("$2b$" in str(dict(row)) or "Brand-new" in str(dict(row)) for row in rows)


# --- who may manage whom --------------------------------------------------------------------------------------------

WRITES = [
    ("POST", "/users", {"username": "intruder", "roleIds": []}),
    ("PUT", "/users/{user}", {"fullName": "x"}),
    ("DELETE", "/users/{user}", None),
    ("POST", "/users/{user}/reset-password", None),
    ("POST", "/users/{user}/reset-second-factor", None),
    ("POST", "/users/import", None),
    ("POST", "/users/sync/oa", {"roleId": 1}),
    ("POST", "/roles", {"name": "x"}),
    ("PUT", "/roles/{role}", {"name": "x"}),
    ("DELETE", "/roles/{role}", None),
    ("POST", "/roles/{role}/permissions", {"permissionIds": []}),
    ("POST", "/roles/{role}/users", {"userIds": []}),
    ("PUT", "/settings", {"values": {}}),
    ("POST", "/departments", {"name": "x", "code": "x"}),
    ("PUT", "/departments/1", {"name": "x"}),
    ("DELETE", "/departments/1", None),
    ("GET", "/users", None),
    ("GET", "/roles", None),
    ("GET", "/permissions", None),
    ("GET", "/users/import/template.csv", None),
]


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
    for method, path, body in (
        ("PUT", "", {"active": False}),
        ("PUT", "", {"email": f"{unique()}@example.org"}),
        ("DELETE", "", None),
        ("POST", "/reset-password", None),
        ("POST", "/reset-second-factor", None),
    ):
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
