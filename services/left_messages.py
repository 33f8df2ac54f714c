"""A customer who finds nobody leaves a message instead of waiting (CHT-5)."""

from app.errors import NotAllowed
from models.actor import Actor, system
from models.conversations import Conversation
from models.conversations import ConversationStatus as Status
from models.types import utcnow
from services import conversations, settings, threads, tickets, visitors
from services.operation import operation


@operation("conversation.leave_message", title="Leave a message", right="conversation.handover")
def leave_message(
    actor: Actor,
    conversation: Conversation,
    *,
    client_msg_id: str,
    text: str,
    contact: str = "",
    form: dict | None = None,
) -> Conversation:
    """What he wants and how to reach him, or what else the channel's form asks. He keeps his place in the queue; or it
    becomes a ticket, by setting.

    The same `client_msg_id` again changes nothing.
    """
    if conversation.customer_id != actor.customer_id:
        raise NotAllowed("Only the customer leaves a message")
    if threads.find_sent(conversation.thread_id, actor, client_msg_id) is not None:
        return conversation
    if contact.strip():
        visitors.introduce(actor, conversation.customer, contact=contact)
        # the agent reads it here: the profile of somebody we know stays as it is
        conversation.answers = {**(conversation.answers or {}), "contact": contact.strip()}
    if conversation.status is Status.bot:
        conversations.hand_over(actor, conversation, form=form)
    elif form is not None and conversation.status is Status.queued:
        conversations.fill_form(actor, conversation, form=form)
    message = conversations.send_message(actor, conversation, client_msg_id=client_msg_id, content=text)
    if conversation.status is not Status.queued:
        return conversation  # somebody has come while he was writing: it is simply said
    conversation.left_message_time = utcnow()
    threads.system_message(
        actor,
        conversation.thread,
        "message_left",
        "已收到您的留言，我们会尽快与您联系",
        place=conversations.place(conversation),
    )
    if settings.get_setting("left_message_ticket"):
        machine = system(actor.tenant_id)
        title = " ".join(message.content.split())[:80]
        tickets.create_from_conversation(machine, conversation, title=title)
        conversations.close_conversation(machine, conversation, reason="left_message")
    return conversation
