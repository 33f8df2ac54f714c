"""A customer who came by a QR code: whom he wants, and an honest word when that person is not free (CHT-15)."""

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.conversations import ConversationStatus as Status
from models.entry_codes import EntryCode, EntryKind
from models.organization import Agent, Presence
from services import threads
from services.conversations.state import place


def arrive(actor: Actor, conversation: Conversation, entry: EntryCode) -> None:
    """Inside an operation: the conversation goes where the code leads, unless somebody serves it already."""
    db.session.refresh(conversation, with_for_update=True)
    if conversation.status not in (Status.bot, Status.queued) or conversation.entry_code_id == entry.id:
        return
    conversation.entry_code = entry
    conversation.channel = entry.channel or conversation.channel
    conversation.team_id = entry.team_id or conversation.team_id
    conversation.wanted_agent = entry.agent if entry.kind is EntryKind.agent else None
    if conversation.wanted_agent is not None and conversation.customer.agent_id is None:
        # whom he met by a card stays his agent, as long as nobody else is named for him
        conversation.customer.agent = conversation.wanted_agent
    if entry.kind is EntryKind.agent and not _is_free(entry.agent):
        who = entry.agent.name if entry.agent else entry.name
        threads.system_message(
            actor,
            conversation.thread,
            "wanted_away",
            f"{who} 暂时无法接待，将由其他同事为您服务",
            place=place(conversation),
            to=who,
        )
    db.session.flush()


def _is_free(agent: Agent | None) -> bool:
    return agent is not None and agent.presence is Presence.online and agent.current_count < agent.max_conversations
