"""One thing that somebody did in WeChat, done here by the same operations as if he had done it on our pages."""

import datetime as dt
import logging
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from app.catalog import translated
from app.errors import DomainError, Reason, TooLarge, TooMany, Unavailable
from app.extensions import db
from models.actor import Actor
from models.channels import CustomerIdentity
from models.conversations import OPEN, Conversation
from models.conversations import ConversationStatus as Status
from models.messaging import MessageType
from models.types import utcnow
from models.wechat import WechatAccount
from services import bot, conversations, files, settings, threads
from services.safe_http import Answer, CallFailed
from services.wechat import chats, people
from services.wechat.client import Client, Refused
from services.wechat.wording import menu_lines

logger = logging.getLogger(__name__)

#: what was sent is stored under these endings; by WeChat's word for its kind where it names no other
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "audio/amr": "amr",
    "audio/mp3": "mp3",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
    "video/mpeg4": "mp4",
    "application/pdf": "pdf",
}
_USUAL_ENDING = {"image": "jpg", "voice": "amr", "video": "mp4", "shortvideo": "mp4"}
#: a digit is a verdict for so long after the end
_RATES_WITHIN = dt.timedelta(hours=24)


@dataclass
class Act:
    """What he did, and who he is."""

    account: WechatAccount
    link: CustomerIdentity
    actor: Actor
    told: dict[str, str]
    #: by it a repeated act is known
    key: str
    locale: str
    #: what cannot be fetched this time will not be fetched at all
    is_last_try: bool

    @property
    def code(self) -> str:
        return self.account.channel.code

    def worded(self, sentence: str, **values: object) -> str:
        return translated(sentence, self.locale, **values)


def act(account: WechatAccount, key: str, told: dict[str, str], locale: str, *, is_last_try: bool) -> None:
    """Do what was told. Raises CallFailed or TooMany where it may work later."""
    handler = _event(told) if told["MsgType"].lower() == "event" else _MESSAGES.get(told["MsgType"].lower(), _unknown)
    if handler is None:
        return
    link = people.identify(account, told["FromUserName"], locale)
    handler(Act(account, link, people.actor_for(link.customer), told, key, locale, is_last_try))


def _event(told: dict[str, str]) -> Callable[[Act], None] | None:
    return _EVENTS.get(told.get("Event", "").lower())


# --- what happens ---------------------------------------------------------------------------------------------------


def _subscribed(act: Act) -> None:
    """A welcome, sent at once: he may never write, and then there is no conversation to say it in."""
    people.follow(act.link, followed=True)
    channel = act.account.channel
    greeting = (channel.greeting_en if act.locale == "en" else channel.greeting_zh) or act.worded(
        "Hello! Just write to us here what you would like to know."
    )
    lines = menu_lines(bot.menu_for(act.actor, act.code, act.locale), act.locale)
    _tell(act, "\n".join([greeting, *lines]))


def _unsubscribed(act: Act) -> None:
    people.follow(act.link, followed=False)


def _clicked(act: Act) -> None:
    """A button of the menu stands for a sentence."""
    if act.told.get("EventKey"):
        _say_text(act, act.told["EventKey"])


def _wrote(act: Act) -> None:
    text = act.told.get("Content", "").strip()
    if not text or _rated(act, text):
        return
    _say_text(act, text)


def _located(act: Act) -> None:
    place = act.told.get("Label", "")
    spot = f"{act.told.get('Location_X', '')},{act.told.get('Location_Y', '')}"
    _say_text(act, act.worded("[Location] %(place)s (%(spot)s)", place=place, spot=spot))


def _linked(act: Act) -> None:
    parts = (act.told.get(name, "").strip() for name in ("Title", "Description", "Url"))
    _say_text(act, "\n".join(part for part in parts if part))


def _mini_page(act: Act) -> None:
    _say_text(act, act.worded("[Page of the mini program] %(title)s", title=act.told.get("Title", "")))


def _sent_file(act: Act) -> None:
    """WeChat tells the name of a file and keeps the file."""
    name = act.told.get("Title", "")
    _say_text(act, act.worded("[File] %(name)s (WeChat does not hand files over)", name=name))


def _unknown(act: Act) -> None:
    _say_text(act, act.worded("[A message that cannot be shown here: %(kind)s]", kind=act.told["MsgType"][:32]))


def _sent_media(act: Act) -> None:
    kind = act.told["MsgType"].lower()
    conversation = _conversation(act)
    if threads.find_sent(conversation.thread_id, act.actor, _id(act)) is None:
        try:
            name, data = _fetched(act, kind)
            file_id = files.upload(act.actor, name=name, data=data).id
        except (CallFailed, Unavailable):
            if not act.is_last_try:
                raise
            file_id = None
        except (Refused, DomainError):  # gone at WeChat's, too large, or of a kind that is not taken here
            file_id = None
        if file_id is None:
            _send(act, conversation, _id(act), content=act.worded(_TEXTS[kind]))
        else:
            type_ = MessageType.image if kind == "image" else MessageType.file
            _send(act, conversation, _id(act), type=type_, content=name, file_id=file_id)
    heard = act.told.get("Recognition", "").strip()
    if heard:  # what the customer said, as WeChat has understood it
        _send(act, conversation, f"{_id(act)}-text", content=heard)


