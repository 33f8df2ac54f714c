"""Articles, their categories, questions asked (KB)."""

from functools import partial

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.locale import current_locale
from models.article_verdicts import ArticleVerdict
from models.articles import ArticleTemplate
from models.knowledge import Article, ArticleCategory, ArticleStatus, Question
from services import markdown
from services.knowledge import MAX_LEVEL
from views.admin.assigning import teams_named
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.fields import ChecksField
from views.admin.labels import origin
from views.admin.row_actions import RowAction

LANGUAGES = {"zh": _("Chinese"), "en": _("English")}
TIERS = {"semantic": _("By meaning"), "lexical": _("By words")}


def languages() -> list[tuple[str, str]]:
    """The languages to choose from, as the reader calls them."""
    return [(code, str(name)) for code, name in LANGUAGES.items()]


def _language(row: Article | ArticleTemplate) -> str:
    return dict(languages()).get(row.locale, row.locale)


class ArticleView(AdminView):
    model, resource, icon = Article, "article", "fa-book-open"
    singular, plural = _("Article"), _("Articles")
    intro = _("The answers of the help centre and of the bot. Published changes are found within two seconds.")
    when_empty = _("Write the first answer; customers find it once it is published.")
    key_columns = ("status", "category_id", "visibility", "update_time")
    list_columns = [
        "title",
        "category_id",
        "locale",
        "status",
        "visibility",
        "view_count",
        "helpful_count",
        "index_error",
        "update_time",
        "id",
    ]
    show_columns = [
        "id",
        "title",
        "status",
        "visibility",
        "team_ids",
        "levels",
        "valid_from",
        "valid_until",
        "proposal",
        "category_id",
        "locale",
        "translation_of_id",
        "phrasings",
        "tags",
        "body",
        "view_count",
        "helpful_count",
        "unhelpful_count",
        "index_version",
        "index_error",
        "publish_time",
        "content_time",
        "live_revision",
        "working_revision",
        "create_by",
        "create_time",
        "update_by",
        "update_time",
    ]
    add_columns = edit_columns = [
        "title",
        "body",
        "phrasings",
        "category_id",
        "tags",
        "visibility",
        "team_ids",
        "levels",
        "valid_from",
        "valid_until",
        "locale",
        "translation_of_id",
    ]
    search_text = ("title", "body")
    search_columns = ["status", "proposal", "category_id", "visibility", "locale", "update_time"]
    choices = {"locale": languages}
    own_fields = {
        "levels": partial(ChecksField, choices=[(n, str(n)) for n in range(MAX_LEVEL + 1)], coerce=int),
    }
    asked_when = {"team_ids": ("visibility", "teams"), "levels": ("visibility", "levels")}
    desk_path = "/desk/knowledge/{id}/edit"
    formatters = {
        "body": lambda row: Markup('<div class="ad-markdown">{}</div>').format(Markup(markdown.to_html(row.body))),
        "locale": _language,
        "team_ids": lambda row: teams_named(row.team_ids),
        "levels": lambda row: ", ".join(map(str, row.levels)) or EMPTY,
        "index_error": lambda row: tag(row.index_error, "danger") if row.index_error else EMPTY,
    }
    help_texts = {
        "body": _("Markdown: # headings, - lists, **bold**, tables"),
        "phrasings": _("Other ways to ask the same question, one per line, at most 50"),
        "tags": _("One per line"),
        "valid_from": _("Until then a published article is shown to nobody"),
        "valid_until": _("From then on it is shown to nobody"),
        "translation_of_id": _("The article of which this is the same in another language"),
    }
    row_actions = (
        RowAction(
            "publish",
            _("Publish"),
            "article.publish",
            "fa-upload",
            tone="primary",
            when=lambda row: row.status is not ArticleStatus.published,
        ),
        RowAction(
            "withdraw",
            _("Withdraw"),
            "article.withdraw",
            "fa-eye-slash",
            confirm=_("Really withdraw?"),
            when=lambda row: row.status is ArticleStatus.published,
        ),
    )

    def goes_along(self, row) -> list[str]:
        published = row.status is ArticleStatus.published
        return [gettext("Customers and the bot will not find it any more.")] if published else []

    def _given(self) -> dict:
        return super()._given() | ({} if request.method == "POST" else {"locale": current_locale()})


class ArticleTemplateView(AdminView):
    model, resource, icon = ArticleTemplate, "article_template", "fa-file-lines"
    singular, plural = _("Article template"), _("Article templates")
    intro = _("Frames from which editors begin new articles.")
    when_empty = _("Write down once what articles of a kind have in common.")
    list_columns = ["name", "locale", "category_id", "sort", "update_time", "id"]
    show_columns = [
        "name",
        "locale",
        "title",
        "body",
        "tags",
        "category_id",
        "sort",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = ["name", "locale", "title", "body", "tags", "category_id", "sort"]
    search_text, search_columns = ("name", "title"), ["locale", "category_id"]
    base_order = ("sort", "asc")
    choices = {"locale": languages}
    formatters = {
        "body": lambda row: Markup('<div class="ad-markdown">{}</div>').format(Markup(markdown.to_html(row.body))),
        "locale": _language,
    }
    help_texts = {"body": _("Markdown: # headings, - lists, **bold**, tables"), "tags": _("One per line")}


class ArticleCategoryView(AdminView):
    model, resource, icon = ArticleCategory, "article_category", "fa-folder-tree"
    singular, plural = _("Article category"), _("Article categories")
    list_columns = ["name", "parent_id", "sort", "create_time", "id"]
    show_columns = [*list_columns, "update_time"]
    add_columns = edit_columns = ["name", "parent_id", "sort"]
    search_text, search_columns = ("name",), ["parent_id"]
    base_order = ("sort", "asc")
    related_views = [ArticleView]


class ArticleVerdictView(AdminView):
    model, resource, icon = ArticleVerdict, "article_verdict", "fa-thumbs-up"
    singular, plural = _("Verdict"), _("Readers' verdicts")
    intro = _("Whether articles helped their readers, and why not. Each reader counts once.")
    when_empty = _("Verdicts appear here when somebody says whether an article helped.")
    key_columns = ("helpful", "reason", "comment", "update_time")
    list_columns = ["article_id", "helpful", "reason", "comment", "update_time", "id"]
    show_columns = ["id", "article_id", "helpful", "reason", "comment", "create_time", "update_time"]
    search_text, search_columns = ("comment",), ["article_id", "helpful", "reason", "update_time"]


class QuestionView(AdminView):
    model, resource, icon = Question, "question", "fa-circle-question"
    singular, plural = _("Question"), _("Questions")
    intro = _("What people asked and whether an article answered it. Unanswered questions show what is missing.")
    when_empty = _("Questions appear here when somebody asks the help centre or the bot.")
    key_columns = ("outcome", "article_id", "create_time")
    list_columns = ["text", "outcome", "confidence", "article_id", "helpful", "channel", "tier", "create_time", "id"]
    show_columns = [
        "id",
        "text",
        "asked_as",
        "outcome",
        "helpful",
        "verdict_reason",
        "verdict_comment",
        "confidence",
        "article_id",
        "conversation_id",
        "channel",
        "tier",
        "create_time",
    ]
    search_text, search_columns = ("text",), ["outcome", "helpful", "article_id", "create_time"]
    formatters = {
        "confidence": lambda row: f"{row.confidence / 10:.0f} %",
        "channel": origin("channel"),
        "tier": lambda row: TIERS.get(row.tier, row.tier),
    }
