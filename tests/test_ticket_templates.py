"""Templates of tickets: what a new one begins with; customers see those that are marked for them."""

from tests.people import Company, unique


def keep(people: Company, **more) -> dict:
    return people.supervisor.post(
        "/ticket-templates", {"name": unique("template"), "title": "设备报修：", "type": "bug", **more}
    )


def test_template_is_kept_with_all_it_says(people):
    made = keep(people, description="型号：\n故障：", priority="urgent", sort=5)
    found = people.agent.get(f"/ticket-templates/{made['id']}")
    assert (found["title"], found["type"], found["priority"]) == ("设备报修：", "bug", "urgent")
    assert (found["isPublic"], found["active"], found["description"]) == (False, True, "型号：\n故障：")


def test_customers_see_those_marked_for_them_and_in_use(people):
    inside, public = keep(people), keep(people, isPublic=True)
    off = keep(people, isPublic=True, active=False)
    visitor = people.visitor()
    seen = {one["id"] for one in visitor.get("/ticket-templates", size=100)["list"]}
    assert public["id"] in seen and not seen & {inside["id"], off["id"]}
    visitor.get(f"/ticket-templates/{inside['id']}", expect=404)
    visitor.post("/ticket-templates", {"name": "x"}, expect=403)


def test_ticket_made_from_a_template_comes_into_its_teams_pool(people):
    team = people.admin.post("/teams", {"name": unique("team")})["id"]
    template = keep(people, isPublic=True, teamId=team)
    visitor = people.visitor()
    ticket = visitor.post("/tickets", {"title": "设备报修：打印机", "templateId": template["id"]})
    assert people.supervisor.get(f"/tickets/{ticket['id']}")["teamId"] == team


def test_templates_that_are_not_offered_cannot_be_used(people, strangers):
    inside, off = keep(people), keep(people, active=False)
    people.visitor().post("/tickets", {"title": "x", "templateId": inside["id"]}, expect=400)
    people.agent.post("/tickets", {"title": "x", "templateId": off["id"]}, expect=409)
    foreign = keep(strangers, isPublic=True)
    people.agent.post("/tickets", {"title": "x", "templateId": foreign["id"]}, expect=400)


def test_what_is_not_known_is_refused(people):
    for field, value in (("type", "gone"), ("product", "gone"), ("teamId", 999_999), ("name", " ")):
        assert field in people.supervisor.post(
            "/ticket-templates", {"name": unique("t"), field: value}, expect=400
        )["fields"]  # fmt: skip
    people.agent.post("/ticket-templates", {"name": unique("t")}, expect=403)
