"""The demonstration's week: scenes from story.toml, played through the operations in the order in which they happened.

Each step runs as the person who took it and at the time when it was taken (`as_of`), so that numbers, histories, logs
and figures are those of real work.
"""

import datetime as dt
from collections.abc import Callable, Iterator

from sqlalchemy import select

from app.demo.cast import Cast
from app.demo.ticket_floor import TicketFloor
from app.extensions import db
from models.actor import Actor, system
from models.base import bind
from models.bot_menu import BotMenuEntry, MenuKind
from models.conversations import Conversation, QuickReply
from models.messaging import MessageType
from models.organization import Agent, Presence
from models.sensitive import AlertState, SensitiveAlert
from models.ticket_relations import LinkKind
from models.tickets import Ticket, TicketPriority, TicketStatus
from models.types import as_of, utcnow
from services import conversations, notifications, presence, tickets
from services.operation import OPERATIONS
from services.sensitive import alerts

#: minutes that pass before a step without words
PAUSE = 0.5
#: seconds until somebody begins to write, and characters a second from then on
BEFORE_WRITING, WRITING = 12, 3
SPOKEN = ("customer", "agent", "note")

Step = tuple[dt.datetime, Callable[[], object]]


class Story:
    """One company's demonstration; `happen` makes all of it."""

    def __init__(self, tenant_id: int, story: dict):
        self.tenant_id, self.story = tenant_id, story
        self.now = utcnow()
        self.cast = Cast(tenant_id, story)
        self.conversations: dict[str, int] = {}
        self.tickets: dict[str, int] = {}

    def happen(self) -> dict[str, int]:
        """Every step at its time, the oldest first; returns how many things there are now."""
        with as_of(self.now - dt.timedelta(days=7)):
            self.cast.make_organizations()
            self._make_quick_replies()
            self._make_bot_menu()
            TicketFloor(self.tenant_id, self.story, self.cast).make()
        steps = [step for scene in self.story["conversation"] for step in self._conversation(scene)]
        steps += [step for scene in self.story["ticket"] for step in self._ticket(scene)]
        for moment, take in sorted(steps, key=lambda step: step[0]):
            with as_of(moment):
                bind(db.session(), system(self.tenant_id))
                take()
        return {
            "conversations": len(self.story["conversation"]),
            "tickets": len(self.story["ticket"]),
            "customers": len(self.story["customer"]),
            "organizations": len(self.story["organization"]),
        }

    def _conversation(self, scene: dict) -> Iterator[Step]:
        moment = self._begin(scene)

        def open_() -> None:
            opened = conversations.open_conversation(self.cast.customer(scene["customer"]))
            self.conversations[scene["key"]] = opened.id

        yield moment, open_
        for step in scene["steps"]:
            moment = _after(moment, step)
            yield moment, lambda step=step: self._go_on(scene, step)

    def _go_on(self, scene: dict, step: dict) -> None:
        """One step of a conversation."""
        conversation = db.session.get(Conversation, self.conversations[scene["key"]], populate_existing=True)
        customer = self.cast.customer(scene["customer"])
        agent = self.cast.agent(conversation.agent_id)
        match step:
            case {"customer": words}:
                self._say(conversations.send_message, customer, conversation, words)
            case {"agent": words}:
                self._say(conversations.send_message, agent, conversation, words)
            case {"note": words}:
                self._say(conversations.send_message, agent, conversation, words, MessageType.note)
            case {"handover": reason}:
                conversations.hand_over(customer, conversation, reason=reason)
            case {"assign": name}:
                conversations.assign_conversation(
                    self.cast.supervisor, conversation, agent_id=self.cast.staff[name].agent_id
                )
            case {"transfer": name, "reason": reason}:
                self._hand_on(agent, conversation, self.cast.staff[name], reason)
            case {"takeover": reason}:
                conversations.take_over(self.cast.supervisor, conversation, reason=reason)
            case {"hold": True}:
                conversations.hold_conversation(agent, conversation)
            case {"resume": True}:
                conversations.resume_conversation(agent, conversation)
            case {"close": who}:
                conversations.close_conversation(customer if who == "customer" else agent, conversation)
                if agent is not None:  # who has finished has read everything, notices too
                    conversations.read_messages(agent, conversation, seq=conversation.thread.last_seq)
                    notifications.read_notifications(agent)
            case {"rate": score}:
                conversations.rate_conversation(
                    customer, conversation, score=score, tags=step.get("tags"), comment=step.get("comment", "")
                )
            case {"alert": state, "remark": note}:
                self._settle_alert(conversation, AlertState(state), note)
            case _:
                raise ValueError(f"{scene['key']}: no such step {step}")

    def _settle_alert(self, conversation: Conversation, state: AlertState, note: str) -> None:
        """The supervisor says what was done about the sensitive words of a conversation."""
        alert = db.session.scalars(
            select(SensitiveAlert).where(SensitiveAlert.conversation_id == conversation.id)
        ).one()
        alerts.handle_alert(self.cast.supervisor, alert, state=state, note=note)

    def _hand_on(self, agent: Actor, conversation: Conversation, colleague: Actor, reason: str) -> None:
        """Offered to a colleague, who is there for the moment, and accepted."""
        theirs = db.session.get(Agent, colleague.agent_id)
        presence.set_own_presence(colleague, theirs, presence=Presence.busy)
        conversations.transfer_conversation(agent, conversation, to_agent_id=theirs.id, reason=reason)
        conversations.accept_transfer(colleague, conversation, conversations.find_offer(colleague, conversation.id))
        presence.set_own_presence(colleague, theirs, presence=Presence.offline)

    def _ticket(self, scene: dict) -> Iterator[Step]:
        moment = self._begin(scene)
        key = scene.get("key", scene["title"])

        def open_() -> None:
            self.tickets[key] = self._open_ticket(scene).id

        yield moment, open_
        for step in scene["steps"]:
            moment = _after(moment, step)
            yield moment, lambda step=step: self._work_on(scene, self.tickets[key], step)

    def _open_ticket(self, scene: dict) -> Ticket:
        """A customer's own, one an agent records for a customer, or one that grew out of a conversation."""
        data = {
            "title": scene["title"],
            "description": scene.get("description", ""),
            "type": scene["type"],
            "priority": TicketPriority(scene.get("priority", "normal")),
        }
        if "conversation" in scene:
            conversation = db.session.get(Conversation, self.conversations[scene["conversation"]])
            agent = self.cast.agent(conversation.agent_id)
            return tickets.create_from_conversation(agent, conversation, **data)
        customer = self.cast.customer(scene["customer"])
        if "by" in scene:
            return tickets.create_ticket(self.cast.staff[scene["by"]], customer_id=customer.customer_id, **data)
        return tickets.create_ticket(customer, **data)

    def _work_on(self, scene: dict, ticket_id: int, step: dict) -> None:
        """One step of a ticket."""
        ticket = db.session.get(Ticket, ticket_id, populate_existing=True)
        customer = self.cast.customer(self._asker(scene))
        agent = self.cast.agent(ticket.assignee_id)
        match step:
            case {"customer": words}:
                self._say(tickets.send_message, customer, ticket, words)
            case {"agent": words}:
                self._say(tickets.send_message, agent, ticket, words)
            case {"note": words}:
                self._say(tickets.send_message, agent, ticket, words, MessageType.note)
            case {"assign": name}:
                tickets.assign_ticket(
                    self.cast.supervisor,
                    ticket,
                    agent_id=self.cast.staff[name].agent_id,
                    reason=step.get("reason", ""),
                )
            case {"follow_up": words}:
                tickets.add_follow_up(agent, ticket, content=words, result=step.get("result", ""))
            case {"facts": facts}:
                tickets.update_ticket(agent, ticket, version=ticket.version, **facts)
            case {"watch": name}:
                tickets.watch_ticket(self.cast.staff[name], ticket)
            case {"link": other, "kind": kind}:
                linked = db.session.get(Ticket, self.tickets[other])
                tickets.link_tickets(self.cast.supervisor, ticket, linked, kind=LinkKind(kind))
            case {"rate": score}:
                tickets.rate_ticket(
                    customer, ticket, score=score, tags=step.get("tags"), comment=step.get("comment", "")
                )
            case {"move": status}:
                actors = {"customer": customer, "supervisor": self.cast.supervisor}
                tickets.move_ticket(
                    actors.get(step.get("by", ""), agent),
                    ticket,
                    status=TicketStatus(status),
                    resolution=step.get("resolution", ""),
                    reason=step.get("reason", ""),
                )
            case _:
                raise ValueError(f"{scene['title']}: no such step {step}")

    def _say(self, send: Callable, actor, place, words: str, type_: MessageType = MessageType.text) -> None:
        send(actor, place, client_msg_id=f"demo-{place.thread.last_seq + 1}", type=type_, content=words)

    def _asker(self, scene: dict) -> str:
        if "customer" in scene:
            return scene["customer"]
        return next(one["customer"] for one in self.story["conversation"] if one["key"] == scene["conversation"])

    def _make_quick_replies(self) -> None:
        create, use = OPERATIONS["quick_reply.create"].call, OPERATIONS["quick_reply.use"].call
        for reply in self.story["quick_reply"]:
            keeper = self.cast.staff[reply["by"]]
            if db.session.scalar(select(QuickReply.id).where(QuickReply.code == reply["code"]).limit(1)):
                continue
            made = create(
                keeper,
                code=reply["code"],
                title=reply["title"],
                content=reply["content"],
                category=reply["category"],
                owner_id=keeper.user_id if reply.get("own") else None,
            )
            for _ in range(reply["uses"]):
                use(keeper, made)

    def _make_bot_menu(self) -> None:
        """Unless the company has one of its own."""
        if db.session.scalar(select(BotMenuEntry.id).limit(1)) is not None:
            return
        create, made = OPERATIONS["bot_menu_entry.create"].call, {}
        for sort, entry in enumerate(self.story["bot_menu_entry"]):
            data = {**entry, "kind": MenuKind(entry["kind"]), "parent_id": made.get(entry.get("below"))}
            data.pop("below", None)
            made[entry["label_zh"]] = create(system(self.tenant_id), sort=sort, **data).id

    def _begin(self, scene: dict) -> dt.datetime:
        """When a scene begins: some minutes ago, or some days ago at a time of the clock here."""
        if "minutes" in scene:
            return self.now - dt.timedelta(minutes=scene["minutes"])
        hour, minute = map(int, scene["time"].split(":"))
        day = dt.datetime.now().astimezone() - dt.timedelta(days=scene["day"])
        there = day.replace(hour=hour, minute=minute, second=11, microsecond=0)
        return there.astimezone(dt.UTC).replace(tzinfo=None)


def _after(moment: dt.datetime, step: dict) -> dt.datetime:
    """When a step is taken, after the one before: `wait` minutes later, or as soon as its words can be written."""
    if "wait" in step:
        return moment + dt.timedelta(minutes=step["wait"])
    words = next((step[name] for name in SPOKEN if name in step), None)
    if words is None:
        return moment + dt.timedelta(minutes=PAUSE)
    return moment + dt.timedelta(seconds=BEFORE_WRITING + len(words) / WRITING)
