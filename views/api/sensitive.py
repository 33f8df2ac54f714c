"""敏感词接口: the list of words, the alerts and the marks on messages (C §2.2.3, CHT-12)."""

import datetime as dt

from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.conversations import Conversation
from models.sensitive import SensitiveAlert, SensitiveWord, WordAction, WordLevel, WordSpeaker
from models.tickets import Ticket
from services import visitors
from services.operation import OPERATIONS, DataField
from services.sensitive import alerts, lists, words
from views.api.conversations import dump_agent_ref, dump_customer_ref
from views.api.endpoint import endpoint, load
from views.api.envelope import translated
from views.api.resource import PAGING, Resource, listing, plain, serve
from views.api.threads import dump_messages

SECTION = "敏感词接口"
#: the longest list that is sent as text; longer ones come as a file on the administration's page
MOST_TEXT = 500_000

WORDS = serve(
    Resource(
        "sensitive-words",
        "sensitive_word",
        SensitiveWord,
        SECTION,
        "敏感词",
        out=(
            "id",
            "word",
            "group_name",
            "level",
            "action",
            "speaker",
            "active",
            "create_time",
            "update_time",
            "version",
        ),
        filters=("level", "action", "speaker", "group_name", "active"),
        sort=("id", "word", "group_name", "level", "update_time"),
        search=("word", "group_name"),
    )
)


def _sender(actor: Actor, alert: SensitiveAlert) -> dict:
    name = visitors.shown_name(alert.sender_name) if alert.sender_kind.value == "customer" else alert.sender_name
    return {"kind": alert.sender_kind.value, "id": alert.sender_id, "name": name}


def _place(actor: Actor, alert: SensitiveAlert) -> dict | None:
    row = alert.conversation or alert.ticket
    return {"no": row.no, "status": row.status.value} if row else None


def _handler(actor: Actor, alert: SensitiveAlert) -> dict | None:
    return (
        {"id": alert.handler_id, "name": alert.handler.full_name or alert.handler.username} if alert.handler else None
    )


ALERTS = Resource(
    "sensitive-alerts",
    "sensitive_alert",
    SensitiveAlert,
    SECTION,
    "敏感词预警",
    out=(
        "id",
        "level",
        "action",
        "state",
        "words",
        "excerpt",
        "spans",
        "conversation_id",
        "ticket_id",
        "message_id",
        "seq",
        "create_time",
        "handle_time",
        "note",
        "version",
    ),
    filters=("level", "action", "state", "agent_id", "customer_id", "conversation_id", "ticket_id"),
    sort=("id", "create_time", "level"),
    search=("words", "excerpt"),
    eager=("customer.user", "agent.user", "handler", "conversation", "ticket"),
    more={
        "sender": _sender,
        "place": _place,
        "saidIn": lambda actor, alert: alert.said_in.value,
        "customer": lambda actor, alert: dump_customer_ref(alert.customer) if alert.customer_id else None,
        "agent": lambda actor, alert: dump_agent_ref(alert.agent),
        "handler": _handler,
    },
    writes=(),
)


def dump_alert_hint(alert: SensitiveAlert) -> dict:
    """What a page is told of an alert; it asks for the rest."""
    return {
        "id": alert.id,
        "level": alert.level.value,
        "action": alert.action.value,
        "state": alert.state.value,
        "words": alert.words,
        "sessionId": alert.conversation_id,
        "ticketId": alert.ticket_id,
        "createTime": plain(alert.create_time),
    }


def dump_mark(alert: SensitiveAlert) -> dict:
    """The mark on one message: how grave, and the words as they were written there."""
    owner = {"sessionId": alert.conversation_id} if alert.conversation_id else {"ticketId": alert.ticket_id}
    return {
        **owner,
        "messageId": alert.message_id,
        "level": alert.level.value,
        "words": alert.words,
        "texts": list(dict.fromkeys(alert.excerpt[start:end] for start, end in alert.spans)),
    }


@endpoint(
    "GET",
    "/sensitive-alerts",
    section=SECTION,
    summary="敏感词预警列表",
    right="sensitive_alert.read",
    query={
        **PAGING,
        "level": str,
        "action": str,
        "state": str,
        "agentId": int,
        "customerId": int,
        "conversationId": int,
        "ticketId": int,
        "word": str,
        "group": str,
        "createdFrom": str,
        "createdTo": str,
    },
)
def list_alerts(actor: Actor, word: str = "", group: str = "", createdFrom: str = "", createdTo: str = "", **query):
    """`word` and `group` as the list has them; times in ISO 8601, the later one not included."""
    statement = select(SensitiveAlert)
    if word:
        statement = alerts.with_word(statement, word)
    if group:
        statement = alerts.in_group(statement, group)
    if createdFrom:
        statement = statement.where(SensitiveAlert.create_time >= _moment("createdFrom", createdFrom))
    if createdTo:
        statement = statement.where(SensitiveAlert.create_time < _moment("createdTo", createdTo))
    return listing(ALERTS, actor, statement=statement, **query)


