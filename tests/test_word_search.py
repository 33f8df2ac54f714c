"""Finding what people wrote, by words, on both databases (CHT-11): as soon as it is there, no longer than it is."""

import pytest

from tests.people import Company, Person, unique


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of its own: nobody else's words."""
    return new_company()


def found(person: Person, path: str, text: str) -> list[int]:
    return [row["id"] for row in person.get(path, q=text)["list"]]


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("系统无法登录，提示密码错误", "登录"),
        ("系統無法登錄", "无法登录"),  # traditional script finds simplified, and the other way round
        ("接种记录上传失败", "接種記錄"),
        ("ＶＰＮ 连接超时", "vpn"),  # full width
        ("Cannot open the report", "repo"),  # the beginning of a word
        ("导出 Excel 报表为空", "excel 报表"),  # all words, wherever they stand
        ("错误代码 E1042", "e1042"),
    ],
)
def test_ticket_is_found_by_part_of_its_words(company, title, asked):
    ticket = company.ticket(title=title)
    assert ticket["id"] in found(company.admin, "/tickets", asked)


@pytest.mark.parametrize("asked", ["录登", "报表 登录", "report cannot be", "登陆"])
def test_other_words_find_nothing(company, asked):
    company.ticket(title="系统无法登录", description="Cannot open")
    company.ticket(title="报表打不开")
    assert found(company.admin, "/tickets", asked) == []


def test_number_finds_its_ticket_whole_or_by_its_end(company):
    ticket = company.ticket()
    for asked in (ticket["no"], ticket["no"][-4:]):
        assert ticket["id"] in found(company.admin, "/tickets", asked)


def test_changed_words_are_found_and_the_old_ones_no_more(company):
    ticket = company.ticket(title="打印机卡纸")
    path = f"/tickets/{ticket['id']}"
    company.admin.put(path, {"title": "扫描仪卡纸", "version": company.admin.get(path)["version"]})
    assert found(company.admin, "/tickets", "扫描仪") == [ticket["id"]]
    assert found(company.admin, "/tickets", "打印机") == []
    company.admin.post(f"{path}/flow", {"status": "cancelled"})
    company.admin.delete(path)
    assert found(company.admin, "/tickets", "扫描仪") == []


def test_conversation_is_found_by_what_was_said_in_it(company):
    served = company.served()
    served.customer.say(served.path, "我们单位的疫苗库存对不上")
    said = served.agent.say(served.path, "请先核对批号")
    assert found(company.supervisor, "/sessions", "疫苗库存") == [served.id]
    assert found(served.customer, "/sessions", "核对批号") == [served.id]
    served.agent.post(f"{served.path}/messages/{said['messageId']}/recall")
    assert found(company.supervisor, "/sessions", "核对批号") == [], "what was taken back leads nowhere"


def test_customer_finds_nothing_by_the_words_of_a_note(company):
    served = company.served()
    served.agent.say(served.path, "这位客户上次投诉过", type="note")
    assert found(company.supervisor, "/sessions", "上次投诉") == [served.id]
    assert found(served.customer, "/sessions", "上次投诉") == []


def test_words_of_others_lead_to_nothing(company, people):
    """Neither another customer nor another company."""
    word = unique("geheim")
    ticket = company.ticket(title=f"关于 {word}")
    assert found(company.admin, "/tickets", word) == [ticket["id"]]
    assert found(company.visitor(), "/tickets", word) == []
    assert found(people.admin, "/tickets", word) == []


def test_a_single_character_is_searched_for_as_well(company):
    customer = company.admin.post("/customers", {"name": "瞿晓"})
    assert customer["id"] in found(company.admin, "/customers", "瞿")
    assert customer["id"] in found(company.admin, "/customers", "瞿晓")


@pytest.mark.parametrize("asked", ["%", "_", "\\", "' OR 1=1 --", "\u200b", "💉", "a" * 500, "词" * 300])
def test_any_text_may_be_asked_for(company, asked):
    assert company.admin.request("GET", "/tickets", params={"q": asked}).status_code in (200, 400)
