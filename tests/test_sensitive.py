"""Sensitive words: marked or refused by every door, told to those who look after it, never to customers (CHT-12)."""

import itertools
import random
import time

import pytest
import sqlalchemy as sa

from tests.identity.custom_roles import right_ids
from tests.people import Company, Ears, Person, Served, at_once, listening, unique
from tests.waiting import eventually

#: an alert must be on the supervisor's screen within this
TOLD_WITHIN = 1.0
#: a change of the list must hold in every process within this
HOLDS_WITHIN = 4.0
_chance = random.Random()


@pytest.fixture(scope="module", autouse=True)
def agents_with_room(people: Company) -> None:
    people.new_shift()


def new_word() -> str:
    """A word that nobody else uses."""
    return "".join(chr(_chance.randrange(0x4E00, 0x9F00)) for _ in range(4))


def keep(people: Company, **more) -> str:
    """A new word in the list."""
    word = new_word()
    people.manager.post("/sensitive-words", {"word": word, **more})
    return word


def alerts_of(people: Company, served: Served, **query) -> list[dict]:
    return people.supervisor.get("/sensitive-alerts", conversationId=served.id, **query)["list"]


# --- the list -------------------------------------------------------------------------------------------------------


def test_administrators_keep_the_list(people):
    word = new_word()
    made = people.manager.post(
        "/sensitive-words", {"word": f" {word} ", "groupName": "甲", "level": "severe", "action": "block"}
    )
    assert (made["word"], made["level"], made["action"], made["active"]) == (word, "severe", "block", True)
    again = people.manager.post("/sensitive-words", {"word": " ".join(word)}, expect=409)
    assert again["word"] == word
    for wrong in ("", "   ", "。！", "a", "x" * 65):
        people.manager.post("/sensitive-words", {"word": wrong}, expect=400)
    changed = people.manager.put(f"/sensitive-words/{made['id']}", {"active": False, "version": made["version"]})
    assert changed["active"] is False
    assert people.manager.post("/sensitive-words/check", {"text": f"说{word}吧"}) == []
    people.manager.put(f"/sensitive-words/{made['id']}", {"active": True})
    spaced = "-".join(word)
    assert people.manager.post("/sensitive-words/check", {"text": f"说{spaced}吧"}) == [
        {"word": word, "level": "severe", "action": "block", "start": 1, "end": 8}
    ]
    people.manager.delete(f"/sensitive-words/{made['id']}")
    assert people.manager.post("/sensitive-words/check", {"text": word}) == []
    people.manager.post("/sensitive-words", {"word": word})  # the name is free again


def test_list_comes_from_text_and_from_tables(people):
    one, two, three, four = (new_word() for _ in range(4))
    text = people.manager.post(
        "/sensitive-words/import", {"text": f"{one}、{two}，{three}\n{one}\n!!!", "groupName": "旧", "level": "warning"}
    )
    assert {name: text[name] for name in ("created", "updated", "unchanged", "refused")} == {
        "created": 3,
        "updated": 0,
        "unchanged": 1,
        "refused": 1,
    }
    assert text["lines"][0]["line"] == 3
    table = people.manager.post(
        "/sensitive-words/import",
        {
            "text": f"敏感词,分组,级别,处理方式\n{' '.join(one)},新,3,拦截\n{four},新,提示,标记\n"
            f"{two},新,9,标记\n{three},,,"
        },
    )
    assert (table["created"], table["updated"], table["unchanged"]) == (1, 1, 1)
    assert [line["word"] for line in table["lines"]] == [two]
    rows = {row["word"]: row for row in people.manager.get("/sensitive-words", groupName="新")["list"]}
    assert {(rows[word]["level"], rows[word]["action"]) for word in (one,)} == {("severe", "block")}
    assert rows[four]["level"] == "notice" and two not in rows


def test_new_company_begins_with_the_usual_words(new_company):
    company = new_company()
    rows = {row["word"]: row for row in company.admin.get("/sensitive-words", size=100)["list"]}
    assert {"投诉", "投诉到底", "退款", "全额退款", "报警", "举报", "欺诈", "骗局", "工商", "315"} <= set(rows)
    assert {row["action"] for row in rows.values()} == {"mark"}  # nobody is kept from complaining
    assert len({row["groupName"] for row in rows.values()}) == 5


# --- marked ---------------------------------------------------------------------------------------------------------


