"""智能识别接口: moods, what conversations and tickets are probably about, what was learned of it (AI-6, AI-11)."""

from sqlalchemy import Select

from app.errors import Invalid, NotFound
from models.actor import Actor
from models.conversations import Conversation
from models.understanding import LearnedModel, Mood, Subject
from services.operation import OPERATIONS, DataField
from services.understanding import labels, learning, moods, waiting
from views.api.endpoint import endpoint, load
from views.api.resource import Resource, serve

SECTION = "智能识别接口"

MODELS = serve(
    Resource(
        "learned-models",
        "learned_model",
        LearnedModel,
        SECTION,
        "识别模型",
        out=(
            "id",
            "subject",
            "number",
            "state",
            "embedder",
            "trained_on",
            "held_back",
            "accuracy",
            "accuracy_before",
            "macro_f1",
            "confusions",
            "create_time",
        ),
        filters=("subject", "state"),
        sort=("id", "create_time", "accuracy"),
        writes=(),
    )
)


def sounding(actor: Actor, statement: Select, moods: str) -> Select:
    """Conversations whose customers sound so, for staff ("angry,negative"); customers learn nothing by asking."""
    if not moods or not actor.is_staff:
        return statement
    wanted = moods.split(",")
    if set(wanted) - set(Mood):
        raise Invalid("The request is not valid", fields={"mood": "unknown"})
    return statement.where(Conversation.mood.in_([Mood(one) for one in wanted]))


@endpoint("GET", "/sessions/<id:id>/moods", section=SECTION, summary="客户情绪", right="conversation.read")
def list_moods(actor: Actor, row_id: int):
    """How the customer's messages sound: those that are neutral are not named. For staff alone."""
    if actor.sees_as_customer:
        raise NotFound("This does not exist")
    return [
        {"messageId": row.message_id, "mood": row.mood.value, "confidence": row.confidence}
        for row in moods.moods_of(load(Conversation, row_id, actor).thread_id)
    ]


@endpoint(
    "GET", "/sessions/<id:id>/problem-guesses", section=SECTION, summary="问题类型建议", right="conversation.classify"
)
def guess_problem(actor: Actor, row_id: int):
    """What the conversation is probably about, the likeliest first."""
    return waiting.guesses_for(actor, load(Conversation, row_id, actor))


@endpoint(
    "POST",
    "/tickets/guesses",
    section=SECTION,
    summary="工单类型与优先级建议",
    right="ticket.update",
    fields=(DataField("title", str, "", 255), DataField("description", str, "", 20_000)),
)
def guess_ticket(actor: Actor, title: str = "", description: str = ""):
    """What a ticket with these words probably is: {types, priorities}, each [{code, probability}]."""
    text = f"{title}\n{description}"
    return {
        "types": _dumped(learning.guesses(actor, Subject.ticket_type, text)),
        "priorities": _dumped(learning.guesses(actor, Subject.ticket_priority, text)),
    }


@endpoint("GET", "/learned-models/cases", section=SECTION, summary="学习样本数", right="learned_model.read")
def show_cases(actor: Actor):
    """Of each subject: how many cases people have named, how many of them as guessed, how many are needed."""
    known = labels.counts()
    return [
        {
            "subject": subject.value,
            "cases": known.get(subject, (0, 0))[0],
            "asGuessed": known.get(subject, (0, 0))[1],
            "needed": learning.LEAST_CASES,
        }
        for subject in Subject
    ]


@endpoint(
    "POST",
    "/learned-models/train",
    section=SECTION,
    summary="重新学习",
    right="learned_model.train",
    fields=OPERATIONS["learned_model.train"].data_fields,
)
def train(actor: Actor, subject: Subject):
    learning.request_training(actor, subject=subject)


def _dumped(guesses: list) -> list[dict]:
    return [{"code": guess.label, "probability": round(guess.probability, 3)} for guess in guesses]
