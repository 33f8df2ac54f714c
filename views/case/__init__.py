"""The ticket system as its own document describes it (TKT-13; E): the same operations and rights by other words.

The pages of `/case` are in `views/pages/case.py`, its socket events among the others in `views/sockets`.
"""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from views.case import attachments, doors, tickets  # noqa: F401
from views.case.face import CASE


def register_case(app: Flask, csrf: CSRFProtect) -> None:
    """Serve every endpoint of `/case`. They check CSRF themselves, hence the exemption from FAB's forms."""
    csrf.exempt(CASE.register(app))
