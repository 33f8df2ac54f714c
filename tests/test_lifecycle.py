"""What time and late words do to conversations; waiting, leaving a message, and what customers think of it."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from services.observed_time import ObservedClock
from tests.factories import picture
from tests.people import Company, Person, at_once, listening, unique
from tests.waiting import ago, eventually

HOUR = 3600
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own, whose settings and clock it changes."""
    return new_company()


@pytest.fixture
def agent(company) -> Iterator[Person]:
    person = company.new("agent")
    company.make_room(person)
    yield person
    person.be("offline")  # the next test's customers are not his


def change(database: sa.Engine, statement: str, **values) -> None:
    """What no face offers: making something old."""
    with database.begin() as connection:
        connection.execute(sa.text(statement), values)


def events(person: Person, path: str) -> list[str]:
    """What the thread tells by itself."""
    return [m["payload"]["event"] for m in person.messages(path)["list"] if m["type"] == "system"]


def settings(company: Company, **values) -> None:
    company.admin.put("/settings", {"values": values})


# --- silence --------------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(company, database):
    """The company's clock is known to have run for ten days; returns its row's number."""
    find = sa.text("SELECT id FROM observed_time WHERE tenant_id = (SELECT tenant_id FROM agent WHERE id = :agent)")
    own = company.supervisor.agent_id

    def look() -> int | None:
        with database.connect() as connection:
            return connection.execute(find, {"agent": own}).scalar()

    number = eventually(look, 30)
    change(
        database, "UPDATE observed_time SET began = :then, gaps = :none WHERE id = :id",
        then=ago(240 * HOUR), none="[]", id=number,
    )  # fmt: skip
    return number


def silent_for(database: sa.Engine, path: str, seconds: int) -> None:
    change(
        database, "UPDATE conversation SET last_message_time = :then WHERE id = :id",
        then=ago(seconds), id=int(path.rsplit("/", 1)[1]),
    )  # fmt: skip


def test_silence_warns_then_ends(company, agent, database, watched):
    """After 23 hours the customer is warned, after 24 it is over: for him with the agent and for him with the bot.

    Who waits for a person is never sent away; who has said a word in the meantime neither.
    """
    quiet, lively = company.served(agent=agent), company.served(agent=agent)
    bot, waiting = company.visitor(), company.visitor()
    with_bot, in_queue = (f"/sessions/{one.open_conversation()['id']}" for one in (bot, waiting))
    waiting.post(f"{in_queue}/handover")
    for path in (quiet.path, lively.path):
        silent_for(database, path, 23 * HOUR + 60)
    for path in (with_bot, in_queue):
        silent_for(database, path, 25 * HOUR)
    eventually(lambda: "idle_warning" in events(quiet.customer, quiet.path), 40)
    eventually(lambda: "idle_warning" in events(lively.customer, lively.path), 40)
    warning = quiet.customer.messages(quiet.path)["list"][-1]
    assert warning["payload"]["params"]["minutes"] == 60 and "60" in warning["content"]
    assert agent.get(quiet.path)["status"] == "active"
    lively.customer.say(lively.path, "still here")
    change(database, "UPDATE conversation SET idle_warned_time = :then WHERE id = :id", then=ago(HOUR + 5), id=quiet.id)
    silent_for(database, quiet.path, 24 * HOUR + 60)
    eventually(lambda: agent.get(quiet.path)["status"] == "closed", 40)
    closed = company.admin.get(quiet.path)
    assert closed["closeReason"] == "idle" and events(quiet.customer, quiet.path)[-1] == "closed_idle"
    assert events(quiet.customer, quiet.path).count("idle_warning") == 1
    eventually(lambda: bot.get(with_bot)["status"] == "closed", 40)
    assert agent.get(lively.path)["status"] == "active" and waiting.get(in_queue)["status"] == "queued"
    waiting.put(f"{in_queue}/close")
    assert company.admin.get(f"/agents/{agent.agent_id}")["currentCount"] == 1


