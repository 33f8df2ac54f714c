"""Attacks on tickets: seeing, hearing or changing what is somebody else's (docs/security/abuse-cases.md).

What single endpoints answer to strangers stands in the nets over all of them (test_matrix.py, test_tenants.py).
"""

import pytest

from tests.people import Company, Person, listening, unique
from tests.screens import role_with
from tests.waiting import eventually


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def path_of(ticket: dict) -> str:
    return f"/tickets/{ticket['id']}"


def flow(person: Person, ticket: dict, status: str, expect: int = 200, **more) -> dict:
    return person.post(f"{path_of(ticket)}/flow", {"status": status, **more}, expect=expect)


def case(person: Person, path: str, json: dict):
    """E's face, as the browser of this person uses it."""
    return person.request("POST", f"{person.base_url}/case/api{path}", json=json)


def clerk(company: Company, *rights: str, scopes: dict) -> Person:
    """Somebody with a role of exactly these rights and scopes."""
    role = role_with(company, *rights, scopes=scopes)
    username, password = unique("clerk"), "First-pass-12"
    company.admin.post("/users", {"username": username, "password": password, "roleIds": [role]})
    return Person(company.base_url, host=company.host).sign_in(username, password)


def member_of(company: Company, team: int | None, *rights: str, scopes: dict) -> Person:
    """An agent, of this team, with exactly these rights and scopes."""
    person = company.new("agent")
    if team is not None:
        company.admin.post(f"/teams/{team}/members", {"userId": person.user_id})
    company.admin.put(f"/users/{person.user_id}", {"roleIds": [role_with(company, *rights, scopes=scopes)]})
    return person.again()


def notices(person: Person, ticket: dict) -> list[str]:
    """The kinds of notifications that somebody has about a ticket."""
    rows = person.get("/notifications", size=100)["list"]
    return [row["kind"] for row in rows if row["params"].get("no") == ticket["no"]]


# --- what customers neither read nor find out -----------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["dueTime", "-dueTime", "due_time", "-due_time", "DueTime", "-due_Time"])
def test_customers_put_nothing_in_the_order_of_what_they_do_not_see(company, sort):
    company.visitor().get("/tickets", sort=sort, expect=400)


def test_customers_read_no_tags_and_do_not_find_by_them(company):
    """What staff call a ticket among themselves ("complains a lot") is theirs."""
    secret, customer = unique("quarrelsome"), company.visitor()
    ticket = company.ticket(customer, company.agent)
    company.admin.put(path_of(ticket), {"version": company.admin.get(path_of(ticket))["version"], "tags": [secret]})
    assert company.agent.get(path_of(ticket))["tags"] == [secret]
    for answer in (customer.request("GET", path_of(ticket)), customer.request("GET", "/tickets")):
        assert answer.status_code == 200 and secret not in answer.text
    customer.get("/tickets", tag=secret, expect=400)
    customer.get("/tickets/tags", expect=403)


def test_words_of_staff_are_not_offered_to_customers(company):
    """From which tags staff choose, and other lists of theirs, nobody else reads; nor how many there are."""
    secret, code = unique("quarrelsome"), unique("inner")
    numbers = {row["code"]: row["id"] for row in company.admin.get("/dictionaries", size=100)["list"]}
    numbers[code] = company.admin.post("/dictionaries", {"code": code, "name": secret})["id"]
    hidden = ("ticket_tag", "tag", code)
    for name in hidden:
        company.admin.post("/dictionary-items", {"dictionaryId": numbers[name], "code": unique("c"), "label": secret})
    for who in (company.anonymous, company.visitor(), company.customer):
        for name in hidden:
            who.get(f"/dictionaries/{name}/items", expect=404)
            who.get(f"/dictionaries/{numbers[name]}", expect=404)
        listed = who.get("/dictionaries", size=100)
        assert listed["total"] == 4 and secret not in str(listed)
        assert who.get("/dictionaries", q=secret)["total"] == who.get("/dictionaries", code=code)["total"] == 0
        assert who.get("/dictionaries/ticket_type/items") and who.get("/dictionaries/rating_tag/items")
    assert company.agent.get("/dictionaries/ticket_tag/items")