def send(person: Person, ears: Ears, owner: dict, text: str, door: str) -> dict:
    """Say it by REST or by socket; the answer, with `ok` and, refused, `error`."""
    message = {"clientMsgId": unique("m"), "content": text}
    if door == "socket":
        return ears.call("send_message", {**owner, **message})
    kind, number = next(iter(owner.items()))
    path = f"/{'sessions' if kind == 'sessionId' else 'tickets'}/{number}/messages"
    answer = person.request("POST", path, json=message).json()
    if answer["code"] == 200:
        return {"ok": True, "message": answer["data"]}
    return {"ok": False, "message": answer["message"], **answer["data"]}


def test_marked_words_go_their_way_and_are_told_to_supervisors_by_every_door(people):
    word = keep(people, groupName="甲", level="warning")
    served = people.served(people.visitor("李医生"))
    ticket = people.ticket(served.customer, people.agent)
    people.supervisor.get("/sensitive-alerts")  # the supervisor's account exists before anybody listens
    with listening(served.customer, people.agent, people.supervisor, people.other_team_agent) as ears:
        customer, agent, supervisor, stranger = ears
        for one, owner in itertools.product((customer, agent), ({"sessionId": served.id}, {"ticketId": ticket["id"]})):
            one.ok("join", owner)
        for owner, person, door in itertools.product(
            ({"sessionId": served.id}, {"ticketId": ticket["id"]}), (served.customer, people.agent), ("rest", "socket")
        ):
            said = f"{unique('before')} {word[0]} {word[1:]}"
            start = time.monotonic()
            sent = send(person, customer if person is served.customer else agent, owner, said, door)
            assert sent["ok"] and sent["message"]["content"] == said and sent["message"]["payload"] is None
            alert = newest(people, owner)
            heard = supervisor.first("sensitive_alert", lambda told, alert=alert: told["id"] == alert["id"], timeout=5)
            assert heard.time - start < TOLD_WITHIN
            assert (alert["level"], alert["action"], alert["state"]) == ("warning", "mark", "open")
            kind = "customer" if person is served.customer else "agent"
            assert alert["sender"]["kind"] == kind and alert["messageId"] == sent["message"]["messageId"]
            assert alert["customer"]["id"] == served.customer.customer_id
            assert alert["agent"]["id"] == people.agent.agent_id
            assert [alert["excerpt"][a:b] for a, b in alert["spans"]] == [f"{word[0]} {word[1:]}"]
            mark = agent.wait_for(
                "message_marked", lambda mark, sent=sent: mark["messageId"] == sent["message"]["messageId"]
            )
            assert mark["texts"] == [f"{word[0]} {word[1:]}"]
        assert len(supervisor.all("sensitive_alert", lambda alert: alert["words"] == word)) == 8
        for other in (customer, stranger):
            other.settle()
            assert not {"sensitive_alert", "message_marked"} & set(other.names())
            assert "sensitive" not in other.text() and "marked" not in other.text()
        assert agent.all("sensitive_alert") == []  # marks are for whoever serves, alerts are not
    marks = people.agent.get(f"/sessions/{served.id}/marks")
    assert len(marks) == 4 and {mark["level"] for mark in marks} == {"warning"}
    assert len(people.agent.get(f"/tickets/{ticket['id']}/marks")) == 4
    served.customer.get(f"/sessions/{served.id}/marks", expect=404)
    people.other_team_agent.get(f"/sessions/{served.id}/marks", expect=404)
    seen = served.customer.request("GET", f"{served.path}/messages").text
    assert "sensitive" not in seen and "mark" not in seen and "warning" not in seen
    people.agent.get("/sensitive-alerts", expect=403)


def newest(people: Company, owner: dict) -> dict:
    kind = "conversationId" if "sessionId" in owner else "ticketId"
    return people.supervisor.get("/sensitive-alerts", **{kind: next(iter(owner.values()))})["list"][0]


def test_alert_is_shown_with_what_was_said_around_it(people):
    word, served = keep(people), people.served()
    texts = [unique("said") for _ in range(13)]
    for place, text in enumerate(texts):
        served.customer.say(served.path, f"{text} {word}" if place == 6 else text)
    served.agent.say(served.path, "he is angry", type="note")
    alert = people.supervisor.get(f"/sensitive-alerts/{alerts_of(people, served)[0]['id']}")
    around = [message["content"].split()[0] for message in alert["around"]]
    assert around == texts[1:12]
    assert alert["around"][5]["messageId"] == alert["messageId"]


