"""What agents are helped with: suggestions, similar tickets, drafts of articles (B §2.6.2, §2.6.3)."""

from app.errors import Invalid
from models.actor import Actor
from models.assistance import PastAnswer
from models.conversations import Conversation
from models.knowledge import Article
from models.tickets import Ticket
from services import assistance
from services.operation import DataField
from views.api.endpoint import action, endpoint, load
from views.api.resource import Resource, plain, serve

KNOWLEDGE, SESSIONS, TICKETS = "知识库接口", "会话管理接口", "工单管理接口"

serve(
    Resource(
        path="kb/past-answers",
        key="past_answer",
        model=PastAnswer,
        section=KNOWLEDGE,
        title="历史好评回答",
        out=("id", "question", "answer", "score", "agent_id", "team_id", "conversation_id", "create_time"),
        filters=("agent_id", "team_id", "score"),
        sort=("id", "score", "create_time"),
        search=("question", "answer"),
        writes=("delete",),
    )
)


@endpoint("GET", "/sessions/<id:id>/suggestions", section=SESSIONS, summary="回复建议", right="conversation.suggest")
def suggestions(actor: Actor, row_id: int):
    return assistance.suggest(actor, load(Conversation, row_id, actor))


@endpoint(
    "POST",
    "/kb/suggest",
    section=KNOWLEDGE,
    summary="话术推荐",
    right="conversation.suggest",
    fields=(
        DataField("session_id", int | None, None),
        DataField("question", str, "", max_length=2000),
        DataField("draft", str, "", max_length=2000),
    ),
)
def suggest(actor: Actor, session_id: int | None = None, question: str = "", draft: str = ""):
    """Replies for a conversation's last words, for what its customer is typing (`question`), or for any question.

    `draft` is what the agent has begun to write. Nothing is sent and nothing is changed.
    """
    if session_id is not None:
        return assistance.suggest(actor, load(Conversation, session_id, actor), typed=question, draft=draft)
    if not question.strip():
        raise Invalid("Please write your question", fields={"question": "required"})
    return assistance.suggest_for(actor, question, reader=assistance.any_customer(actor), draft=draft) | {"forSeq": 0}


action(
    "POST",
    "/sessions/<id:id>/suggestions/choice",
    "conversation.note_choice",
    on=Conversation,
    section=SESSIONS,
    summary="记录话术采用情况",
)


@endpoint(
    "GET", "/sessions/<id:id>/similar-tickets", section=SESSIONS, summary="相似工单", right="conversation.suggest"
)
def similar_to_session(actor: Actor, row_id: int):
    actor.require("ticket.read")
    return _dump_similar(assistance.similar_to_conversation(actor, load(Conversation, row_id, actor)))


@endpoint("GET", "/tickets/<id:id>/similar", section=TICKETS, summary="相似工单", right="conversation.suggest")
def similar_to_ticket(actor: Actor, row_id: int):
    actor.require("ticket.read")
    return _dump_similar(assistance.similar_to_ticket(actor, load(Ticket, row_id, actor)))


@endpoint(
    "GET",
    "/tickets/similar",
    section=TICKETS,
    summary="提交前的相似工单",
    right="ticket.read",
    query={"title": str, "text": str},
)
def similar_to_text(actor: Actor, title: str = "", text: str = ""):
    """Before a ticket is made: for staff those they may see and how they were solved, for customers their own that
    are not closed.
    """
    return _dump_similar(assistance.similar_to_text(actor, title[:255], text))


def _dump_similar(found: list[dict]) -> list[dict]:
    return [{name: plain(value) for name, value in one.items()} for one in found]


def _dump_draft(actor: Actor, article: Article) -> dict:
    return {"articleId": article.id, "title": article.title}


action(
    "POST",
    "/sessions/<id:id>/article-draft",
    "conversation.draft_article",
    on=Conversation,
    dump=_dump_draft,
    section=KNOWLEDGE,
    summary="会话生成文章草稿",
)
action(
    "POST",
    "/tickets/<id:id>/article-draft",
    "ticket.draft_article",
    on=Ticket,
    dump=_dump_draft,
    section=KNOWLEDGE,
    summary="工单生成文章草稿",
)