def test_nothing_that_staff_say_among_themselves_reaches_the_customer(company):
    """B13: reasons of assignments, follow-ups, notes, fields of the staff, by any door and on any socket."""
    secret, customer, field = unique("secret"), company.visitor(), unique("inner")
    company.admin.post("/custom-fields", {"subject": "ticket", "code": field, "label": secret, "kind": "text"})
    ticket = company.ticket(customer, company.agent, description="words")
    path = path_of(ticket)
    with listening(customer, join={"ticketId": ticket["id"]}) as (ears,):
        version = company.agent.get(path)["version"]
        company.agent.put(path, {"version": version, "custom": {field: secret}, "tags": [secret]})
        company.agent.say(path, secret, type="note")
        company.agent.post(f"{path}/follow-ups", {"content": secret, "result": secret})
        company.agent.post(f"{path}/watch")
        company.agent.post(
            f"{path}/transfer", {"toAgentId": company.other_team_agent.agent_id, "reason": secret}, expect=200
        )
        company.admin.post(f"{path}/assign", {"agentId": company.agent.agent_id, "reason": secret})
        company.agent.say(path, "done")
        ears.wait_for("message", lambda data: data["content"] == "done")
        heard = ears.text()
    assert secret not in heard and field not in heard
    case_ = f"{customer.base_url}/case/api/tickets"
    doors = [
        *("/tickets", path, f"{path}/messages?afterChange=0", f"{path}/rating", f"/tickets?q={secret}"),
        *(f"{path}/{more}" for more in ("follow-ups", "assign-history", "relations", "similar", "candidates")),
        *("/custom-fields?size=100", "/dictionaries", "/ticket-templates", "/notifications", "/tickets/tags"),
        *(case_, f"{case_}/{ticket['id']}", f"{case_}/{ticket['id']}/messages", f"{case_}?search={secret}"),
    ]
    told = {door: customer.request("GET", door) for door in doors}
    assert told[path].status_code == 200 and told[case_].status_code == 200
    assert not [
        door for door, answer in told.items() if secret in answer.text or field in answer.text.replace(door, "")
    ]
    assert customer.get("/tickets", q=secret)["total"] == 0


def test_customers_do_not_hear_what_staff_arrange(company):
    """That somebody watches a ticket, links it or notes a step is told to colleagues alone."""
    customer = company.visitor()
    ticket, other = company.ticket(customer, company.agent), company.ticket(company.visitor())
    path = path_of(ticket)
    with listening(customer, company.agent, join={"ticketId": ticket["id"]}) as (outside, inside):
        company.agent.post(f"{path}/watch")
        company.agent.post(f"{path}/follow-ups", {"content": "called"})
        company.supervisor.post(f"{path}/links", {"otherId": other["id"]})
        company.agent.say(path, "done")
        for event in ("watched", "followed_up", "linked"):
            inside.wait_for("ticket_update", lambda data, event=event: data["event"] == event)
        outside.wait_for("message", lambda data: data["content"] == "done")
        assert {data["event"] for data in outside.all("ticket_update")}.isdisjoint({"watched", "followed_up", "linked"})


def test_customer_is_not_told_the_numbers_of_tickets_of_others(company):
    """His ticket has a part that he does not see: that it waits he learns, not for which."""
    customer = company.visitor()
    whole, part = company.ticket(customer, company.agent), company.ticket(company.visitor())
    company.supervisor.post(f"{path_of(whole)}/links", {"otherId": part["id"], "kind": "parent"})
    flow(company.agent, whole, "resolved", resolution="restart")
    refused = customer.request("POST", f"{path_of(whole)}/flow", json={"status": "closed"})
    assert refused.status_code == 409 and refused.json()["data"]["error"] == "open_children"
    assert part["no"] not in refused.text
    assert flow(company.agent, whole, "closed", expect=409)["tickets"] == []
    told = company.supervisor.post(f"{path_of(whole)}/flow", {"status": "closed"}, expect=409)
    assert told["tickets"] == [part["no"]]


# --- what customers do not change -----------------------------------------------------------------------------------


def test_customer_does_not_rewrite_how_it_was_solved(company):
    """The solution is shown to colleagues as that of similar tickets: whoever could write it would answer others."""
    customer = company.visitor()
    ticket = company.ticket(customer, company.agent)
    flow(company.agent, ticket, "resolved", resolution="重启网关")
    forged = "请把密码发到 evil@example.com"
    flow(customer, ticket, "closed", resolution=forged, expect=403)
    flow(customer, ticket, "processing", resolution=forged, expect=403)
    answer = case(customer, f"{path_of(ticket)}/status", {"status": "已关闭", "resolution": forged})
    assert answer.status_code == 403
    assert company.agent.get(path_of(ticket))["status"] == "resolved"
    assert case(customer, f"{path_of(ticket)}/close", {"resolution": forged}).status_code == 200
    now = company.agent.get(path_of(ticket))
    assert (now["status"], now["resolution"]) == ("closed", "重启网关")
    (line,) = [
        one["payload"]["params"]
        for one in company.agent.messages(path_of(ticket))["list"]
        if one["type"] == "system" and one["payload"]["params"].get("to") == "closed"
    ]
    assert line["reason"] == forged, "his own words stand as his own"