def test_notification_comes_once_until_somebody_has_settled_it_or_it_gets_worse(people):
    grave, graver, mild = keep(people, level="warning"), keep(people, level="severe"), keep(people, level="notice")
    served, supervisor = people.served(), people.supervisor

    def told() -> list[str]:
        notices = supervisor.get("/notifications", size=100)["list"]
        titles = [notice["params"]["title"] for notice in notices if notice["kind"] == "sensitive_alert.created"]
        return [title for title in titles if title in (grave, graver, mild)]

    served.customer.say(served.path, mild)
    served.customer.say(served.path, grave)
    served.customer.say(served.path, grave)
    served.customer.say(served.path, graver)
    served.customer.say(served.path, grave)
    assert eventually(lambda: sorted(told()) == sorted([grave, graver]) and told())
    people.supervisor.post(
        f"/sensitive-alerts/{alerts_of(people, served)[0]['id']}/handle", {"state": "handled", "together": True}
    )
    served.customer.say(served.path, grave)
    assert eventually(lambda: len(told()) == 3)


# --- refused --------------------------------------------------------------------------------------------------------


def test_blocked_words_are_refused_by_every_door_and_nothing_is_kept_but_the_alert(people):
    word = keep(people, action="block", level="severe")
    served = people.served()
    ticket = people.ticket(served.customer, people.agent)
    with listening(served.customer, people.agent, people.supervisor) as (customer, agent, supervisor):
        for one, owner in itertools.product((customer, agent), ({"sessionId": served.id}, {"ticketId": ticket["id"]})):
            one.ok("join", owner)
        before = {kind: served.customer.messages(path)["lastSeq"] for kind, path in paths(served, ticket).items()}
        for owner, person, door in itertools.product(
            ({"sessionId": served.id}, {"ticketId": ticket["id"]}), (served.customer, people.agent), ("rest", "socket")
        ):
            answer = send(
                person, customer if person is served.customer else agent, owner, f"去{'*'.join(word)}吧", door
            )
            assert (answer["ok"], answer["error"]) == (False, "blocked_words")
            assert word in answer["message"] and word in answer["fields"]["content"]
        for one in (customer, agent, supervisor):
            one.settle()
            assert one.all("message", lambda message: word[0] in message["content"]) == []
        assert len(supervisor.all("sensitive_alert", lambda alert: alert["action"] == "block")) >= 8
    for kind, path in paths(served, ticket).items():
        assert served.customer.messages(path)["lastSeq"] == before[kind]
        assert served.customer.say(path, "好的")["seq"] == before[kind] + 1  # numbers have no gaps
        assert people.agent.get(f"{path}/marks") == []
    rows = alerts_of(people, served, action="block")
    assert len(rows) == 4 and {row["messageId"] for row in rows} == {None}
    shown = people.supervisor.get(f"/sensitive-alerts/{rows[0]['id']}")
    assert word[0] in shown["excerpt"] and shown["around"][-1]["content"] == "好的"


def paths(served: Served, ticket: dict) -> dict[str, str]:
    return {"sessionId": served.path, "ticketId": f"/tickets/{ticket['id']}"}


def test_first_question_is_looked_at_too(people):
    word = keep(people, action="block")
    visitor = people.visitor()
    refused = visitor.post("/sessions", {"question": f"你们{word}"}, expect=400)
    assert refused["error"] == "blocked_words"
    assert visitor.messages(f"/sessions/{visitor.open_conversation()['id']}")["list"] == []


def test_repeated_refusals_are_one_alert_and_the_id_is_free_for_another_text(people):
    word, served = keep(people, action="block"), people.served()
    number = unique("m")
    at_once(*[lambda: served.customer.say(served.path, word, id=number, expect=400)] * 4)
    assert len(alerts_of(people, served)) == 1
    served.customer.say(served.path, "说得好一点", id=number)


def test_notes_and_the_other_partys_words_are_left_alone(people):
    customers, agents = keep(people, speaker="customer", action="block"), keep(people, speaker="agent", action="block")
    served = people.served()
    served.agent.say(served.path, f"客户说{customers}和{agents}", type="note")
    served.agent.say(served.path, customers)
    served.customer.say(served.path, agents)
    assert alerts_of(people, served) == []
    served.agent.say(served.path, agents, expect=400)
    served.customer.say(served.path, customers, expect=400)
    assert {row["words"] for row in alerts_of(people, served)} == {agents, customers}


