"""知识运营接口: questions without a good answer, quality over time, the evaluation set (KB-7, AI-9)."""

import datetime as dt

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.knowledge import Article, Question
from models.learning import EvaluationQuestion, EvaluationRun, QuestionGroup
from services import improving
from services.improving.figures import Figures
from services.operation import OPERATIONS, DataField
from views.api.days import DAYS, days_between, zone_of
from views.api.endpoint import action, endpoint, load
from views.api.knowledge import ARTICLES
from views.api.resource import PAGING, Resource, listing, plain, serve

SECTION = "知识运营接口"


def _enrich(actor: Actor, rows: list[QuestionGroup]) -> dict[int, dict]:
    found = improving.trends([row.id for row in rows])
    titles = _titles(actor, {row.article_id for row in rows} - {None})
    return {
        row.id: {
            "lastWeek": found.get(row.id, (0, 0))[0],
            "weekBefore": found.get(row.id, (0, 0))[1],
            "articleTitle": titles.get(row.article_id),
        }
        for row in rows
    }


def _titles(actor: Actor, ids) -> dict[int, str]:
    rows = db.session.execute(select(Article.id, Article.title).where(Article.id.in_(ids), Article.visible_to(actor)))
    return dict(rows.tuples().all())


GROUPS = Resource(
    "kb/question-groups",
    "question_group",
    QuestionGroup,
    SECTION,
    "未解决问题",
    out=("id", "text", "locale", "state", "article_id", "asked", "asked_since", "first_time", "last_time"),
    filters=("state", "locale"),
    sort=("id", "asked", "asked_since", "last_time"),
    search=("text",),
    enrich=_enrich,
    writes=(),
)
QUESTIONS = serve(
    Resource(
        "kb/evaluation-questions",
        "evaluation_question",
        EvaluationQuestion,
        SECTION,
        "评测问题",
        out=("id", "text", "article_ids", "note", "active", "question_id", "create_time", "update_time", "version"),
        filters=("active",),
        sort=("id", "create_time", "update_time"),
        search=("text", "note"),
        enrich=lambda actor, rows: _articles_of(actor, rows),
    )
)
RUNS = Resource(
    "kb/evaluation-runs",
    "evaluation_run",
    EvaluationRun,
    SECTION,
    "评测",
    out=(
        "id",
        "note",
        "mode",
        "state",
        "done",
        "total",
        "model",
        "figures",
        "start_time",
        "finish_time",
        "error",
        "create_time",
    ),
    filters=("state", "mode"),
    sort=("id", "create_time"),
    writes=(),
)


def _articles_of(actor: Actor, rows: list[EvaluationQuestion]) -> dict[int, dict]:
    titles = _titles(actor, {number for row in rows for number in row.article_ids or ()})
    return {
        row.id: {
            "articles": [{"articleId": number, "title": titles.get(number)} for number in row.article_ids or ()],
        }
        for row in rows
    }


# --- questions without a good answer ----------------------------------------------------------------------------------


@endpoint(
    "GET",
    "/kb/question-groups",
    section=SECTION,
    summary="未解决问题列表",
    right="question_group.read",
    query={**PAGING, "state": str, "locale": str},
)
def list_groups(actor: Actor, **query):
    return listing(GROUPS, actor, **query)


@endpoint("GET", "/kb/question-groups/<id:id>", section=SECTION, summary="未解决问题详情", right="question_group.read")
def show_group(actor: Actor, row_id: int):
    """With the words in which it was asked, and the articles that are nearest."""
    row = load(QuestionGroup, row_id, actor)
    shown = GROUPS.dump(actor, row)
    asked = [one | {"lastTime": plain(one["lastTime"])} for one in improving.examples(row.id)]
    return shown | {"examples": asked, "nearest": improving.nearest_articles(actor, row)}


@endpoint(
    "POST",
    "/kb/question-groups/<id:id>/draft",
    section=SECTION,
    summary="据此起草文章",
    right="question_group.settle",
)
def draft(actor: Actor, row_id: int):
    return ARTICLES.dump(actor, improving.draft_from(actor, load(QuestionGroup, row_id, actor)))


@endpoint(
    "POST",
    "/kb/question-groups/<id:id>/add",
    section=SECTION,
    summary="加入文章的相似问",
    right="question_group.settle",
    fields=(DataField("article_id", int), DataField("texts", list[str])),
)
def add(actor: Actor, row_id: int, article_id: int, texts: list[str]):
    group, article = load(QuestionGroup, row_id, actor), load(Article, article_id, actor)
    return ARTICLES.dump(actor, improving.add_to_article(actor, group, article, texts=texts))