def test_clock_that_jumps_closes_nothing(company, agent, database, watched):
    """F27: a day that nobody has lived through makes nobody silent; a day before it does."""
    lately, long_ago = company.served(agent=agent), company.served(agent=agent)
    for served, hours in ((lately, 26), (long_ago, 50)):
        silent_for(database, served.path, hours * HOUR)
        warned = "UPDATE conversation SET idle_warned_time = :then WHERE id = :id"
        change(database, warned, then=ago((hours - 24) * HOUR), id=served.id)
    # as if the clock had just been set forward by 25 hours
    change(database, "UPDATE observed_time SET seen_time = :then WHERE id = :id", then=ago(25 * HOUR), id=watched)
    eventually(lambda: company.admin.get(long_ago.path)["status"] == "closed", 40)
    assert agent.get(lately.path)["status"] == "active"


NOON = dt.datetime(2026, 3, 2, 12)


def hours(number: float) -> dt.timedelta:
    return dt.timedelta(hours=number)


def test_observed_time_leaves_out_what_was_not_observed():
    clock = ObservedClock(NOON, NOON - hours(100))
    assert clock.before(hours(24)) == NOON - hours(24)
    assert clock.before(hours(101)) is None, "more than was ever observed"
    jumped = clock.at(NOON + hours(10))
    assert jumped.gaps == ((NOON, NOON + hours(10)),)
    assert jumped.before(hours(24)) == NOON - hours(24) and jumped.before(hours(0)) == jumped.now
    later = jumped.at(jumped.now + dt.timedelta(seconds=10))
    assert later.gaps == jumped.gaps and later.before(dt.timedelta(seconds=10)) == jumped.now
    back = later.at(NOON + hours(4))  # the clock was set right again, by half
    assert back.gaps == ((NOON, NOON + hours(4)),) and back.before(hours(1)) == NOON - hours(1)
    assert ObservedClock(NOON, NOON).at(NOON - hours(3)).before(hours(1)) is None


# --- late words -----------------------------------------------------------------------------------------------------


def test_late_word_goes_on_with_the_same_agent_if_he_is_there(company, agent):
    served = company.served(agent=agent)
    agent.be("online")
    agent.put(f"{served.path}/close")
    assert served.customer.get(served.path)["reopenUntil"]
    with listening(agent, served.customer) as (ears, _):
        served.customer.say(served.path, "one more thing")
        ears.wait_for("session_update", lambda data: data["event"] == "assigned" and data["sessionId"] == served.id)
    row = agent.get(served.path)
    assert (row["status"], row["closeTime"], row["reopenUntil"]) == ("active", None, None)
    assert row["waitingSince"] and row["agent"]["id"] == agent.agent_id
    assert company.admin.get(f"{served.path}/assignments")[-1]["method"] == "reopen"
    assert "reopened" in events(served.customer, served.path)
    assert company.admin.get(f"/agents/{agent.agent_id}")["currentCount"] == 1


def test_late_word_waits_for_somebody_else_or_talks_to_the_bot(company, agent):
    served = company.served(agent=agent)
    agent.put(f"{served.path}/close")
    served.customer.say(served.path, "one more thing")
    row = served.customer.get(served.path)
    assert (row["status"], row["agent"]) == ("queued", None) and row["queue"]["position"] >= 1
    visitor = company.visitor()
    path = f"/sessions/{visitor.open_conversation()['id']}"
    visitor.put(f"{path}/close")
    visitor.say(path, "忘记密码怎么办")
    assert visitor.get(path)["status"] == "bot"
    eventually(lambda: any(m["type"] == "answer" for m in visitor.messages(path)["list"]))


def test_too_late_a_word_needs_a_new_conversation_that_knows_the_old_one(company, agent, database):
    served = company.served(agent=agent)
    agent.put(f"{served.path}/close")
    change(database, "UPDATE conversation SET close_time = :then WHERE id = :id", then=ago(25 * HOUR), id=served.id)
    refusal = served.customer.say(served.path, "one more thing", expect=409)
    assert refusal["error"] == "conversation_closed"
    assert served.customer.open_conversation()["previousId"] == served.id
    agent.say(served.path, "only customers reopen", expect=409)


def test_customer_has_one_open_conversation_whatever_two_tabs_do(company, agent):
    """One tab writes to the old conversation while the other opens a new one."""
    for _ in range(3):
        served = company.served(agent=agent)
        agent.put(f"{served.path}/close")
        at_once(
            lambda: served.customer.request(
                "POST", f"{served.path}/messages", json={"clientMsgId": unique(), "content": "late"}
            ),
            lambda: served.customer.post("/sessions", {}),
        )
        open_ones = served.customer.get("/sessions", status="bot,queued,active,on_hold")
        assert open_ones["total"] == 1