def test_file_names_are_looked_at(people):
    word, served = keep(people, action="block"), people.served()
    file = served.customer.upload(f"{word}.txt", b"hello", "text/plain")
    served.customer.post(
        f"{served.path}/messages", {"clientMsgId": unique("m"), "type": "file", "fileId": file["fileId"]}, expect=400
    )
    assert alerts_of(people, served)[0]["excerpt"] == f"{word}.txt"


# --- outside of messages --------------------------------------------------------------------------------------------


def of_customer(people: Company, customer: Person, **query) -> list[dict]:
    return people.supervisor.get("/sensitive-alerts", customerId=customer.customer_id, **query)["list"]


def test_tickets_are_looked_at_when_made_and_when_changed(people):
    marked, refused = keep(people, level="warning"), keep(people, action="block")
    customer = people.visitor()
    people.supervisor.get("/sensitive-alerts")
    with people.supervisor.socket() as ears:
        ticket = customer.post("/tickets", {"title": f"我要{marked[:2]} {marked[2:]}", "description": "打不开"})
        [alert] = of_customer(people, customer)
        assert ears.wait_for("sensitive_alert", lambda told: told["id"] == alert["id"])["ticketId"] == ticket["id"]
    assert (alert["saidIn"], alert["ticketId"], alert["messageId"]) == ("ticket", ticket["id"], None)
    assert [alert["excerpt"][a:b] for a, b in alert["spans"]] == [f"{marked[:2]} {marked[2:]}"]
    shown = people.supervisor.get(f"/sensitive-alerts/{alert['id']}")
    assert [line["type"] for line in shown["around"]] == ["system"]
    assert "sensitive" not in customer.request("GET", f"/tickets/{ticket['id']}").text
    # what somebody only keeps is no news; what he writes anew is
    path, change = f"/tickets/{ticket['id']}", {"title": ticket["title"], "description": "还是打不开"}
    changed = people.manager.put(path, {**change, "version": people.manager.get(path)["version"]})
    assert len(of_customer(people, customer)) == 1
    people.manager.put(path, {"description": f"说了{marked}", "version": changed["version"]})
    assert {row["sender"]["kind"] for row in of_customer(people, customer)} == {"customer", "agent"}
    before = people.manager.get(path)
    answer = people.manager.put(path, {"description": refused, "version": before["version"]}, expect=400)
    assert answer["error"] == "blocked_words" and refused in answer["fields"]["description"]
    assert people.manager.get(path) == before


def test_refused_ticket_is_not_made_and_leaves_one_alert(people):
    word, customer = keep(people, action="block", level="severe"), people.visitor()
    for _ in range(2):
        answer = customer.post("/tickets", {"title": f"退{word}", "description": "急"}, expect=400)
    assert (answer["error"], list(answer["fields"])) == ("blocked_words", ["title"])
    assert customer.get("/tickets")["total"] == 0
    [alert] = of_customer(people, customer)
    assert (alert["action"], alert["saidIn"], alert["ticketId"], alert["place"]) == ("block", "ticket", None, None)
    assert people.supervisor.get(f"/sensitive-alerts/{alert['id']}")["around"] == []
    people.supervisor.post(f"/sensitive-alerts/{alert['id']}/handle", {"state": "handled"})
    customer.post("/tickets", {"title": f"退{word}", "description": "急"}, expect=400)
    assert len(of_customer(people, customer)) == 2


def test_words_beside_a_rating_are_looked_at(people):
    marked, refused = keep(people), keep(people, action="block")
    served = people.served()
    served.agent.put(f"{served.path}/close")
    rating = f"{served.path}/rating"
    answer = served.customer.post(rating, {"score": 1, "comment": f"真{refused}"}, expect=400)
    assert answer["error"] == "blocked_words" and refused in answer["fields"]["comment"]
    served.customer.post(rating, {"score": 1, "comment": f"真{marked}"})
    served.customer.put(rating, {"score": 2, "comment": f"真{marked}"})
    rows = {row["action"]: row for row in alerts_of(people, served)}
    assert len(alerts_of(people, served)) == 2 and {row["saidIn"] for row in rows.values()} == {"rating"}
    around = people.supervisor.get(f"/sensitive-alerts/{rows['mark']['id']}")["around"]
    [line] = [line for line in around if line["messageId"] == rows["mark"]["messageId"]]
    assert line["payload"]["event"] == "rated"
    served.customer.put(rating, {"score": 2, "comment": refused}, expect=400)
    assert served.customer.get(rating)["comment"] == f"真{marked}"


