"""When tickets are looked at to be given to somebody: only where a rule is in force and one of them waits (TKT-7)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.people import Company
from tests.servers import AppServer, Redis

pytestmark = pytest.mark.skipif(not programs.has_redis(), reason="Redis is not installed")


class Queue:
    """The jobs that nobody takes: a broker without a worker."""

    def __init__(self, redis: Redis):
        self.redis = redis

    def rounds(self) -> int:
        """How many rounds of assigning were sent since one last asked."""
        with self.redis.client() as client:
            waiting = client.lrange("celery", 0, -1)
            client.delete("celery")
        return sum(json.loads(job)["headers"]["task"] == "tickets.dispatch" for job in waiting)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Redis(tmp_path / "redis") as redis:
        yield Queue(redis)


@pytest.fixture
def company(new_company: Callable[[], Company], start_server: Callable[..., AppServer], queue: Queue) -> Company:
    """At a process of its own, whose jobs lie in the queue; its people are there."""
    made = new_company().at(start_server(REDIS_URL=queue.redis.url).base_url)
    assert made.supervisor.user_id and made.agent.agent_id
    queue.rounds()
    return made


def change(company: Company, number: int) -> None:
    """Everything that happens to a ticket, and to those who may get one."""
    boss = company.supervisor
    ticket = boss.get(f"/tickets/{number}")
    boss.put(f"/tickets/{number}", {"version": ticket["version"], "priority": "urgent"})
    boss.post(f"/tickets/{number}/flow", {"status": "processing"})
    company.admin.put(f"/agents/{company.agent.agent_id}", {"maxTickets": 7})


def test_without_a_rule_in_force_nobody_is_sent_to_look(company: Company, queue: Queue):
    first = company.ticket()["id"]
    change(company, first)
    company.supervisor.post(f"/tickets/{first}/assign", {"agentId": company.agent.agent_id})
    company.ticket()
    assert queue.rounds() == 0
    # what waited all the time is looked at as soon as a rule is in force
    (rule,) = company.admin.get("/ticket-rules")["list"]
    company.admin.put(f"/ticket-rules/{rule['id']}", {"active": True})
    assert queue.rounds() == 1
    company.admin.put(f"/ticket-rules/{rule['id']}", {"active": False})
    change(company, company.ticket()["id"])
    assert queue.rounds() == 0


def test_with_a_rule_every_change_is_looked_at_while_a_ticket_waits(company: Company, queue: Queue):
    company.admin.post("/ticket-rules", {"name": "全部", "strategies": ["fewest"]})
    assert queue.rounds() == 0, "nothing waits"
    first = company.ticket()["id"]
    assert queue.rounds() == 1
    change(company, first)
    assert queue.rounds() == 3
    company.supervisor.post(f"/tickets/{first}/assign", {"agentId": company.agent.agent_id})
    change(company, company.ticket(assignee=company.agent)["id"])
    queue.rounds()
    company.admin.put(f"/agents/{company.agent.agent_id}", {"maxTickets": 8})
    assert queue.rounds() == 0, "all have their agents"
