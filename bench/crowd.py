"""People in conversations, put straight into the database, each with a key to sign in by: what `bench chat` loads."""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import select

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


def seat(actor: Actor, users: int) -> list[Seat]:
    """`users` people: customers, and one agent for every ten of them, all in running conversations."""
    agents = max(1, users // (EACH + 1))
    bind(db.session(), actor)
    seats: list[Seat] = []

    def fill() -> None:
        role = db.session.scalars(select(Role).where(Role.code == "agent")).one()
        staff = [_agent(number, role, seats) for number in range(agents)]
        for number in range(users - agents):
            agent, place = staff[number % agents]
            customer = Customer(name=f"客户 {number}", is_temporary=1)
            thread = Thread(kind=ThreadKind.conversation)
            db.session.add_all([customer, thread])
            db.session.flush()
            conversation = Conversation(
                no=f"B{number:08}",
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
            seats.append(Seat(key, [conversation.id], is_agent=False))
            place.conversations.append(conversation.id)

    run(actor, "bench.crowd", fill)
    return seats


def _agent(number: int, role: Role, seats: list[Seat]) -> tuple[Agent, Seat]:
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
        work_no=f"Z{number:05}",
        presence=Presence.online,
        chosen_presence=Presence.online,
        seen_time=utcnow(),
        max_conversations=100,
        current_count=0,
    )
    db.session.add(agent)
    db.session.flush()
    place = Seat(_key(SessionKind.browser, user_id=user.id), [], is_agent=True)
    seats.append(place)
    return agent, place


def _key(kind: SessionKind, **whose) -> str:
    key = secrets.token_urlsafe(32)
    db.session.add(
        LoginSession(kind=kind, token_hash=hash_token(key), expire_time=utcnow() + dt.timedelta(days=1), **whose)
    )
    return key
