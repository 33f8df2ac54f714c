"""How far a screen shows: lists, rows and files hold what lies within the data scope, and nothing of other companies.

Four circles around a clerk: what he serves himself, what his team does, what somebody else of his department does, and
what lies beyond. Everything in a circle carries its name, so that it is found wherever it appears.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.people import Company, Person, unique
from tests.screens import Screens, grant, text_of

CIRCLES = ("own", "team", "department", "beyond")
#: which circles a scope reaches; of accounts and of the log a team is no unit
REACH = {
    "own": {"own"},
    "team": {"own", "team"},
    "department": {"own", "team", "department"},
    "all": set(CIRCLES),
}
REACH_OF_ACCOUNTS = {
    "own": {"own"},
    "team": {"own"},
    "department": {"own", "department"},
    "all": set(CIRCLES),
}
REACH_OF_THE_LOG = {"own": {"own"}, "team": {"own"}, "department": {"own"}, "all": set(CIRCLES)}
SCREENS = {
    "conversation": REACH,
    "conversation_assignment": REACH,
    "chat_message": REACH,
    "file_object": REACH,
    "rating": REACH,
    "ticket": REACH,
    "ticket_assignment": REACH,
    "ticket_follow_up": REACH,
    "customer": REACH,
    "user": REACH_OF_ACCOUNTS,
}
#: what the selects of forms offer
OFFERED = {"conversation": REACH, "customer": REACH, "ticket": REACH, "user": REACH_OF_ACCOUNTS}


@dataclass(frozen=True)
class World:
    """A company with its circles."""

    company: Company
    #: circle → the word that everything in it carries
    words: dict[str, str]
    #: circle → who serves there
    agents: dict[str, Person]
    role_id: int
    #: who looks: the agent of the circle "own", with the rights of the screens
    clerk: Screens

    def see(self, scope: str) -> Screens:
        """The clerk, seeing this far."""
        rights = [f"{resource}.{verb}" for resource in (*SCREENS, "operation_log") for verb in ("read", "export")]
        grant(self.company, self.role_id, "admin.enter", "dictionary.read", *rights, scopes={"*": scope})
        return self.clerk


@pytest.fixture(scope="module")
def world(new_company: Callable[[], Company]) -> World:
    company = new_company()
    boss = company.admin
    role_id = boss.post("/roles", {"name": unique("clerks")})["id"]
    inside, outside = (
        boss.post("/departments", {"name": unique("department"), "code": unique("d")})["id"] for _ in range(2)
    )
    words = {circle: unique(f"circle-{circle}") for circle in CIRCLES}
    agents = {
        circle: company.new("agent", words[circle], departmentId=inside if circle in ("own", "department") else outside)
        for circle in CIRCLES
    }
    team = boss.post("/teams", {"name": unique("team")})["id"]
    for circle in ("own", "team"):
        Screens(boss).make("team_member", team_id=str(team), agent_id=str(agents[circle].agent_id))
    for circle in CIRCLES:
        fill(company, agents[circle], words[circle])
    clerk = agents["own"]
    boss.put(f"/users/{clerk.user_id}", {"roleIds": [role_id]})  # ends his sign-in
    return World(company, words, agents, role_id, Screens(clerk.again()))


@pytest.fixture(scope="module")
def foreign_word(new_company: Callable[[], Company]) -> tuple[str, Company]:
    """Another company with the same things in it."""
    company, word = new_company(), unique("circle-foreign")
    fill(company, company.new("agent", word), word)
    return word, company


def fill(company: Company, agent: Person, word: str) -> None:
    """A conversation and a ticket that this agent serves, with all that hangs on them; everything holds the word."""
    served = company.served(company.visitor(word), agent)
    company.admin.put(f"/agents/{agent.agent_id}", {"region": unique("region")})
    served.customer.say(served.path, word)
    file = served.customer.upload(f"{word}.txt", word.encode(), "text/plain")
    served.customer.say(served.path, type="file", fileId=file["fileId"])
    agent.put(f"{served.path}/close")
    served.customer.post(f"{served.path}/rating", {"score": 4, "comment": word})
    ticket = company.ticket(served.customer, agent, title=word)
    agent.post(f"/tickets/{ticket['id']}/follow-ups", {"content": word})


def rows_of(screens: Screens, resource: str, words: dict[str, str], query: str = "") -> dict[str, set[int]]:
    """Circle → the numbers of the rows in a list that carry its word."""
    page = screens.page(f"/{resource}/list/?size=100&{query}")
    found: dict[str, set[int]] = {circle: set() for circle in words}
    for line in re.findall(r"<tr>.*?</tr>", page, flags=re.S):
        number = re.search(rf"/admin/{resource}/show/(\d+)", line)
        for circle, word in words.items():
            if number and word in text_of(line):
                found[circle].add(int(number[1]))
    return found


@pytest.fixture(scope="module")
def everything(world: World) -> dict[str, dict[str, set[int]]]:
    """Screen → circle → the numbers of its rows, as the super administrator sees them."""
    return {resource: rows_of(Screens(world.company.admin), resource, world.words) for resource in SCREENS}


def test_every_circle_has_rows_on_every_screen(everything):
    """Else the tests below would look for nothing."""
    assert not [(resource, circle) for resource in SCREENS for circle in CIRCLES if not everything[resource][circle]]


@pytest.mark.parametrize("scope", ["own", "team", "department", "all"])
def test_lists_rows_and_files_reach_as_far_as_the_scope(world, everything, scope):
    clerk, wrong = world.see(scope), []
    for resource, reach in SCREENS.items():
        inside = reach[scope]
        shown = rows_of(clerk, resource, world.words)
        exported = {kind: str(clerk.export(resource, kind)) for kind in ("csv", "xlsx")}
        for circle in CIRCLES:
            there = everything[resource][circle]
            if shown[circle] != (there if circle in inside else set()):
                wrong.append(f"the list of {resource} holds {len(shown[circle])} of {len(there)}: {circle}")
            for kind, text in exported.items():
                if (world.words[circle] in text) != (circle in inside):
                    wrong.append(f"the {kind} of {resource}: {circle}")
            for number in there:
                status = clerk.fetch(f"/{resource}/show/{number}").status_code
                if status != (200 if circle in inside else 404):
                    wrong.append(f"/{resource}/show/{number} of {circle}: {status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scope", ["own", "team", "department", "all"])
def test_log_reaches_as_far_as_the_scope(world, scope):
    """What each has done; the log grows while it is read, so the oldest entries of each account are compared."""
    clerk, boss = world.see(scope), Screens(world.company.admin)
    for circle, agent in world.agents.items():
        word, query = {circle: world.words[circle]}, f"user_id={agent.user_id}&sort=id"
        there = rows_of(boss, "operation_log", word, query)[circle]
        assert len(there) >= 3
        inside = circle in REACH_OF_THE_LOG[scope]
        shown = rows_of(clerk, "operation_log", word, query)[circle]
        assert (there <= shown) if inside else not shown, circle
        assert (len(clerk.export("operation_log", query=query)) > 1) is inside, circle
        for number in sorted(there)[:3]:
            clerk.page(f"/operation_log/show/{number}", expect=200 if inside else 404)


@pytest.mark.parametrize("scope", ["own", "team", "department", "all"])
def test_selects_and_front_page_reach_as_far_as_the_scope(world, everything, scope):
    clerk = world.see(scope)
    for resource, reach in OFFERED.items():
        offered = {row["id"] for row in clerk.fetch(f"/options/{resource}").json()["results"]}
        found = {circle for circle, numbers in everything[resource].items() if numbers & offered}
        assert found == reach[scope], resource
    front = clerk.page("/")
    assert {circle for circle in CIRCLES if world.words[circle] in front} <= REACH_OF_THE_LOG[scope]


def test_nothing_of_another_company_is_shown(world, foreign_word):
    word, other = foreign_word
    theirs = Screens(other.admin)
    clerk = world.see("all")
    for viewer in (clerk, Screens(world.company.admin)):
        for resource in (*SCREENS, "operation_log"):
            numbers = rows_of(theirs, resource, {"foreign": word})["foreign"]
            assert numbers, resource
            assert word not in viewer.page(f"/{resource}/list/?size=100")
            assert not rows_of(viewer, resource, {"foreign": word}, f"q={word}")["foreign"]
            assert word not in str(viewer.export(resource))
            for number in numbers:
                assert word not in viewer.page(f"/{resource}/show/{number}", expect=404)
        for resource in OFFERED:
            assert word not in viewer.fetch(f"/options/{resource}?term={word}").text
