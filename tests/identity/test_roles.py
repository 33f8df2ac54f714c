"""Roles, rights and data scopes."""

import pytest

from tests.identity.custom_roles import new_with_role, right_ids
from tests.people import unique


def test_role_is_made_granted_given_and_deleted(people):
    admin, name = people.admin, unique("role")
    role = admin.post("/roles", {"name": f"  {name} ", "description": "for the test"})
    assert (role["name"], role["isPreset"], role["permissions"], role["scopes"]) == (name, False, [], {"*": "own"})
    admin.post("/roles", {"name": name}, expect=409)
    assert admin.put(f"/roles/{role['id']}", {"description": "changed"})["description"] == "changed"
    granted = admin.post(
        f"/roles/{role['id']}/permissions",
        {"permissionIds": right_ids(people, "ticket.read", "customer.read"), "scopes": {"*": "team", "ticket": "all"}},
    )
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
    people.admin.post(
        f"/roles/{granter_role}/permissions",
        {
            "permissionIds": right_ids(people, "role.read", "role.create", "role.grant", "ticket.read"),
            "scopes": {"*": "team"},
        },
    )
    granter = new_with_role(people, granter_role)
    role = granter.post("/roles", {"name": unique("made")})["id"]
    refused = granter.post(
        f"/roles/{role}/permissions", {"permissionIds": right_ids(people, "ticket.read", "user.delete")}, expect=403
    )
    assert refused["rights"] == ["user.delete"]
    granter.post(f"/roles/{role}/permissions", {"permissionIds": [], "scopes": {"ticket": "all"}}, expect=403)
    granter.post(
        f"/roles/{role}/permissions", {"permissionIds": right_ids(people, "ticket.read"), "scopes": {"*": "team"}}
    )
    # nor does he give away what others may do
    granter.post(f"/roles/{people.role_id('admin')}/users", {"userIds": [granter.user_id]}, expect=(400, 403))


def test_role_is_given_to_many_at_once(people):
    role = people.admin.post("/roles", {"name": unique("bulk")})["id"]
    users = [
        people.admin.post("/users", {"username": unique("member"), "roleIds": [people.role_id("agent")]})["id"]
        for _ in range(3)
    ]
    assert people.admin.post(f"/roles/{role}/users", {"userIds": users})["changed"] == 3
    assert people.admin.post(f"/roles/{role}/users", {"userIds": users})["changed"] == 0
    assert {entry["id"] for entry in people.admin.get(f"/users/{users[0]}")["roles"]} == {role, people.role_id("agent")}
    people.admin.post(f"/roles/{role}/users", {"userIds": [*users, 10**12]}, expect=400)


@pytest.mark.parametrize(
    "body",
    [
        {"permissionIds": [10**12]},
        {"permissionIds": ["1"]},
        {"permissionIds": [1], "scopes": {"*": "everything"}},
        {},
        {"permissionIds": [1], "tenantId": 2},
    ],
)
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
