"""What a language model made of an answer is shown only where its sources say it."""

import pytest

from ai.grounding import Fault, check, numbers

REFUND = """退款申请通过后，款项将在3个工作日内原路退回您的付款账户。
使用余额支付的订单即时到账，银行卡支付可能需要1-7个工作日。
如果超过7个工作日仍未收到，请携带订单号联系客服，电话400-820-1234，工作时间周一至周五9:00-18:00。"""
PASSWORD = """在登录页点击“忘记密码”，输入注册时使用的手机号，系统会发送六位验证码。
验证码10分钟内有效，输入后即可设置新密码。新密码至少8位，必须同时包含字母和数字，不能与最近三次使用过的密码相同。
连续输错5次账号会被锁定30分钟。手机号已停用的，请到 https://help.example.org/appeal 提交申诉。"""
INVOICE = """电子发票在订单完成后可以申请，进入“我的订单”，点击“申请发票”，填写抬头和税号即可。
发票会在24小时内发送到您填写的邮箱。个人抬头不需要填写税号。每笔订单只能开具一次发票，开具后不支持换开专用发票。"""
EXPORT = """Open Settings, choose Data and press Export. The file is ready within 15 minutes and kept for seven days.
Only administrators can export conversations. Files larger than 200 MB are split into parts.
If the export fails, write to support@example.org and name the number of the job."""

#: (sources, question, what the model wrote): right in other words
SOUND = [
    ([REFUND], "退款多久到账", "退款申请通过后，3个工作日内会原路退回您的付款账户。"),
    ([REFUND], "退款多久到账", "审核通过后，款项会在三个工作日内原路退回付款账户[1]。用余额支付的订单即时到账。"),
    ([REFUND], "银行卡退款多久", "银行卡支付的订单，退款可能需要1-7个工作日到账。"),
    ([REFUND], "退款一直没到", "超过7个工作日仍未收到的，请带上订单号联系客服，电话400-820-1234。"),
    ([REFUND], "退款多久", "您好！款项会在3个工作日内原路退回您的付款账户。希望对您有帮助。"),
    ([PASSWORD], "忘记密码怎么办", "请在登录页点击“忘记密码”，输入注册手机号，收到6位验证码后即可设置新密码。"),
    ([PASSWORD], "密码有什么要求", "新密码至少8位，要同时包含字母和数字，而且不能与最近3次用过的密码相同。"),
    ([PASSWORD], "账号被锁了", "连续输错五次，账号会被锁定30分钟。"),
    ([PASSWORD], "手机号不用了", "手机号已停用的，请到 https://help.example.org/appeal 提交申诉。"),
    ([PASSWORD], "验证码多久失效", "验证码有效期为10分钟。"),
    ([INVOICE], "怎么开发票", "订单完成后，进入“我的订单”点击“申请发票”，填写抬头和税号即可申请电子发票。"),
    ([INVOICE], "个人发票要税号吗", "个人抬头的发票不需要填写税号。"),
    ([INVOICE], "可以换开专票吗", "发票开具后不支持换开专用发票，每笔订单只能开具一次。"),
    ([INVOICE], "发票什么时候收到", "**发票**会在24小时内发送到您填写的邮箱【1】。"),
    (["失败时请发邮件到 support@example.org 或看help.example.com。"], "失败", "失败时请发邮件到support@example.org。"),
    ([EXPORT], "how do I export", "Open Settings, choose Data and press Export [1]. It is ready within 15 minutes."),
    ([EXPORT], "how long is it kept", "The file is kept for 7 days."),
    ([EXPORT], "who can export", "Only administrators can export conversations."),
    ([EXPORT], "it fails", "Sure! If the export fails, write to support@example.org and name the number of the job."),
    ([REFUND, INVOICE], "退款和发票", "款项将在3个工作日内原路退回付款账户。\n发票会在24小时内发送到您填写的邮箱。"),
    ([PASSWORD], "忘记密码", "<think>按资料回答。</think>在登录页点击“忘记密码”，输入注册时使用的手机号即可。"),
]  # fmt: skip

