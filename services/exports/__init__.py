"""Conversations as files: asked for, made in the background, fetched by their owner, gone after a day (CHT-11)."""

from services.exports.jobs import (
    RIGHT,
    clear_leftovers,
    expire,
    get_fetchable,
    note_fetched,
    remove_export,
    start_export,
    storage,
    unfinished,
)
from services.exports.making import make_file

__all__ = [
    "RIGHT",
    "clear_leftovers",
    "expire",
    "get_fetchable",
    "make_file",
    "note_fetched",
    "remove_export",
    "start_export",
    "storage",
    "unfinished",
]
