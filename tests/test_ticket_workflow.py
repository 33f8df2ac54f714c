"""The way of each ticket type: fewer steps, required facts, a review; never a dead end (TKT-15)."""

import pytest

from tests.people import Company, Person, unique

SOLVED = {"resolution": "restarted it"}


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def new_type(company: Company) -> str:
    dictionary = company.admin.get("/dictionaries", code="ticket_type")["list"][0]["id"]
    code = unique("type")
    company.admin.post("/dictionary-items", {"dictionaryId": dictionary, "code": code, "label": code})
    return code


def new_product(company: Company) -> str:
    dictionary = company.admin.get("/dictionaries", code="product")["list"][0]["id"]
    code = unique("product")
    company.admin.post("/dictionary-items", {"dictionaryId": dictionary, "code": code, "label": code})
    return code


def workflow(company: Company, expect: int = 200, **more) -> dict:
    return company.admin.post("/ticket-workflows", {"ticketType": new_type(company), **more}, expect=expect)


def ticket_of(company: Company, rules: dict, who: Person | None = None, **more) -> dict:
    return (who or company.admin).post("/tickets", {"title": unique("ticket"), "type": rules["ticketType"], **more})


def move(company: Company, ticket: dict, status: str, expect: int = 200, **more) -> dict:
    return company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": status, **more}, expect=expect)


def steps(*pairs: str) -> list[str]:
    return [pair.replace(" ", ">") for pair in pairs]


def test_a_type_offers_only_its_own_steps(company):
    rules = workflow(
        company, steps=steps("pending processing", "processing resolved", "resolved closed", "resolved processing")
    )
    ticket = ticket_of(company, rules)
    assert company.supervisor.get(f"/tickets/{ticket['id']}")["transitions"] == ["processing"]
    for status in ("resolved", "waiting", "cancelled"):
        move(company, ticket, status, expect=409, **SOLVED)
    move(company, ticket, "processing")
    move(company, ticket, "pending", expect=409)
    assert move(company, ticket, "resolved", **SOLVED)["transitions"] == ["closed", "processing"]
    assert move(company, ticket, "closed")["transitions"] == [], "nobody reopens what this type calls closed"
    other = company.admin.post("/tickets", {"title": "no type"})
    assert set(company.supervisor.get(f"/tickets/{other['id']}")["transitions"]) == {
        "processing",
        "waiting",
        "resolved",
        "cancelled",
    }


def test_a_workflow_gives_nobody_a_right(company):
    rules = workflow(company, needsReview=True)
    ticket = ticket_of(company, rules, assigneeId=company.agent.agent_id)
    for status in ("processing", "review"):
        company.agent.post(f"/tickets/{ticket['id']}/flow", {"status": status})
    assert company.agent.get(f"/tickets/{ticket['id']}")["transitions"] == []
    company.agent.post(f"/tickets/{ticket['id']}/flow", {"status": "resolved", **SOLVED}, expect=403)


def test_what_needs_a_review_is_solved_by_the_review_alone(company):
    rules = workflow(company, needsReview=True)
    ticket = ticket_of(company, rules)
    move(company, ticket, "resolved", expect=409, **SOLVED)
    move(company, ticket, "processing")
    move(company, ticket, "resolved", expect=409, **SOLVED)
    move(company, ticket, "review")
    assert move(company, ticket, "resolved", **SOLVED)["status"] == "resolved"


def test_facts_that_a_step_needs_are_named_and_may_come_with_it(company):
    field = company.admin.post(
        "/custom-fields", {"subject": "ticket", "code": unique("cause"), "label": "原因", "kind": "text"}
    )
    name = f"custom.{field['code']}"
    rules = workflow(company, requiredBefore={"resolved": ["product", name], "waiting": ["contactPhone"]})
    ticket = ticket_of(company, rules)
    seen = company.supervisor.get(f"/tickets/{ticket['id']}")
    assert seen["requirements"] == {"resolved": ["product", name], "waiting": ["contactPhone"]}
    refused = move(company, ticket, "resolved", expect=400)
    assert set(refused["fields"]) == {"product", name, "resolution"}
    product = new_product(company)
    refused = move(company, ticket, "resolved", expect=400, product=product, custom={field["code"]: " "}, **SOLVED)
    assert set(refused["fields"]) == {name}
    assert company.supervisor.get(f"/tickets/{ticket['id']}") == seen, "a step that was refused changed nothing"
    moved = move(company, ticket, "resolved", product=product, custom={field["code"]: "cable"}, **SOLVED)
    assert (moved["status"], moved["product"], moved["custom"]) == ("resolved", product, {field["code"]: "cable"})
    assert moved["requirements"] == {}
    company.admin.put(f"/custom-fields/{field['id']}", {"active": False})
    again = ticket_of(company, rules)
    assert company.supervisor.get(f"/tickets/{again['id']}")["requirements"]["resolved"] == ["product"]


