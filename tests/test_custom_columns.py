"""The company's own fields in files, filters, boards and views: what they hold, who sees them, what is gone (SET-4)."""

import io

import pypdf
import pytest

from models.exports import ExportJob, ExportState
from tests import test_exports, test_ticket_export
from tests.people import Company, Person, unique
from tests.screens import Screens
from tests.test_ticket_export import content, rows_of

EVIL = ("=1+1", "+1", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://x.invalid","y")')
OPTIONS = [
    {"code": "one", "label": "一个人", "labelEn": "One person"},
    {"code": "all", "label": "整个门诊", "labelEn": "The clinic"},
]
#: code → kind and what the two tickets have in it
FIELDS = {
    "contract": ("text", "HT-2026-017", "ht-2025-002"),
    "impact": ("select", "one", "all"),
    "places": ("multi_select", ["one", "all"], None),
    "amount": ("number", -3, 20.5),
    "until": ("date", "2026-01-31", "2026-03-01"),
    "paid": ("yes_no", True, False),
    "report": ("long_text", "第一行\n第二行", None),
}


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def define(company: Company, code: str, kind: str = "text", subject: str = "ticket", **more) -> dict:
    if kind in ("select", "multi_select"):
        more = {"options": OPTIONS, **more}
    field = {"subject": subject, "code": code, "label": f"字段{code}", "labelEn": f"Field {code}", "kind": kind, **more}
    return company.admin.post("/custom-fields", field)


@pytest.fixture(scope="module")
def tickets(company) -> list[dict]:
    """Two that differ in every field, and one in whose fields nothing stands."""
    for code, (kind, *_) in FIELDS.items():
        define(company, code, kind)
    define(company, "reviewer", "person"), define(company, "clinic", "organization")
    company.clinic = company.admin.post("/organizations", {"name": "仁爱门诊"})["id"]
    company.reviewer = company.new("agent", "王敏").agent_id
    rows = [{code: given[place] for code, (_, *given) in FIELDS.items()} for place in (0, 1)]
    rows[0] |= {"reviewer": company.reviewer, "clinic": company.clinic}
    return [company.supervisor.post("/tickets", {"title": unique("t"), "custom": row}) for row in (*rows, {})]


def made(person: Person, **wanted) -> list[list[str]]:
    """The lines of a file of tickets, in the order in which they came."""
    job = test_ticket_export.made(person, **{"format": "csv", "sort": "id", **wanted})
    return rows_of(content(person, job), wanted.get("format", "csv"))


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_file_has_the_columns_of_ones_own_fields(company, tickets, format_):
    codes = [*FIELDS, "reviewer", "clinic"]
    title, first, second, third = made(
        company.supervisor, format=format_, columns=["no", *(f"custom.{code}" for code in codes), "status"]
    )
    assert title == ["编号", *(f"字段{code}" for code in codes), "状态"]
    shown = [
        "HT-2026-017",
        "一个人",
        "一个人、整个门诊",
        "'-3",
        "2026-01-31",
        "是",
        "第一行\n第二行",
        "王敏",
        "仁爱门诊",
    ]
    assert first == [tickets[0]["no"], *shown, "待处理"]
    assert second[1:8] == ["ht-2025-002", "整个门诊", "", "20.5", "2026-03-01", "否", ""]
    assert third[1:10] == [""] * 9


def test_reader_of_english_gets_english(company, tickets):
    boss = company.new("supervisor")
    boss.put("/session/locale", {"locale": "en"})
    title, first, *_ = made(boss, columns=["custom.impact", "custom.places", "custom.paid"])
    assert title == ["Field impact", "Field places", "Field paid"]
    assert first == ["One person", "One person, The clinic", "Yes"]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_no_cell_runs_as_a_formula(new_company, format_):
    company = new_company()
    define(company, "evil", label="=1+1", labelEn="=1+1", inList=True)
    define(company, "evil", subject="conversation", label="@SUM(A1)")
    for text in EVIL:
        company.supervisor.post("/tickets", {"title": "x", "custom": {"evil": text}})
    served = company.served()
    served.agent.put(f"{served.path}/custom-fields", {"custom": {"evil": EVIL[0]}})
    assert made(company.supervisor, format=format_, columns=["custom.evil"]) == [[f"'{one}"] for one in ("=1+1", *EVIL)]
    job = test_exports.made(company.supervisor, format=format_)
    title, row = rows_of(test_exports.content(company.supervisor, job), format_)
    assert (title[-1], row[-1]) == ("'@SUM(A1)", f"'{EVIL[0]}")
    title, *rows = Screens(company.admin).export("ticket", format_)
    assert "'=1+1" in title and {cell for row in rows for cell in row} >= {f"'{text}" for text in EVIL}


def test_file_is_made_of_what_the_fields_say(company, tickets):
    wanted = {
        "custom.impact": "all,one",
        "custom.amount.from": "-5",
        "custom.amount.to": "0",
        "custom.contract.has": "ht-",
    }
    assert [row[0] for row in made(company.supervisor, filters=wanted)[1:]] == [tickets[0]["no"]]
    job = test_ticket_export.made(company.supervisor, format="pdf", filters=wanted, columns=["no", "custom.report"])
    pages = pypdf.PdfReader(io.BytesIO(content(company.supervisor, job))).pages
    text = pages[0].extract_text()
    for words in ("字段impact: 整个门诊、一个人", "字段amount: ≥ -5", "字段amount: ≤ 0", "字段contract: ht-", "第二行"):
        assert words in text, text
    wanted = {"custom.reviewer": f"{company.reviewer}", "custom.clinic": f"{company.clinic},none", "custom.paid": "1"}
    job = test_ticket_export.made(company.supervisor, format="pdf", filters=wanted)
    text = pypdf.PdfReader(io.BytesIO(content(company.supervisor, job))).pages[0].extract_text()
    for words in ("字段reviewer: 王敏", "字段clinic: 仁爱门诊、无", "字段paid: 是"):
        assert words in text, text


@pytest.mark.parametrize("wrong", ["custom.nothing", "custom.", "contract", "custom.contract.has", "custom.CONTRACT"])
def test_column_that_is_none_is_refused_by_name(company, tickets, wrong):
    boss = company.supervisor
    for method, path, body, field in (
        ("POST", "/tickets/exports", {"columns": ["no", wrong]}, "columns"),
        ("POST", "/ticket-views", {"name": unique("view"), "filters": {}, "columns": [wrong]}, "columns"),
        ("PUT", "/user/preferences", {"tickets": {"columns": [wrong]}}, "tickets.columns"),
    ):
        refused = boss.request(method, path, json=body)
        assert refused.status_code == 400 and wrong in refused.json()["data"]["fields"].get(field, ""), refused.text


@pytest.mark.parametrize(
    "wrong", ["custom.nothing", "custom.amount.has", "custom.impact.to", "custom.report", "custom.until.from"]
)
def test_filter_that_is_none_is_refused_by_name(company, tickets, wrong):
    boss, filters = company.supervisor, {wrong: "x"}
    for method, path, more in (
        ("POST", "/tickets/exports", {"json": {"filters": filters}}),
        ("POST", "/ticket-views", {"json": {"name": unique("view"), "filters": filters}}),
        ("GET", "/tickets/board", {"params": filters}),
        ("GET", "/tickets", {"params": filters}),
    ):
        refused = boss.request(method, path, **more)
        assert refused.status_code == 400 and list(refused.json()["data"]["fields"]) == [wrong], refused.text


def test_page_is_not_wide_enough_for_everything(company, tickets):
    many = [
        "no",
        "title",
        "status",
        "priority",
        "type",
        "product",
        "tags",
        "customer",
        "assignee",
        "team",
        "department",
    ]
    many += ["source", "contactName", "contactEmail", "contactPhone", "createTime", "updateTime"]
    many += [f"custom.{code}" for code in FIELDS]
    assert len(made(company.supervisor, columns=[*many, "closeTime"])[0]) == 25
    test_ticket_export.made(company.supervisor, format="pdf", columns=many)
    refused = company.supervisor.post(
        "/tickets/exports", {"format": "pdf", "columns": [*many, "closeTime"]}, expect=400
    )
    assert "columns" in refused["fields"]


# --- whose they are -------------------------------------------------------------------------------------------------


def test_who_sees_fewer_fields_has_fewer_in_his_file(new_company, backend, database):
    """A company that lets its customers export: what is not meant for them does not exist, also when that changes."""
    company = new_company()
    shown, _ = define(company, "shown", shownToCustomers=True), define(company, "inner")
    role = company.role_id("customer")
    rights = [right["id"] for right in company.admin.get(f"/roles/{role}")["permissions"]]
    known = {right["name"]: right["id"] for right in company.admin.get("/permissions")}
    company.admin.post(f"/roles/{role}/permissions", {"permissionIds": [*rights, known["ticket.export"]]})
    customer = company.new("customer")
    ticket = company.ticket(customer)
    company.admin.put(
        f"/tickets/{ticket['id']}", {"version": ticket["version"], "custom": {"shown": "给您的", "inner": "给我们的"}}
    )
    for wrong in ({"columns": ["custom.inner"]}, {"filters": {"custom.inner": "给我们的"}}):
        customer.post("/tickets/exports", {"format": "csv", **wrong}, expect=400)
    job = test_ticket_export.made(customer, format="csv", columns=["custom.shown", "no"])
    assert rows_of(content(customer, job), "csv") == [["字段shown", "编号"], ["给您的", ticket["no"]]]

    company.admin.put(f"/custom-fields/{shown['id']}", {"shownToCustomers": False})
    jobs = ExportJob.__table__
    again = {
        "state": ExportState.queued,
        "start_time": None,
        "storage_key": None,
        "create_time": test_exports.past(120),
    }
    with database.begin() as connection:
        connection.execute(jobs.update().where(jobs.c.id == job["id"]).values(**again))
    test_exports.sweep(backend)
    assert customer.get(f"/tickets/exports/{job['id']}")["state"] == "done"
    assert rows_of(content(customer, job), "csv") == [["shown", "编号"], ["", ticket["no"]]]


def test_fields_of_another_company_are_unknown(company, tickets, strangers):
    refused = strangers.supervisor.post("/tickets/exports", {"columns": ["custom.contract"]}, expect=400)
    assert "columns" in refused["fields"]
    strangers.supervisor.get("/tickets/board", **{"custom.contract": "x"}, expect=400)


# --- filters --------------------------------------------------------------------------------------------------------


def found(company: Company, tickets: list[dict], **query) -> set[int]:
    """Which of the three the list has, and the board with it."""
    asked = {f"custom.{name}": text for name, text in query.items()}
    listed = {row["id"] for row in company.supervisor.get("/tickets", size=100, **asked)["list"]}
    columns = company.supervisor.get("/tickets/board", size=50, **asked)["columns"]
    assert {row["id"] for column in columns for row in column["list"]} == listed
    assert sum(column["count"] for column in columns) == len(listed)
    return {place for place, ticket in enumerate(tickets) if ticket["id"] in listed}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"contract.has": "2026"}, {0}),
        ({"contract.has": "Ht-"}, {0, 1}),
        ({"contract.has": "%"}, set()),
        ({"contract.has": "_"}, set()),
        ({"contract": "HT-2026-017"}, {0}),
        ({"contract": "2026"}, set()),
        ({"contract": ""}, {0, 1, 2}),
        ({"impact": "all,none"}, {1, 2}),
        ({"places": "none"}, {1, 2}),
        ({"paid": "none,false"}, {1, 2}),
        ({"until.from": "2026-02-01"}, {1}),
        ({"until.from": "2026-01-31", "until.to": "2026-01-31"}, {0}),
        ({"impact": ","}, set()),
    ],
    ids=str,
)
def test_list_and_board_find_the_same(company, tickets, query, expected):
    assert found(company, tickets, **query) == expected


