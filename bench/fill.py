"""A company of some years, made in seconds: rows as the product would have written them, by bulk inserts."""

import datetime as dt
import random
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, select

from app.extensions import db
from models.actor import Actor
from models.audit import AuditLog
from models.conversations import Conversation, ConversationStatus
from models.customers import Customer, Organization
from models.identity import Role, User
from models.knowledge import Article, ArticleStatus
from models.messaging import ChatMessage, MessageType, SenderKind, Thread, ThreadKind
from models.organization import Agent, Department, Presence, Team, TeamMember
from models.tickets import Ticket, TicketPriority, TicketStatus
from models.types import utcnow
from services import maintenance, words
from services.identity import accounts
from services.operation import write

BATCH = 5000
DEPARTMENTS, TEAMS, AGENTS, ORGANIZATIONS = 200, 20, 200, 2000
PROBLEMS = (
    "无法登录系统",
    "报表导出失败",
    "数据填报报错",
    "忘记密码",
    "接种记录查询不到",
    "打印格式不对",
    "网络连接超时",
    "账号权限不足",
)
CONVERSATION_STATES = {
    ConversationStatus.closed: 955,
    ConversationStatus.active: 20,
    ConversationStatus.on_hold: 10,
    ConversationStatus.bot: 10,
    ConversationStatus.queued: 5,
}
TICKET_STATES = {
    TicketStatus.closed: 850,
    TicketStatus.resolved: 60,
    TicketStatus.processing: 40,
    TicketStatus.pending: 25,
    TicketStatus.review: 15,
    TicketStatus.cancelled: 10,
}