# --- waiting --------------------------------------------------------------------------------------------------------


def waiting(company: Company, **more) -> tuple[Person, str]:
    visitor = company.visitor()
    path = f"/sessions/{visitor.open_conversation()['id']}"
    visitor.post(f"{path}/handover")
    return visitor, path


def test_who_waits_may_try_the_bot_again(company):
    visitor, path = waiting(company)
    with company.supervisor.socket() as ears:
        assert visitor.post(f"{path}/to-bot")["status"] == "bot"
        ears.wait_for("session_update", lambda data: data["event"] == "left_queue")
    assert visitor.get(path)["queue"] is None and visitor.get(path)["waitingSince"] is None
    visitor.post(f"{path}/to-bot", expect=409)
    visitor.say(path, "忘记密码怎么办")
    eventually(lambda: any(m["type"] == "answer" for m in visitor.messages(path)["list"]))
    assert visitor.post(f"{path}/handover")["status"] == "queued"


def test_supervisor_has_somebody_served_first_and_finds_who_needs_it(company, database):
    """RTE-5, RTE-7: the place is live for the customer; the pool is narrowed to who waits long, matters, has left."""
    (first, first_path), (second, second_path) = waiting(company), waiting(company)
    with second.socket() as ears:
        reason = unique("urgent")
        company.supervisor.post(f"{second_path}/prioritize", {"reason": reason})
        assert ears.wait_for("queue", lambda data: data["position"] == 1)["sessionId"] == second.get(second_path)["id"]
        ears.settle()
        assert reason not in ears.text()
    assert first.get(first_path)["queue"]["position"] > 1
    history = company.supervisor.get(f"{second_path}/assignments")[-1]
    assert (history["method"], history["reason"]) == ("prioritize", reason)
    company.supervisor.put(f"/customers/{first.customer_id}", {"vipLevel": 3})
    first_id, second_id = (int(path.rsplit("/", 1)[1]) for path in (first_path, second_path))
    change(database, "UPDATE conversation SET waiting_since = :then WHERE id = :id", then=ago(1200), id=second_id)

    def pool(**query) -> set[int]:
        found = {row["id"] for row in company.supervisor.get("/sessions/unassigned", size=100, **query)["list"]}
        return found & {first_id, second_id}

    assert pool() == {first_id, second_id}
    served = [row["queue"]["position"] for row in company.supervisor.get("/sessions/unassigned", size=100)["list"]]
    assert served == sorted(served), "not in the order in which they are served"
    assert pool(vip=1) == {first_id} and pool(vip=0) == {second_id}
    assert pool(waitingMinutes=10) == {second_id}
    assert pool(leftMessage=1) == set()
    company.supervisor.post(f"{second_path}/assign", {"agentId": company.supervisor.agent_id})
    company.supervisor.post(f"{second_path}/prioritize", {}, expect=409)


def test_who_finds_nobody_leaves_a_message(company):
    """Contact and words are kept, once; he stays in the queue, or it becomes a ticket by setting."""
    visitor, path = waiting(company)
    body = {"clientMsgId": unique(), "text": "报表打不开，请回电", "contact": "13800001234"}
    visitor.post(f"{path}/left-message", {**body, "contact": "nowhere"}, expect=400)
    for _ in range(2):
        row = visitor.post(f"{path}/left-message", body)
        assert row["status"] == "queued" and row["leftMessageTime"]
    talk = visitor.messages(path)["list"]
    assert [m["content"] for m in talk if m["type"] == "text"] == ["报表打不开，请回电"]
    assert events(visitor, path)[-1] == "message_left"
    assert company.admin.get(f"/customers/{visitor.customer_id}")["phone"] == "13800001234"
    settings(company, left_message_ticket=True)
    try:
        other, other_path = waiting(company)
        row = other.post(f"{other_path}/left-message", {"clientMsgId": unique(), "text": "请回电"})
    finally:
        settings(company, left_message_ticket=False)
    assert row["status"] == "closed" and row["ticketId"]
    assert "请回电" in other.get(f"/tickets/{row['ticketId']}")["description"]


