"""A message of ours as WeChat can show it: texts of a size that it takes, pictures, sounds, links into our pages."""

from collections.abc import Callable
from dataclasses import dataclass

from app.catalog import translated
from models.messaging import ChatMessage, MessageType
from models.wechat import WechatKind

#: of a text; more is refused
TEXT_BYTES = 2048
#: mime → how a picture is called and the most bytes WeChat takes of it
_PICTURES = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
_PICTURE_BYTES, _SOUND_BYTES, _SOUND_SECONDS = 10 * 1024 * 1024, 2 * 1024 * 1024, 60

#: what happened, as the customer is told; what is not here is for staff. "" is told in own words only
_TEXTS = {
    "welcome": "",
    "queued": "You are in the queue for an agent, please wait a moment",
    "off_hours": "We are out of office just now. Leave a message, we will answer as soon as we are back",
    "idle_warning": "You have not written for some time; the conversation will end in %(minutes)s minutes",
    "closed": "The conversation has ended",
    "closed_idle": "The conversation has ended after a long silence",
    "assigned": "%(to)s is here for you now",
    "transferred": "%(to)s is here for you now",
    "transferred_to_team": "You have been handed on to %(to)s, please wait a moment",
    "requeued": "The agent is away for a moment, a colleague will take over",
    "wanted_away": "%(to)s cannot take it just now; a colleague will help you",
    "message_left": "We have your message and will get back to you",
    "rating_invited": "Please tell us how we did",
    "rated": "Thank you for your rating!",
    "ticket_created": "Your matter is now ticket %(no)s, we follow it up",
}
#: events that ask for a verdict
_ASKS_FOR_RATING = frozenset({"closed", "closed_idle", "rating_invited"})


@dataclass(frozen=True)
class Media:
    """A file that goes along as it is, under WeChat's word for its kind."""

    kind: str
    key: str
    name: str
    mime: str


Part = str | Media


@dataclass(frozen=True)
class Reader:
    """For whom it is worded, and how his links are made."""

    kind: WechatKind
    locale: str
    #: an address of ours, for everybody: "/articles/3" → "https://…"; "" where ours is not known
    address: Callable[[str], str]
    #: the address at which he goes on as himself; "" where ours is not known
    own_address: Callable[[], str]
    #: {position, expectedWaitSeconds} while he waits
    queue: Callable[[], dict | None]
    #: whether his verdict is asked for
    is_asked: Callable[[], bool]

    def worded(self, sentence: str, **values: object) -> str:
        return translated(sentence, self.locale, **values)


def parts_of(message: ChatMessage, reader: Reader) -> list[Part]:
    """What is sent for a message; nothing for what is not meant for him."""
    if message.type is MessageType.system:
        return _split(_event(message, reader))
    if message.type is MessageType.answer:
        return _split(_answer(message, reader))
    if message.file_id is not None:
        return _file(message, reader)
    return _split(message.content)


def recalled(message: ChatMessage, reader: Reader) -> list[Part]:
    """What was sent cannot be fetched back: the customer is told that it no longer holds."""
    return [reader.worded("%(name)s has taken back a message", name=message.sender_name)]


def _event(message: ChatMessage, reader: Reader) -> str:
    told = message.payload or {}
    event, params = told.get("event", ""), told.get("params") or {}
    if event not in _TEXTS:
        return ""
    own = params.get(f"text_{reader.locale}") or params.get("text_zh") or params.get("text_en")
    lines = [own or (reader.worded(_TEXTS[event], **params) if _TEXTS[event] else "")]
    if event == "queued":
        lines += _place(reader)
    if event in _ASKS_FOR_RATING and reader.is_asked():
        lines += _invitation(reader)
    return "\n".join(line for line in lines if line)


