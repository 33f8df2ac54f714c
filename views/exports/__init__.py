"""Exported conversations in the reader's words: titles, states, times of his clock."""

from views.exports.wording import head, talk

__all__ = ["head", "talk"]
