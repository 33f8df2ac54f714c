"""Sensitive words (CHT-12): the list, the watch over messages, the alerts and who is told of them."""