def test_what_is_left_when_somebody_has_just_come_is_simply_said(company):
    """He wrote while nobody was there and sent when somebody was: his words arrive, and are no left message."""
    served = company.served()
    body = {"clientMsgId": unique(), "text": "请回电", "contact": "13800001234"}
    for _ in range(2):
        row = served.customer.post(f"{served.path}/left-message", body)
        assert (row["status"], row["leftMessageTime"]) == ("active", None)
    assert [m["content"] for m in served.agent.messages(served.path)["list"]].count("请回电") == 1
    served.customer.put(f"{served.path}/close", {})
    row = served.customer.post(f"{served.path}/left-message", {**body, "clientMsgId": unique()})
    assert row["status"] == "queued" and row["leftMessageTime"], "a late word is looked after again"


def test_outside_working_hours_the_customer_is_told_so(company):
    """He waits all the same, with his place; whoever is on duty would be somebody to wait for."""
    calendar = company.admin.get("/work-calendars", size=1, sort="id")["list"][0]
    always = {day: calendar[day] for day in DAYS}
    company.admin.put(f"/work-calendars/{calendar['id']}", {"version": calendar["version"], **dict.fromkeys(DAYS)})
    try:
        visitor, path = waiting(company)
        row = visitor.get(path)
        assert (row["status"], row["queue"]["isOpen"]) == ("queued", False)
        assert events(visitor, path)[-1] == "off_hours"
    finally:
        version = company.admin.get(f"/work-calendars/{calendar['id']}")["version"]
        company.admin.put(f"/work-calendars/{calendar['id']}", {"version": version, **always})
    assert visitor.get(path)["queue"]["isOpen"]
    visitor.put(f"{path}/close")


def test_own_words_are_said_at_the_turns(company, agent):
    """CHT-9: in both languages, so that each reader has his; without own words nothing changes."""
    own = {
        "text_welcome_zh": "欢迎光临", "text_welcome_en": "Welcome in", "text_queued_zh": "马上就来",
        "text_queued_en": "Coming", "text_closed_zh": "再会", "text_closed_en": "So long",
    }  # fmt: skip
    settings(company, **own)
    try:
        visitor, path = waiting(company)
        visitor.put(f"{path}/close")
    finally:
        settings(company, **dict.fromkeys(own, ""))
    lines = [m for m in visitor.messages(path)["list"] if m["type"] == "system"]
    assert [m["content"] for m in lines] == ["欢迎光临", "马上就来", "再会"]
    assert [m["payload"]["params"]["text_en"] for m in lines] == ["Welcome in", "Coming", "So long"]
    visitor, path = waiting(company)
    (line,) = (m for m in visitor.messages(path)["list"] if m["type"] == "system")
    assert "text_zh" not in line["payload"]["params"] and line["content"]


# --- ratings --------------------------------------------------------------------------------------------------------


def test_rating_has_tags_and_may_be_changed_for_a_while(company, agent, database):
    served = company.served(agent=agent)
    path = f"{served.path}/rating"
    agent.put(f"{served.path}/close")
    assert served.customer.get(served.path)["ratingInvitedTime"] and served.customer.get(path) is None
    served.customer.put(path, {"score": 4}, expect=409)
    served.customer.post(path, {"score": 5, "tags": ["good.nonsense"]}, expect=400)
    served.customer.post(path, {"score": 5, "tags": ["good.fast", "good.fast", "good.polite"], "comment": " 好 "})
    rating = agent.get(path)
    assert (rating["score"], rating["tags"], rating["comment"]) == (5, ["good.fast", "good.polite"], "好")
    served.customer.post(path, {"score": 1}, expect=409)
    assert served.customer.put(path, {"score": 2, "tags": ["bad.slow"]})["tags"] == ["bad.slow"]
    for score in (0, 6):
        served.customer.put(path, {"score": score}, expect=400)
    company.visitor().put(path, {"score": 3}, expect=404)
    change(database, "UPDATE rating SET create_time = :then WHERE conversation_id = :id", then=ago(900), id=served.id)
    assert served.customer.put(path, {"score": 5}, expect=409)["error"] == "rating_final"
    assert agent.get(path)["score"] == 2