def test_questions_to_the_help_centre_are_looked_at(people, database):
    marked, refused = keep(people, level="warning"), keep(people, action="block")
    asker = people.visitor()
    for _ in range(2):
        assert asker.post("/kb/qa", {"question": f"怎么{marked}"})["answered"] is False
    answer = asker.post("/kb/qa", {"question": f"怎么{refused}"}, expect=400)
    assert answer["error"] == "blocked_words"
    rows = {row["action"]: row for row in of_customer(people, asker)}
    assert {row["saidIn"] for row in rows.values()} == {"question"} and len(of_customer(people, asker)) == 2
    assert (rows["mark"]["excerpt"], rows["block"]["excerpt"]) == (f"怎么{marked}", f"怎么{refused}")
    kept = sa.text("SELECT count(*) FROM question WHERE text = :text")
    with database.connect() as connection:
        assert connection.scalar(kept, {"text": f"怎么{refused}"}) == 0
        assert connection.scalar(kept, {"text": f"怎么{marked}"}) == 2
    people.other_team_agent.get(f"/sensitive-alerts/{rows['mark']['id']}", expect=403)


# --- handling -------------------------------------------------------------------------------------------------------


def test_alert_is_handled_once_with_a_note(people, database):
    word, served = keep(people, level="severe"), people.served()
    for _ in range(3):
        served.customer.say(served.path, word)
    first, second, third = (row["id"] for row in alerts_of(people, served, sort="id"))
    path = f"/sensitive-alerts/{first}/handle"
    people.agent.post(path, {"state": "handled"}, expect=403)
    seen = people.supervisor.post(path, {"state": "seen"})
    assert (seen["state"], seen["handler"]["id"]) == ("seen", people.supervisor.user_id)
    with people.manager.socket() as ears:
        done = people.supervisor.post(path, {"state": "handled", "note": "已电话沟通"})
        assert ears.wait_for("sensitive_alert", lambda alert: alert["id"] == first)["state"] == "handled"
    assert (done["state"], done["note"]) == ("handled", "已电话沟通") and done["handleTime"]
    people.manager.post(path, {"state": "dismissed"}, expect=409)
    people.manager.post(path, {"state": "open"})
    people.manager.post(path, {"state": "dismissed", "note": "误报", "together": True})
    rows = {row["id"]: row for row in alerts_of(people, served)}
    assert {row["state"] for row in rows.values()} == {"dismissed"} and set(rows) == {first, second, third}
    logged = sa.text(
        "SELECT count(*) FROM operation_log WHERE operation = 'sensitive_alert.handle' AND target_id = :id"
    )
    with database.connect() as connection:
        assert connection.scalar(logged, {"id": first}) == 4
    people.supervisor.post(path, {"state": "seen", "together": True}, expect=400)
    people.supervisor.post(path, {"state": "open", "note": "x" * 501}, expect=400)


def test_two_supervisors_at_once_settle_it_once(people):
    word, served = keep(people), people.served()
    served.customer.say(served.path, word)
    path = f"/sensitive-alerts/{alerts_of(people, served)[0]['id']}/handle"
    answers = at_once(
        *[
            lambda person=person: person.request("POST", path, json={"state": "handled"}).status_code
            for person in (people.supervisor, people.manager, people.admin)
        ]
    )
    assert sorted(answers) == [200, 409, 409]