def test_nothing_of_the_machine_is_taken_from_a_body(company):
    """C05: state, owner, company, number, times of a ticket are never written by whoever may change its title."""
    customer = company.visitor()
    ticket = company.ticket(customer, company.agent)
    before = company.admin.get(path_of(ticket))
    for name, value in {
        "status": "closed",
        "no": "TK209901010001",
        "tenantId": 1,
        "createBy": company.admin.user_id,
        "threadId": 1,
        "mergedIntoId": ticket["id"],
        "mergedInto": {"id": 1},
        "firstReplyTime": "2020-01-01T00:00:00Z",
        "resolveTime": None,
        "slaState": "met",
        "dueTime": None,
        "ratingInvitedTime": None,
        "reopenCount": 0,
        "source": "api",
        "customer": {"id": 1},
        "conversationId": 1,
        "teamId": 1,
        "resolution": "forged",
        "deleted": 1,
    }.items():
        body = {"title": "words", name: value}
        customer.post("/tickets", body, expect=400)
        company.agent.post("/tickets", body, expect=400)
        company.agent.put(path_of(ticket), {"version": before["version"], **body}, expect=400)
    for name, value in {"customerId": company.customer.customer_id, "assigneeId": company.agent.agent_id}.items():
        company.agent.put(path_of(ticket), {"version": before["version"], name: value}, expect=400)
        company.visitor().post("/tickets", {"title": "words", name: value}, expect=403)
    assert company.admin.get(path_of(ticket)) == before


# --- what colleagues do not hear ------------------------------------------------------------------------------------


def test_who_sees_no_tickets_hears_of_none(company):
    """B03: who may look on at conversations need not see tickets, and not every agent of a team sees all of its."""
    secret, look_on = unique("secret"), ("conversation.monitor", "conversation.read")
    team = company.admin.post("/teams", {"name": unique("team")})["id"]
    template = company.admin.post("/ticket-templates", {"name": unique("t"), "teamId": team, "isPublic": True})["id"]
    without = clerk(company, *look_on, scopes={"*": "all"})
    narrow = member_of(company, team, *look_on, "ticket.read", scopes={"*": "team", "ticket": "own"})
    seeing = member_of(company, team, "ticket.read", scopes={"*": "own", "ticket": "team"})
    with listening(without, narrow, seeing, company.supervisor) as (outside, beside, inside, above):
        ticket = company.ticket(company.visitor(), title=secret, templateId=template)
        assert seeing.get(path_of(ticket))["title"] == secret
        for ears in (inside, above):
            ears.wait_for("ticket_update", lambda data: data["ticketId"] == ticket["id"])
        for person, ears in ((without, outside), (narrow, beside)):
            assert person.request("GET", path_of(ticket)).status_code in (403, 404)
            ears.settle()
            assert not ears.all("ticket_update") and secret not in ears.text()


def test_who_is_told_of_a_ticket_sees_it(company):
    """A notice carries the title: those who look after tickets get it as far as they see the ticket."""
    narrow = member_of(company, None, "ticket.read", "ticket.review", "notification.read", scopes={"*": "own"})
    ticket = company.ticket(company.visitor(), title=unique("secret"))
    eventually(lambda: "ticket.created" in notices(company.supervisor, ticket))
    narrow.get(path_of(ticket), expect=404)
    assert notices(narrow, ticket) == []


def test_who_hands_a_ticket_on_hears_no_more_of_it(company):
    """B07: neither in its room, which he has open, nor by notices, although he watches it."""
    secret, customer, agent = unique("secret"), company.visitor(), company.new("agent")
    ticket = company.ticket(customer, agent)
    agent.post(f"{path_of(ticket)}/watch")
    with listening(agent, company.other_team_agent) as (former, present):
        former.ok("join", {"ticketId": ticket["id"]})
        company.admin.post(f"{path_of(ticket)}/assign", {"agentId": company.other_team_agent.agent_id})
        present.wait_for("ticket_update", lambda data: data["ticketId"] == ticket["id"])
        former.settle()
        heard, before = len(former.heard), notices(agent, ticket)
        customer.say(path_of(ticket), secret)
        present.wait_for("message", lambda data: data["content"] == secret)
        former.settle()
        assert secret not in former.text() and "message" not in former.names()[heard:]
        former.refused("join", {"ticketId": ticket["id"]}, "not_found")
        former.refused("send_message", {"ticketId": ticket["id"], "content": "x"}, "not_found")
    eventually(lambda: "ticket.message" in notices(company.other_team_agent, ticket))
    assert notices(agent, ticket) == before


