"""Retention: what was kept long enough goes, all of it and nothing else; what is held or needed stays (CHT-16)."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_appbuilder import Model

from services.retention.purging import REMARKS
from tests.factories import picture
from tests.people import Company, Served, unique
from tests.screens import Screens, text_of
from tests.servers import run_cli
from tests.waiting import ago

YEAR = 365 * 86_400


class Keeper:
    """A company whose conversations become old when a test wants it."""

    def __init__(self, company: Company, backend, database: sa.Engine):
        self.company, self.backend, self.database = company, backend, database
        self.code = company.host.split(".")[0]

    def closed(self, *texts: str) -> Served:
        served = self.company.served()
        for text in texts:
            served.customer.say(served.path, text)
        served.agent.put(f"{served.path}/close")
        return served

    def age(self, *talks: Served, seconds: int = YEAR) -> None:
        numbers = ", ".join(str(talk.id) for talk in talks)
        self.run(
            "UPDATE conversation SET close_time = CASE WHEN close_time IS NULL THEN NULL ELSE :then END,"
            f" last_message_time = :then, create_time = :then WHERE id IN ({numbers})",
            then=ago(seconds),
        )

    def purge(self, *options: str) -> str:
        return run_cli("retention", "--company", self.code, *options, settings=self.backend.settings)

    def run(self, statement: str, **values) -> None:
        with self.database.begin() as connection:
            connection.execute(sa.text(statement), values)

    def count(self, table: str, condition: str, **values) -> int:
        with self.database.connect() as connection:
            return connection.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {condition}"), values)

    def said(self, talk: Served) -> int:
        return self.count("chat_message", "thread_id = :thread", thread=talk.thread_id)

    def archived(self, talk: Served) -> list[dict]:
        """The lines of a conversation's copy; none where there is no copy."""
        number = self.company.supervisor.get(talk.path)["no"]
        lines: list[dict] = []
        for path in self.folder.rglob(f"{number}.jsonl.gz"):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                lines += map(json.loads, file)
        return lines

    @property
    def folder(self) -> Path:
        return Path(self.backend.settings["DATA_DIR"]) / "archive" / self.code


@pytest.fixture
def keeper(new_company, backend, database) -> Iterable[Keeper]:
    return Keeper(new_company(), backend, database)


def stored_files(keeper: Keeper) -> int:
    return sum(path.is_file() for path in (Path(keeper.backend.settings["DATA_DIR"]) / "files").rglob("*"))


def test_what_is_old_goes_and_everything_else_stays(keeper):
    company = keeper.company
    word = unique("geheim")
    gone = company.served(company.visitor("李医生"))
    company.manager.post("/sensitive-words", {"word": word})
    gone.customer.say(gone.path, f"密码是 {word}")
    file = gone.customer.upload("屏幕.png", picture(size=(64, 64)), "image/png")
    gone.customer.post(f"{gone.path}/messages", {"clientMsgId": unique(), "type": "image", "fileId": file["fileId"]})
    gone.agent.say(gone.path, "内部备注", type="note")
    gone.agent.put(f"{gone.path}/close")
    gone.customer.post(f"{gone.path}/rating", {"score": 3, "comment": f"{word} 太慢"})
    young, held, of_held, worked_on = (keeper.closed("你好") for _ in range(4))
    still_open = company.served()
    still_open.customer.say(still_open.path, "还在吗")
    company.manager.post(f"{held.path}/legal-hold", {"reason": "诉讼中"})
    company.manager.post(f"/customers/{of_held.customer.customer_id}/legal-hold", {"reason": "审计"})
    ticket = worked_on.agent.post(f"{worked_on.path}/ticket", {"title": "跟进"})
    worked_on.customer.say(f"/tickets/{ticket['id']}", "工单里的话")
    keeper.age(gone, held, of_held, worked_on, still_open)
    files_before = stored_files(keeper)

    planned = keeper.purge("--dry-run")
    assert planned.split()[-6:] == ["Total", "1", str(keeper.said(gone)), "1", "0.0", "3"], planned
    page = text_of(Screens(company.manager).page("/retention_run/plan"))
    assert "Kept: held or needed" in page and " 1 " in page
    assert keeper.said(gone) > 3, "looking changes nothing"

    keeper.purge()
    assert keeper.said(gone) == 0
    for talk in (young, held, of_held, worked_on, still_open):
        assert keeper.said(talk) > 1, "taken too much"
    boss = company.supervisor
    assert boss.messages(gone.path)["list"] == []
    shown = boss.get(gone.path)
    assert shown["purgeTime"] and shown["subject"] == "" and shown["customer"]["id"] is None
    assert shown["agent"]["id"] == gone.agent.agent_id, "figures stay"
    assert boss.get("/history", q=word)["total"] == 0 and boss.get("/sessions", q=word)["total"] == 0
    assert gone.id not in {row["id"] for row in boss.get("/history", size=100)["list"]}
    gone.customer.get(gone.path, expect=404)
    assert gone.customer.request("GET", f"/files/{file['fileId']}/content").status_code == 404
    assert stored_files(keeper) == files_before - 1
    assert keeper.count("read_mark", "thread_id = :thread", thread=gone.thread_id) == 0
    assert keeper.count("rating", "conversation_id = :id AND score = 3 AND comment IS NULL", id=gone.id) == 1, (
        "the score counts on, without a word"
    )
    alerts = boss.get("/sensitive-alerts", conversationId=gone.id)["list"]
    assert len(alerts) == 2, "one of a message, one of the words beside the rating"
    for alert in alerts:
        assert (alert["words"], alert["excerpt"], alert["sender"]["name"]) == (word, "", ""), "that there was one"
        assert alert["customer"]["id"] is None and alert["messageId"] is None
    assert boss.messages(f"/tickets/{ticket['id']}")["list"], "a ticket's room is its own"

    head, *lines = keeper.archived(gone)
    assert (head["kind"], head["customer"]["name"], head["ratings"][0]["score"]) == ("conversation", "李医生", 3)
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert any(word in line["content"] for line in lines)
    kept = next(line["file"]["kept_as"] for line in lines if line["file"])
    assert list(keeper.folder.rglob(kept)), "the picture lies beside it"

    listed = text_of(Screens(company.manager).page("/retention_run/list/"))
    assert "Done" in listed and "Yes" in listed

    company.manager.delete(f"{held.path}/legal-hold")
    company.manager.delete(f"/customers/{of_held.customer.customer_id}/legal-hold")
    keeper.purge()
    assert [keeper.said(talk) for talk in (held, of_held)] == [0, 0], "nothing keeps them any more"
    assert all(keeper.said(talk) > 1 for talk in (young, worked_on, still_open))
    assert keeper.archived(gone) == [head, *lines], "what has gone is not touched again"


