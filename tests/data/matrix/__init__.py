"""Who may do what: every endpoint and every socket event, with each role's answer. A new endpoint needs a new line.

The eight columns are ROLES. `owner` is the visitor whom the thing concerns, `customer` is somebody else, `agent`
serves the thing, `other_agent` does not. What one may not see is 404, what one sees but may not do is 403.
"""

from tests.data.matrix import keeping, knowledge, people, talking, tickets
from tests.data.matrix.further import FURTHER
from tests.data.matrix.rows import (
    CONCERNED,
    ROLES,
    SIGNED_IN,
    STAFF,
    Row,
)
from tests.data.matrix.sockets import SOCKETS, TICKET_SOCKETS

MATRIX: tuple[Row, ...] = (*people.ROWS, *talking.ROWS, *tickets.ROWS, *keeping.ROWS, *knowledge.ROWS)

__all__ = ["CONCERNED", "FURTHER", "MATRIX", "ROLES", "SIGNED_IN", "SOCKETS", "STAFF", "TICKET_SOCKETS", "Row"]
