"""The lists under /admin: filters, search, order, pages, searching selects, exported files."""

import re

import pytest
import sqlalchemy as sa

from services.spreadsheets import harmless
from tests.people import at_once, unique
from tests.screens import Screens, last_log, somebody_with, text_of


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


# --- lists -----------------------------------------------------------------------------------------------------------


def test_filters_search_order_and_pages(people, admin):
    word = unique("findme")
    tickets = [
        people.ticket(title=f"{word} {number:02} 100%_", priority="urgent" if number % 2 else "normal")
        for number in range(22)
    ]
    everything = admin.page(f"/ticket/list/?q={word}")
    assert "22 rows" in text_of(everything) and "1 / 2" in text_of(everything)
    assert "11 rows" in text_of(admin.page(f"/ticket/list/?q={word}&priority=urgent"))
    assert "22 rows" in text_of(admin.page(f"/ticket/list/?q={word}&size=50"))
    # % is a letter like others
    assert "Nothing fits these filters" in text_of(admin.page(f"/ticket/list/?q={word[:3]}%25{word[-3:]}"))
    first = admin.page(f"/ticket/list/?q={word}&sort=title")
    assert re.findall(rf"{word} (\d\d)", text_of(first))[:2] == ["00", "01"]
    second = admin.page(f"/ticket/list/?q={word}&sort=title&page=2")
    assert re.findall(rf"{word} (\d\d)", text_of(second)) == ["20", "21"]
    customer = tickets[3]["customer"]["id"]
    assert "1 row" in text_of(admin.page(f"/ticket/list/?customer_id={customer}"))


def test_concurrent_lists_do_not_mix_their_filters(people, admin):
    words = [unique("apart") for _ in range(4)]
    for word in words:
        admin.make("organization", name=word)

    def look(word: str):
        def run() -> set[str]:
            seen = set()
            for _ in range(10):
                page = Screens(people.admin).page(f"/organization/list/?q={word}")
                seen |= set(re.findall(r"apart-[\w-]+", text_of(page)))
            return seen

        return run

    assert at_once(*map(look, words)) == [{word} for word in words]


def test_searching_selects_offer_what_one_may_see(people, admin):
    name = unique("chosen")
    admin.make("customer", name=name)
    found = admin.fetch(f"/options/customer?term={name}").json()
    assert [row["text"] for row in found["results"]] == [name]
    clerk = somebody_with(people, "admin.enter", "customer.read", "dictionary.read", scopes={"*": "own"})
    assert clerk.fetch(f"/options/customer?term={name}").json()["results"] == []
    assert clerk.fetch("/options/user").status_code == 403


def test_messages_and_files_lead_to_where_they_belong(people, admin):
    served = people.served()
    word = unique("said")
    served.customer.say(served.path, word)
    clerk = somebody_with(people, "admin.enter", "chat_message.read", "conversation.read", scopes={"*": "own"})
    number = re.search(r"/admin/chat_message/show/(\d+)", admin.page(f"/chat_message/list/?q={word}"))[1]
    assert f"/admin/conversation/show/{served.id}" in admin.page(f"/chat_message/show/{number}")
    assert "Nothing fits these filters" in text_of(clerk.page(f"/chat_message/list/?q={word}"))
    clerk.page(f"/chat_message/show/{number}", expect=404)
    name = f"{unique('file')}.txt"
    file = served.customer.upload(name, b"hello", "text/plain")
    served.customer.say(served.path, type="file", fileId=file["fileId"])
    shown = admin.page(f"/file_object/show/{file['fileId']}")
    assert name in text_of(shown) and f"/admin/conversation/show/{served.id}" in shown


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_hold_the_filtered_rows_without_formulas(people, admin, kind):
    word = unique("formula")
    admin.make("organization", name=f"=HYPERLINK({word})", region="@here", industry="-1")
    admin.make("organization", name=unique("else"))
    rows = admin.export("organization", kind, f"q={word}")
    assert rows[0][:3] == ["Name", "Region", "Industry"] and rows[0][-1] == "No." and len(rows) == 2
    assert rows[1][:3] == [f"'=HYPERLINK({word})", "'@here", "'-1"]
    entry = last_log(people, "organization.export")
    assert word in entry["note"] and kind in entry["note"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_what_a_spreadsheet_would_run_gets_a_quote(text):
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_an_export_is_complete_beyond_one_page(admin, database):
    word = unique("many")
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO dictionary_item (dictionary_id, code, label, tenant_id, version, create_time, update_time)"
                " VALUES (1, :code, :label, 1, 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            ),
            [{"code": f"{word}-{number}", "label": word} for number in range(1203)],
        )
    assert len(admin.export("dictionary_item", "csv", f"q={word}")) == 1204
