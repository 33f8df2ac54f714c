"""The words of the screens: titles and colours of states, labels. English is the translation key.

Where one English word is several in Chinese, `pgettext` names what is meant.
"""

from collections.abc import Callable
from enum import StrEnum

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

from models.actor import Scope
from models.article_verdicts import ArticleReason
from models.automation import RuleEvent, RunOutcome
from models.bot_menu import MenuKind
from models.channels import ChannelKind, FormField, FormWhen, Side
from models.conversations import ConversationStatus, ReplyReview
from models.custom_fields import FieldKind, FieldSubject
from models.entry_codes import EntryKind
from models.exports import ExportContent, ExportFormat, ExportState
from models.generation import CallOutcome, Feature
from models.hours import DayKind
from models.identity import SessionKind
from models.imports import ImportState, RowResult
from models.knowledge import ArticleStatus, Outcome, Proposal, VerdictReason, Visibility
from models.learning import GroupState, RunMode, TrialState
from models.letters import LetterKind, LetterState
from models.messaging import MessageType, SenderKind
from models.organization import Presence
from models.provisions import ProvisionKind
from models.retention import RunState
from models.routing import OffHours, RelationKind, RuleScope
from models.sensitive import AlertState, WordAction, WordLevel, WordSpeaker
from models.sla import SlaAction, SlaGoal
from models.ticket_transfers import TicketTransferState
from models.tickets import SlaState, TicketPriority, TicketStatus
from models.transfers import TransferState
from models.understanding import LearnedState, Mood, ProblemSource, Subject
from models.wechat import MessageMode, WechatKind
from views.admin.columns import COLUMNS
from views.dictionary_words import called

#: the ways a customer comes to us
CHANNELS = {
    "portal": _("Portal"),
    "web": _("Web"),
    "widget": _("Website widget"),
    "wechat": _("WeChat"),
    "wework": _("WeCom"),
    "app": _("App"),
    "api": _("API"),
    "email": pgettext("channel", "E-mail"),
    "phone": pgettext("channel", "Phone"),
    "import": _("Import"),
    "admin": _("Entered by staff"),
}
#: words for short texts that the system itself writes into channel and source columns
ORIGINS = {**CHANNELS, "account": _("Account")}
TICKET_SOURCES = {
    "agent": pgettext("ticket from", "Agent"),
    "customer": pgettext("ticket from", "Customer"),
    "conversation": pgettext("ticket from", "Conversation"),
    "api": pgettext("ticket from", "API"),
    "ticket": _("Split off a ticket"),
}

