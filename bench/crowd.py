"""People in conversations, put straight into the database, each with a key to sign in by: what `bench chat` loads."""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import select, update

from app.extensions import db
from models.actor import Actor
from models.base import bind
from models.conversations import Conversation, ConversationStatus
from models.customers import Customer
from models.identity import LoginSession, Role, SessionKind, User
from models.messaging import Thread, ThreadKind
from models.organization import Agent, Presence
from models.types import utcnow
from services.identity.signin import hash_token
from services.operation import run

#: conversations that one agent has at a time here
EACH = 10


@dataclass
class Seat:
    """One person at one device: the key of the cookie, and the conversations he is in."""

    key: str
    conversations: list[int]
    is_agent: bool
    #: how he signs what he says: kind and number
    sender: tuple[str, int]


def seat(actor: Actor, users: int, mark: str = "") -> list[Seat]:
    """`users` people: customers, and one agent for every ten of them, all in running conversations.

    Several crowds in one database are told apart by `mark`, a few letters.
    """
    agents = max(1, users // (EACH + 1))
    bind(db.session(), actor)
    seats: list[Seat] = []

    def fill() -> None:
        role = db.session.scalars(select(Role).where(Role.code == "agent")).one()
        staff = [_agent(f"{mark}{number}", role, seats) for number in range(agents)]
        for number in range(users - agents):
            agent, place = staff[number % agents]
            customer = Customer(name=f"客户 {number}", is_temporary=True)
            thread = Thread(kind=ThreadKind.conversation)
            db.session.add_all([customer, thread])
            db.session.flush()
            conversation = Conversation(
                no=f"B{mark}{number:08}",
                customer_id=customer.id,
                agent_id=agent.id,
                thread_id=thread.id,
                status=ConversationStatus.active,
                active_time=utcnow(),
            )
            db.session.add(conversation)
            db.session.flush()
            agent.current_count += 1
            key = _key(SessionKind.visitor, customer_id=customer.id)
            seats.append(Seat(key, [conversation.id], is_agent=False, sender=("customer", customer.id)))
            place.conversations.append(conversation.id)

    run(actor, "bench.crowd", fill)
    return seats


def dismiss(actor: Actor) -> None:
    """Whoever was seated by an earlier run has gone: what he left running would be given to those who come now."""
    bind(db.session(), actor)
    ended = {"status": ConversationStatus.closed, "close_time": utcnow()}
    running = Conversation.status != ConversationStatus.closed
    run(actor, "bench.dismiss", lambda: db.session.execute(update(Conversation).where(running).values(ended)))


def member(actor: Actor, role: str, mark: str) -> Seat:
    """One more account with an agent's profile and this preset role; he has no conversations yet."""
    bind(db.session(), actor)
    seats: list[Seat] = []

    def fill() -> None:
        _agent(mark, db.session.scalars(select(Role).where(Role.code == role)).one(), seats)

    run(actor, "bench.crowd", fill)
    return seats[0]


def another_key(actor: Actor, seat: Seat) -> str:
    """The same person signs in anew."""
    kind, number = seat.sender
    made: list[str] = []

    def fill() -> None:
        whose = {"user_id": number} if seat.is_agent else {"customer_id": number}
        made.append(_key(SessionKind.browser if kind == "agent" else SessionKind.visitor, **whose))

    bind(db.session(), actor)
    run(actor, "bench.crowd", fill)
    return made[0]


def _agent(number: str, role: Role, seats: list[Seat]) -> tuple[Agent, Seat]:
    user = User(
        username=f"crowd{number}",
        password="!",
        first_name="",
        last_name="",
        full_name=f"客服 {number}",
        active=True,
        email=f"crowd{number}@local.invalid",
        roles=[role],
    )
    db.session.add(user)
    db.session.flush()
    agent = Agent(
        user_id=user.id,
        work_no=f"Z{number:0>5}",
        presence=Presence.online,
        chosen_presence=Presence.online,
        seen_time=utcnow(),
        max_conversations=100,
        current_count=0,
    )
    db.session.add(agent)
    db.session.flush()
    place = Seat(_key(SessionKind.browser, user_id=user.id), [], is_agent=True, sender=("agent", user.id))
    seats.append(place)
    return agent, place


def _key(kind: SessionKind, **whose) -> str:
    key, lasts = secrets.token_urlsafe(32), dt.timedelta(days=30 if kind is SessionKind.visitor else 1)
    db.session.add(LoginSession(kind=kind, token_hash=hash_token(key), expire_time=utcnow() + lasts, **whose))
    return key
