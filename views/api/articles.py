"""知识库接口, for editors: working copies, versions, reviews, previews, templates (KB-1, KB-2)."""

from sqlalchemy import select

from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.articles import ArticleRevision, ArticleTemplate
from models.identity import User
from models.knowledge import Article, ArticleCategory, ArticleStatus, Proposal, Visibility
from services import knowledge, knowledge_index
from services.articles import comparing, editing, files, publishing, revisions
from services.markdown import to_html
from services.operation import OPERATIONS, DataField
from views.api import knowledge as reading
from views.api.endpoint import action, endpoint, load
from views.api.misc import dump_file
from views.api.resource import Resource, plain, serve, to_camel

SECTION = reading.SECTION
#: the right with which drafts are read and written
EDITS = "article.update"
LONGEST_BODY = 200_000

serve(
    Resource(
        "kb/templates",
        "article_template",
        ArticleTemplate,
        SECTION,
        "文章模板",
        out=("id", "name", "locale", "title", "body", "tags", "category_id", "sort", "update_time", "version"),
        filters=("locale", "category_id"),
        sort=("id", "name", "sort"),
        search=("name",),
    )
)


def dump_content(content: dict) -> dict:
    """What an editor fills in, as JSON."""
    return {to_camel(name): plain(value) for name, value in content.items()}


def dump_revision(article: Article, revision: ArticleRevision, people: dict[int, dict]) -> dict:
    """One line of the history."""
    return {
        "number": revision.number,
        "state": plain(revision.state),
        "title": revision.title,
        "note": revision.note,
        "isAuto": revision.is_auto,
        "isLive": revision.number == article.live_revision,
        "isWorking": revision.number == article.working_revision,
        "by": people.get(revision.create_by),
        "createTime": plain(revision.create_time),
        "submittedBy": people.get(revision.submitted_by),
        "submitTime": plain(revision.submit_time),
        "submitNote": revision.submit_note,
        "decidedBy": people.get(revision.decided_by),
        "decideTime": plain(revision.decide_time),
        "reason": revision.reason,
        "dueTime": plain(revision.due_time),
        "publishTime": plain(revision.publish_time),
    }


def dump_draft(actor: Actor, article: Article) -> dict:
    """All that the editor's page shows: what is worked on, where it stands, and what may be done with it."""
    revision = revisions.working(article)
    people = people_of([revision] if revision is not None else [], article.create_by, article.update_by)
    return {
        **reading.ARTICLES.dump(actor, article),
        "content": dump_content(revisions.content_of(revision or article)),
        "isShown": article.is_shown,
        "liveRevision": article.live_revision,
        "workingRevision": article.working_revision,
        "revision": dump_revision(article, revision, people) if revision is not None else None,
        "createdBy": people.get(article.create_by),
        "updatedBy": people.get(article.update_by),
        "may": possible(actor, article, revision),
        "needsReview": publishing.is_review_needed(actor),
        "translations": [
            {"id": row.id, "locale": row.locale, "title": row.title, "status": plain(row.status)}
            for row in knowledge.translations(actor, article)
        ],
        "files": [dump_file(file) for file in files.of(article)],
        "index": {"state": knowledge_index.state_of(article), "error": article.index_error},
    }


def possible(actor: Actor, article: Article, revision: ArticleRevision | None) -> list[str]:
    """What this actor may do with the article as it is now, for the buttons of the page."""
    is_locked, is_published = revisions.is_locked(article), article.status is ArticleStatus.published
    is_open = not is_locked and (revision is not None or not is_published)
    is_own = revision is not None and actor.user_id in (revision.submitted_by, revision.create_by)
    decides = article.proposal is Proposal.in_review and actor.may("article.review")
    is_scheduled = article.proposal is Proposal.scheduled
    conditions = {
        "save": not is_locked,
        "publish": actor.may("article.publish")
        and (is_open or is_scheduled)
        and (not publishing.is_review_needed(actor) or publishing.is_approved(article)),
        "submit": is_open and publishing.is_review_wanted(),
        "approve": decides and (not is_own or actor.may(publishing.OWN_RIGHT)),
        "sendBack": decides,
        "takeBack": is_locked,
        "withdraw": is_published and actor.may("article.withdraw"),
        "discard": revision is not None and not is_locked,
        "delete": actor.may("article.delete"),
    }
    return [name for name, is_possible in conditions.items() if is_possible]


def people_of(rows: list[ArticleRevision], *further: int | None) -> dict[int, dict]:
    """{id, name} of everybody who had to do with these versions."""
    ids = {number for row in rows for number in (row.create_by, row.submitted_by, row.decided_by)} | set(further)
    found = select(User.id, User.full_name, User.username).where(User.id.in_(ids - {None}))
    return {
        number: {"id": number, "name": full_name or username}
        for number, full_name, username in db.session.execute(found, execution_options={"include_deleted": True})
    }


@endpoint("GET", "/kb/articles/<id:id>/draft", section=SECTION, summary="编辑中的文章", right=EDITS)
def show_draft(actor: Actor, row_id: int):
    return dump_draft(actor, load(Article, row_id, actor))