def test_figures_are_of_people_whom_one_leads(company):
    """A13: by naming a team, an agent or nobody, who leads one team does not learn what others have to do."""
    mine, theirs = (company.admin.post("/teams", {"name": unique("team")})["id"] for _ in range(2))
    rights = ("ticket.read", "ticket.assign", "statistics.read")
    leader = member_of(company, mine, *rights, scopes={"*": "team"})
    other = member_of(company, theirs, "ticket.read", scopes={"*": "own"})
    company.ticket(assignee=other)
    for query in ({}, {"teamId": theirs}, {"agentId": other.agent_id}):
        told = leader.get("/stats/tickets", **query)
        assert other.agent_id not in {one["id"] for one in told["agents"]}
        assert not query or told["total"]["created"] == 0
    assert other.agent_id not in {one["agent"]["id"] for one in leader.get("/tickets/workload")}
    assert leader.agent_id in {one["agent"]["id"] for one in leader.get("/tickets/workload")}
    assert other.agent_id in {one["agent"]["id"] for one in company.supervisor.get("/tickets/workload")}
    board = leader.get("/tickets/board", by="agent", expect=(200, 403))
    assert not [one for one in (board or {}).get("columns", ()) if one["key"] == str(other.agent_id) and one["count"]]


# --- what is gone ---------------------------------------------------------------------------------------------------


def test_file_is_gone_with_its_message_and_its_ticket(company):
    """G01, N05: by either face, for everybody, however well he knows the address."""
    customer = company.visitor()
    ticket = company.ticket(customer, company.agent)
    found = []
    for name in ("recalled.txt", "deleted.txt"):
        answer = customer.request(
            "POST",
            f"{customer.base_url}/case/api/upload",
            data={"ticket_id": ticket["id"]},
            files={"file": (name, unique("secret").encode())},
        )
        message = customer.messages(path_of(ticket))["list"][-1]
        rest = f"/files/{message['payload']['fileId']}/content"
        found.append((message, (customer.base_url + answer.json()["file_url"], rest)))
    (recalled, gone), (_, kept) = found
    for address in (*gone, *kept):
        assert company.agent.request("GET", address).status_code == 200
    customer.post(f"{path_of(ticket)}/messages/{recalled['messageId']}/recall")
    for address in gone:
        assert company.agent.request("GET", address).status_code == 404
    company.admin.delete(path_of(ticket))
    for address in kept:
        for who in (company.agent, company.admin, company.supervisor):
            assert who.request("GET", address).status_code == 404


def test_who_leaves_locks_nobody_out(company):
    """What a deleted account or ticket leaves behind, shared views, watching, a merge, is still read by the others."""
    leaving = company.new("supervisor")
    view = leaving.post("/ticket-views", {"name": unique("view"), "filters": {}, "audience": "everybody"})
    customer = company.visitor()
    ticket, into = (company.ticket(customer, company.agent) for _ in range(2))
    leaving.post(f"{path_of(ticket)}/watch")
    company.agent.post(f"{path_of(ticket)}/merge", {"intoId": into["id"]})
    company.admin.delete(f"/users/{leaving.user_id}")
    assert view["id"] in [one["id"] for one in company.agent.get("/ticket-views", size=100)["list"]]
    company.agent.get(f"{path_of(ticket)}/relations")
    company.agent.get(f"{path_of(into)}/relations")
    company.admin.delete(path_of(into))
    assert company.agent.get(path_of(ticket))["mergedInto"] is None
    company.agent.post(f"{path_of(ticket)}/unmerge")
    customer.say(path_of(ticket), "still here")


def test_link_to_a_deleted_ticket_holds_nobody(company):
    whole, part = company.ticket(), company.ticket()
    company.supervisor.post(f"{path_of(whole)}/links", {"otherId": part["id"], "kind": "parent"})
    company.admin.delete(path_of(whole))
    assert company.supervisor.get(f"{path_of(part)}/relations")["links"] == []
    other = company.ticket()
    company.supervisor.post(f"{path_of(other)}/links", {"otherId": part["id"], "kind": "parent"})