def test_agent_asks_for_a_rating_before_the_end(company, agent):
    served = company.served(agent=agent)
    served.customer.post(f"{served.path}/rating", {"score": 5}, expect=409)
    with served.customer.socket() as ears:
        for _ in range(2):
            assert agent.post(f"{served.path}/invite-rating")["ratingInvitedTime"]
        heard = ears.wait_for("session_update", lambda data: data["event"] == "rating_invited")
        assert heard["conversation"]["ratingInvitedTime"]
    assert events(served.customer, served.path).count("rating_invited") == 1
    served.customer.post(f"{served.path}/rating", {"score": 5})
    agent.post(f"{served.path}/invite-rating", expect=409)
    served.customer.post(f"{served.path}/invite-rating", expect=403)
    assert agent.get(served.path)["status"] == "active"


def test_without_invitation_by_setting_nobody_is_asked(company, agent):
    settings(company, rating_invitation=False)
    try:
        served = company.served(agent=agent)
        agent.put(f"{served.path}/close")
    finally:
        settings(company, rating_invitation=True)
    assert served.customer.get(served.path)["ratingInvitedTime"] is None


# --- tickets --------------------------------------------------------------------------------------------------------


def test_ticket_takes_words_and_files_along(company, agent):
    """CHT-14: the colleague who gets the ticket reads them without seeing the conversation; notes stay behind."""
    served, other = company.served(agent=agent), company.new("agent")
    shot = served.customer.upload("screen.png", picture(), "image/png")
    served.customer.say(served.path, "see", type="image", fileId=shot["fileId"])
    served.customer.say(served.path, "报表打不开")
    hidden = agent.upload("note.txt", b"internal", "text/plain")
    agent.say(served.path, "for us", type="file", fileId=hidden["fileId"])
    taken = agent.say(served.path, "wrong one", type="text")
    agent.post(f"{served.path}/messages/{taken['messageId']}/recall")
    ticket = agent.post(f"{served.path}/ticket", {"title": "报表", "description": "please look"})
    text = ticket["description"]
    assert (
        text.startswith("please look") and "报表打不开" in text and "[screen.png]" in text and "wrong one" not in text
    )
    company.admin.post(f"/tickets/{ticket['id']}/assign", {"agentId": other.agent_id})
    room = other.messages(f"/tickets/{ticket['id']}")["list"]
    (image,) = (m for m in room if m["type"] == "image")
    assert image["sender"]["kind"] == "customer" and image["payload"]["name"] == "screen.png"
    assert other.request("GET", image["payload"]["url"]).status_code == 200
    assert company.new("agent").request("GET", image["payload"]["url"]).status_code == 404
    other.get(served.path, expect=404)


def test_what_is_taken_back_goes_from_the_ticket_too(people):
    """N05: made of the conversation in the two minutes in which it could be recalled, words and file."""
    served = people.served()
    kept = served.customer.say(served.path, "kept words")
    wrong = served.customer.say(served.path, unique("wrong") + "\nin two lines")
    file = served.customer.upload("wrong.txt", b"wrong", "text/plain")
    sent = served.customer.say(served.path, "wrong.txt", type="file", fileId=file["fileId"])
    ticket = served.agent.post(f"{served.path}/ticket", {"title": "t", "description": "my own words"})
    room = f"/tickets/{ticket['id']}"
    with served.agent.socket() as ears:
        ears.ok("join", {"ticketId": ticket["id"]})
        for message in (wrong, sent):
            served.customer.post(f"{served.path}/messages/{message['messageId']}/recall")
        gone = ears.wait_for("message", lambda data: data["recalled"] and data.get("ticketId") == ticket["id"])
        ears.wait_for("ticket_update", lambda data: data["event"] == "updated")
    text = served.agent.get(room)["description"]
    assert "my own words" in text and kept["content"] in text and "wrong" not in text
    copy = next(one for one in served.agent.messages(room)["list"] if one["messageId"] == gone["messageId"])
    assert copy["type"] == "file" and copy["recalled"] and copy["payload"] is None
    assert served.agent.request("GET", f"/files/{file['fileId']}/content").status_code == 404
    served.customer.post(f"{served.path}/messages/{wrong['messageId']}/recall")
    assert served.agent.get(room)["description"] == text
    search = served.agent.get("/tickets", q=wrong["content"].split("\n")[0])
    assert search["total"] == 0
