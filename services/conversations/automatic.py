"""What is said by itself at the turns of a conversation: in the company's own words where it has chosen some (CHT-9).

A page words a line of the system by its event, in its reader's language. Own words go along with the event, so that
they are read in the same way: `text_zh` to readers of Chinese, `text_en` to those of English.
"""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.channels import Channel
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType
from services import invitations, settings, threads
from services.conversations.state import place
from services.knowledge_index import readable

#: event → the usual Chinese words, for clients that do not word events; "" where nothing is said without own words
USUAL = {
    "welcome": "",
    "queued": "您的会话已进入人工队列，请稍候",
    "off_hours": "现在是非工作时间，您可以留言，我们上班后会尽快回复",
    "idle_warning": "您已有一段时间没有发言，会话将在 {minutes} 分钟后自动结束",
    "closed": "会话已结束",
    "closed_idle": "长时间没有新消息，会话已自动结束",
}
#: events that are told with the words of another one
_SAME_WORDS = {"closed_idle": "closed"}


def say(actor: Actor, conversation: Conversation, event: str, **params) -> None:
    """Inside an operation: the line of this event, if there is anything to say."""
    own = _own_words(_SAME_WORDS.get(event, event), params)
    text = own.get("text_zh") or USUAL[event].replace("{minutes}", str(params.get("minutes", "")))
    if text or own:
        threads.system_message(
            actor,
            conversation.thread,
            event,
            text or own["text_en"],
            place=place(conversation),
            **params,
            **own,
        )


def say_invitation(
    actor: Actor, conversation: Conversation, channel: Channel | None, invitation_id: int | None
) -> bool:
    """Inside an operation: the words that the customer has taken up, so that everybody sees what he answers to.

    False, and nothing is said, where the channel has no such invitation any more.
    """
    invitation = invitations.find(channel, invitation_id) if channel is not None and invitation_id else None
    if invitation is None:
        return False
    words = {f"text_{locale}": text for locale, text in invitations.words_of(invitation).items()}
    threads.system_message(actor, conversation.thread, "invited", words["text_zh"], place=place(conversation), **words)
    return True


def say_reading(actor: Actor, conversation: Conversation, article_id: int | None) -> None:
    """Inside an operation: what the customer was reading when he wanted to ask; nobody need ask what it is about.

    Nothing is said of what he may not read, nor twice in a row of the same.
    """
    article = readable(actor, [article_id]).get(article_id) if article_id else None
    if article is None:
        return
    thread = conversation.thread
    last = db.session.scalars(
        select(ChatMessage)
        .where(ChatMessage.thread_id == thread.id, ChatMessage.type == MessageType.system)
        .order_by(ChatMessage.seq.desc())
        .limit(1)
    ).first()
    told = {"articleId": article.id, "title": article.title}
    if last is not None and last.payload == {"event": "reading", "params": told}:
        return
    threads.system_message(
        actor, thread, "reading", f"客户正在阅读《{article.title}》", place=place(conversation), **told
    )


def _own_words(event: str, params: dict) -> dict[str, str]:
    chosen = settings.all_settings()
    words = {f"text_{locale}": chosen[f"text_{event}_{locale}"] for locale in ("zh", "en")}
    minutes = str(params.get("minutes", ""))
    return {name: text.replace("{minutes}", minutes) for name, text in words.items() if text}
