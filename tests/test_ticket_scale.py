"""Lists of more tickets than anybody counts: they say so, every page is right, and what is narrowed is exact."""

import datetime as dt

import pytest
import sqlalchemy as sa

from models.messaging import Thread, ThreadKind
from models.tickets import Ticket, TicketPriority, TicketStatus
from services import words
from tests.people import Company, Person
from views.api.paging import COUNT_TO
from views.api.resource import SEARCH_TO

TICKETS, THREADS = Ticket.__table__, Thread.__table__
MANY = COUNT_TO + 60
#: every so many are urgent, and say so
EVERY = 500


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def agent(company, database) -> Person:
    """Who has them all: some he is in charge of, some he created, some both; of neither more than are counted."""
    agent = company.new("agent")
    seed = company.ticket(assignee=agent, title="报表打不开")
    with database.connect() as connection:
        tenant_id = connection.scalar(sa.select(TICKETS.c.tenant_id).where(TICKETS.c.id == seed["id"]))
        thread = connection.scalar(sa.select(sa.func.max(THREADS.c.id))) + 1_000_000
    numbers = range(MANY - 1)
    with database.begin() as connection:  # on SQLite who has read first cannot wait for those who write
        connection.execute(
            THREADS.insert(), [{"id": thread + n, "tenant_id": tenant_id, "kind": ThreadKind.ticket} for n in numbers]
        )
        connection.execute(
            TICKETS.insert(),
            [
                {
                    "tenant_id": tenant_id,
                    "no": f"B{n:06}",
                    "title": "特急的报表" if n % EVERY == 0 else "报表打不开",
                    "thread_id": thread + n,
                    "status": TicketStatus.processing if n % 2 else TicketStatus.pending,
                    "priority": TicketPriority.urgent if n % EVERY == 0 else TicketPriority.normal,
                    "assignee_id": agent.agent_id if n % 3 else None,
                    "create_by": agent.user_id if n % 3 != 1 else None,
                    "create_time": dt.datetime(2026, 1, 1) + dt.timedelta(minutes=n),
                }
                for n in numbers
            ],
        )
    return agent


def ids(page: dict) -> list[int]:
    return [row["id"] for row in page["list"]]


@pytest.mark.parametrize("sort", ["-id", "id", "-createTime", "-priority", "-status", "-updateTime", "dueTime"])
def test_every_row_of_many_is_met_once(company, agent, sort):
    for person in (company.supervisor, agent):
        first = person.get("/tickets", sort=sort, size=100)
        assert (first["total"], first["pages"], first["atLeast"]) == (COUNT_TO, COUNT_TO // 100, True)
        page, met = first, ids(first)
        while page["next"]:
            page = person.get("/tickets", sort=sort, size=100, after=page["next"])
            assert (page["total"], page["atLeast"]) == (COUNT_TO, True)
            met += ids(page)
            if len(met) == 300:
                assert ids(page) == ids(person.get("/tickets", sort=sort, size=100, page=3))
        assert len(set(met)) == len(met) >= MANY
        other = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
        if sort != "dueTime":  # what has no time comes last in both
            assert ids(person.get("/tickets", sort=other, size=100)) == met[:-101:-1]


def test_pages_have_numbers_as_far_as_rows_are_counted(company, agent):
    last = agent.get("/tickets", size=100, page=COUNT_TO // 100)
    assert len(last["list"]) == 100 and last["next"]
    refusal = agent.get("/tickets", size=100, page=COUNT_TO // 100 + 1, expect=400)
    assert list(refusal["fields"]) == ["page"]
    assert len(agent.get("/tickets", size=100, after=last["next"])["list"]) == MANY - COUNT_TO


def test_new_rows_move_nothing_behind_a_cursor(people):
    customer = people.visitor()
    old = [people.ticket(customer)["id"] for _ in range(4)]
    first = customer.get("/tickets", size=2, sort="-updateTime")
    people.ticket(customer)
    second = customer.get("/tickets", size=2, sort="-updateTime", after=first["next"])
    assert ids(first) + ids(second) == old[::-1] and second["next"] is None


@pytest.mark.parametrize("after", ["x", "%%%", "bnVsbA", "W10", "WyJ4Il0", "W3siYXQiOiJ4In1d", "W1tdXQ", "WzFlOTldCg"])
def test_cursor_of_nothing_is_refused(people, after):
    people.ticket()
    for sort in ("-id", "-createTime", "-status"):
        assert list(people.admin.get("/tickets", sort=sort, after=after, expect=400)["fields"]) == ["after"]


def test_cursor_and_number_do_not_go_together(people):
    assert list(people.admin.get("/tickets", page=2, after="WzFd", expect=400)["fields"]) == ["page"]


def test_what_is_narrowed_is_exact(company, agent):
    urgent = -(-(MANY - 1) // EVERY)
    for person in (company.supervisor, agent):
        for sort in ("-id", "createTime", "-priority"):
            page = person.get("/tickets", priority="urgent", sort=sort, size=100)
            assert (page["total"], len(set(ids(page)))) == (urgent, urgent) and "atLeast" not in page
        assert person.get("/tickets", status="pending,processing", priority="critical")["total"] == 0


def test_words_are_looked_for_in_few_and_in_many(company, agent, database):
    with database.connect() as connection:
        tenant_id = connection.scalar(sa.select(TICKETS.c.tenant_id).where(TICKETS.c.assignee_id == agent.agent_id))
        rows = connection.execute(
            sa.select(TICKETS).where(TICKETS.c.tenant_id == tenant_id, TICKETS.c.no.like("B%"))
        ).all()
    with database.begin() as connection:  # on SQLite who has read first cannot wait for those who write
        words._insert(connection, [entry for row in rows for entry in words._entries(_of(row))])
    urgent = -(-(MANY - 1) // EVERY)
    for person in (company.supervisor, agent):
        rare = person.get("/tickets", q="特急")
        assert rare["total"] == urgent and "atLeast" not in rare
        common = person.get("/tickets", q="报表")
        assert (common["total"], common["atLeast"]) == (SEARCH_TO, True)
        assert ids(common) == ids(person.get("/tickets"))
        # narrowed to few, each of them is asked, the oldest too
        assert person.get("/tickets", q="报表", priority="urgent")["total"] == urgent
        assert person.get("/tickets", q="打不开", priority="urgent")["total"] == 0
    assert company.new("agent").get("/tickets", q="报表")["total"] == 0


def _of(row) -> Ticket:
    return Ticket(
        **{key: row._mapping[key] for key in (*words.SEARCHABLE[Ticket].columns, "id", "tenant_id", "deleted")}
    )
