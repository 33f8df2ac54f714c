"""Conversations, articles and tickets as files: asked for, made in the background, fetched, gone after a day
(CHT-11, KB-4, TKT-9)."""

from services.exports.articles import start_article_export
from services.exports.jobs import (
    ARTICLES_RIGHT,
    RIGHT,
    RIGHTS,
    TICKETS_RIGHT,
    clear_leftovers,
    expire,
    get_fetchable,
    note_fetched,
    remove_articles_export,
    remove_export,
    remove_tickets_export,
    start_export,
    storage,
    unfinished,
)
from services.exports.making import make_file
from services.exports.tickets import start_ticket_export

__all__ = [
    "ARTICLES_RIGHT",
    "RIGHT",
    "RIGHTS",
    "TICKETS_RIGHT",
    "clear_leftovers",
    "expire",
    "get_fetchable",
    "make_file",
    "note_fetched",
    "remove_articles_export",
    "remove_export",
    "remove_tickets_export",
    "start_article_export",
    "start_export",
    "start_ticket_export",
    "storage",
    "unfinished",
]
