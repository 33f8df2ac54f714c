"""What the bot says that no article says, in the customer's language."""

from ai.smalltalk import SmallTalk
from app.catalog import translated
from models.messaging import MessageType
from services import settings

_TEXTS = {
    SmallTalk.greeting: (
        "Hello! I am the assistant. Just tell me in a sentence what you would like to know or what does not work."
    ),
    SmallTalk.thanks: "You are welcome! If there is anything else, just ask.",
    SmallTalk.identity: (
        "I am the automatic assistant and answer from the help articles. "
        "Whenever you would rather talk to a person, say “human”."
    ),
    SmallTalk.goodbye: "Goodbye! You can come back and ask at any time.",
    SmallTalk.acknowledgement: "All right. If there is anything else, just ask.",
    "no_answer": (
        "I am sorry, I have not found a definite answer. You can put it in other words, or choose “Talk to a person”."
    ),
    "clarify": "Which of these do you mean?",
    "others": "Perhaps one of these helps instead:",
    "menu": "Please choose what it is about:",
    "link": "Here it is:",
    "person": "All right, I am getting a person for you.",
    "angry": "I am sorry for the trouble. I am getting a person for you right away.",
    "misses": "I am sorry, I have not found a definite answer. I am getting a person for you.",
    MessageType.image: (
        "I have received your picture, but I cannot look at pictures. "
        "Please describe in a few words what it is about, or choose “Talk to a person”."
    ),
    MessageType.file: (
        "I have received your file, but I cannot read files. "
        "Please describe in a few words what it is about, or choose “Talk to a person”."
    ),
    MessageType.voice: (
        "I have received your voice message, but I cannot listen to it. "
        "Please write in a few words what it is about, or choose “Talk to a person”."
    ),
    "wordless_again": (
        "Pictures, files and voice messages are something for our people. "
        "Shall I get somebody? Choose “Talk to a person”: your messages go along."
    ),
}


def small_talk(said: SmallTalk, locale: str) -> str:
    """A friendly answer to a greeting, to thanks and the like."""
    return translated(_TEXTS[said], locale)


def no_answer(locale: str) -> str:
    """What is said when no article answers: in the company's own words where it has chosen some."""
    return settings.get_setting(f"bot_no_answer_{locale}") or translated(_TEXTS["no_answer"], locale)


def said(name: str, locale: str) -> str:
    """One of the sentences that go along with a list, a link, or a person who is called."""
    return translated(_TEXTS[name], locale)


def handing_over(reason: str, locale: str) -> str:
    """What is said before a person is called: because of the wish, of anger, or because nothing was found; for that
    in the company's own words where it has chosen some."""
    own = settings.get_setting(f"bot_no_answer_{locale}") if reason == "misses" else ""
    return own or said(reason, locale)


def wordless(sent: MessageType, locale: str, *, again: bool) -> str:
    """What is said to a picture, a file or a voice message; `again`: to those after the first."""
    name = "wordless_again" if again else "wordless"
    return settings.get_setting(f"bot_{name}_{locale}") or translated(_TEXTS[name if again else sent], locale)
