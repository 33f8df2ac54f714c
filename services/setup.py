"""The usable start of a company: roles, dictionaries, departments, teams, help centre, first accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, system
from models.base import bind
from models.channels import PORTAL, Channel, ChannelKind
from models.conversations import QuickReply
from models.customers import Organization
from models.hours import ALL_DAY, WEEKDAYS, WorkCalendar
from models.identity import Tenant, User
from models.knowledge import Article, ArticleCategory, ArticleStatus, Visibility
from models.organization import Agent, Department, Team, TeamMember
from models.routing import ProblemProfile
from models.settings import Dictionary, DictionaryItem
from models.types import utcnow
from services import knowledge
from services.identity import accounts, roles
from services.identity.roles import Preset
from services.operation import OPERATIONS, run, write
from services.routing import rules
from services.sensitive import words

DICTIONARIES = {
    ("ticket_type", "工单类型"): (
        ("tech", "技术支持", "Technical support"),
        ("consult", "产品咨询", "Product question"),
        ("aftersale", "售后服务", "After-sales service"),
        ("bug", "缺陷反馈", "Bug report"),
        ("other", "其他", "Other"),
    ),
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
TEAMS = ("售前咨询组", "售后服务组", "VIP客服组", "管理组")
QUICK_REPLIES = (
    ("hello", "问候", "您好，{customer}，我是客服{agent}，请问有什么可以帮您？"),
    ("wait", "请稍候", "好的，请您稍等，我马上为您查询。"),
    ("more", "补充信息", "麻烦您提供一下报错的截图和操作步骤，方便我们尽快定位问题。"),
    ("remote", "远程协助", "为了更快解决问题，需要为您远程协助，请问现在方便吗？"),
    ("bye", "结束语", "感谢您的咨询，如有其他问题欢迎随时联系我们，祝您工作顺利！"),
)
ACCOUNTS = (
    ("admin", "系统管理员", "super_admin"),
    ("supervisor", "赵主管", "supervisor"),
    ("agent1", "王敏", "agent"),
    ("agent2", "李雷", "agent"),
    ("customer", "张三", "customer"),
)


@dataclass(frozen=True)
class NewAccount:
    """An account that was just made, to be shown once."""

    username: str
    password: str
    role: str
    must_change: bool


def sync_rights(extra: Iterable[str]) -> int:
    """Make FAB's permission rows for every operation and every screen; part of each migration."""
    names = {name for name, entry in OPERATIONS.items() if entry.right is None}
    names |= {entry.right for entry in OPERATIONS.values() if entry.right} | set(extra)
    with write(0):
        return roles.sync_rights(names)


def ensure_roles(presets: Iterable[Preset]) -> None:
    """Every company has the preset roles; run at each migration so that new rights reach the super administrator."""
    presets = tuple(presets)
    for tenant_id in db.session.scalars(select(Tenant.id)).all():  # numbers: a session forgets rows between companies
        run(system(tenant_id), "role.ensure_presets", lambda: roles.ensure_presets(presets))


def create_company(code: str, name: str, presets: Iterable[Preset], host: str | None = None) -> Tenant:
    """A company with roles, dictionaries, a department, teams and quick replies; without any account."""
    with write(0) as session:
        tenant = Tenant(code=code, name=name, host=host)
        session.add(tenant)
    actor = system(tenant.id)
    presets = tuple(presets)
    run(actor, "company.create", lambda: _fill_company(actor, name, presets))
    return tenant


def create_first_accounts(tenant: Tenant, admin_password: str = "") -> list[NewAccount]:
    """The accounts of a new installation; passwords are random but for a configured one of the administrator."""
    chosen = {"admin": admin_password}
    return create_accounts(tenant, [(*account, chosen.get(account[0], "")) for account in ACCOUNTS])


def create_accounts(tenant: Tenant, wanted: Iterable[tuple[str, str, str, str]]) -> list[NewAccount]:
    """Accounts (user name, full name, role, password), staff placed in the service department; existing ones stay.

    Without a password a random one is made, to be changed at the first sign-in. Returns those that were made.
    """
    actor = system(tenant.id)
    bind(db.session(), actor)
    made = []
    for username, full_name, role, password in wanted:
        if db.session.scalar(select(User.id).where(User.username == username), execution_options={"all_tenants": True}):
            continue
        _, random_password = accounts.create_user(
            actor,
            username=username,
            password=password or None,
            full_name=full_name,
            role_codes=[role],
            must_change=not password,
        )
        made.append(NewAccount(username, random_password or password, role, not password))
    run(actor, "company.place_accounts", _place_accounts)
    return made