@endpoint(
    "GET",
    "/sensitive-alerts/trend",
    section=SECTION,
    summary="敏感词预警趋势",
    right="sensitive_alert.read",
    query={"days": int, "offsetMinutes": int},
)
def show_trend(actor: Actor, days: int = 14, offsetMinutes: int = 0):
    """Alerts per day and level, the words found most, and how they were handled."""
    found = alerts.trend(actor, days=days, offset_minutes=offsetMinutes)
    return {
        "days": [
            {
                "date": plain(found.first + dt.timedelta(days=place)),
                **{level.value: count for level, count in counts.items()},
            }
            for place, counts in enumerate(found.days)
        ],
        "words": [{"word": word, "group": group, "count": count} for word, group, count in found.words],
        "states": {state.value: count for state, count in found.states.items()},
        "secondsToSettle": found.seconds_to_settle,
    }


@endpoint("GET", "/sensitive-alerts/<id:id>", section=SECTION, summary="敏感词预警详情", right="sensitive_alert.read")
def show_alert(actor: Actor, row_id: int):
    return _in_full(actor, load(SensitiveAlert, row_id, actor))


@endpoint(
    "POST",
    "/sensitive-alerts/<id:id>/handle",
    section=SECTION,
    summary="处理敏感词预警",
    right="sensitive_alert.handle",
    fields=OPERATIONS["sensitive_alert.handle"].data_fields,
)
def handle(actor: Actor, row_id: int, **data):
    alert = alerts.handle_alert(actor, load(SensitiveAlert, row_id, actor), **data)
    db.session.refresh(alert)
    return _in_full(actor, alert)


@endpoint(
    "POST",
    "/sensitive-words/import",
    section=SECTION,
    summary="导入敏感词",
    right="sensitive_word.import",
    fields=(
        DataField("text", str, max_length=MOST_TEXT),
        DataField("group_name", str, "", 64),
        DataField("level", WordLevel, WordLevel.notice),
        DataField("action", WordAction, WordAction.mark),
        DataField("speaker", WordSpeaker, WordSpeaker.everybody),
    ),
)
def import_words(actor: Actor, text: str, **usual):
    """A CSV table with a heading (word, group, level, action, speaker, active), or words between commas and lines."""
    places, rows = offload(words.read_list, "", text.encode())
    outcomes = words.import_words(actor, rows=rows, places=places, **usual)
    counts = {name: sum(one.result == name for one in outcomes) for name in words.RESULTS}
    refused = [
        {"line": one.line, "word": one.word[:64], "message": translated(one.error.message)}
        for one in outcomes
        if one.error
    ]
    return {**counts, "lines": refused[:100]}


@endpoint(
    "POST",
    "/sensitive-words/check",
    section=SECTION,
    summary="试查敏感词",
    right="sensitive_word.read",
    fields=(DataField("text", str, max_length=8000),),
)
def check_text(actor: Actor, text: str):
    """What the list would find in a text; nothing is stored."""
    known = lists.words_of(actor.tenant_id)
    return [
        {
            "word": known.words[found.key].word,
            "level": known.words[found.key].level.value,
            "action": known.words[found.key].action.value,
            "start": found.start,
            "end": found.end,
        }
        for found in known.scanner.find(text)
    ]


def _serve_marks(path: str, model: type, right: str) -> None:
    @endpoint("GET", f"/{path}/<id:id>/marks", section=SECTION, summary="消息的敏感词标记", right=right)
    def list_marks(actor: Actor, row_id: int):
        """Which messages have sensitive words. For staff: to customers there is no such thing."""
        if actor.sees_as_customer:
            raise NotFound("This does not exist")
        return [dump_mark(alert) for alert in alerts.marks_of(load(model, row_id, actor).thread_id)]


_serve_marks("sessions", Conversation, "conversation.read")
_serve_marks("tickets", Ticket, "ticket.read")


def _in_full(actor: Actor, alert: SensitiveAlert) -> dict:
    """An alert with what was said around it."""
    owner = {"sessionId": alert.conversation_id} if alert.conversation_id else {"ticketId": alert.ticket_id}
    return {**ALERTS.dump(actor, alert), "around": dump_messages(alerts.around(alert), owner)}


def _moment(name: str, text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("The request is not valid", fields={name: "not valid"}) from None
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
