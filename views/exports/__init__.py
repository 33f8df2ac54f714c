"""Exported conversations and tickets in the reader's words: titles, states, times of his clock."""

from views.exports.tickets import ticket_head, ticket_line
from views.exports.wording import head, talk

__all__ = ["head", "talk", "ticket_head", "ticket_line"]