def create_administrator(tenant: Tenant, password: str = "") -> NewAccount:
    """The first account of a further company, "admin@" and its code; with a random password unless one is given."""
    actor = system(tenant.id)
    bind(db.session(), actor)
    username = f"admin@{tenant.code}"
    _, made = accounts.create_user(
        actor,
        username=username,
        password=password or None,
        full_name=ACCOUNTS[0][1],
        role_codes=["super_admin"],
        must_change=not password,
    )
    return NewAccount(username, made or password, "super_admin", not password)


def import_help(tenant: Tenant, folder: Path) -> int:
    """The product's own manuals become the first articles; returns how many. Files already imported are left alone."""
    actor = system(tenant.id)
    bind(db.session(), actor)
    texts = [
        (locale, *_front_matter(path.read_text(encoding="utf-8")))
        for locale in ("zh", "en")
        for path in sorted((folder / locale).glob("*.md"))
    ]
    texts.sort(key=lambda text: _place(text[1]))
    return run(actor, "article.import_help", lambda: sum(_import_text(*text) for text in texts))


def _fill_company(actor: Actor, name: str, presets: tuple[Preset, ...]) -> None:
    roles.ensure_presets(presets)
    for (code, title), items in DICTIONARIES.items():
        dictionary = Dictionary(code=code, name=title)
        db.session.add(dictionary)
        db.session.flush()
        db.session.add_all(
            [
                DictionaryItem(dictionary_id=dictionary.id, code=item, label=label, label_en=english, sort=sort)
                for sort, (item, label, english) in enumerate(items)
            ]
        )
    db.session.add_all(
        [ProblemProfile(problem_type=code, keywords=words.split(", ")) for code, words in PROBLEM_KEYWORDS.items()]
    )
    db.session.add(WorkCalendar(name="全天候", is_default=True, **dict.fromkeys(WEEKDAYS, ALL_DAY)))
    db.session.add(rules.new_default())
    db.session.add(Channel(code=PORTAL, name="服务门户", kind=ChannelKind.portal))
    department = Department(name="客户服务部", code="service", path="")
    db.session.add(department)
    db.session.flush()
    department.path = f"/{department.id}/"
    db.session.add_all([Team(name=team, department_id=department.id) for team in TEAMS])
    db.session.add_all([QuickReply(code=code, title=title, content=content) for code, title, content in QUICK_REPLIES])
    db.session.add_all(words.usual_words())
    db.session.add(Organization(name="示例市疾病预防控制中心", region="华东区", industry="公共卫生"))
    db.session.flush()


def _place_accounts() -> None:
    """Agents into the department and the after-sales team."""
    department = db.session.scalars(select(Department).where(Department.code == "service")).first()
    team = db.session.scalars(select(Team).where(Team.name == "售后服务组")).first()
    for agent in db.session.scalars(select(Agent).join(User, User.id == Agent.user_id)).all():
        if department is not None and agent.user.department_id is None:
            agent.user.department_id = department.id
        codes = {role.code for role in agent.user.roles}
        if team is not None and codes & {"agent", "supervisor"} and not agent.memberships:
            db.session.add(TeamMember(team_id=team.id, agent_id=agent.id))
    db.session.flush()


def _place(head: dict) -> tuple[int, int]:
    """First what most people ask, which is what a help centre shows that nobody has read yet; then by subjects."""
    return int(head.get("popular", 1000)), int(head.get("order", 1000))


def _import_text(locale: str, head: dict, body: str) -> int:
    if db.session.scalar(select(Article.id).where(Article.title == head["title"], Article.locale == locale)):
        return 0
    article = Article(
        title=head["title"],
        body=body,
        phrasings=head.get("phrasings", []),
        locale=locale,
        category=_category(head["category"]),
        visibility=Visibility(head.get("audience", "public")),
        status=ArticleStatus.published,
        publish_time=utcnow(),
        index_version=knowledge.next_index_version(),
    )
    db.session.add(article)
    db.session.flush()
    return 1


def _category(name: str) -> ArticleCategory:
    found = db.session.scalars(select(ArticleCategory).where(ArticleCategory.name == name)).first()
    if found is None:
        found = ArticleCategory(name=name)
        db.session.add(found)
        db.session.flush()
    return found


def _front_matter(text: str) -> tuple[dict, str]:
    """The block between the two --- lines as {key: text or list}, and what follows it."""
    _, block, body = text.split("---\n", 2)
    head: dict = {}
    key = ""
    for line in block.splitlines():
        if line.startswith("  - "):
            head.setdefault(key, []).append(line[4:].strip())
        elif ":" in line:
            key, _, value = line.partition(":")
            if value.strip():
                head[key.strip()] = value.strip()
    return head, body.strip()
