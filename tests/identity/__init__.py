"""Accounts and all that opens and closes for them."""
