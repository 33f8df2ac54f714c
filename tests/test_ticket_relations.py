"""Tickets that have to do with each other: tags, links, merging and its undo, splitting, watching."""

import pytest

from tests.people import Company, Person, at_once
from tests.waiting import eventually


def lines_of(person: Person, ticket: dict) -> list[tuple]:
    """What the room says happened, and with which other ticket."""
    said = person.messages(f"/tickets/{ticket['id']}")["list"]
    return [(one["payload"]["event"], one["payload"]["params"].get("no")) for one in said if one["type"] == "system"]


def path_of(ticket: dict) -> str:
    return f"/tickets/{ticket['id']}"


def link(person: Person, ticket: dict, other: dict, kind: str = "related", expect: int = 200) -> dict:
    return person.post(f"{path_of(ticket)}/links", {"otherId": other["id"], "kind": kind}, expect=expect)


# --- tags


def test_tickets_are_found_by_their_tags(people):
    ticket = people.supervisor.post("/tickets", {"title": "打印", "tags": [" 打印 机", "打印 机", "急"]})
    assert ticket["tags"] == ["打印 机", "急"]
    plain = people.supervisor.post("/tickets", {"title": "无标签"})
    assert plain["tags"] is None
    found = [one["id"] for one in people.supervisor.get("/tickets", tag="急")["list"]]
    assert ticket["id"] in found and plain["id"] not in found
    changed = people.supervisor.put(path_of(ticket), {"version": ticket["version"], "tags": ["慢"]})
    assert changed["tags"] == ["慢"] and changed["version"] == ticket["version"] + 1
    assert ticket["id"] not in [one["id"] for one in people.supervisor.get("/tickets", tag="急")["list"]]
    assert "慢" in people.supervisor.get("/tickets/tags")


@pytest.mark.parametrize("tags", [["长" * 33], [f"t{n}" for n in range(21)]], ids=["long", "many"])
def test_tags_have_limits(people, tags):
    ticket = people.ticket()
    people.supervisor.put(path_of(ticket), {"version": ticket["version"], "tags": tags}, expect=400)
    assert people.supervisor.get(path_of(ticket))["tags"] is None


def test_tags_are_no_business_of_customers(people):
    visitor = people.visitor()
    visitor.post("/tickets", {"title": "标签", "tags": ["急"]}, expect=403)


# --- links


def test_link_looks_different_from_both_ends(people):
    whole, part = people.ticket(), people.ticket()
    link(people.supervisor, whole, part, "parent")
    (seen,) = people.supervisor.get(f"{path_of(whole)}/relations")["links"]
    assert (seen["is"], seen["ticket"]["no"]) == ("child", part["no"])
    (back,) = people.supervisor.get(f"{path_of(part)}/relations")["links"]
    assert (back["is"], back["ticket"]["no"]) == ("parent", whole["no"])
    link(people.supervisor, part, whole, expect=409)
    people.supervisor.delete(f"{path_of(part)}/links/{back['id']}")
    assert people.supervisor.get(f"{path_of(whole)}/relations")["links"] == []
    people.supervisor.delete(f"{path_of(part)}/links/{back['id']}", expect=404)
    assert link(people.supervisor, part, whole, "duplicate")["is"] == "duplicate"


def test_families_have_no_circles_and_one_parent(people):
    first, second, third = (people.ticket() for _ in range(3))
    link(people.supervisor, first, second, "parent")
    link(people.supervisor, second, third, "parent")
    link(people.supervisor, third, first, "parent", expect=409)
    link(people.supervisor, first, first, expect=400)
    other = people.ticket()
    link(people.supervisor, other, third, "parent", expect=409)


def test_whole_ends_after_its_parts_or_with_a_reason(people):
    whole, part = people.ticket(), people.ticket()
    link(people.supervisor, whole, part, "parent")
    people.supervisor.post(f"{path_of(whole)}/flow", {"status": "resolved", "resolution": "done"})
    refused = people.supervisor.post(f"{path_of(whole)}/flow", {"status": "closed"}, expect=409)
    assert (refused["error"], refused["tickets"]) == ("open_children", [part["no"]])
    people.supervisor.post(f"{path_of(whole)}/flow", {"status": "closed", "reason": "另行处理"})
    assert people.supervisor.get(path_of(whole))["status"] == "closed"


def test_links_to_what_one_may_not_see_do_not_exist(people):
    mine, theirs = people.ticket(None, people.agent), people.ticket(None, people.other_team_agent)
    link(people.agent, mine, theirs, expect=404)
    link(people.supervisor, mine, theirs)
    assert people.agent.get(f"{path_of(mine)}/relations")["links"] == []
    assert len(people.supervisor.get(f"{path_of(mine)}/relations")["links"]) == 1


# --- merging


def pair(people: Company) -> tuple[Person, dict, dict]:
    customer = people.visitor()
    return customer, people.ticket(customer, people.agent), people.ticket(customer, people.agent)


def test_merged_ticket_leads_to_the_other_and_comes_back(people):
    customer, ticket, into = pair(people)
    people.agent.post(f"{path_of(ticket)}/flow", {"status": "processing"})
    merged = people.agent.post(f"{path_of(ticket)}/merge", {"intoId": into["id"], "reason": "重复"})
    assert (merged["status"], merged["transitions"]) == ("closed", [])
    for reader in (people.agent, customer):
        assert reader.get(path_of(ticket))["mergedInto"] == {"id": into["id"], "no": into["no"]}
        assert ("merged_from", ticket["no"]) in lines_of(reader, into)
    assert [one["no"] for one in people.agent.get(f"{path_of(into)}/relations")["merged"]] == [ticket["no"]]
    customer.say(path_of(ticket), expect=409)
    refused = customer.post(f"{path_of(ticket)}/flow", {"status": "processing"}, expect=409)
    assert refused["error"] == "ticket_merged"

    back = people.agent.post(f"{path_of(ticket)}/unmerge")
    assert (back["status"], back["mergedInto"]) == ("processing", None)
    customer.say(path_of(ticket))
    people.agent.post(f"{path_of(ticket)}/unmerge", expect=409)


