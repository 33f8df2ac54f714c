"""机器人接口: the menu, and what askers think of answers (AI-10, AI-9)."""

from app.locale import current_locale
from models.actor import Actor
from models.bot_menu import BotMenuEntry
from models.channels import PORTAL
from models.knowledge import Question
from services import questions
from services.bot import menu
from services.operation import OPERATIONS
from views.api.endpoint import endpoint, load
from views.api.resource import Resource, serve

SECTION = "机器人接口"

serve(
    Resource(
        "bot-menu-entries",
        "bot_menu_entry",
        BotMenuEntry,
        SECTION,
        "机器人菜单项",
        out=(
            "id",
            "label_zh",
            "label_en",
            "kind",
            "parent_id",
            "channel_id",
            "article_id",
            "question",
            "problem_type",
            "url",
            "sort",
            "active",
            "version",
        ),
        filters=("parent_id", "channel_id", "kind", "active"),
        sort=("sort", "id"),
        search=("label_zh", "label_en"),
    )
)


@endpoint("GET", "/bot/menu", section=SECTION, summary="机器人菜单", right="article.ask", query={"channel": str})
def show_menu(actor: Actor, channel: str = PORTAL):
    """The menu as this reader sees it: a tree."""
    return menu.root(actor, channel[:32], current_locale())


@endpoint(
    "POST",
    "/kb/questions/<id:id>/verdict",
    section=SECTION,
    summary="评价回答",
    right="article.rate",
    fields=OPERATIONS["question.judge"].data_fields,
    is_speech=True,
)
def judge(actor: Actor, row_id: int, **data):
    row = questions.judge(actor, load(Question, row_id, actor), **data)
    return {"id": row.id, "helpful": row.helpful, "reason": row.verdict_reason.value if row.verdict_reason else None}