#: kind of state → {state: (title, tone)}; tones are colours of the style sheet
STATES: dict[type[StrEnum], dict[str, tuple]] = {
    LetterKind: {
        "created": (pgettext("letter", "New ticket"), "info"),
        "message": (pgettext("letter", "New message"), "info"),
        "moved": (_("State of a ticket"), "info"),
    },
    LetterState: {
        "waiting": (pgettext("letter", "Waiting"), "warning"),
        "sent": (pgettext("letter", "Sent"), "success"),
        "dropped": (pgettext("letter", "Not needed"), "quiet"),
        "failed": (pgettext("letter", "Given up"), "danger"),
    },
    ConversationStatus: {
        "bot": (_("Bot"), "info"),
        "queued": (_("Queued"), "warning"),
        "active": (pgettext("conversation", "Active"), "success"),
        "on_hold": (_("On hold"), "primary"),
        "closed": (pgettext("conversation", "Closed"), "quiet"),
    },
    TransferState: {
        "pending": (pgettext("offer", "Pending"), "warning"),
        "accepted": (pgettext("offer", "Accepted"), "success"),
        "declined": (pgettext("offer", "Declined"), "danger"),
        "timed_out": (pgettext("offer", "Not answered"), "quiet"),
        "cancelled": (pgettext("offer", "Taken back"), "quiet"),
    },
    ReplyReview: {
        "pending": (pgettext("proposal", "Waiting for approval"), "warning"),
        "approved": (_("Approved"), "success"),
        "rejected": (pgettext("proposal", "Rejected"), "danger"),
    },
    TicketStatus: {
        "pending": (_("Pending"), "warning"),
        "processing": (_("In progress"), "info"),
        "review": (_("In review"), "primary"),
        "resolved": (_("Resolved"), "success"),
        "closed": (_("Closed"), "quiet"),
        "cancelled": (_("Cancelled"), "quiet"),
        "waiting": (_("Waiting for customer"), "primary"),
    },
    RuleEvent: {
        "created": (_("Ticket created"), "info"),
        "updated": (_("Ticket changed"), "quiet"),
        "moved": (_("State changed"), "primary"),
        "assigned": (_("Ticket assigned"), "info"),
        "customer_replied": (_("Customer replied"), "warning"),
        "staff_replied": (_("Staff replied"), "success"),
        "time": (_("By time"), "quiet"),
        "rated": (_("Customer rated"), "info"),
        "sla_warned": (_("Soon overdue"), "warning"),
        "sla_breached": (_("Overdue"), "danger"),
    },
    RunOutcome: {
        "done": (_("Done"), "success"),
        "refused": (pgettext("rule", "Refused"), "warning"),
        "broken": (_("The rule does not work"), "danger"),
    },
    WechatKind: {
        "official": (_("Official account"), "success"),
        "mini": (_("Mini program"), "info"),
    },
    MessageMode: {
        "safe": (_("Safe mode"), "success"),
        "compatible": (_("Compatible mode"), "quiet"),
        "plain": (_("Plain mode"), "warning"),
    },
    ChannelKind: {
        "portal": (_("Portal"), "primary"),
        "widget": (_("Website widget"), "info"),
        "wechat": (_("WeChat"), "success"),
        "app": (_("App"), "quiet"),
    },
    FormWhen: {
        "never": (pgettext("form", "Never"), "quiet"),
        "always": (pgettext("form", "Always"), "info"),
        "before_person": (_("Before a person is called"), "info"),
        "off_hours": (_("Outside working hours"), "info"),
    },
    FormField: {
        "name": (pgettext("form", "Name"), "quiet"),
        "phone": (_("Phone"), "quiet"),
        "email": (_("E-mail"), "quiet"),
        "organization": (_("Organization"), "quiet"),
        "problem_type": (_("Problem type"), "quiet"),
        "question": (_("First question"), "quiet"),
    },
    Side: {
        "right": (pgettext("side", "Right"), "quiet"),
        "left": (pgettext("side", "Left"), "quiet"),
    },
    TicketTransferState: {
        "pending": (pgettext("request", "Pending"), "warning"),
        "approved": (_("Approved"), "success"),
        "rejected": (_("Rejected"), "danger"),
        "cancelled": (pgettext("offer", "Taken back"), "quiet"),
    },
    FieldSubject: {
        "customer": (_("Customer"), "primary"),
        "organization": (_("Organization"), "info"),
        "ticket": (_("Ticket"), "warning"),
        "conversation": (_("Conversation"), "success"),
    },
    FieldKind: {
        "text": (_("Text on one line"), "quiet"),
        "long_text": (_("Long text"), "quiet"),
        "number": (pgettext("field", "Number"), "quiet"),
        "date": (_("Date"), "quiet"),
        "select": (_("One of several options"), "quiet"),
        "multi_select": (_("Several of several options"), "quiet"),
        "person": (_("Person (agent)"), "quiet"),
        "organization": (_("Organization"), "quiet"),
        "yes_no": (_("Yes or no"), "quiet"),
    },
    TicketPriority: {
        "normal": (_("Normal"), "quiet"),
        "urgent": (_("Urgent"), "warning"),
        "critical": (_("Critical"), "danger"),
    },
    ArticleStatus: {
        "draft": (_("Draft"), "quiet"),
        "published": (_("Published"), "success"),
        "withdrawn": (_("Withdrawn"), "warning"),
    },
    ArticleReason: {
        "off_topic": (_("Answers something else"), "warning"),
        "unclear": (_("Hard to understand"), "warning"),
        "incomplete": (_("Something is missing"), "warning"),
        "outdated": (_("Wrong or outdated"), "danger"),
        "other": (pgettext("reason", "Other"), "quiet"),
    },
    Visibility: {
        "public": (_("Everybody"), "success"),
        "customer": (_("Customers with an account"), "info"),
        "staff": (_("Staff only"), "warning"),
        "teams": (_("Certain teams"), "warning"),
        "levels": (_("Customers of certain levels"), "info"),
    },
    Proposal: {
        "none": (_("No changes"), "quiet"),
        "working": (_("Changes not published"), "info"),
        "in_review": (_("In review"), "primary"),
        "returned": (_("Sent back"), "warning"),
        "scheduled": (_("Scheduled"), "info"),
    },
    Feature: {
        "rewrite_answers": (_("Rewrite answers"), "info"),
        "suggest_replies": (_("Write replies for agents"), "info"),
        "summarise_handover": (_("Summarise for who takes over"), "info"),
        "draft_articles": (_("Draft articles"), "info"),
        "trial": (pgettext("language model", "Trial"), "quiet"),
    },
    GroupState: {
        "open": (pgettext("questions", "Open"), "warning"),
        "drafted": (_("Article begun"), "info"),
        "added": (_("Added to an article"), "success"),
        "dismissed": (pgettext("questions", "Dismissed"), "quiet"),
    },
    RunMode: {"product": (_("As customers are answered"), "info"), "words": (_("By words alone"), "quiet")},
    TrialState: {
        "waiting": (_("Waiting"), "warning"),
        "running": (_("Running"), "info"),
        "done": (_("Done"), "success"),
        "failed": (_("Failed"), "danger"),
    },
    CallOutcome: {
        "started": (pgettext("model call", "Under way"), "quiet"),
        "used": (pgettext("model call", "Used"), "success"),
        "refused": (pgettext("model call", "Refused: not in the sources"), "warning"),
        "declined": (pgettext("model call", "Found nothing to say"), "quiet"),
        "timed_out": (pgettext("model call", "Too slow"), "danger"),
        "failed": (pgettext("model call", "Failed"), "danger"),
    },
    EntryKind: {
        "agent": (_("Agent"), "primary"),
        "team": (_("Team"), "info"),
        "channel": (_("Channel"), "quiet"),
    },
    MenuKind: {
        "menu": (_("Submenu"), "quiet"),
        "article": (_("Article"), "info"),
        "question": (_("Question"), "primary"),
        "person": (_("Calls a person"), "success"),
        "link": (_("Link"), "quiet"),
    },
    Outcome: {
        "answered": (pgettext("question", "Answered"), "info"),
        "offered": (_("Choices offered"), "warning"),
        "unanswered": (pgettext("question", "Not answered"), "danger"),
        "handed_over": (_("Handed over to a person"), "primary"),
        "resolved": (pgettext("question", "Resolved"), "success"),
    },
    VerdictReason: {
        "wrong": (_("Wrong answer"), "danger"),
        "incomplete": (_("Not complete"), "warning"),
        "outdated": (_("Out of date"), "warning"),
        "unclear": (_("Hard to understand"), "warning"),
        "other": (_("Another reason"), "quiet"),
    },
    Mood: {
        "negative": (_("Dissatisfied"), "warning"),
        "neutral": (pgettext("mood", "Neutral"), "quiet"),
        "positive": (_("Content"), "success"),
        "angry": (_("Angry"), "danger"),
    },
    ProblemSource: {
        "keywords": (_("Keywords"), "quiet"),
        "learned": (_("Learned recognition"), "info"),
        "customer": (_("Customer"), "primary"),
        "staff": (_("Staff"), "success"),
    },
    Subject: {
        "problem_type": (_("Problem type of conversations"), "info"),
        "ticket_type": (_("Type of tickets"), "primary"),
        "ticket_priority": (_("Priority of tickets"), "warning"),
    },
    LearnedState: {
        "in_use": (_("In use"), "success"),
        "replaced": (pgettext("model", "Replaced"), "quiet"),
        "rejected": (_("Not taken: no better"), "warning"),
    },
    WordLevel: {
        "notice": (pgettext("sensitive word", "Notice"), "info"),
        "warning": (pgettext("sensitive word", "Warning"), "warning"),
        "severe": (pgettext("sensitive word", "Severe"), "danger"),
    },
    WordAction: {
        "mark": (pgettext("sensitive word", "Mark"), "info"),
        "block": (pgettext("sensitive word", "Block"), "danger"),
    },
    WordSpeaker: {
        "everybody": (pgettext("sensitive word", "Everybody"), "quiet"),
        "customer": (_("Customer"), "info"),
        "agent": (_("Agent"), "primary"),
    },
    AlertState: {
        "open": (pgettext("alert", "New"), "danger"),
        "seen": (pgettext("alert", "Being looked into"), "warning"),
        "handled": (pgettext("alert", "Handled"), "success"),
        "dismissed": (pgettext("alert", "Dismissed"), "quiet"),
    },
    Presence: {"online": (_("Online"), "success"), "busy": (_("Busy"), "warning"), "offline": (_("Offline"), "quiet")},
    SenderKind: {
        "customer": (_("Customer"), "info"),
        "agent": (_("Agent"), "primary"),
        "bot": (_("Bot"), "quiet"),
        "system": (_("System"), "quiet"),
    },
    MessageType: {
        "text": (pgettext("message", "Text"), "quiet"),
        "image": (pgettext("message", "Picture"), "info"),
        "file": (_("File"), "info"),
        "answer": (_("Bot answer"), "primary"),
        "system": (_("Event"), "quiet"),
        "note": (_("Internal note"), "warning"),
        "voice": (_("Voice"), "info"),
    },
    SessionKind: {
        "browser": (_("Browser"), "info"),
        "api": (_("Program"), "primary"),
        "visitor": (_("Visitor"), "quiet"),
    },
    ProvisionKind: {
        "right": (_("Right"), "primary"),
        "scope": (_("Data scope"), "warning"),
        "content": (pgettext("provision", "Content"), "info"),
        "manual": (_("Help article"), "success"),
    },
    ExportContent: {
        "conversations": (_("List of conversations"), "quiet"),
        "messages": (_("All messages"), "quiet"),
        "articles": (_("Articles"), "info"),
        "tickets": (_("Tickets"), "info"),
    },
    ExportFormat: {
        "xlsx": ("Excel", "quiet"),
        "csv": ("CSV", "quiet"),
        "pdf": ("PDF", "quiet"),
        "zip": ("Markdown", "quiet"),
    },
    ImportState: {
        "uploaded": (_("Waiting"), "warning"),
        "reading": (_("Being read"), "info"),
        "ready": (_("Waits for a choice"), "warning"),
        "queued": (_("Waiting"), "warning"),
        "running": (_("Running"), "info"),
        "done": (_("Done"), "success"),
        "failed": (_("Failed"), "danger"),
        "cancelled": (pgettext("import", "Cancelled"), "quiet"),
    },
    RowResult: {
        "created": (pgettext("import", "Created"), "success"),
        "updated": (pgettext("import", "Updated"), "info"),
        "unchanged": (pgettext("import", "Unchanged"), "quiet"),
        "skipped": (pgettext("import", "Skipped"), "quiet"),
        "refused": (pgettext("import", "Refused"), "danger"),
    },
    ExportState: {
        "queued": (_("Waiting"), "warning"),
        "running": (_("Running"), "info"),
        "done": (_("Ready"), "success"),
        "failed": (_("Failed"), "danger"),
        "removed": (_("Removed"), "quiet"),
    },
    RunState: {
        "running": (_("Running"), "info"),
        "done": (_("Done"), "success"),
        "paused": (_("Paused"), "warning"),
        "failed": (_("Failed"), "danger"),
    },
    RuleScope: {
        "everybody": (_("All conversations"), "quiet"),
        "department": (_("A department"), "info"),
        "team": (_("A team"), "info"),
        "problem_type": (_("A problem type"), "info"),
    },
    OffHours: {
        "duty": (_("Who is on duty"), "info"),
        "anyone": (_("Whoever is online"), "success"),
        "nobody": (_("Nobody: the customer waits"), "quiet"),
    },
    RelationKind: {"primary": (_("Primary team"), "primary"), "secondary": (_("Secondary team"), "quiet")},
    DayKind: {"holiday": (_("Free"), "success"), "workday": (_("Make-up workday"), "warning")},
    SlaGoal: {"first_response": (_("First answer"), "info"), "resolution": (pgettext("goal", "Solution"), "primary")},
    SlaAction: {
        "notify_assignee": (_("Tell the assignee"), "info"),
        "notify_leaders": (_("Tell the leaders"), "warning"),
        "raise_priority": (_("Raise the priority by one step"), "warning"),
        "give": (_("Give it to an agent"), "danger"),
    },
    SlaState: {
        "none": (_("Nothing promised"), "quiet"),
        "running": (pgettext("service level", "Running"), "info"),
        "paused": (_("Paused"), "quiet"),
        "warned": (pgettext("service level", "Nearly late"), "warning"),
        "breached": (pgettext("service level", "Late"), "danger"),
        "met": (pgettext("service level", "Kept"), "success"),
        "missed": (pgettext("service level", "Missed"), "danger"),
    },
    Scope: {
        "own": (_("Own"), "quiet"),
        "team": (_("Team"), "info"),
        "department": (_("Department"), "info"),
        "all": (_("All"), "primary"),
    },
}


def state_title(state: StrEnum):
    """What a person calls this state; of a priority, what the company calls it."""
    title = STATES[type(state)][state][0]
    if isinstance(state, TicketPriority):
        return called("ticket_priority", state.value, title)
    return title


def state_tone(state: StrEnum) -> str:
    return STATES[type(state)][state][1]


def origins() -> list[tuple[str, object]]:
    """Where a customer may come from, to choose from."""
    return [(name, ORIGINS[name]) for name in CHANNELS]


def origin(column: str, words: dict = ORIGINS) -> Callable:
    """A formatter for a column that says where something came from."""
    return lambda row: words.get(getattr(row, column), getattr(row, column))


def label_of(column: str):
    return COLUMNS.get(column, column.replace("_", " ").capitalize())
