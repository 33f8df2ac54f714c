"""What the bot says to a customer's message, and when it calls a person (AI-1, AI-2, AI-10)."""

from dataclasses import dataclass, field

from ai.followup import pick, wants_another
from ai.mood import Mood, hear
from ai.smalltalk import SmallTalk, language_of
from ai.text import normalise
from app.extensions import db
from app.locale import current_locale
from app.offload import offload
from models.actor import Actor, bot, system
from models.bot_menu import MenuKind
from models.conversations import Conversation, ConversationStatus
from models.understanding import ProblemSource
from services import assistant, bot_words, conversations, questions, settings
from services.bot import menu, turns
from services.bot.turns import Turn

#: what of an answer goes to the customer's page
_SHOWN = ("kind", "answered", "citations", "choices", "confidence", "rewritten", "sentences")
_NOTHING = {"answered": True, "citations": [], "choices": [], "confidence": None}


#: a message that is longer is no text of a menu
LONGEST_LABEL = 80


@dataclass(frozen=True)
class Reply:
    """What the bot says."""

    content: str
    payload: dict
    question_id: int | None = None
    #: why a person is called afterwards; "" where none is
    calls: str = ""
    #: what it is about, as far as the customer has said so by an entry of the menu
    problem_type: str | None = None


@dataclass
class Asked:
    """A message of a customer, with what is known around it."""

    conversation: Conversation
    text: str
    locale: str
    turn: Turn | None
    reader: Actor
    _menu: list[dict] | None = field(default=None)

    @property
    def menu(self) -> list[dict]:
        """The whole menu as this customer sees it."""
        if self._menu is None:
            self._menu = menu.root(self.reader, self.conversation.channel, self.locale)
        return self._menu


def answer_message(tenant_id: int, conversation_id: int, message_id: int, question: str, locale: str = "") -> bool:
    """Job: the bot's answer to a customer's message, in the language of his page; calls a person when he asks for one,
    when he is angry, and by itself after several misses, and says so before. Without a question it was a picture, a
    file or a voice message.

    May run twice: the answer to a message is stored once. False when a person is already in charge.
    """
    actor, locale = bot(tenant_id), locale or current_locale()
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None or conversation.status is not ConversationStatus.bot:
        return False
    if not question:
        told = conversations.answer_wordless(actor, conversation, to_message_id=message_id, locale=locale)
        return told is not None
    reader = assistant.reader_of(conversation)
    turn = turns.before(conversation, message_id)
    reply = _reply(Asked(conversation, question, language_of(question, locale), turn, reader), locale)
    message = conversations.answer_as_bot(
        actor,
        conversation,
        to_message_id=message_id,
        content=reply.content,
        payload=reply.payload,
        question_id=reply.question_id,
    )
    if message is None:
        return False
    if reply.problem_type:
        conversations.note_problem(
            system(tenant_id), conversation, problem_type=reply.problem_type, source=ProblemSource.customer
        )
    if reply.calls:
        conversations.hand_over(system(tenant_id), conversation, reason=reply.calls)
    return True


def _reply(asked: Asked, page_locale: str) -> Reply:
    """The first reading of a message that makes sense: a choice from what was shown, small talk, anger, a question."""
    if menu.is_called(asked.text) and asked.menu:
        return _menu(asked.menu, asked.locale if not asked.text.strip().isdigit() else page_locale)
    chosen = _chosen(asked)
    if chosen is not None:
        return chosen
    if settings.get_setting("bot_hands_over_anger") and offload(hear, asked.text).mood is Mood.angry:
        return _calling("angry", asked.locale)
    if asked.turn is not None and asked.turn.question and offload(wants_another, asked.text):
        return _others(asked, asked.turn)
    return _answer(asked, page_locale)


# --- what was chosen --------------------------------------------------------------------------------------------------


def _chosen(asked: Asked) -> Reply | None:
    """What a message chooses of the articles or entries shown last, or of the menu that greets everybody."""
    turn, text = asked.turn, asked.text
    one = turn.chosen(text) if turn is not None else None
    if one is not None and "articleId" in one and "kind" not in one:
        return _article(asked, turn, one)
    found = None
    if one is not None:
        found = menu.find(asked.menu, one["id"])
    elif len(text) <= LONGEST_LABEL:
        # the page shows the whole menu to who has not said anything yet, and a number alone means its first level
        greets = text.strip().isdigit() and (turn is None or not (turn.choices or turn.menu))
        place = pick(text, len(asked.menu)) if greets else None
        found = asked.menu[place] if place is not None else menu.labelled(asked.menu, normalise(text))
    return _entry(asked, found) if found is not None else None