# --- views that are kept --------------------------------------------------------------------------------------------


def test_view_keeps_ones_own_columns_and_filters(company, tickets):
    boss = company.supervisor
    given = {"name": unique("view"), "columns": ["no", "custom.impact"], "filters": {"custom.impact": "one"}}
    view = boss.post("/ticket-views", given)
    assert (view["columns"], view["filters"]) == (given["columns"], given["filters"])
    assert boss.get("/ticket-views/counts")["counts"][str(view["id"])] == 1


def test_view_outlives_its_field(new_company):
    company = new_company()
    boss, field = company.supervisor, define(company, "cause")
    company.supervisor.post("/tickets", {"title": "x", "custom": {"cause": "电源"}})
    given = {"columns": ["title", "custom.cause"], "filters": {"custom.cause": "电源"}, "audience": "everybody"}
    path = f"/ticket-views/{boss.post('/ticket-views', {'name': '电源', **given})['id']}"
    boss.put("/user/preferences", {"tickets": {"columns": ["custom.cause", "no"]}})
    company.admin.put(f"/custom-fields/{field['id']}", {"active": False})
    assert boss.get(path)["columns"] == ["title"]
    assert [one["columns"] for one in company.agent.get("/ticket-views")["list"]] == [["title"]]
    assert boss.get("/user/preferences")["tickets"]["columns"] == ["no"]
    assert boss.get("/ticket-views/counts")["counts"][path.rsplit("/", 1)[1]] == 0
    renamed = boss.put(path, {"name": "旧电源"})
    assert (renamed["name"], renamed["filters"]) == ("旧电源", given["filters"]), "what it was made of is kept"
    boss.put(path, {"columns": ["custom.cause"]}, expect=400)
    boss.put(path, {"filters": given["filters"]}, expect=400)
    company.admin.put(f"/custom-fields/{field['id']}", {"active": True})
    assert boss.get(path)["columns"] == given["columns"]


# --- conversations --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def talk(company):
    define(company, "topic", "select", "conversation", inList=True)
    define(company, "remark", "text", "conversation")
    served = company.served()
    served.agent.put(f"{served.path}/custom-fields", {"custom": {"topic": "all", "remark": "请回访"}})
    return served


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_table_of_conversations_has_their_fields(company, talk, format_):
    job = test_exports.made(company.supervisor, format=format_, sessionId=talk.id)
    title, row = rows_of(test_exports.content(company.supervisor, job), format_)
    assert title[-2:] == ["字段topic", "字段remark"] and row[-2:] == ["整个门诊", "请回访"]


def test_paper_has_what_lists_show_and_a_record_all(company, talk):
    def text_of(**wanted) -> str:
        job = test_exports.made(company.supervisor, format="pdf", sessionId=talk.id, **wanted)
        pages = pypdf.PdfReader(io.BytesIO(test_exports.content(company.supervisor, job))).pages
        return "".join(page.extract_text() for page in pages).replace("\n", "")

    table = text_of()
    assert "整个门诊" in table and "请回访" not in table
    record = text_of(content="messages")
    assert "字段topic: 整个门诊" in record and "字段remark: 请回访" in record
