"""A company with years of tickets, made in minutes: rows as the product would have written them, and their words."""

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, String, cast, create_engine, func, insert, literal, literal_column, select, union_all

from ai.words import stored_terms
from app.extensions import db
from bench.fill import AGENTS, ORGANIZATIONS, TEAMS, Filler
from bench.knowledge import PLACES, SENTENCES, SUBJECTS, TROUBLES
from models.actor import Actor
from models.customers import Customer, Organization
from models.identity import Role, User
from models.messaging import ChatMessage, MessageType, SenderKind, Thread, ThreadKind
from models.organization import Agent, Department, Presence, Team, TeamMember
from models.search import search_term
from models.tickets import Ticket, TicketAssignment, TicketPriority, TicketStatus
from services import maintenance, words
from services.operation import write

DEPARTMENTS = 20
DAYS = 3 * 365
MESSAGES = 5
#: different titles; each is given many times, with a number of its own
WORDINGS = 20_000
#: state → weight, of tickets of the last month and of older ones
FRESH = {
    TicketStatus.closed: 50,
    TicketStatus.resolved: 20,
    TicketStatus.processing: 12,
    TicketStatus.waiting: 6,
    TicketStatus.pending: 6,
    TicketStatus.review: 3,
    TicketStatus.cancelled: 3,
}
OLD = {TicketStatus.closed: 968, TicketStatus.cancelled: 30, TicketStatus.processing: 1, TicketStatus.pending: 1}
PRIORITIES = {TicketPriority.normal: 80, TicketPriority.urgent: 16, TicketPriority.critical: 4}
TYPES = {"tech": 40, "consult": 30, "aftersale": 15, "bug": 12, "other": 3}
#: which of a ticket's messages who writes, and the beginning of their words
SAID = (
    (SenderKind.customer, "您好，反馈一个问题，编号"),
    (SenderKind.agent, "收到，正在为您核实，单号"),
    (SenderKind.customer, "补充一下截图，序号"),
    (SenderKind.agent, "已经处理，请您再试一次，单号"),
    (SenderKind.customer, "可以了，谢谢，编号"),
)
UNFINISHED = (TicketStatus.pending, TicketStatus.processing, TicketStatus.waiting, TicketStatus.review)


