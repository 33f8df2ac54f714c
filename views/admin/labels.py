"""The words of the screens: column labels, titles and colours of states. English is the translation key.

Where one English word is several in Chinese, `pgettext` names what is meant.
"""

from collections.abc import Callable
from enum import StrEnum

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

from models.actor import Scope
from models.conversations import ConversationStatus
from models.entry_codes import EntryKind
from models.exports import ExportContent, ExportFormat, ExportState
from models.identity import SessionKind
from models.knowledge import ArticleStatus, Visibility
from models.messaging import MessageType, SenderKind
from models.organization import Presence
from models.retention import RunState
from models.tickets import TicketPriority, TicketStatus

#: column or parameter → label; a view may override one in its own `label_columns`
COLUMNS = {
    "active": _("Active"),
    "active_time": _("Answered by a person"),
    "added": _("Added"),
    "address": _("Address"),
    "after": _("After"),
    "agent_id": _("Agent"),
    "answered": _("Answered"),
    "archive_time": _("Copied to the archive"),
    "archived": _("Copy in the archive"),
    "article_id": _("Article"),
    "assignee_id": _("Assignee"),
    "avatar_url": _("Picture"),
    "before": _("Before"),
    "body": _("Text"),
    "bot_misses": _("Unanswered by the bot"),
    "category": _("Category"),
    "category_id": _("Category"),
    "change_seq": _("Change number"),
    "channel": _("Channel"),
    "chosen_presence": _("Chosen presence"),
    "close_reason": _("Reason of closing"),
    "close_time": pgettext("time", "Closed"),
    "code": _("Code"),
    "comment": _("Comment"),
    "company_name": _("Company name"),
    "confidence": _("Confidence"),
    "contact_id": _("Contact"),
    "content": _("Content"),
    "conversation_id": _("Conversation"),
    "conversations": _("Conversations"),
    "cooperation_level": _("Cooperation level"),
    "create_by": _("Created by"),
    "create_time": _("Created"),
    "credit_code": _("Credit code"),
    "current_count": _("Conversations now"),
    "customer_id": _("Customer"),
    "cutoff": _("Ended before"),
    "deleted": _("Deleted"),
    "department_id": _("Department"),
    "department_name": _("Department"),
    "description": _("Description"),
    "detail": _("Details"),
    "dictionary_id": _("Dictionary"),
    "disabled_by_source": _("Disabled by the source"),
    "done": _("Written"),
    "edited_time": _("Edited"),
    "email": _("E-mail"),
    "email_verified": _("E-mail confirmed"),
    "emergency_phone": _("Emergency phone"),
    "error": _("Error"),
    "end_time": pgettext("time", "Ended"),
    "entry_code_id": _("QR code"),
    "event_key": _("Event"),
    "expire_time": _("Expires"),
    "file_bytes": _("Size of the files"),
    "file_id": _("File"),
    "files": _("Files"),
    "finish_time": _("Finished"),
    "first_name": _("First name"),
    "format": _("Format"),
    "first_reply_time": _("First reply"),
    "from_agent_id": _("From"),
    "full_name": pgettext("person", "Name"),
    "gender": _("Gender"),
    "height": _("Height"),
    "hint": _("Note on the card"),
    "helpful_count": _("Helpful"),
    "hire_date": _("Date of joining"),
    "id": _("No."),
    "index_error": _("Search index error"),
    "index_version": _("Index version"),
    "industry": _("Industry"),
    "into_id": _("Into the team"),
    "introduction": _("Introduction"),
    "ip": _("IP address"),
    "is_internal": _("Internal"),
    "is_temporary": _("Temporary"),
    "kind": _("Kind"),
    "label": _("Label"),
    "label_en": _("English label"),
    "landline": _("Landline"),
    "last_assigned_time": _("Last assignment"),
    "last_contact_time": _("Last contact"),
    "last_day": _("Valid until"),
    "last_login": _("Last sign-in"),
    "last_message_time": _("Last message"),
    "last_name": _("Last name"),
    "last_seen_time": _("Last seen"),
    "last_use_time": _("Last used"),
    "leader_id": _("Leader"),
    "legal_hold_reason": _("Reason of the legal hold"),
    "legal_hold_time": _("Legal hold since"),
    "link": _("Link"),
    "locale": _("Language"),
    "locked_until": _("Locked until"),
    "max_conversations": _("Conversations at most"),
    "messages": _("Messages"),
    "method": _("Method"),
    "mime": _("File type"),
    "must_change_password": _("Must change password"),
    "name": _("Name"),
    "no": _("Number"),
    "note": _("Note"),
    "operation": _("Operation"),
    "organization_id": _("Organization"),
    "owner_id": _("Owner"),
    "owner_kind": _("Uploaded by"),
    "params": _("Details"),
    "parent_id": _("Parent"),
    "password": _("Password"),
    "path": _("Path"),
    "phone": _("Phone"),
    "phone_verified": _("Phone confirmed"),
    "phrasings": _("Other phrasings"),
    "place": _("Said in"),
    "position": _("Position"),
    "presence": _("Presence"),
    "presence_time": _("Presence since"),
    "priority": _("Priority"),
    "problem_types": _("Problem types"),
    "provider": _("Provider"),
    "purge_time": _("Purged"),
    "publish_time": pgettext("time", "Published"),
    "queue_priority": _("Queue priority"),
    "queue_time": pgettext("time", "Queued"),
    "read_time": pgettext("time", "Read"),
    "reason": _("Reason"),
    "recalled_time": _("Recalled"),
    "region": _("Region"),
    "removed": _("Removed"),
    "resolution": _("Solution"),
    "resolve_time": _("Solved"),
    "resource": _("Resource"),
    "result": _("Result"),
    "revoked_reason": _("Why ended"),
    "revoked_time": pgettext("time", "Ended"),
    "role_id": _("Role"),
    "role_ids": _("Roles"),
    "roles": _("Roles"),
    "scope": _("Data scope"),
    "scopes": _("Data scopes"),
    "score": _("Score"),
    "seen_time": _("Last seen"),
    "sender_kind": _("Sender"),
    "sender_name": _("Sender's name"),
    "seniority": _("Seniority"),
    "seq": _("Sequence"),
    "sha256": _("Checksum"),
    "size": _("Size"),
    "skills": _("Skills"),
    "sort": _("Sort order"),
    "source": _("Source"),
    "start_time": _("Begun"),
    "state": _("State"),
    "status": _("State"),
    "storage_key": _("Stored as"),
    "subject": _("Subject"),
    "tags": _("Tags"),
    "target_id": _("Object number"),
    "target_name": _("Object"),
    "target_type": _("Kind of object"),
    "team_id": _("Team"),
    "teams": _("Teams"),
    "text": _("Question"),
    "thread_id": _("Thread"),
    "ticket_id": _("Ticket"),
    "tier": _("Search tier"),
    "time_zone": _("Time zone"),
    "title": _("Title"),
    "to_agent_id": _("To"),
    "token_version": _("Version of the sign-ins"),
    "total": _("Conversations"),
    "totp_enabled": _("Two-step verification"),
    "totp_secret": _("Secret of two-step verification"),
    "type": _("Type"),
    "unhelpful_count": _("Not helpful"),
    "union_subject": _("Common key"),
    "update_by": _("Changed by"),
    "update_time": _("Changed"),
    "use_count": _("Used"),
    "user_agent": _("Browser"),
    "user_id": _("User"),
    "user_ids": _("Users"),
    "user_name": _("User"),
    "username": _("User name"),
    "value": _("Value"),
    "view_count": _("Views"),
    "vip_level": _("VIP level"),
    "visibility": _("Audience"),
    "waiting_since": _("Waiting since"),
    "wanted_agent_id": _("Wanted agent"),
    "width": _("Width"),
    "work_no": _("Staff number"),
}

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
}