def test_alerts_are_filtered_and_counted(new_company):
    company = new_company()
    company.admin.post("/sensitive-words", {"word": "很生气", "groupName": "情绪", "level": "notice"})
    served = company.served()
    served.customer.say(served.path, "我要投訴到底，全额退款")
    served.customer.say(served.path, "很生气")
    served.agent.say(served.path, "不要举报")
    supervisor = company.supervisor
    count = lambda **query: supervisor.get("/sensitive-alerts", **query)["total"]  # noqa: E731
    assert count() == 3
    assert [count(level=level) for level in ("notice", "warning", "severe", "notice,severe")] == [1, 0, 2, 3]
    assert [count(word=word) for word in ("投诉", "投诉到底", "很生气", "没有")] == [1, 1, 1, 0]
    assert (count(group="情绪"), count(q="举报"), count(state="open"), count(state="handled")) == (1, 1, 3, 0)
    assert (count(agentId=served.agent.agent_id), count(agentId=served.agent.agent_id + 1)) == (3, 0)
    assert (count(createdFrom="2020-01-01T00:00:00Z"), count(createdTo="2020-01-01")) == (3, 0)
    supervisor.get("/sensitive-alerts", createdFrom="yesterday", expect=400)
    first = supervisor.get("/sensitive-alerts", sort="id")["list"][0]
    assert first["words"].startswith("投诉到底") and first["level"] == "severe"
    supervisor.post(f"/sensitive-alerts/{first['id']}/handle", {"state": "handled"})
    trend = supervisor.get("/sensitive-alerts/trend", days=7, offsetMinutes=480)
    assert len(trend["days"]) == 7
    assert {level: sum(day[level] for day in trend["days"]) for level in ("notice", "warning", "severe")} == {
        "notice": 1,
        "warning": 0,
        "severe": 2,
    }
    assert sum(trend["days"][-1][level] for level in ("notice", "warning", "severe")) == 3
    assert {(row["word"], row["count"]) for row in trend["words"]} == {
        (word, 1) for word in ("投诉", "投诉到底", "退款", "全额退款", "很生气", "举报")
    }
    assert trend["states"] == {"open": 2, "handled": 1} and trend["secondsToSettle"] is not None
    for wrong in ({"days": 0}, {"days": 93}, {"offsetMinutes": 900}):
        supervisor.get("/sensitive-alerts/trend", expect=400, **wrong)


def test_whoever_sees_some_conversations_only_hears_of_their_alerts_only(people):
    """A role may have the right and a narrower view: alerts of other agents' conversations do not exist for it."""
    role = people.admin.post("/roles", {"name": unique("watching")})["id"]
    rights = right_ids(people, "sensitive_alert.read", "sensitive_alert.handle")
    people.admin.post(f"/roles/{role}/permissions", {"permissionIds": rights, "scopes": {"*": "own"}})
    watchful = people.new("agent", roleIds=[people.role_id("agent"), role])
    word, own, foreign = keep(people, level="warning"), people.served(agent=watchful), people.served()
    with listening(watchful, people.supervisor) as (ears, supervisor):
        foreign.customer.say(foreign.path, word)
        own.customer.say(own.path, word)
        ears.wait_for("sensitive_alert", lambda alert: alert["sessionId"] == own.id)
        supervisor.wait_for("sensitive_alert", lambda alert: alert["sessionId"] == own.id)
        assert {alert["sessionId"] for alert in ears.all("sensitive_alert")} == {own.id}
    assert [row["conversationId"] for row in watchful.get("/sensitive-alerts")["list"]] == [own.id]
    hidden = alerts_of(people, foreign)[0]["id"]
    watchful.get(f"/sensitive-alerts/{hidden}", expect=404)
    watchful.post(f"/sensitive-alerts/{hidden}/handle", {"state": "handled"}, expect=404)
    assert (
        sum(
            sum(day[level] for level in ("notice", "warning", "severe"))
            for day in watchful.get("/sensitive-alerts/trend")["days"]
        )
        == 1
    )


def test_other_companies_words_and_alerts_are_their_own(people, strangers):
    word, served = keep(people, action="block"), strangers.served()
    served.customer.say(served.path, word)
    mine = people.served()
    mine.customer.say(mine.path, word, expect=400)
    hidden = alerts_of(people, mine)[0]["id"]
    strangers.supervisor.get(f"/sensitive-alerts/{hidden}", expect=404)


# --- several processes ----------------------------------------------------------------------------------------------


def test_changed_words_hold_in_every_process(people, start_server):
    second, served, word = start_server(), people.served(), new_word()
    there = served.customer.at(second.base_url)
    there.say(served.path, word)  # the other process knows the list as it was
    made = people.manager.post("/sensitive-words", {"word": word, "action": "block"})
    served.customer.say(served.path, word, expect=400)  # here at once

    def refused_there() -> bool:
        return (
            there.request(
                "POST", f"{served.path}/messages", json={"clientMsgId": unique("m"), "content": word}
            ).status_code
            == 400
        )

    eventually(refused_there, timeout=HOLDS_WITHIN)
    people.manager.put(f"/sensitive-words/{made['id']}", {"active": False})
    served.customer.say(served.path, word)
    eventually(lambda: not refused_there(), timeout=HOLDS_WITHIN)