def test_what_may_not_be_merged(people):
    customer, ticket, into = pair(people)
    stranger = people.ticket(people.visitor(), people.agent)
    people.agent.post(f"{path_of(ticket)}/merge", {"intoId": ticket["id"]}, expect=400)
    people.agent.post(f"{path_of(ticket)}/merge", {"intoId": stranger["id"]}, expect=409)
    hidden = people.ticket(customer, people.other_team_agent)
    people.agent.post(f"{path_of(ticket)}/merge", {"intoId": hidden["id"]}, expect=404)
    part = people.ticket(customer, people.agent)
    link(people.agent, ticket, part, "parent")
    assert people.agent.post(f"{path_of(ticket)}/merge", {"intoId": into["id"]}, expect=409)["error"] == "open_children"
    people.agent.post(f"{path_of(into)}/flow", {"status": "resolved", "resolution": "x"})
    people.agent.post(f"{path_of(part)}/merge", {"intoId": into["id"]}, expect=409)
    assert people.agent.get(path_of(ticket))["status"] == "pending"


def test_two_tickets_merged_into_each_other_at_once_leave_one(people, database):
    _, one, other = pair(people)
    tries = [
        lambda: people.agent.request("POST", f"{path_of(one)}/merge", json={"intoId": other["id"]}).status_code,
        lambda: people.agent.request("POST", f"{path_of(other)}/merge", json={"intoId": one["id"]}).status_code,
    ]
    assert sorted(at_once(*tries * 2)) == [200, 409, 409, 409]
    states = {people.agent.get(path_of(ticket))["status"] for ticket in (one, other)}
    assert states == {"closed", "pending"}


# --- splitting


def test_part_of_the_talk_becomes_a_ticket(people):
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    first = customer.say(path_of(ticket), "打印机不动")
    second = customer.say(path_of(ticket), "另外，报表也打不开")
    file = customer.upload("screen.txt", b"report", "text/plain")
    third = customer.say(path_of(ticket), "", type="file", fileId=file["fileId"])
    note = people.agent.say(path_of(ticket), "内部", type="note")
    chosen = [second["messageId"], third["messageId"]]
    part = people.agent.post(f"{path_of(ticket)}/split", {"title": "报表打不开", "messageIds": chosen})
    assert part["customer"]["id"] == ticket["customer"]["id"] and part["source"] == "ticket"
    assert "报表也打不开" in part["description"] and "打印机不动" not in part["description"]
    room = customer.messages(path_of(part))["list"]
    assert [one["payload"]["name"] for one in room if one["type"] == "file"] == ["screen.txt"]
    assert customer.request("GET", f"/files/{file['fileId']}/content").content == b"report"
    assert ("split_to", part["no"]) in lines_of(people.agent, ticket)
    assert ("split_from", ticket["no"]) in lines_of(customer, part)
    assert people.agent.get(f"{path_of(ticket)}/relations")["links"][0]["ticket"]["no"] == part["no"]
    for wrong in ([note["messageId"]], []):
        people.agent.post(f"{path_of(ticket)}/split", {"title": "x", "messageIds": wrong}, expect=400)
    other = people.ticket(customer, people.agent)
    people.agent.post(f"{path_of(other)}/split", {"title": "x", "messageIds": [first["messageId"]]}, expect=404)


def test_what_is_recalled_goes_from_the_part_too(people):
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    said = customer.say(path_of(ticket), "密码是 quokka-7")
    part = people.agent.post(f"{path_of(ticket)}/split", {"title": "登录", "messageIds": [said["messageId"]]})
    assert "quokka-7" in part["description"]
    customer.post(f"{path_of(ticket)}/messages/{said['messageId']}/recall")
    assert "quokka-7" not in str(people.supervisor.get(path_of(part)))


# --- watching


def test_who_watches_is_told_and_who_may_not_see_it_cannot_watch(people):
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    people.supervisor.post(f"{path_of(ticket)}/watch", {})
    people.supervisor.post(f"{path_of(ticket)}/watch", {})
    seen = people.agent.get(f"{path_of(ticket)}/relations")
    assert [one["userId"] for one in seen["watchers"]] == [people.supervisor.user_id] and not seen["isWatching"]
    people.agent.post(f"{path_of(ticket)}/watch", {"userId": people.other_team_agent.user_id}, expect=400)
    with people.supervisor.socket() as ears:
        customer.say(path_of(ticket), "在吗")
        told = ears.wait_for("notification", lambda one: one["kind"] == "ticket.message")
    assert told["params"]["no"] == ticket["no"]
    people.agent.post(f"{path_of(ticket)}/flow", {"status": "processing"})
    eventually(
        lambda: any(
            one["kind"] == "ticket.moved" and one["params"]["no"] == ticket["no"]
            for one in people.supervisor.get("/notifications")["list"]
        )
    )
    people.supervisor.post(f"{path_of(ticket)}/unwatch", {})
    assert people.agent.get(f"{path_of(ticket)}/relations")["watchers"] == []
    people.supervisor.post(f"{path_of(ticket)}/unwatch", {"userId": people.agent.user_id}, expect=404)