def test_customers_are_not_asked_and_their_answer_always_brings_a_ticket_back(company):
    rules = workflow(
        company,
        steps=steps("pending waiting", "waiting resolved", "resolved closed"),
        requiredAtCreation=["product"],
        requiredBefore={"processing": ["product"], "closed": ["contactEmail"]},
    )
    customer = company.visitor()
    ticket = ticket_of(company, rules, customer)
    assert ticket["requirements"] == {}
    move(company, ticket, "waiting")
    move(company, ticket, "processing", expect=409)
    customer.say(f"/tickets/{ticket['id']}", "here is what you asked for")
    seen = company.supervisor.get(f"/tickets/{ticket['id']}")
    assert seen["status"] == "processing"
    assert set(seen["transitions"]) == {"pending", "waiting", "review", "resolved", "cancelled"}, "every lawful way out"
    move(company, ticket, "resolved", **SOLVED)
    move(company, ticket, "closed", expect=400)
    closed = customer.post(f"/tickets/{ticket['id']}/flow", {"status": "closed"})
    assert closed["status"] == "closed"
    customer.post(f"/tickets/{ticket['id']}/flow", {"status": "processing", "custom": {"x": 1}}, expect=(403, 409))


def test_what_a_new_ticket_needs(company):
    rules = workflow(company, requiredAtCreation=["product", "contactName"])
    refused = company.admin.post("/tickets", {"title": "x", "type": rules["ticketType"]}, expect=400)
    assert set(refused["fields"]) == {"product", "contactName"}
    product = new_product(company)
    ticket = ticket_of(company, rules, product=product, contactName="Wang")
    path = f"/tickets/{ticket['id']}"
    refused = company.admin.put(path, {"version": ticket["version"], "contactName": ""}, expect=400)
    assert list(refused["fields"]) == ["contactName"]
    assert company.admin.put(path, {"version": ticket["version"], "title": "y"})["title"] == "y"
    other = company.admin.post("/tickets", {"title": "x"})
    refused = company.admin.put(
        f"/tickets/{other['id']}", {"version": other["version"], "type": rules["ticketType"]}, expect=400
    )
    assert set(refused["fields"]) == {"product", "contactName"}, "the type's own facts, when it becomes of that type"
    served = company.served()
    body = {"title": "x", "type": rules["ticketType"]}
    served.agent.post(f"/sessions/{served.id}/ticket", body, expect=400)
    made = served.agent.post(f"/sessions/{served.id}/ticket", {**body, "product": product, "contactName": "Li"})
    assert made["product"] == product


STUCK = [
    ((), "resolved"),
    (("pending processing", "processing pending"), "pending"),
    (("pending processing", "processing resolved"), "resolved"),
    (("pending resolved", "resolved processing", "processing waiting", "resolved closed"), "waiting"),
    (("pending resolved", "resolved closed", "pending processing", "processing review"), "review"),
    (("pending cancelled",), None),
]


@pytest.mark.parametrize(("pairs", "state"), STUCK)
def test_workflows_with_a_dead_end_are_refused(company, pairs, state):
    refused = workflow(company, expect=409, steps=steps(*pairs))
    assert refused["error"] == "stuck"
    if pairs and state:
        assert refused["status"] == state


def test_needing_a_review_that_nobody_reaches_is_refused(company):
    workflow(company, expect=409, steps=steps("pending resolved", "resolved closed"), needsReview=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ["pending>closed"]},
        {"steps": ["pending"]},
        {"requiredAtCreation": ["colour"]},
        {"requiredAtCreation": ["custom.nothing"]},
        {"requiredBefore": {"pending": ["product"]}},
        {"requiredBefore": {"done": ["product"]}},
        {"requiredBefore": {"resolved": "product"}},
        {"requiredBefore": {"resolved": [5]}},
        {"ticketType": "no-such-type"},
        {"version": 3},
    ],
)
def test_workflows_that_make_no_sense_are_refused(company, wrong):
    workflow(company, expect=400, **wrong)


def test_one_workflow_a_type_that_can_be_switched_off(company, people):
    rules = workflow(company, needsReview=True)
    company.admin.post("/ticket-workflows", {"ticketType": rules["ticketType"]}, expect=409)
    path = f"/ticket-workflows/{rules['id']}"
    people.admin.get(path, expect=404)
    company.agent.put(path, {"active": False}, expect=403)
    company.visitor().get("/ticket-workflows", expect=403)
    assert company.agent.get("/ticket-workflows", ticketType=rules["ticketType"])["total"] == 1
    company.admin.put(path, {"active": False})
    ticket = ticket_of(company, rules)
    assert move(company, ticket, "resolved", **SOLVED)["status"] == "resolved"
    company.admin.put(path, {"version": 1, "active": True}, expect=409)
