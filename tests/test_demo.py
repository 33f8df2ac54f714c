"""`manage.py demo`: who tries the product finds a company at work, and everything in it is in order."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from app.demo import ACCOUNTS
from services.setup import ACCOUNTS as FIRST_ACCOUNTS
from tests.people import Person
from tests.servers import ROOT, AppServer, ServerFailed, run_cli

OPEN = ("bot", "queued", "active", "on_hold")


class Demo:
    """A demonstration that was made twice: what the command printed each time, and the product on its data."""

    def __init__(self, folder):
        self.settings = {
            "DATA_DIR": str(folder / "data"),
            "KB_INDEX_DIR": str(folder / "kb"),
            "EMBEDDING_MODEL": "none",
            "BCRYPT_ROUNDS": "4",
            "REQUEST_RATE_PER_IP": "100000 per minute",
        }
        self.first, self.second = (
            run_cli("demo", settings={**self.settings, "LANG": language}) for language in ("C.UTF-8", "zh_CN.UTF-8")
        )
        self.server = AppServer(folder / "server", self.settings)

    def __enter__(self) -> "Demo":
        self.server.start()
        password = {name: secret for name, _, _, secret in ACCOUNTS}
        self.supervisor, self.agent, self.customer, self.admin = (
            Person(self.server.base_url).sign_in(name, password[name])
            for name in ("demo_supervisor", "demo_agent1", "demo_customer", "demo_admin")
        )
        self.conversations = self.supervisor.get("/sessions", size=100)["list"]
        self.tickets = self.supervisor.get("/tickets", size=100)["list"]
        return self

    def __exit__(self, *problem: object) -> None:
        self.server.stop()


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    with Demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


# --- what is printed ------------------------------------------------------------------------------------------------


def test_accounts_are_printed_each_time_with_role_and_page_in_words(demo):
    for printed, role in ((demo.first, "Supervisor"), (demo.second, "主管")):
        lines = {line.split()[0]: line.split() for line in printed.splitlines() if line.startswith("  demo_")}
        assert {name: line[1] for name, line in lines.items()} == {name: secret for name, _, _, secret in ACCOUNTS}
        assert lines["demo_supervisor"][2:] == [role, "/desk"]
        assert "super_admin" not in printed


def test_the_second_run_says_what_existed(demo):
    assert "existed already" not in demo.first
    assert "demo_admin, demo_supervisor" in demo.second and "演示数据已存在" in demo.second


def test_it_is_refused_in_production(tmp_path):
    settings = {
        "DATA_DIR": str(tmp_path),
        "KB_INDEX_DIR": str(tmp_path / "kb"),
        "ENVIRONMENT": "production",
        "SECRET_KEY": "k3-" * 20,
        "COOKIE_SECURE": "true",
        "TRUSTED_HOSTS": "help.example.org",
        "LANG": "C.UTF-8",
    }
    with pytest.raises(ServerFailed, match="not in production"):
        run_cli("demo", settings=settings)
    assert not (tmp_path / "smartsupport.db").exists()


# --- what there is to see -------------------------------------------------------------------------------------------


def test_nothing_is_doubled(demo):
    assert (len(demo.conversations), len(demo.tickets)) == (15, 20)
    customers = Counter(row["name"] for row in demo.supervisor.get("/customers", size=100)["list"])
    assert len(customers) == 14 and max(customers.values()) == 1
    codes = Counter(row["code"] for row in demo.supervisor.get("/quick-replies")["list"])
    assert max(codes.values()) == 1


def test_people_are_others_than_those_of_the_first_start(demo):
    assert {name for _, name, *_ in ACCOUNTS}.isdisjoint(name for _, name, _ in FIRST_ACCOUNTS)
    names = Counter(agent["name"] for agent in demo.supervisor.get("/agents", size=100)["list"])
    assert max(names.values()) == 1


def test_conversations_stand_in_all_states_and_the_week_has_a_past(demo):
    states = Counter(row["status"] for row in demo.conversations)
    assert {name: states[name] for name in OPEN} == {"bot": 1, "queued": 2, "active": 2, "on_hold": 1}
    assert len({row["createTime"][:10] for row in demo.conversations}) >= 5
    assert all(row["customer"]["name"] for row in demo.conversations)


def test_numbers_belong_to_the_day_and_nothing_is_in_the_future(demo):
    now = dt.datetime.now(dt.UTC)
    for row in [*demo.conversations, *demo.tickets]:
        moment = dt.datetime.fromisoformat(row["createTime"]).astimezone(ZoneInfo("Asia/Shanghai"))
        assert f"{moment:%Y%m%d}" in row["no"]
        times = [dt.datetime.fromisoformat(value) for name, value in row.items() if name.endswith("Time") and value]
        assert max(times) <= now


def test_messages_follow_each_other_at_the_pace_of_people(demo):
    for row in demo.conversations:
        sent = [
            dt.datetime.fromisoformat(one["createTime"])
            for one in demo.supervisor.get(f"/sessions/{row['id']}/messages", limit=100)["list"]
        ]
        assert sent == sorted(sent)
        assert len(sent) >= 2 and (sent[-1] - sent[0] > dt.timedelta(seconds=30) or row["status"] == "bot")


def test_tickets_stand_in_all_states_with_talk_and_follow_ups(demo):
    assert {row["status"] for row in demo.tickets} == {
        "pending",
        "processing",
        "waiting",
        "review",
        "resolved",
        "closed",
        "cancelled",
    }
    assert Counter(row["assignee"] is None for row in demo.tickets) == {False: 18, True: 2}
    assert sum(row["conversationId"] is not None for row in demo.tickets) == 3
    follow_ups = [demo.supervisor.get(f"/tickets/{row['id']}/follow-ups") for row in demo.tickets]
    assert sum(len(list_) > 0 for list_ in follow_ups) >= 3


def test_tickets_have_been_worked_on_by_rules_and_judged(demo):
    runs = demo.supervisor.get("/automation-runs")["list"]
    assert [(run["ruleName"], run["outcome"]) for run in runs] == [("临近上报截止的工单升为紧急", "done")]
    assert runs[0]["ticket"]["title"] == "上报截止前月报提交按钮是灰色的"
    assert next(row for row in demo.tickets if row["id"] == runs[0]["ticketId"])["priority"] == "urgent"
    (probe,) = [row for row in demo.tickets if row["title"] == "二号冷库探头温度跳变"]
    (given,) = demo.supervisor.get(f"/tickets/{probe['id']}/assign-history")
    assert given["method"] == "auto" and given["detail"]["rule"]["name"] == "特急工单直接分给产品支持组"
    ratings = [demo.supervisor.get(f"/tickets/{row['id']}/rating") for row in demo.tickets]
    scores = Counter(rating["score"] for rating in ratings if rating)
    assert sum(scores.values()) >= 6 and 3 < sum(score * count for score, count in scores.items()) / scores.total() < 5
    assert {row["sla"]["state"] for row in demo.tickets} >= {"met", "missed"}


def test_what_tickets_are_kept_with_is_there(demo):
    """Every page of tickets has something to show at first sight."""
    names = {
        "/automation-rules": 3,
        "/ticket-templates": 4,
        "/macros": 2,
        "/ticket-views": 2,
        "/ticket-workflows": 1,
        "/ticket-rules": 2,
    }
    assert {path: len(demo.supervisor.get(path, size=100)["list"]) for path in names} == names
    offered = {one["name"] for one in demo.customer.get("/ticket-templates", size=100)["list"]}
    assert offered == {"系统故障报修", "账号与权限申请", "培训预约"}
    assert {tag for row in demo.tickets for tag in row["tags"] or ()} == {"上报截止", "更换硬件", "接口对接"}
    assert len({row["product"] for row in demo.tickets}) >= 5
    (whole,) = [row for row in demo.tickets if row["title"] == "全市冷链采集器网卡排查"]
    kept = demo.supervisor.get(f"/tickets/{whole['id']}/relations")
    assert {one["is"] for one in kept["links"]} == {"child", "related"}
    assert [one["name"] for one in kept["watchers"]] == ["周雅芳"]


def test_sensitive_words_have_been_told_of_and_looked_into(demo):
    alerts = {row["words"]: row for row in demo.supervisor.get("/sensitive-alerts")["list"]}
    assert {words: row["state"] for words, row in alerts.items()} == {"投诉": "open", "报警": "dismissed"}
    assert alerts["报警"]["note"] and alerts["报警"]["handler"]
    assert alerts["报警"]["createTime"] < alerts["报警"]["handleTime"] < alerts["投诉"]["createTime"]


def test_agents_hold_what_they_are_counted_for(demo):
    held = Counter(row["agent"]["id"] for row in demo.conversations if row["status"] in ("active", "on_hold"))
    counted = {row["id"]: row["currentCount"] for row in demo.supervisor.get("/agents", size=100)["list"]}
    assert {number: count for number, count in counted.items() if count} == dict(held)


def test_customers_have_institutions_tags_and_ratings(demo):
    customers = demo.supervisor.get("/customers", size=100)["list"]
    assert {row["vipLevel"] for row in customers} >= {0, 2, 3}
    assert sum(bool(row["tags"]) for row in customers) >= 5
    assert len({row["organizationName"] for row in customers if row["organizationName"]}) >= 5
    figures = demo.supervisor.get("/stats/overview")
    assert 3 < figures["avgRating"] < 5 and figures["queued"] == 2 and figures["avgFirstReplySeconds"] < 600


def test_the_customer_to_try_has_a_history_and_may_begin_anew(demo):
    own = demo.customer.get("/sessions", size=100)["list"]
    assert [row["status"] for row in own] == ["closed", "closed"]
    assert len(demo.customer.get("/tickets", size=100)["list"]) == 2
    assert demo.customer.open_conversation("发票抬头写错了能改吗")["status"] == "bot"


def test_the_log_says_who_did_what(demo):
    closed = [row for row in demo.conversations if row["status"] == "closed"]
    log = demo.admin.get("/operation-logs", operation="conversation.close", size=100)["list"]
    assert {row["targetId"] for row in log if row["targetType"] == "conversation"} == {row["id"] for row in closed}
    assert "system" not in {row["userName"] for row in log}


def test_nothing_but_the_demonstration_sets_the_clock_back():
    folders = ("app", "services", "views", "models", "ai")
    users = [
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "as_of" in path.read_text(encoding="utf-8")
    ]
    assert sorted(users) == ["app/demo/story.py", "models/types.py"]
