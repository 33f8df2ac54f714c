"""What a page is about, for machines: the vocabulary of schema.org as JSON-LD."""

import datetime as dt

from models.knowledge import Article
from services import help_centre
from views.pages.rendered import TAGS

_CONTEXT = "https://schema.org"


def of_home(base: str, company: str) -> dict:
    """The site, and how it is searched."""
    return {
        "@context": _CONTEXT,
        "@type": "WebSite",
        "name": company,
        "url": f"{base}/",
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{base}/search?q={{words}}"},
            "query-input": "required name=words",
        },
    }


def of_article(base: str, row: Article, description: str, company: str) -> dict:
    return {
        "@context": _CONTEXT,
        "@type": "Article",
        "headline": row.title[:110],
        "description": description,
        "inLanguage": TAGS[row.locale],
        "datePublished": _time(row.publish_time or row.create_time),
        "dateModified": _time(help_centre.changed(row)),
        "mainEntityOfPage": base + help_centre.path_of(row),
        "author": {"@type": "Organization", "name": company},
        "publisher": {"@type": "Organization", "name": company},
    }


def of_question(row: Article, html: str) -> dict | None:
    """A title that asks is a question, and the text its answer."""
    if not row.title.rstrip().endswith(("?", "？")):
        return None
    return {
        "@context": _CONTEXT,
        "@type": "FAQPage",
        "inLanguage": TAGS[row.locale],
        "mainEntity": [
            {"@type": "Question", "name": row.title, "acceptedAnswer": {"@type": "Answer", "text": html}},
        ],
    }


def way(base: str, steps: list[tuple[str, str]]) -> dict:
    """The breadcrumbs: (name, path) from the top."""
    return {
        "@context": _CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": base + path}
            for place, (name, path) in enumerate(steps, 1)
        ],
    }


def of_list(base: str, name: str, rows: list[Article]) -> dict:
    return {
        "@context": _CONTEXT,
        "@type": "ItemList",
        "name": name,
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": row.title, "url": base + help_centre.path_of(row)}
            for place, row in enumerate(rows, 1)
        ],
    }


def _time(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds") + "Z"