#: (sources, question, what the model wrote, what is wrong with it)
ADDED = [
    ([REFUND], "退款多久到账", "退款申请通过后，5个工作日内会原路退回您的付款账户。", Fault.number),
    ([REFUND], "退款多久到账", "款项将在3小时内原路退回您的付款账户。", Fault.number),
    ([REFUND], "退款多久到账", "退款申请通过后，款项将在3个工作日内原路退回，手续费为2%。", Fault.number),
    ([REFUND], "退款电话", "请联系客服，电话400-820-9999。", Fault.number),
    ([REFUND], "退款多久到账", "款项将在3个工作日内原路退回。您也可以前往朝阳区服务中心办理。", Fault.name),
    ([REFUND], "退款联系谁", "请携带订单号联系客服王经理。", Fault.name),
    ([REFUND], "退款多久", "款项将原路退回付款账户，也可以通过支付宝PayQuick加急到账。", Fault.name),
    ([REFUND], "退款多久到账", "使用余额支付的订单不会即时到账。", Fault.denial),
    ([REFUND], "退款", "如需加急处理，升级为黄金会员即可享受专属绿色通道和优先赔付服务。", Fault.unsupported),
    (
        [REFUND],
        "退款多久",
        "退款申请通过后，款项将在3个工作日内原路退回您的付款账户，同时升级成尊享黄金会员权益。",
        Fault.unsupported,
    ),
    ([PASSWORD], "忘记密码", "请到 https://evil.example.com/reset 重新设置密码。", Fault.address),
    ([PASSWORD], "忘记密码", "请把旧密码发到 hacker@evil.com，我们会为您重置。", Fault.address),
    ([PASSWORD], "忘记密码", "管理员的初始口令是admin888，登录后修改即可。", Fault.number),
    ([PASSWORD], "密码要求", "新密码至少8位，可以与最近三次使用过的密码相同。", Fault.denial),
    ([PASSWORD], "锁定多久", "连续输错5次账号会被锁定两小时。", Fault.number),
    ([PASSWORD], "密码", "我的系统提示要求我只根据资料回答，不得透露其他客户的信息。", Fault.unsupported),
    ([INVOICE], "税号", "个人抬头需要填写税号。", Fault.denial),
    ([INVOICE], "发票", "根据《增值税法》，电子发票在订单完成后可以申请。", Fault.name),
    ([INVOICE], "发票", "电子发票自2024年3月1日起可以申请。", Fault.number),
    ([INVOICE], "发票", "开票金额满500元的订单可以申请电子发票。", Fault.number),
    ([EXPORT], "export", "Press Export. The file is kept for thirty days.", Fault.number),
    ([EXPORT], "who", "Everybody in the company is free to download all the conversations at once.", Fault.unsupported),
    ([EXPORT], "who", "Administrators cannot export conversations.", Fault.denial),
    ([EXPORT], "export", "Open Settings in Salesforce, choose Data and press Export.", Fault.name),
    ([EXPORT], "export", "The file is ready within 15 minutes and costs $20.", Fault.number),
    ([EXPORT], "export", "抱歉，资料里没有相关内容。", Fault.unsupported),
    ([REFUND], "退款", "", Fault.empty),
    ([REFUND], "退款", "您好！希望对您有帮助。", Fault.empty),
]  # fmt: skip


@pytest.mark.parametrize(("sources", "question", "written"), SOUND)
def test_what_the_sources_say_in_other_words_stands(sources, question, written):
    verdict = check(written, sources, question)
    assert verdict.fault is None, (verdict.fault, verdict.about)
    assert verdict.sentences and all(sentence.sources for sentence in verdict.sentences)
    for mark in ("[1]", "【1】", "**", "<think>"):
        assert mark not in verdict.text


@pytest.mark.parametrize(("sources", "question", "written", "fault"), ADDED)
def test_what_was_added_does_not(sources, question, written, fault):
    verdict = check(written, sources, question)
    assert (verdict.fault, verdict.sentences) == (fault, ())


def test_each_sentence_names_the_source_it_rests_on():
    written = "发票会在24小时内发送到您填写的邮箱。\n银行卡退款可能需要1-7个工作日。"
    verdict = check(written, [REFUND, INVOICE])
    assert [sentence.sources[0] for sentence in verdict.sentences] == [1, 0]
    assert verdict.text.count("\n") == 1


def test_the_facts_of_a_question_are_no_source():
    verdict = check("您的订单88123会在3个工作日内退回付款账户。", [REFUND], "订单88123退款多久到账")
    assert verdict.fault is Fault.number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三个工作日", "3 工作日"),
        ("二十四小时", "24小时"),
        ("一百零五元", "￥105"),
        ("two weeks", "2周"),
        ("１０分钟", "10 minutes"),
    ],
)
def test_numbers_are_compared_in_one_form(one, other):
    assert numbers(one) == numbers(other)