def test_long_conversation_goes_in_pieces_and_its_first_copy_stays(keeper):
    """A run that died half-way has written the copy already: the next one must not write the rest over it."""
    talk, half = keeper.closed("从头说起"), keeper.closed("已经归档过")
    with keeper.database.begin() as connection:
        first = (
            connection.execute(
                sa.text("SELECT * FROM chat_message WHERE thread_id = :thread ORDER BY seq LIMIT 1"),
                {"thread": talk.thread_id},
            )
            .mappings()
            .one()
        )
    with keeper.database.begin() as connection:  # what has read cannot write on SQLite if others did meanwhile
        columns = ", ".join(name for name in first if name != "id")
        values = ", ".join(f":{name}" for name in first if name != "id")
        connection.execute(
            sa.text(f"INSERT INTO chat_message ({columns}) VALUES ({values})"),
            [
                {**first, "seq": number, "change_seq": number, "client_msg_id": f"long-{number}"}
                for number in range(1000, 2200)
            ],
        )
    keeper.age(talk, half)
    keeper.run("UPDATE conversation SET archive_time = :now WHERE id = :id", now=ago(60), id=half.id)
    count = keeper.said(talk)
    keeper.purge()
    assert [keeper.said(one) for one in (talk, half)] == [0, 0]
    _, *lines = keeper.archived(talk)
    assert len(lines) == count > 1200 and [one["seq"] for one in lines] == sorted(one["seq"] for one in lines)
    assert keeper.archived(half) == []


def test_everything_that_hangs_on_a_conversation_is_thought_of():
    """A new table that points to one, or to what is said in it: does retention take its words (`purging`)?"""
    pointing = {
        table.name
        for table in Model.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in ("conversation", "thread", "chat_message", "file_object")
    }
    gone = {
        "chat_message",
        "file_object",
        "message_mood",
        "question",
        "read_mark",
        "undelivered_message",
        "wechat_chat",
    }
    without_words = {model.__tablename__ for model in REMARKS} | {"conversation"}
    assert pointing - gone - without_words == {"article_file", "ticket"}, "articles and tickets are kept by themselves"


def test_settings_decide(keeper):
    company = keeper.company
    talk = keeper.closed("留着")
    keeper.age(talk)
    screens = Screens(company.admin)
    for months, expected in ((0, "kept for ever"), (13, "Nothing is old enough"), (11, "No copy is kept")):
        company.admin.put("/settings", {"values": {"retention_months": months, "retention_archive": False}})
        assert expected in text_of(screens.page("/retention_run/plan"))
    keeper.purge()
    assert keeper.said(talk) == 0 and not keeper.folder.exists()


def test_legal_hold_needs_a_reason_and_is_not_the_customers_business(keeper):
    company = keeper.company
    talk = keeper.closed("你好")
    hold = f"{talk.path}/legal-hold"
    company.manager.post(hold, {"reason": "  "}, expect=400)
    company.supervisor.post(hold, {"reason": "诉讼"}, expect=403)
    company.manager.delete(hold, expect=409)
    assert company.manager.post(hold, {"reason": "诉讼中"})["legalHold"]["reason"] == "诉讼中"
    assert company.supervisor.get(talk.path)["legalHold"]["reason"] == "诉讼中"
    assert talk.customer.get(talk.path)["legalHold"] is None
    keeper.age(talk)
    company.manager.delete(hold)
    keeper.purge()
    company.manager.post(hold, {"reason": "zu spät"}, expect=409)