def _fetched(act: Act, kind: str) -> tuple[str, bytes]:
    limit = files.storage.limit
    try:
        answer = Client(act.account).download(act.told.get("MediaId", ""), limit)
    except CallFailed as error:
        if error.message == "The other system's answer is too large":
            raise TooLarge("The file is too large", limit=limit) from error
        raise
    return f"{kind}-{act.key[-12:]}.{_ending(answer, kind, act.told)}", answer.body


def _ending(answer: Answer, kind: str, told: dict[str, str]) -> str:
    mime = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    return _ENDINGS.get(mime) or (told.get("Format", "").lower() if kind == "voice" else "") or _USUAL_ENDING[kind]


_TEXTS = {
    "image": "[Picture: could not be fetched from WeChat]",
    "voice": "[Voice message: could not be fetched from WeChat]",
    "video": "[Video: could not be fetched from WeChat]",
    "shortvideo": "[Video: could not be fetched from WeChat]",
}
_MESSAGES: dict[str, Callable[[Act], None]] = {
    "text": _wrote,
    "image": _sent_media,
    "voice": _sent_media,
    "video": _sent_media,
    "shortvideo": _sent_media,
    "location": _located,
    "link": _linked,
    "miniprogrampage": _mini_page,
    "file": _sent_file,
}
_EVENTS: dict[str, Callable[[Act], None]] = {
    "subscribe": _subscribed,
    "unsubscribe": _unsubscribed,
    "click": _clicked,
}


# --- saying it ------------------------------------------------------------------------------------------------------


def _id(act: Act) -> str:
    return f"wx-{act.key}"


def _say_text(act: Act, text: str) -> None:
    if text:
        _send(act, _conversation(act), _id(act), content=text[: threads.MAX_CHARS])


def _send(act: Act, conversation: Conversation, client_msg_id: str, **message) -> None:
    """As one who writes on our pages: counted, looked through, and refused in the same words."""
    if threads.find_sent(conversation.thread_id, act.actor, client_msg_id) is not None:
        return
    threads.limit_sender(act.actor)
    try:
        conversations.send_message(act.actor, conversation, client_msg_id=client_msg_id, **message)
    except (TooMany, Unavailable):
        raise
    except DomainError as refusal:
        try:
            _tell(act, _sentence(act, refusal.message))
        except CallFailed:  # said again, the message would be looked through and noted a second time
            logger.warning("a customer could not be told why his message was refused")


def _sentence(act: Act, message: str) -> str:
    if isinstance(message, Reason):
        return act.worded(message.text, **message.values)
    return act.worded(message)


def _conversation(act: Act) -> Conversation:
    """The open one, else the last one where a late word takes it up again, else a new one. Answers go to WeChat."""
    last = _last_conversation(act)
    if last is None or not _goes_on(last):
        last = conversations.open_conversation(act.actor, channel=act.code)
    chats.answer_in(last, act.link)
    return last


def _last_conversation(act: Act) -> Conversation | None:
    mine = select(Conversation).where(Conversation.customer_id == act.actor.customer_id)
    # an open one before a closed one, whichever is younger
    return (
        db.session.scalars(mine.where(Conversation.status.in_(OPEN)).order_by(Conversation.id.desc())).first()
        or db.session.scalars(mine.order_by(Conversation.id.desc())).first()
    )


def _goes_on(conversation: Conversation) -> bool:
    if conversation.status is not Status.closed:
        return True
    until = conversations.reopen_until(conversation, settings.get_setting("reopen_hours"))
    return until is not None and until >= utcnow()


def _rated(act: Act, text: str) -> bool:
    """A single digit after the end is the verdict he was asked for."""
    digit = unicodedata.normalize("NFKC", text)
    last = _last_conversation(act)
    if digit not in "12345" or len(digit) != 1 or last is None or last.status is not Status.closed:
        return False
    if last.rating_invited_time is None or utcnow() - last.rating_invited_time > _RATES_WITHIN:
        return False
    if conversations.rating_of(last) is not None:
        return False
    chats.answer_in(last, act.link)
    conversations.rate_conversation(act.actor, last, score=int(digit))
    return True


def _tell(act: Act, text: str) -> None:
    """A word that belongs to no conversation. What WeChat will not take is not worth a second try."""
    try:
        Client(act.account).send(act.link.external_id, "text", {"content": text})
    except Refused as refusal:
        chats.note_setup(act.account, refusal.code)
