"""The tree of departments."""

from tests.identity.custom_roles import new_with_role, right_ids
from tests.people import unique


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
    people.admin.post(
        f"/roles/{role}/permissions", {"permissionIds": right_ids(people, "user.read"), "scopes": {"*": "department"}}
    )
    head = new_with_role(people, role)
    people.admin.put(f"/users/{head.user_id}", {"departmentId": root["id"]})
    members = {
        row["id"]: people.admin.post("/users", {"username": unique("m"), "roleIds": [], "departmentId": row["id"]})[
            "id"
        ]
        for row in (root, leaf, elsewhere)
    }
    assert {user["id"] for user in head.get("/users", size=100)["list"]} == {
        head.user_id,
        members[root["id"]],
        members[leaf["id"]],
    }
    head.get(f"/users/{members[elsewhere['id']]}", expect=404)
