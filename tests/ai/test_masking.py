"""What tells of a person goes, what helps others stays."""

import pytest

from ai.masking import BLANK, mask

GOES = {
    "您的电话是138 0013 8000吗": "您的电话是[…]吗",
    "请拨打 010-12345678 转 3": "请拨打 […] 转 3",
    "订单TK202611210001已发货，快递单号 SF1234567890": "订单[…]已发货，快递单号 […]",
    "身份证110101199003078515": "身份证[…]",
    "发到 wang.min@example.com，密码：abc123": "发到 […]，密码：[…]",
    "我叫张三丰，住在北京市朝阳区建国路88号3栋": "我叫[…]，[…]",
    "您好，王先生，张经理已回复": "您好，[…]先生，[…]经理已回复",
    "看 https://a.example/x/y?token=secret 吧": "看 https://a.example/x/y 吧",
    "服务器 192.168.1.20 连不上": "服务器 […] 连不上",
}
STAYS = (
    "价格是 3500 元，2026年11月21日前有效，端口 8080，版本 3.5.1",
    "2026-11-21 10:30 开会",
    "老师您好，班主任和主任都在",
    "1. 打开设置 2. 点击导出 3. 选择 UTF-8",
    "在“设置 - 账号”里修改密码，然后重新登录",
)


@pytest.mark.parametrize("text", GOES)
def test_what_belongs_to_a_person_goes(text):
    assert mask(text) == GOES[text]


@pytest.mark.parametrize("text", STAYS)
def test_what_helps_others_stays(text):
    assert mask(text) == text


def test_known_names_become_what_they_stand_for():
    known = {"李医生": "{customer}", "王敏": "{agent}", "Al": "{customer}", "市疾控中心": BLANK}
    assert mask("李医生您好，我是王敏，市疾控中心的问题解决了", known) == "{customer}您好，我是{agent}，[…]的问题解决了"
    assert mask("Also tell Al", known) == "Also tell {customer}"
