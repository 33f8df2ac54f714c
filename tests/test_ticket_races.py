"""Many at once: numbers stay without gaps, and tickets that everybody is after end in legal states (TKT-2, TKT-7).

`manage.py bench ticket-races` does the same with fifty threads for a minute.
"""

import pytest

from bench.ticket_races import ACTIONS, ANSWERS, create_at_once, enter, gaps, problems, race

CREATORS, EACH = 16, 4
THREADS, SECONDS = 16, 4.0


@pytest.fixture(scope="module")
def company(new_company):
    return new_company()


def test_sixteen_processes_create_tickets_at_two_servers(company, start_server):
    other = start_server().base_url
    creators = [company.visitor().at(other if n % 2 else company.base_url) for n in range(CREATORS)]
    numbers = create_at_once(creators, EACH)
    assert len(numbers) == len(set(numbers)) == CREATORS * EACH
    assert not gaps(numbers)


def test_everybody_after_the_same_tickets(company, start_server, database):
    people, ring = enter(company, tickets=3, agents=3)
    other = start_server().base_url
    spread = [*people, *(person.at(other) for person in people)]
    heard = race(spread, ring, THREADS, SECONDS)
    assert {status for _, status in heard} <= ANSWERS, heard
    succeeded = {name for name, status in heard if status == 200}
    assert succeeded >= {"assign", "takeover", "process", "write"} and succeeded <= set(ACTIONS)
    assert not list(problems(database, ring))