class Filler:
    """Fills the current application's database with `rows` conversations, tickets, customers and log entries each."""

    def __init__(self, connection: Connection, actor: Actor, rows: int):
        self.connection, self.actor, self.rows = connection, actor, rows
        self.random = random.Random(7)  # the same company every time
        self.now = utcnow()

    def fill(self) -> dict[str, int]:
        """Insert everything; returns how many rows of each table there are then."""
        self.departments = self._insert(
            Department, DEPARTMENTS, lambda n: {"name": f"{n} 部", "code": f"d{n}", "path": f"/{n}/", "sort": n}
        )
        self.teams = self._insert(
            Team, TEAMS, lambda n: {"name": f"服务 {n} 组", "department_id": self._any(self.departments)}
        )
        self.users = self._insert(User, max(self.rows // 10, AGENTS), self._user)
        role_id = self.connection.scalar(select(Role.id).where(Role.code == "agent"))
        staff = self.users[:AGENTS]
        self.connection.execute(
            User.roles.property.secondary.insert(), [{"user_id": user, "role_id": role_id} for user in staff]
        )
        self.agents = self._insert(
            Agent,
            AGENTS,
            lambda n: {
                "user_id": staff[n],
                "work_no": f"B{n:05}",
                "presence": Presence.offline,
                "max_conversations": 5,
            },
        )
        self._insert(TeamMember, AGENTS, lambda n: {"team_id": self.teams[n % TEAMS], "agent_id": self.agents[n]})
        self.organizations = self._insert(
            Organization,
            ORGANIZATIONS,
            lambda n: {"name": f"第 {n} 疾病预防控制中心", "region": f"{n % 30} 区", "industry": "公共卫生"},
        )
        self.customers = self._insert(Customer, self.rows, self._customer)
        threads = self._insert(
            Thread,
            2 * self.rows,
            lambda n: {
                "kind": ThreadKind.conversation if n < self.rows else ThreadKind.ticket,
                "last_seq": 2,
                "change_seq": 2,
            },
        )
        self.agent_weights = [1 / (place + 3) for place in range(AGENTS)]  # some work much more than others
        self.conversations = self._insert(Conversation, self.rows, lambda n: self._conversation(n, threads[n]))
        self._insert(Ticket, self.rows, lambda n: self._ticket(n, threads[self.rows + n]))
        self._insert(ChatMessage, 4 * self.rows, lambda n: self._message(threads[n // 2], n % 2 + 1))
        self._insert(AuditLog, self.rows, self._log)
        self._insert(Article, max(self.rows // 10, 1), self._article)
        return {
            model.__tablename__: self.connection.scalar(select(func.count()).select_from(model.__table__))
            for model in (Conversation, Ticket, Customer, ChatMessage, AuditLog, User, Article, Agent, Department)
        }

    def _insert(self, model: type, count: int, make: Callable[[int], dict]) -> range:
        """`count` rows of a table; their ids."""
        table = model.__table__
        first = (self.connection.scalar(select(func.max(table.c.id))) or 0) + 1
        for batch in self._batches(count):
            self.connection.execute(
                table.insert(), [{"id": first + n, "tenant_id": self.actor.tenant_id, **make(n)} for n in batch]
            )
        return range(first, first + count)

    @staticmethod
    def _batches(count: int) -> Iterator[range]:
        return (range(start, min(start + BATCH, count)) for start in range(0, count, BATCH))

    def _user(self, n: int) -> dict:
        return {
            "username": f"bench{n}",
            "password": "!",
            "first_name": "",
            "last_name": "",
            "full_name": f"员工 {n}",
            "active": True,
            "email": f"bench{n}@local.invalid",
            "department_id": self._any(self.departments),
            "login_count": 0,
            "fail_login_count": 0,
        }

    def _customer(self, n: int) -> dict:
        return {
            "name": f"客户 {n}",
            "phone": f"1{self.random.randrange(10**9, 10**10)}",
            "vip_level": self.random.choice((0, 0, 0, 0, 1, 2)),
            "organization_id": self._any(self.organizations),
            "create_time": self._before(),
            "last_contact_time": self._before(),
        }

    def _conversation(self, n: int, thread_id: int) -> dict:
        begun, status = self._before(), self._state(CONVERSATION_STATES)
        held = status not in (ConversationStatus.bot, ConversationStatus.queued)
        closed = status is ConversationStatus.closed
        return {
            "no": f"B{n:012}",
            "customer_id": self._any(self.customers),
            "agent_id": self._agent() if held else None,
            "team_id": self._any(self.teams) if held else None,
            "thread_id": thread_id,
            "status": status,
            "subject": self.random.choice(PROBLEMS),
            "create_time": begun,
            "queue_time": begun,
            "active_time": begun if held else None,
            "first_reply_time": begun + dt.timedelta(seconds=40) if held else None,
            "last_message_time": begun + dt.timedelta(minutes=9),
            "close_time": begun + dt.timedelta(minutes=10) if closed else None,
        }

    def _ticket(self, n: int, thread_id: int) -> dict:
        status = self._state(TICKET_STATES)
        return {
            "no": f"B{n:012}",
            "title": f"{self.random.choice(PROBLEMS)} {n}",
            "description": "现象与步骤 " * 20,
            "status": status,
            "priority": self.random.choice(list(TicketPriority)),
            "type": self.random.choice(("tech", "consult", "bug")),
            "customer_id": self._any(self.customers),
            "assignee_id": None if status is TicketStatus.pending else self._agent(),
            "team_id": self._any(self.teams),
            "thread_id": thread_id,
            "create_time": self._before(),
            # one in five was made out of a conversation
            "conversation_id": self.conversations[n] if n % 5 == 0 else None,
        }

    def _message(self, thread_id: int, seq: int) -> dict:
        customer = seq == 1
        return {
            "thread_id": thread_id,
            "seq": seq,
            "change_seq": seq,
            "client_msg_id": f"b{seq}",
            "type": MessageType.text,
            "sender_kind": SenderKind.customer if customer else SenderKind.agent,
            "sender_id": self._any(self.customers if customer else self.users),
            "content": f"{self.random.choice(PROBLEMS)}，编号 {self.random.randrange(100_000)}",
            "create_time": self._before(),
        }

    def _log(self, n: int) -> dict:
        return {
            "user_id": self._any(self.users),
            "user_name": "员工",
            "operation": self.random.choice(("ticket.update", "conversation.close", "sign_in")),
            "target_type": "ticket",
            "target_id": n,
            "target_name": f"工单 {n}",
            "ip": "10.0.0.1",
            "create_time": self._before(),
            "before": {"status": 1},
            "after": {"status": 2},
        }

    def _article(self, n: int) -> dict:
        return {
            "title": f"{self.random.choice(PROBLEMS)}怎么办 {n}",
            "body": "请先检查网络连接，然后重新登录系统。" * 20,
            "create_time": self._before(),
            "status": ArticleStatus.published if n % 2 else ArticleStatus.draft,
            "view_count": self.random.randrange(5000),
        }

    def _state(self, weights: dict):
        return self.random.choices(list(weights), weights.values())[0]

    def _agent(self) -> int:
        return self.random.choices(self.agents, self.agent_weights)[0]

    def _any(self, ids: range) -> int:
        return ids[self.random.randrange(len(ids))]

    def _before(self) -> dt.datetime:
        return self.now - dt.timedelta(seconds=self.random.randrange(365 * 86_400))


def fill(actor: Actor, rows: int) -> dict[str, int]:
    """Fill the current application's database; how many rows of each table there are then."""
    with db.engine.begin() as connection:
        counts = Filler(connection, actor, rows).fill()
    for model in (
        Ticket,
        Customer,
        Conversation,
        ChatMessage,
    ):  # what the flush does where rows are not inserted in bulk
        with write(actor.tenant_id):
            words.rebuild(model)
    maintenance.refresh_statistics()  # as the hourly job would have done all those years
    return counts


def add_agent(actor: Actor, username: str, password: str) -> None:
    """An agent who can sign in and who takes over the work of the busiest one."""
    user, _ = accounts.create_user(
        actor, username=username, password=password, full_name="张测", role_codes=["agent"], must_change=False
    )
    with db.engine.begin() as connection:
        own = connection.scalar(select(Agent.id).where(Agent.user_id == user.id))
        for model, column in ((Conversation, "agent_id"), (Ticket, "assignee_id")):
            owner = model.__table__.c[column]
            busiest = connection.scalar(
                select(owner).where(owner.is_not(None)).group_by(owner).order_by(func.count().desc()).limit(1)
            )
            connection.execute(model.__table__.update().where(owner == busiest).values({column: own}))
