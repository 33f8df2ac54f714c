"""Articles, their categories, questions asked (KB)."""

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.locale import current_locale
from models.knowledge import Article, ArticleCategory, ArticleStatus, Question
from services import markdown
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.labels import origin
from views.admin.row_actions import RowAction

LANGUAGES = {"zh": _("Chinese"), "en": _("English")}
TIERS = {"semantic": _("By meaning"), "lexical": _("By words")}


def languages() -> list[tuple[str, str]]:
    """The languages to choose from, as the reader calls them."""
    return [(code, str(name)) for code, name in LANGUAGES.items()]


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
        "category_id",
        "locale",
        "phrasings",
        "tags",
        "body",
        "view_count",
        "helpful_count",
        "unhelpful_count",
        "index_version",
        "index_error",
        "publish_time",
        "create_by",
        "create_time",
        "update_by",
        "update_time",
    ]
    add_columns = edit_columns = ["title", "body", "phrasings", "category_id", "tags", "visibility", "locale"]
    search_text = ("title", "body")
    search_columns = ["status", "category_id", "visibility", "locale", "update_time"]
    choices = {"locale": languages}
    formatters = {
        "body": lambda row: Markup('<div class="ad-markdown">{}</div>').format(Markup(markdown.to_html(row.body))),
        "locale": lambda row: dict(languages()).get(row.locale, row.locale),
        "index_error": lambda row: tag(row.index_error, "danger") if row.index_error else EMPTY,
    }
    help_texts = {
        "body": _("Markdown: # headings, - lists, **bold**, tables"),
        "phrasings": _("Other ways to ask the same question, one per line, at most 50"),
        "tags": _("One per line"),
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


class ArticleCategoryView(AdminView):
    model, resource, icon = ArticleCategory, "article_category", "fa-folder-tree"
    singular, plural = _("Article category"), _("Article categories")
    list_columns = ["name", "parent_id", "sort", "create_time", "id"]
    show_columns = [*list_columns, "update_time"]
    add_columns = edit_columns = ["name", "parent_id", "sort"]
    search_text, search_columns = ("name",), ["parent_id"]
    base_order = ("sort", "asc")
    related_views = [ArticleView]


class QuestionView(AdminView):
    model, resource, icon = Question, "question", "fa-circle-question"
    singular, plural = _("Question"), _("Questions")
    intro = _("What people asked and whether an article answered it. Unanswered questions show what is missing.")
    when_empty = _("Questions appear here when somebody asks the help centre or the bot.")
    key_columns = ("answered", "article_id", "create_time")
    list_columns = ["text", "answered", "confidence", "article_id", "channel", "tier", "create_time", "id"]
    show_columns = [
        "id",
        "text",
        "answered",
        "confidence",
        "article_id",
        "conversation_id",
        "channel",
        "tier",
        "create_time",
    ]
    search_text, search_columns = ("text",), ["answered", "article_id", "create_time"]
    formatters = {
        "confidence": lambda row: f"{row.confidence / 10:.0f} %",
        "channel": origin("channel"),
        "tier": lambda row: TIERS.get(row.tier, row.tier),
    }