def _article(asked: Asked, turn: Turn, chosen: dict) -> Reply | None:
    result = assistant.answer_with(asked.reader, chosen["articleId"])
    if result is None:
        return None
    number = questions.settle_choice(asked.reader, turn.message_id, chosen["articleId"])
    return Reply(result["answer"], _payload(result, turn.question or chosen["title"]), number)


def _entry(asked: Asked, entry: dict) -> Reply | None:
    """What an entry of the menu does."""
    kind = MenuKind(entry["kind"])
    if kind is MenuKind.menu:
        return _menu(entry["children"], asked.locale, title=entry["label"])
    row = menu.entry_of(entry["id"])
    if row is None:
        return None
    if kind is MenuKind.person:
        return _calling("person", asked.locale, problem_type=row.problem_type)
    if kind is MenuKind.link:
        payload = {**_NOTHING, "kind": "menu", "menu": [], "link": {"label": entry["label"], "url": entry["url"]}}
        return Reply(bot_words.said("link", asked.locale), payload)
    if kind is MenuKind.article:
        result = assistant.answer_with(asked.reader, entry["articleId"])
        return None if result is None else Reply(result["answer"], _payload(result, entry["label"]))
    return _answer(
        Asked(asked.conversation, row.question or entry["label"], asked.locale, None, asked.reader), asked.locale
    )


def _menu(entries: list[dict], locale: str, title: str = "") -> Reply:
    content = title or bot_words.said("menu", locale)
    return Reply(content, {**_NOTHING, "kind": "menu", "menu": menu.shown(entries)})


# --- what was asked ---------------------------------------------------------------------------------------------------


def _answer(asked: Asked, page_locale: str) -> Reply:
    turn, conversation = asked.turn, asked.conversation
    result = assistant.answer(
        asked.reader,
        asked.text,
        channel=conversation.channel,
        locale=page_locale,
        conversation_id=conversation.id,
        topic=turn.topic if turn is not None else "",
        quoted=turn.quote if turn is not None else "",
    )
    if result["kind"] == SmallTalk.person:
        return _calling("person", asked.locale)
    number, payload = result.get("questionId"), _payload(result, result.get("question", ""))
    payload["topic"] = result.get("topic", "")
    if result["kind"] == "small_talk" and not (turn is not None and turn.menu) and asked.menu:
        payload["menu"] = menu.shown(asked.menu)
    if result["answer"]:
        return Reply(result["answer"], payload, number)
    if result["kind"] == "clarify" and not (turn is not None and turn.kind == "clarify"):
        return Reply(bot_words.said("clarify", asked.locale), payload, number)
    # asked twice in a row which one is meant, he does not want any of them
    payload["kind"] = "choices" if payload["choices"] else "none"
    return _missed(asked, payload, number, bot_words.no_answer(asked.locale))


def _others(asked: Asked, turn: Turn) -> Reply:
    """The answer before did not help: what else there is to the same question."""
    shown = {one["articleId"] for one in turn.cited} | {one["articleId"] for one in turn.choices if not turn.cited}
    choices = assistant.others_than(asked.reader, turn.question, shown)
    payload = {**_NOTHING, "answered": False, "kind": "choices" if choices else "none", "choices": choices}
    payload |= {"question": turn.question, "topic": turn.topic}
    text = bot_words.said("others", asked.locale) if choices else bot_words.no_answer(asked.locale)
    return _missed(asked, payload, None, text)


def _missed(asked: Asked, payload: dict, number: int | None, text: str) -> Reply:
    """No answer; the last of several calls a person, and says so."""
    if asked.conversation.bot_misses + 1 < settings.get_setting("bot_misses_before_offer"):
        return Reply(text, payload, number)
    return Reply(bot_words.handing_over("misses", asked.locale), payload, number, calls="bot_misses")


def _calling(reason: str, locale: str, problem_type: str | None = None) -> Reply:
    calls = {"person": "asked_for_person", "angry": "anger"}[reason]
    payload = {**_NOTHING, "kind": reason}
    return Reply(bot_words.handing_over(reason, locale), payload, calls=calls, problem_type=problem_type)


def _payload(result: dict, question: str) -> dict:
    return {key: result[key] for key in _SHOWN if key in result} | {"question": question[: assistant.MAX_QUESTION]}