for verb, summary in (("dismiss", "忽略"), ("reopen", "重新打开")):
    action(
        "POST",
        f"/kb/question-groups/<id:id>/{verb}",
        f"question_group.{verb}",
        on=QuestionGroup,
        dump=GROUPS.dump,
        section=SECTION,
        summary=f"未解决问题: {summary}",
    )


@endpoint(
    "POST", "/kb/question-groups/refresh", section=SECTION, summary="立即归类新问题", right="question_group.settle"
)
def refresh(actor: Actor):
    """Those asked just now as well; the timetable does it every minute."""
    return {"grouped": improving.group_questions(actor.tenant_id, settled=dt.timedelta())}


# --- quality over time ------------------------------------------------------------------------------------------------


@endpoint(
    "GET", "/stats/knowledge", section="数据统计接口", summary="知识库质量", right="statistics.read", query=dict(DAYS)
)
def show_quality(actor: Actor, fromDay: str = "", toDay: str = "", zone: str = ""):
    where = zone_of(zone)
    found = improving.quality(actor, where, *days_between(where, fromDay, toDay))
    titles = _titles(actor, found.articles)
    return {
        "total": _dump(found.total),
        "days": [{"day": plain(day), **_dump(figures)} for day, figures in found.days.items()],
        "channels": [{"channel": code, **_dump(figures)} for code, figures in found.channels.items()],
        "articles": [
            {"articleId": number, "title": titles[number], **_dump(figures)}
            for number, figures in found.articles.items()
            if number in titles
        ],
    }


@endpoint(
    "GET",
    "/kb/articles/low-rated",
    section=SECTION,
    summary="低评分文章",
    right="article.update",
    query={"size": int},
)
def list_low_rated(actor: Actor, size: int = 20):
    return ARTICLES.dump_all(actor, improving.low_rated(actor, max(1, min(size, 100))))


def _dump(figures: Figures) -> dict:
    share = round(figures.answered / figures.asked, 4) if figures.asked else None
    return {
        "asked": figures.asked,
        "answered": figures.answered,
        "offered": figures.offered,
        "handedOver": figures.handed_over,
        "resolved": figures.resolved,
        "helpful": figures.helpful,
        "unhelpful": figures.unhelpful,
        "answerRate": share,
    }


# --- the evaluation set -----------------------------------------------------------------------------------------------


@endpoint(
    "POST",
    "/kb/questions/<id:id>/evaluate",
    section=SECTION,
    summary="加入评测集",
    right="evaluation_question.create",
    fields=OPERATIONS["evaluation_question.take"].data_fields,
)
def take(actor: Actor, row_id: int, article_ids: list[int]):
    taken = improving.take_question(actor, load(Question, row_id, actor), article_ids=article_ids)
    return QUESTIONS.dump(actor, taken)


@endpoint(
    "GET",
    "/kb/evaluation-runs",
    section=SECTION,
    summary="评测列表",
    right="evaluation_run.read",
    query={**PAGING, "state": str, "mode": str},
)
def list_runs(actor: Actor, **query):
    return listing(RUNS, actor, **query)


@endpoint("GET", "/kb/evaluation-runs/<id:id>", section=SECTION, summary="评测结果", right="evaluation_run.read")
def show_run(actor: Actor, row_id: int):
    """With what came of each question."""
    row = load(EvaluationRun, row_id, actor)
    results = row.results or []
    numbers = {one["articleId"] for result in results for one in result["found"]}
    titles = _titles(actor, numbers | {number for result in results for number in result["expected"]})
    return RUNS.dump(actor, row) | {"results": results, "titles": {str(key): title for key, title in titles.items()}}


action(
    "POST",
    "/kb/evaluation-runs",
    "evaluation_run.start",
    dump=RUNS.dump,
    section=SECTION,
    summary="开始评测",
)
action(
    "DELETE",
    "/kb/evaluation-runs/<id:id>",
    "evaluation_run.delete",
    on=EvaluationRun,
    section=SECTION,
    summary="删除评测",
)


@endpoint(
    "POST",
    "/kb/try",
    section=SECTION,
    summary="试问（显示全部得分）",
    right="evaluation_run.start",
    fields=(DataField("question", str, max_length=500),),
)
def try_question(actor: Actor, question: str):
    return improving.try_question(actor, question)
