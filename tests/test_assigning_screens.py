"""The screens by which administrators say who gets a conversation, and where agents read why they did."""

import pytest

from tests.people import unique
from tests.screens import Screens
from tests.test_assigning import Shop


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def test_a_rule_is_made_with_its_strategies_in_order(people, admin):
    name = unique("rule")
    number = admin.make(
        "routing_rule",
        name=name,
        applies_to="problem_type",
        problem_type="network",
        strategies=["skill", "", "fewest", "skill"],
        off_hours="nobody",
    )
    path = f"/routing-rules/{number}"
    stored = people.admin.get(path)
    assert (stored["strategies"], stored["problemType"]) == (["skill", "fewest"], "network")
    assert (stored["offHours"], stored["active"]) == ("nobody", True)
    page = admin.page(f"/routing_rule/show/{number}")
    assert page.index("Skill") < page.index("Fewest conversations") and "Network" in page
    page = admin.submit(f"/routing_rule/edit/{number}", {"strategies": ["", ""]}, marker="name").text
    assert "Choose at least one strategy" in page
    admin.submit(f"/routing_rule/edit/{number}", {"strategies": ["fewest", "region"]}, marker="name")
    assert people.admin.get(path)["strategies"] == ["fewest", "region"]
    people.admin.delete(path)


def test_skills_are_lines_with_levels_and_duty_is_kept_by_the_readers_clock(people, admin):
    person = people.new("agent")
    path = f"/agent/edit/{person.agent_id}"
    admin.submit(path, {"skills": ["报表", "", "安装"], "skills-level": ["4", "1", "2"]}, marker="work_no")
    skills = people.admin.get(f"/agents/{person.agent_id}")["skills"]
    assert skills == [{"name": "报表", "level": 4}, {"name": "安装", "level": 2}]
    assert "报表 4" in admin.page(f"/agent/show/{person.agent_id}")
    admin.submit(path, {"region": "华东"}, marker="work_no")
    assert people.admin.get(f"/agents/{person.agent_id}")["skills"] == skills, "what was not touched stays"
    admin.person.http.cookies.set("tz", "Asia/Shanghai")
    try:
        number = admin.make(
            "duty_shift",
            agent_id=str(person.agent_id),
            start_time="2030-01-01T18:00",
            end_time="2030-01-02T09:00",
        )
        assert people.admin.get(f"/duty-shifts/{number}")["startTime"] == "2030-01-01T10:00:00.000Z"
        assert 'value="2030-01-01T18:00"' in admin.page(f"/duty_shift/edit/{number}")
    finally:
        admin.person.http.cookies.pop("tz")


def test_agent_reads_why_and_says_what_it_is_about(new_company, open_page):
    """The administration on a phone and the workbench: one customer, two agents, one reason."""
    shop = Shop(new_company())
    shop.agent(skills=[{"name": "报表统计", "level": 2}])
    best = shop.agent(skills=[{"name": "报表统计", "level": 5}])
    number = shop.asks("报表怎么导出")
    assert shop.agent_of(number) == best.agent_id
    record = shop.record(number)
    page = open_page.signed_in(best, f"/desk/c/{number}")
    page.get_by_role("tab", name="客户").click()
    page.get_by_text("由“技能”决定").wait_for()
    page.get_by_role("button", name="查看 2 名候选客服").click()
    page.get_by_text("技能等级只有 2").last.wait_for()
    about = page.get_by_label("问题类型")
    assert about.input_value() == "report"
    about.select_option("data")
    page.get_by_text("问题类型已更新").wait_for()
    assert shop.admin.get(f"/sessions/{number}")["problemType"] == "data"
    phone = open_page.signed_in(shop.admin, f"/admin/conversation_assignment/show/{record['id']}", viewport="phone")
    phone.get_by_text("由“技能”决定").wait_for()
    for path in (
        f"conversation_assignment/show/{record['id']}",
        "routing_rule/list/",
        "routing_rule/add",
        "work_calendar/list/",
    ):
        phone.goto(f"/admin/{path}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= phone.viewport_size["width"], path
