"""Dictionaries and settings that administrators keep on screen (SET-2, SET-3)."""

import re
from dataclasses import dataclass

from sqlalchemy import inspect, select

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.base import changed
from models.settings import Dictionary, DictionaryItem, SystemSetting
from services.crud import crud, referenced
from services.operation import announce, operation

#: dictionaries whose items mean something to the product itself: what they are called may be changed, and nothing else
BUILT_IN = frozenset({"ticket_priority", "routing_strategy", "ticket_strategy"})
#: those that other pages ask for by their code
NEEDED = BUILT_IN | {"ticket_type", "problem_type", "product", "ticket_tag"}
#: what makes an item what it is, beside what it is called and where it stands
_WHAT_IT_IS = {"dictionary_id", "code", "active"}
_ONLY_NAMES = "The product works with exactly these items: only what they are called may be changed"


@dataclass(frozen=True)
class Declared:
    """A setting of the browser: its name, what it is by default (which fixes its type), limits, help."""

    name: str
    default: str | int | bool
    help: str
    low: int | None = None
    high: int | None = None


#: event → when its text is said; by default the usual words are
AUTOMATIC_TEXTS = {
    "welcome": "Said when a conversation begins; empty: nothing",
    "queued": "Said when the customer asks for a person; empty: the usual sentence",
    "off_hours": "Said to who asks for a person outside working hours; empty: the usual sentence",
    "idle_warning": "Said before a silent conversation is closed, {minutes} is replaced; empty: the usual sentence",
    "closed": "Said when a conversation ends; empty: the usual sentence",
}

#: the bot's words → when it says them
WORDLESS_TEXTS = {
    "wordless": "What the bot says to a picture, a file or a voice message; empty: the usual sentence",
    "wordless_again": "What it says to further ones, to offer a person; empty: the usual sentence",
}

SETTINGS = {
    setting.name: setting
    for setting in (
        Declared("company_name", "SmartSupport", "Name shown to customers"),
        Declared("search_engines", True, "Search engines may list the articles that everybody may read"),
        Declared(
            "bot_no_answer_zh", "", "What the bot says in Chinese when it does not know; empty: the usual sentence"
        ),
        Declared(
            "bot_no_answer_en", "", "What the bot says in English when it does not know; empty: the usual sentence"
        ),
        *(
            Declared(f"bot_{name}_{locale}", "", help)
            for name, help in WORDLESS_TEXTS.items()
            for locale in ("zh", "en")
        ),
        Declared(
            "bot_misses_before_offer",
            2,
            "Unanswered questions in a row after which the bot hands over by itself",
            1,
            10,
        ),
        Declared(
            "classify_from_percent",
            60,
            "How sure the learned recognition must be, in per cent, to name a problem type by itself",
            30,
            99,
        ),
        Declared("bot_hands_over_anger", True, "The bot calls a person at once for a customer who is angry"),
        Declared(
            "requeue_after_minutes",
            5,
            "Minutes after which a waiting customer of an agent who has gone off line returns to the queue; 0: never",
            0,
            1440,
        ),
        Declared(
            "conversation_idle_hours",
            24,
            "Hours without a message after which a conversation is closed; 0: never",
            0,
            8760,
        ),
        Declared(
            "idle_warning_minutes",
            60,
            "Minutes before that at which the customer is warned; 0: no warning",
            0,
            1440,
        ),
        Declared(
            "reopen_hours",
            24,
            "Hours after the end in which a word of the customer takes the conversation up again; 0: never",
            0,
            8760,
        ),
        Declared("transfer_timeout_seconds", 60, "Seconds a colleague has to accept a transfer", 10, 3600),
        Declared(
            "team_transfer_at_once",
            False,
            "Transfers to a team go to a free member at once instead of being offered to all",
        ),
        Declared("left_message_ticket", False, "Messages left outside working hours become tickets"),
        Declared(
            "rating_invitation", True, "Customers are asked for a rating when a conversation ends or a ticket is solved"
        ),
        Declared("rating_change_minutes", 10, "Minutes in which a customer may change his rating", 0, 1440),
        *(
            Declared(f"text_{event}_{locale}", "", help)
            for event, help in AUTOMATIC_TEXTS.items()
            for locale in ("zh", "en")
        ),
        Declared("mail_ticket_created", True, "E-mail about a new ticket to those who look after tickets"),
        Declared("mail_ticket_message", True, "E-mail about what is said in a ticket to the other side"),
        Declared("mail_ticket_moved", True, "E-mail to the customer when the state of a ticket changes"),
        Declared(
            "mail_gather_seconds",
            60,
            "Seconds an e-mail about a ticket waits, so that several messages make one",
            0,
            3600,
        ),
        Declared("article_review", False, "Articles are published only after somebody else has approved them"),
        Declared("default_max_conversations", 5, "Conversations a new agent may hold at once", 1, 100),
        Declared("default_max_tickets", 30, "Open tickets up to which an agent is given more by the rules", 1, 1000),
        Declared("ticket_transfer_approval", False, "Agents pass tickets on only once a supervisor approves"),
        Declared("quick_reply_review", False, "What members write for their team is approved by whoever leads"),
        Declared(
            "suggest_past_answers",
            True,
            "Agents are offered answers with which customers were content, without names and numbers",
        ),
        Declared("export_max_conversations", 5000, "Conversations that one exported file may hold", 1, 100_000),
        Declared("export_max_tickets", 20_000, "Tickets that one exported file may hold", 1, 500_000),
        Declared("retention_months", 6, "Months after which closed conversations are purged; 0: never", 0, 240),
        Declared(
            "retention_archive", True, "Keep a copy of purged conversations in the folder archive of the data folder"
        ),
    )
}


