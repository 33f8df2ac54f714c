"""The bot of a conversation: what it says to a message, its menu, when it calls a person (AI-10)."""

from services.bot.answering import answer_message
from services.bot.menu import root as menu_for

__all__ = ["answer_message", "menu_for"]