class TicketFiller(Filler):
    """`rows` tickets of three years with five messages each, 200 agents, a customer for every twenty tickets."""

    def fill(self) -> dict[str, int]:
        """Insert everything; returns how many rows of each table there are then."""
        self._people()
        self.wordings = list(self._wordings())
        self.chosen = [self.random.randrange(WORDINGS) for _ in range(self.rows)]
        threads = self._insert(
            Thread,
            self.rows,
            lambda n: {"kind": ThreadKind.ticket, "last_seq": MESSAGES, "change_seq": MESSAGES},
        )
        self.numbers = list(self._numbers())
        tickets = self._insert(Ticket, self.rows, lambda n: self._ticket(n, threads[n]))
        self._given(tickets)
        self._messages(threads)
        self._write_terms(tickets)
        return {
            model.__tablename__: self.connection.scalar(select(func.count()).select_from(model.__table__))
            for model in (Ticket, ChatMessage, Customer, Agent, Team)
        } | {"search_term": self.connection.scalar(select(func.count()).select_from(search_term))}

    def _people(self) -> None:
        self.departments = self._insert(
            Department, DEPARTMENTS, lambda n: {"name": f"{n} 部", "code": f"d{n}", "path": f"/{n}/", "sort": n}
        )
        self.teams = self._insert(
            Team, TEAMS, lambda n: {"name": f"服务 {n} 组", "department_id": self._any(self.departments)}
        )
        self.users = self._insert(User, AGENTS, self._user)
        role_id = self.connection.scalar(select(Role.id).where(Role.code == "agent"))
        self.connection.execute(
            User.roles.property.secondary.insert(), [{"user_id": user, "role_id": role_id} for user in self.users]
        )
        self.agents = self._insert(
            Agent,
            AGENTS,
            lambda n: {
                "user_id": self.users[n],
                "work_no": f"B{n:05}",
                "presence": Presence.offline,
                "max_conversations": 5,
            },
        )
        self.agent_weights = [1 / (place + 20) for place in range(AGENTS)]
        self._insert(TeamMember, AGENTS, lambda n: {"team_id": self.teams[n % TEAMS], "agent_id": self.agents[n]})
        self.organizations = self._insert(
            Organization,
            ORGANIZATIONS,
            lambda n: {"name": f"第 {n} 疾病预防控制中心", "region": f"{n % 30} 区", "industry": "公共卫生"},
        )
        self.customers = self._insert(Customer, max(20, self.rows // 20), self._customer)

    def _wordings(self) -> Iterator[tuple[str, str]]:
        """Title and description; some words stand in every tenth, others in one of two thousand."""
        combined = [*itertools.product(PLACES, SUBJECTS, TROUBLES)]
        for n in range(WORDINGS):
            place, subject, trouble = combined[n % len(combined)]
            centre = self.random.randrange(ORGANIZATIONS)
            text = self.random.choice(SENTENCES) if n % 4 == 0 else ""
            yield f"{subject}{place}{trouble}（中心 {centre}）", text

    def _created(self, n: int) -> dt.datetime:
        return self.now - dt.timedelta(days=DAYS) * ((self.rows - n) / self.rows)

    def _numbers(self) -> Iterator[str]:
        for day, places in itertools.groupby(range(self.rows), lambda n: f"{self._created(n):%Y%m%d}"):
            for number, _ in enumerate(places, start=1):
                yield f"TK{day}{number:04}"

    def _ticket(self, n: int, thread_id: int) -> dict:
        begun = self._created(n)
        age = self.now - begun
        status = self._state(FRESH if age.days < 30 else OLD)
        title, description = self.wordings[self.chosen[n]]
        place = self.random.choices(range(AGENTS), self.agent_weights)[0]
        is_given = status is not TicketStatus.pending or n % 3 == 0
        replied = begun + min(age, dt.timedelta(minutes=self.random.expovariate(1 / 40)))
        is_done = status in (TicketStatus.closed, TicketStatus.resolved)
        solved = begun + min(age, dt.timedelta(hours=self.random.expovariate(1 / 30)))
        ended = min(self.now, solved + dt.timedelta(days=2))
        return {
            "no": self.numbers[n],
            "title": title,
            "description": description,
            "status": status,
            "priority": self._state(PRIORITIES),
            "type": self._state(TYPES),
            "source": "agent" if n % 3 else "customer",
            "customer_id": self._any(self.customers),
            "assignee_id": self.agents[place] if is_given else None,
            "team_id": self.teams[place % TEAMS] if is_given else None,
            "department_id": self._any(self.departments),
            "thread_id": thread_id,
            "create_time": begun,
            "create_by": self._any(self.users) if n % 3 else None,
            "update_time": ended if is_done else replied,
            "first_reply_time": replied if is_given else None,
            "resolve_time": solved if is_done else None,
            "close_time": ended if status in (TicketStatus.closed, TicketStatus.cancelled) else None,
            "resolution": "已处理" if is_done else None,
        }

    def _given(self, tickets: range) -> None:
        """To whom each was given, once."""
        ticket, given = Ticket.__table__.c, TicketAssignment.__table__
        self.connection.execute(
            insert(given).from_select(
                ["ticket_id", "method", "to_agent_id", "tenant_id", "create_time", "update_time"],
                select(
                    ticket.id,
                    literal("assign"),
                    ticket.assignee_id,
                    ticket.tenant_id,
                    ticket.create_time,
                    ticket.create_time,
                ).where(ticket.id >= tickets[0], ticket.assignee_id.is_not(None)),
                include_defaults=False,
            )
        )

    def _messages(self, threads: range) -> None:
        """By the database itself, from the tickets and what is said in each."""
        ticket, message = Ticket.__table__.c, ChatMessage.__table__
        said = union_all(
            *(
                select(
                    literal_column(str(seq)).label("seq"),
                    literal(kind, message.c.sender_kind.type).label("kind"),
                    literal(text).label("text"),
                )
                for seq, (kind, text) in enumerate(SAID, start=1)
            )
        ).subquery()
        for batch in self._batches(len(threads)):
            self.connection.execute(
                insert(message).from_select(
                    [
                        *("thread_id", "seq", "change_seq", "client_msg_id", "sender_kind", "sender_id", "type"),
                        *("sender_name", "content", "tenant_id", "create_time", "update_time"),
                    ],
                    select(
                        ticket.thread_id,
                        said.c.seq,
                        said.c.seq,
                        literal("b").concat(cast(said.c.seq, String)),
                        said.c.kind,
                        func.coalesce(ticket.customer_id, 0),
                        literal(MessageType.text, message.c.type.type),
                        literal("客户"),
                        said.c.text.concat(ticket.no),
                        ticket.tenant_id,
                        ticket.create_time,
                        ticket.create_time,
                    )
                    .where(ticket.thread_id.between(threads[batch[0]], threads[batch[-1]]))
                    .order_by(ticket.thread_id, said.c.seq),
                    include_defaults=False,
                )
            )

    def _write_terms(self, tickets: range) -> None:
        """What the flush writes of each ticket, worked out once for each wording and each day."""
        known = [np.fromiter(stored_terms(f"{title}\n{text}\n"), np.int64) for title, text in self.wordings]
        lengths = np.array([len(terms) for terms in known])
        ids = np.arange(tickets[0], tickets[-1] + 1, dtype=np.int64)
        rows = [np.repeat(ids, lengths[self.chosen])]
        terms = [np.concatenate([known[place] for place in self.chosen])]
        of_numbers = [np.fromiter(stored_terms(f"{no} {no[-4:]}"), np.int64) for no in self.numbers]
        rows.append(np.repeat(ids, [len(some) for some in of_numbers]))
        terms.append(np.concatenate(of_numbers))
        every_row, every_term = np.concatenate(rows), np.concatenate(terms)
        order = np.lexsort((every_row, every_term))
        every_row, every_term = every_row[order], every_term[order]
        is_new = np.r_[True, (np.diff(every_row) != 0) | (np.diff(every_term) != 0)]
        self._load(every_term[is_new], every_row[is_new])

    def _load(self, terms: np.ndarray, rows: np.ndarray) -> None:
        """In the order of the table, and its second index afterwards: it would be written in no order."""
        start = (self.actor.tenant_id, words.SEARCHABLE[Ticket].kind)
        [index] = search_term.indexes
        index.drop(self.connection)
        into = f"INSERT INTO {search_term} (tenant_id, kind, term, row_id) VALUES "
        step = 20_000
        for at in range(0, len(rows), step):
            entries = [
                (*start, *entry)
                for entry in zip(terms[at : at + step].tolist(), rows[at : at + step].tolist(), strict=True)
            ]
            if self.connection.dialect.name == "sqlite":
                self.connection.exec_driver_sql(into + "(?, ?, ?, ?)", entries)
            else:
                self.connection.exec_driver_sql(into + ", ".join(map(str, entries)))
        index.create(self.connection)


def fill(actor: Actor, tickets: int) -> dict[str, int]:
    """Fill the current application's database; how many rows of each table there are then."""
    patient = create_engine(db.engine.url)  # whose statements may take as long as they like
    with patient.begin() as connection:
        counts = TicketFiller(connection, actor, tickets).fill()
    patient.dispose()
    with write(actor.tenant_id):
        words.rebuild(Customer)
    if db.engine.dialect.name != "sqlite":  # it would, in its own time
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE TABLE ticket, chat_message, search_term, customer")
    maintenance.refresh_statistics()
    return counts


def kept(folder: Path) -> Path:
    """Where it is written that `folder` holds a filled database."""
    return folder / "filled.txt"


def words_of(connection: Connection) -> dict[str, str]:
    """What somebody looks for: the words of a title that many have, that few have, and a number."""
    ticket = Ticket.__table__.c
    no = connection.scalar(select(ticket.no).order_by(ticket.id.desc()).offset(500).limit(1))
    return {"common": TROUBLES[0], "rare": f"{SUBJECTS[3]} 中心 77", "number": no}
