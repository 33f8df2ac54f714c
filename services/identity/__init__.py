"""Accounts, sign-in, tokens, roles (ID)."""
