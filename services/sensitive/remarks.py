"""What people write outside of messages: titles and descriptions of tickets, words beside a rating or a verdict,
questions to the help centre. The same words are looked for as in messages, and make the same alerts (CHT-12).
"""

import hashlib

from models.actor import Actor
from models.conversations import Conversation
from models.messaging import ChatMessage, Thread
from models.sensitive import SaidIn, WordAction
from models.tickets import Ticket
from services.operation import run
from services.sensitive.watch import Catch, catch_in, is_known, mark, refusal_of, store, unowned_thread


def look_at_ticket(
    actor: Actor, title: str, description: str = "", *, ticket: Ticket | None = None, customer_id: int | None = None
) -> Catch | None:
    """Before a ticket is made, or changed: what there is to mark. Raises Invalid when a word may not be used."""
    catch = _catch(actor, SaidIn.ticket, "\n".join(part for part in (title.strip(), description.strip()) if part))
    if catch is None:
        return None
    catch = _of_ticket(catch, ticket) if ticket is not None else catch.at(customer_id=customer_id)
    if catch.blocking:
        in_title = catch.spans[0][0] < len(title.strip())
        raise refusal_of(actor, catch, "title" if in_title else "description")
    return catch


def mark_ticket(ticket: Ticket, catch: Catch | None) -> None:
    """Inside the operation that made or changed the ticket."""
    if catch is not None:
        _mark(_of_ticket(catch, ticket), ticket.thread)


def look_at_rating(actor: Actor, about: Conversation | Ticket, comment: str) -> Catch | None:
    """Before a rating is stored. Raises Invalid when a word may not be used."""
    catch = _catch(actor, SaidIn.rating, comment)
    if catch is None:
        return None
    catch = _of_ticket(catch, about) if isinstance(about, Ticket) else _of_conversation(catch, about)
    if catch.blocking:
        raise refusal_of(actor, catch, "comment")
    return catch


def mark_rating(line: ChatMessage, catch: Catch | None) -> None:
    """Inside the operation that stored the rating; `line` tells of it in the thread. The same words are told once."""
    if catch is not None and not is_known(catch, WordAction.mark):
        mark(line, catch)


def look_at_question(actor: Actor, question: str) -> None:
    """A question that nobody but the bot will read: marked, or refused with Invalid."""
    catch = _catch(actor, SaidIn.question, question)
    if catch is not None:
        run(actor, "sensitive_alert.mark", lambda: _keep_question(actor, catch.at(customer_id=actor.customer_id)))


def look_at_verdict(actor: Actor, comment: str) -> Catch | None:
    """Before a reader's words about an article are stored. Raises Invalid when a word may not be used."""
    catch = _catch(actor, SaidIn.verdict, comment)
    if catch is None:
        return None
    catch = catch.at(customer_id=actor.customer_id)
    if catch.blocking:
        raise refusal_of(actor, catch, "comment")
    return catch


def mark_verdict(catch: Catch | None) -> None:
    """Inside the operation that stored them."""
    if catch is not None and not is_known(catch, WordAction.mark):
        store(catch.at(thread_id=unowned_thread().id), WordAction.mark, 0, None)


def _keep_question(actor: Actor, catch: Catch) -> None:
    if catch.blocking:
        raise refusal_of(actor, catch, "question")
    if not is_known(catch, WordAction.mark):
        store(catch.at(thread_id=unowned_thread().id), WordAction.mark, 0, None)


def _mark(catch: Catch, thread: Thread) -> None:
    if not is_known(catch, WordAction.mark):
        store(catch, WordAction.mark, thread.last_seq, None)


def _catch(actor: Actor, said_in: SaidIn, text: str) -> Catch | None:
    """Words and their place in the product; the same text again has the same name."""
    return catch_in(actor, text, said_in.name_of(hashlib.sha256(text.encode()).hexdigest()))


def _of_conversation(catch: Catch, conversation: Conversation) -> Catch:
    return catch.at(
        thread_id=conversation.thread_id,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        agent_id=conversation.agent_id,
    )


def _of_ticket(catch: Catch, ticket: Ticket) -> Catch:
    return catch.at(
        thread_id=ticket.thread_id,
        ticket_id=ticket.id,
        customer_id=ticket.customer_id,
        agent_id=ticket.assignee_id,
    )