#: kind of state → {state: (title, tone)}; tones are colours of the style sheet
STATES: dict[type[StrEnum], dict[str, tuple]] = {
    ConversationStatus: {
        "bot": (_("Bot"), "info"),
        "queued": (_("Queued"), "warning"),
        "active": (pgettext("conversation", "Active"), "success"),
        "on_hold": (_("On hold"), "primary"),
        "closed": (pgettext("conversation", "Closed"), "quiet"),
    },
    TicketStatus: {
        "pending": (_("Pending"), "warning"),
        "processing": (_("In progress"), "info"),
        "review": (_("In review"), "primary"),
        "resolved": (_("Resolved"), "success"),
        "closed": (_("Closed"), "quiet"),
        "cancelled": (_("Cancelled"), "quiet"),
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
    Visibility: {
        "public": (_("Everybody"), "success"),
        "customer": (_("Customers with an account"), "info"),
        "staff": (_("Staff only"), "warning"),
    },
    EntryKind: {
        "agent": (_("Agent"), "primary"),
        "team": (_("Team"), "info"),
        "channel": (_("Channel"), "quiet"),
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
    ExportContent: {"conversations": (_("List of conversations"), "quiet"), "messages": (_("All messages"), "quiet")},
    ExportFormat: {"xlsx": ("Excel", "quiet"), "csv": ("CSV", "quiet"), "pdf": ("PDF", "quiet")},
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
    Scope: {
        "own": (_("Own"), "quiet"),
        "team": (_("Team"), "info"),
        "department": (_("Department"), "info"),
        "all": (_("All"), "primary"),
    },
}


def state_title(state: StrEnum):
    """What a person calls this state."""
    return STATES[type(state)][state][0]


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