for _method, _path, _operation, _summary in (
    ("PUT", "draft", "article.save", "保存但不发布"),
    ("DELETE", "draft", "article.discard", "放弃未发布的修改"),
    ("POST", "submit", "article.submit", "提交审核"),
    ("POST", "approve", "article.approve", "审核通过"),
    ("POST", "send-back", "article.send_back", "审核退回"),
    ("POST", "take-back", "article.take_back", "撤回审核或定时"),
):
    action(
        _method,
        f"/kb/articles/<id:id>/{_path}",
        _operation,
        on=Article,
        dump=dump_draft,
        section=SECTION,
        summary=_summary,
    )


@endpoint("GET", "/kb/articles/<id:id>/versions", section=SECTION, summary="版本历史", right=EDITS)
def list_versions(actor: Actor, row_id: int):
    article = load(Article, row_id, actor)
    rows = revisions.all_of(article)
    people = people_of(rows)
    return [dump_revision(article, row, people) for row in rows]


@endpoint("GET", "/kb/articles/<id:id>/versions/<id:number>", section=SECTION, summary="一个版本", right=EDITS)
def show_version(actor: Actor, row_id: int, number: int):
    article = load(Article, row_id, actor)
    revision = revisions.find(article, number)
    return {
        **dump_revision(article, revision, people_of([revision])),
        "content": dump_content(revisions.content_of(revision)),
        "bodyHtml": to_html(revision.body),
    }


@endpoint(
    "POST",
    "/kb/articles/<id:id>/versions/<id:number>/restore",
    section=SECTION,
    summary="恢复版本",
    right=EDITS,
    fields=tuple(field for field in OPERATIONS["article.revert"].data_fields if field.name == "version"),
)
def restore_version(actor: Actor, row_id: int, number: int, **data):
    revert = OPERATIONS["article.revert"].call
    return dump_draft(actor, revert(actor, load(Article, row_id, actor), number=number, **data))


@endpoint(
    "GET",
    "/kb/articles/<id:id>/compare",
    section=SECTION,
    summary="比较两个版本",
    right=EDITS,
    query={"older": int, "newer": int},
)
def compare_versions(actor: Actor, row_id: int, older: int = 0, newer: int = 0):
    """Title and text as stretches that are same, added or removed; of the rest what it was and what it became.

    Without numbers: what readers see, and what is worked on.
    """
    article = load(Article, row_id, actor)
    before = revisions.content_of(revisions.find(article, older) if older > 0 else article)
    after = revisions.content_of(revisions.find(article, newer) if newer > 0 else revisions.working(article) or article)
    texts = {name: _parts(before[name], after[name]) for name in ("title", "body")}
    changed = [
        name for name in revisions.CONTENT if name not in texts and (before[name] or None) != (after[name] or None)
    ]
    return {
        **texts,
        "properties": [
            {"name": to_camel(name), "before": plain(before[name]), "after": plain(after[name])} for name in changed
        ],
    }


@endpoint(
    "POST",
    "/kb/compare",
    section=SECTION,
    summary="比较两段文字",
    right=EDITS,
    fields=(DataField("before", str, "", LONGEST_BODY), DataField("after", str, "", LONGEST_BODY)),
)
def compare_texts(actor: Actor, before: str = "", after: str = ""):
    """Of what somebody has saved meanwhile, and what stands unsaved in a page."""
    return _parts(before, after)


def _parts(before: str, after: str) -> list[dict]:
    return [{"kind": part.kind, "text": part.text} for part in offload(comparing.compare, before, after)]


@endpoint(
    "POST",
    "/kb/articles/<id:id>/editing",
    section=SECTION,
    summary="正在编辑的人",
    right=EDITS,
    fields=(DataField("closing", bool, False),),
)
def tell_editing(actor: Actor, row_id: int, closing: bool = False):
    """I have it open; who else has? And has anybody saved meanwhile?"""
    article = load(Article, row_id, actor)
    others = editing.gone(actor, article) if closing else editing.here(actor, article)
    return {
        "others": [
            {"id": user.id, "name": user.full_name or user.username, "avatarUrl": user.avatar_url}
            for user in others or ()
        ],
        "version": article.version,
        "updatedBy": people_of([], article.update_by).get(article.update_by),
        "index": {"state": knowledge_index.state_of(article), "error": article.index_error},
    }


@endpoint(
    "POST",
    "/kb/preview",
    section=SECTION,
    summary="预览",
    right=EDITS,
    fields=(DataField("body", str, max_length=LONGEST_BODY),),
)
def preview(actor: Actor, body: str):
    """The text as readers will see it, sanitised."""
    return {"html": offload(to_html, body)}


@endpoint("GET", "/kb/tags", section=SECTION, summary="使用中的标签", right=EDITS)
def list_tags(actor: Actor):
    return [{"tag": tag, "count": count} for tag, count in knowledge.tags_in_use(actor)]


@endpoint("GET", "/kb/rules", section=SECTION, summary="审核与读者范围", right=EDITS)
def show_rules(actor: Actor):
    """Whether reviews are wanted, and whom articles can be addressed to."""
    return {
        "isWanted": publishing.is_review_wanted(),
        "isNeeded": publishing.is_review_needed(actor),
        "visibilities": [plain(one) for one in Visibility],
        "maxLevel": knowledge.MAX_LEVEL,
    }


action(
    "POST",
    "/kb/categories/<id:id>/move",
    "article_category.move",
    on=ArticleCategory,
    dump=lambda actor, row: {"id": row.id, "parentId": row.parent_id, "sort": row.sort, "version": row.version},
    section=SECTION,
    summary="移动分类",
)
