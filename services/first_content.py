"""CONTENTS: what a company begins with, and what a later release adds to those there are. A new piece is a new line.

A piece is given to each company once (`services.provisions`), so its name stays as it is; more words or items for
companies that exist already are a piece of their own. Nothing that a company has is overwritten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from ai.sensitive import fold
from app.extensions import db
from models.articles import ArticleTemplate
from models.channels import PORTAL, Channel, ChannelKind
from models.conversations import QuickReply
from models.customers import Organization
from models.hours import ALL_DAY, WEEKDAYS, WorkCalendar
from models.organization import Department, Team
from models.routing import ProblemProfile
from models.sensitive import SensitiveWord, WordLevel
from models.settings import Dictionary, DictionaryItem
from models.sla import SlaAction, SlaEscalation, SlaGoal, SlaPolicy
from models.ticket_routing import TicketRule
from models.tickets import TicketPriority
from services.routing import rules
from services.sensitive import lists
from services.tickets import rules as ticket_rules

#: (code, name) → its items: code, label, label in English
DICTIONARIES = {
    ("ticket_type", "工单类型"): (
        ("tech", "技术支持", "Technical support"),
        ("consult", "产品咨询", "Product question"),
        ("aftersale", "售后服务", "After-sales service"),
        ("bug", "缺陷反馈", "Bug report"),
        ("other", "其他", "Other"),
    ),
    ("ticket_priority", "工单优先级"): (
        ("normal", "普通", "Normal"),
        ("urgent", "紧急", "Urgent"),
        ("critical", "特急", "Critical"),
    ),
    ("routing_strategy", "会话分配策略"): (
        ("exclusive", "专属客服", "Exclusive agent"),
        ("relation", "客户服务关系", "The customer's team"),
        ("cross_service", "问题对应团队", "Team for the problem"),
        ("skill", "技能", "Skill"),
        ("senior", "VIP 优先资深客服", "Seniority for VIPs"),
        ("region", "地区", "Region"),
        ("last_agent", "上次接待的客服", "Last agent"),
        ("fewest", "会话最少", "Fewest conversations"),
        ("round_robin", "轮询", "In turn"),
    ),
    ("ticket_strategy", "工单分配策略"): (
        ("exclusive", "专属客服", "Exclusive agent"),
        ("relation", "客户服务关系", "The customer's team"),
        ("skill", "技能", "Skill"),
        ("senior", "高优先级优先给资深客服", "Seniority by priority"),
        ("region", "地区", "Region"),
        ("last_agent", "上次处理的客服", "Last agent"),
        ("at_work", "工作时间", "Working time"),
        ("fewest", "最少工单数", "Fewest tickets"),
        ("round_robin", "轮询", "In turn"),
    ),
    ("product", "产品与系统"): (),
    ("ticket_tag", "工单标签"): (),
    ("problem_type", "问题分类"): (
        ("login", "登录与账号", "Sign-in and account"),
        ("data", "数据填报", "Data entry"),
        ("report", "报表统计", "Reports"),
        ("network", "网络与环境", "Network"),
        ("other", "其他", "Other"),
    ),
    ("rating_tag", "评价标签"): (
        ("good.polite", "态度亲切", "Friendly"),
        ("good.fast", "回复及时", "Quick answers"),
        ("good.solved", "问题已解决", "Problem solved"),
        ("good.professional", "专业清楚", "Clear and competent"),
        ("bad.slow", "回复太慢", "Slow answers"),
        ("bad.unsolved", "问题没解决", "Problem not solved"),
        ("bad.rude", "态度不好", "Unfriendly"),
        ("bad.unclear", "讲不清楚", "Hard to follow"),
    ),
    ("tag", "客户标签"): (("vip", "VIP客户", "VIP"), ("new", "新客户", "New"), ("key", "重点机构", "Key institution")),
}
#: words of customers by which a problem type is recognised
PROBLEM_KEYWORDS = {
    "login": "登录, 登陆, 密码, 账号, 帐号, 验证码, 注册, 权限, login, log in, sign in, password, account",
    "data": "填报, 录入, 上报, 保存失败, 提交不了, 导入, 数据错误, data entry, import, submit",
    "report": "报表, 统计, 导出, 图表, 打印, 汇总, report, reports, chart, export, statistics",
    "network": "网络, 连不上, 打不开, 很慢, 卡顿, 超时, 断线, vpn, wifi, 浏览器, network, timeout, slow, offline",
}
#: name, priority, minutes of working time until the first answer and until the solution
SLA_POLICIES = (
    ("特急工单", TicketPriority.critical, 30, 4 * 60),
    ("紧急工单", TicketPriority.urgent, 60, 8 * 60),
    ("普通工单", None, 4 * 60, 24 * 60),
)
TEAMS = ("售前咨询组", "售后服务组", "VIP客服组", "管理组")
QUICK_REPLIES = (
    ("hello", "问候", "您好，{customer}，我是客服{agent}，请问有什么可以帮您？"),
    ("wait", "请稍候", "好的，请您稍等，我马上为您查询。"),
    ("more", "补充信息", "麻烦您提供一下报错的截图和操作步骤，方便我们尽快定位问题。"),
    ("remote", "远程协助", "为了更快解决问题，需要为您远程协助，请问现在方便吗？"),
    ("bye", "结束语", "感谢您的咨询，如有其他问题欢迎随时联系我们，祝您工作顺利！"),
)

#: group → (word, level)
SENSITIVE_WORDS: dict[str, tuple[tuple[str, WordLevel], ...]] = {
    "投诉": (("投诉", WordLevel.warning), ("投诉到底", WordLevel.severe)),
    "退款": (("退款", WordLevel.notice), ("全额退款", WordLevel.warning)),
    "报警举报": (("报警", WordLevel.severe), ("举报", WordLevel.severe)),
    "欺诈": (("欺诈", WordLevel.severe), ("骗局", WordLevel.severe)),
    "监管": (("工商", WordLevel.warning), ("315", WordLevel.warning)),
}


#: name, language, title, text: frames from which editors begin
ARTICLE_TEMPLATES = (
    ("常见问题", "zh", "", "一句话直接回答。\n\n## 详细说明\n\n\n\n## 还没有解决？\n\n请联系人工客服。\n"),
    (
        "操作步骤",
        "zh",
        "如何…？",
        "进入**页面名称**，点“按钮名称”即可。\n\n## 操作步骤\n\n1. \n2. \n3. \n\n## 注意事项\n\n- \n",
    ),
    (
        "故障排查",
        "zh",
        "…怎么办？",
        "多数情况下，这样就能解决：\n\n## 现象\n\n\n\n## 原因与处理\n\n| 原因 | 处理 |\n| --- | --- |\n|  |  |\n\n"
        "## 仍未解决\n\n请把错误提示的截图发给客服。\n",
    ),
    (
        "Question and answer",
        "en",
        "",
        "The answer in one sentence.\n\n## More about it\n\n\n\n## Still stuck?\n\nTalk to us.\n",
    ),
    (
        "Step by step",
        "en",
        "How do I …?",
        "Open **the page** and choose “the button”.\n\n## Steps\n\n1. \n2. \n3. \n\n## Good to know\n\n- \n",
    ),
    (
        "Trouble",
        "en",
        "What if …?",
        "Most often this helps:\n\n## What you see\n\n\n\n## Why, and what to do\n\n"
        "| Why | What to do |\n| --- | --- |\n|  |  |\n\n## Still not working\n\nSend us a picture of the message.\n",
    ),
)


@dataclass(frozen=True)
class Content:
    """One piece: what people call it, and how the rows are made that the bound company does not have; how many."""

    make: Callable[[], int]
    label: str | None = None


def _dictionary(code: str, name: str, items: tuple) -> int:
    if db.session.scalar(select(Dictionary.id).where(Dictionary.code == code)):
        return 0
    dictionary = Dictionary(code=code, name=name)
    db.session.add(dictionary)
    db.session.flush()
    return _add(
        DictionaryItem(dictionary_id=dictionary.id, code=item, label=label, label_en=english, sort=sort)
        for sort, (item, label, english) in enumerate(items)
    )


def _problem_profiles() -> int:
    known = set(db.session.scalars(select(ProblemProfile.problem_type)))
    return _add(
        ProblemProfile(problem_type=code, keywords=keywords.split(", "))
        for code, keywords in PROBLEM_KEYWORDS.items()
        if code not in known
    )


def _work_calendar() -> int:
    known = db.session.scalar(select(WorkCalendar.id).where(WorkCalendar.is_default == 1).limit(1))
    return 0 if known else _add([WorkCalendar(name="全天候", is_default=True, **dict.fromkeys(WEEKDAYS, ALL_DAY))])


def _routing_rule() -> int:
    return _add([rules.new_default()]) if rules.default_rule() is None else 0


def _sla_policies() -> int:
    """Whoever leads hears of what is late; a company that has policies keeps to its own."""
    if db.session.scalar(select(SlaPolicy.id).limit(1)):
        return 0
    return _add(
        SlaPolicy(
            name=name,
            sort=sort * 10,
            priority=priority,
            first_response_minutes=first,
            resolution_minutes=solved,
            escalations=[SlaEscalation(goal=goal, percent=100, action=SlaAction.notify_leaders) for goal in SlaGoal],
        )
        for sort, (name, priority, first, solved) in enumerate(SLA_POLICIES, start=1)
    )


def _ticket_rule() -> int:
    """One that is switched off, to begin with: who has the pool goes on as before."""
    known = db.session.scalar(select(TicketRule.id).limit(1))
    return 0 if known else _add([ticket_rules.new_default()])


def _portal() -> int:
    known = db.session.scalar(select(Channel.id).where(Channel.code == PORTAL))
    return 0 if known else _add([Channel(code=PORTAL, name="服务门户", kind=ChannelKind.portal)])


def _teams() -> int:
    """One department, and the teams in it."""
    if db.session.scalar(select(Department.id).where(Department.code == "service")):
        return 0
    department = Department(name="客户服务部", code="service", path="")
    db.session.add(department)
    db.session.flush()
    department.path = f"/{department.id}/"
    known = set(db.session.scalars(select(Team.name)))
    return _add(Team(name=team, department_id=department.id) for team in TEAMS if team not in known)


def _quick_replies() -> int:
    known = set(db.session.scalars(select(QuickReply.code)))
    return _add(
        QuickReply(code=code, title=title, content=content)
        for code, title, content in QUICK_REPLIES
        if code not in known
    )


def _article_templates() -> int:
    known = set(db.session.scalars(select(ArticleTemplate.name)))
    return _add(
        ArticleTemplate(name=name, locale=locale, title=title or None, body=body, sort=sort)
        for sort, (name, locale, title, body) in enumerate(ARTICLE_TEMPLATES)
        if name not in known
    )


def _organization() -> int:
    return _add([Organization(name="示例市疾病预防控制中心", region="华东区", industry="公共卫生")])


def _sensitive_words(group: str) -> int:
    """They mark and block nothing: customers may complain."""
    known = set(db.session.scalars(select(SensitiveWord.form)))
    added = _add(
        SensitiveWord(word=word, form=fold(word), group_name=group, level=level)
        for word, level in SENSITIVE_WORDS[group]
        if fold(word) not in known
    )
    if added:
        lists.touch()
    return added


def _add(rows) -> int:
    rows = list(rows)
    db.session.add_all(rows)
    db.session.flush()
    return len(rows)


#: in the order in which they are made
CONTENTS: dict[str, Content] = {
    **{
        f"dictionary.{code}": Content(partial(_dictionary, code, name, items), name)
        for (code, name), items in DICTIONARIES.items()
    },
    "problem_profiles": Content(_problem_profiles),
    "work_calendar": Content(_work_calendar),
    "routing_rule": Content(_routing_rule),
    "sla_policies": Content(_sla_policies),
    "ticket_rule": Content(_ticket_rule),
    "channel.portal": Content(_portal),
    "teams": Content(_teams),
    "quick_replies": Content(_quick_replies),
    **{f"sensitive_words.{group}": Content(partial(_sensitive_words, group), group) for group in SENSITIVE_WORDS},
    "organization": Content(_organization),
    "article_templates": Content(_article_templates),
}