def get_setting(name: str):
    """The value in force for the bound company. Reading an undeclared name is an error."""
    declared = SETTINGS[name]
    value = db.session.scalar(select(SystemSetting.value).where(SystemSetting.name == name))
    return declared.default if value is None else value["value"]


def all_settings() -> dict:
    stored = {
        name: value["value"]
        for name, value in db.session.execute(select(SystemSetting.name, SystemSetting.value))
        if value
    }
    return {name: stored.get(name, declared.default) for name, declared in SETTINGS.items()}


@operation("system_setting.update", title="Change settings")
def change_settings(actor: Actor, *, values: dict) -> dict:
    """Set several at once; all are valid or nothing changes."""
    wrong = {name: reason for name, value in values.items() if (reason := _objection(name, value))}
    if wrong:
        raise Invalid("Some settings are not valid", fields=wrong)
    known = {row.name: row for row in db.session.scalars(select(SystemSetting))}
    for name, value in values.items():
        if name in known:
            known[name].value = {"value": value}
        else:
            db.session.add(SystemSetting(name=name, value={"value": value}))
    db.session.flush()
    announce("system_setting.updated", names=sorted(values))
    return all_settings()


def dictionary_codes(code: str) -> set[str]:
    """The codes of a dictionary's active items."""
    return set(
        db.session.scalars(
            select(DictionaryItem.code).join(Dictionary).where(Dictionary.code == code, DictionaryItem.active == 1)
        )
    )


def titles_of(code: str) -> dict[str, tuple[str, str]]:
    """code → (Chinese, English) of every item of a dictionary, those no longer in use too."""
    items = select(DictionaryItem).join(Dictionary).where(Dictionary.code == code)
    return {item.code: (item.label, item.label_en or item.label) for item in db.session.scalars(items)}


def _objection(name: str, value) -> str | None:
    declared = SETTINGS.get(name)
    if declared is None:
        return "unknown"
    if type(value) is not type(declared.default):
        return Reason("must be of type %(type)s", type=type(declared.default).__name__)
    if isinstance(value, str) and len(value) > 1000:
        return "too long"
    if declared.low is not None and not declared.low <= value <= declared.high:
        return Reason("from %(low)s to %(high)s", low=declared.low, high=declared.high)
    return None


def _check_code(actor: Actor, row, data: dict) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", row.code or ""):
        raise Invalid("A code has letters, digits, points and dashes only", fields={"code": "letters, digits, . _ -"})


def _check_dictionary(actor: Actor, row: Dictionary, data: dict) -> None:
    if _before(row, "code") in NEEDED:
        raise Conflict("The system needs this dictionary")
    _check_code(actor, row, data)


def _check_item(actor: Actor, row: DictionaryItem, data: dict) -> None:
    was_in, does_more = _before(row, "dictionary_id"), row.id is None or changed(row) & _WHAT_IT_IS
    _check_code(actor, row, data)
    concerned = {referenced(Dictionary, row.dictionary_id, actor, "dictionaryId").code}
    if was_in is not None:
        with db.session.no_autoflush:
            concerned.add(db.session.get(Dictionary, was_in).code)
    if does_more and concerned & BUILT_IN:
        raise Conflict(_ONLY_NAMES)


def _before(row, column: str):
    """The stored value that is about to be replaced, or None."""
    return next(iter(inspect(row).attrs[column].history.deleted or ()), None)


def _keep_needed(actor: Actor, row: Dictionary) -> None:
    if row.code in NEEDED:
        raise Conflict("The system needs this dictionary")


def _keep_item(actor: Actor, row: DictionaryItem) -> None:
    if row.dictionary.code in BUILT_IN:
        raise Conflict(_ONLY_NAMES)


crud(
    "dictionary",
    Dictionary,
    title="Dictionary",
    writable=("code", "name", "description"),
    check=_check_dictionary,
    before_delete=_keep_needed,
)
crud(
    "dictionary_item",
    DictionaryItem,
    title="Dictionary item",
    writable=("dictionary_id", "code", "label", "label_en", "sort", "active"),
    check=_check_item,
    before_delete=_keep_item,
)