def _place(reader: Reader) -> list[str]:
    place = reader.queue()
    if place is None:
        return []
    lines = [reader.worded("Your place in the queue: %(number)s", number=place["position"])]
    if place.get("expectedWaitSeconds") is not None:
        minutes = max(1, round(place["expectedWaitSeconds"] / 60))
        lines.append(reader.worded("It will take about %(number)s minutes", number=minutes))
    link = reader.own_address()
    return [*lines, reader.worded("Follow it here: %(link)s", link=link)] if link else lines


def _invitation(reader: Reader) -> list[str]:
    lines = [reader.worded("How was it? Reply with a digit from 1 to 5; 5 is best")]
    link = reader.own_address()
    return [*lines, reader.worded("Or say more here: %(link)s", link=link)] if link else lines


def _answer(message: ChatMessage, reader: Reader) -> str:
    """The bot's words, then its sources or the nearest questions, the menu, and how to get a person if it did not
    know. What can be chosen has numbers to reply with."""
    told = message.payload or {}
    sources, choices = told.get("citations") or [], told.get("choices") or []
    lines = [message.content]
    is_sure = told.get("answered", True)
    if sources:
        lines += [reader.worded("Sources:"), *(_article(one, reader) for one in sources)]
    if choices and told.get("kind") != "clarify":
        lines.append(reader.worded("Related questions:") if is_sure else reader.worded("Perhaps you mean:"))
    lines += _numbered([one["title"] for one in choices], reader)
    lines += menu_lines(told.get("menu") or [], reader.locale)
    if link := told.get("link"):
        lines.append(f"{link['label']}\n{reader.address(link['url']) if link['url'].startswith('/') else link['url']}")
    if not is_sure:
        lines.append(reader.worded("Write “human” to talk to a person"))
    return "\n".join(line for line in lines if line)


def menu_lines(entries: list[dict], locale: str) -> list[str]:
    """The bot's menu as numbers to reply with."""
    lines = [f"{number}. {entry['label']}" for number, entry in enumerate(entries, start=1)]
    return [*lines, translated("Reply with a number; 0 is the main menu", locale)] if lines else []


def _numbered(titles: list[str], reader: Reader) -> list[str]:
    lines = [f"{number}. {title}" for number, title in enumerate(titles, start=1)]
    return [*lines, reader.worded("Reply with a number to choose")] if lines else []


def _article(article: dict, reader: Reader) -> str:
    link = reader.address(f"/articles/{article['articleId']}")
    return f"· {article['title']}\n  {link}" if link else f"· {article['title']}"


def _file(message: ChatMessage, reader: Reader) -> list[Part]:
    file, told = message.file, message.payload or {}
    media = _media(message, reader)
    if media is not None:
        return [media]
    name = reader.worded("Voice message") if message.type is MessageType.voice else told.get("name", file.name)
    link = reader.own_address()
    if not link:
        return _split(reader.worded("A file for you: %(name)s", name=name))
    return _split(reader.worded("A file for you: %(name)s, open it here: %(link)s", name=name, link=link))


def _media(message: ChatMessage, reader: Reader) -> Media | None:
    """The file as WeChat shows it itself, where it is of a kind and size that it takes."""
    file = message.file
    if message.type is MessageType.image and file.mime in _PICTURES and file.size <= _PICTURE_BYTES:
        return Media("image", file.storage_key, f"picture.{_PICTURES[file.mime]}", file.mime)
    is_short = (message.payload or {}).get("seconds", _SOUND_SECONDS + 1) <= _SOUND_SECONDS
    fits = message.type is MessageType.voice and file.mime == "audio/mpeg" and file.size <= _SOUND_BYTES
    if fits and is_short and reader.kind is WechatKind.official:
        return Media("voice", file.storage_key, "voice.mp3", file.mime)
    return None


def _split(text: str) -> list[Part]:
    """The text in pieces that WeChat takes, each of whole characters; nothing of an empty one."""
    pieces, rest = [], text.encode()
    while rest:
        cut = min(TEXT_BYTES, len(rest))
        while cut < len(rest) and rest[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(rest[:cut].decode())
        rest = rest[cut:]
    return pieces
