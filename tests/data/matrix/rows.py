"""What a line of the matrix is, and the answers that many of them share."""

import base64
from dataclasses import dataclass

ROLES = ("anonymous", "owner", "customer", "agent", "other_agent", "supervisor", "admin", "super_admin")

#                 anonymous owner customer agent other supervisor admin super
EVERYBODY = "200 200 200 200 200 200 200 200"
SIGNED_IN = "401 200 200 200 200 200 200 200"
WITH_ACCOUNT = "401 401 200 200 200 200 200 200"
STAFF = "401 403 403 200 200 200 200 200"
LEADERS = "401 403 403 403 403 200 200 200"
ADMINISTRATORS = "401 403 403 403 403 403 200 200"
SUPER = "401 403 403 403 403 403 403 200"
CUSTOMERS = "401 200 200 403 403 403 403 403"

#: a conversation or ticket: its customer, its agent and those who lead
CONCERNED = "401 200 404 200 404 200 200 200"
CONCERNED_STAFF = "401 403 403 200 404 200 200 200"
#: figures of somebody else
ITS_LEADERS = "401 403 403 404 404 200 200 200"
#: what staff see beside a conversation: for customers it does not exist
MARKS = "401 404 404 200 404 200 200 200"


@dataclass(frozen=True)
class Row:
    """One endpoint: what it acts on (a kind of tests.factories), a body that succeeds, and the status per role.

    In a body "$kind" stands for the number of such a thing, "$unique" for a new word, "$phone" for a number nobody has.
    """

    method: str
    path: str
    statuses: str
    on: str = ""
    body: dict | None = None
    #: uses up the sign-in itself: each role comes with one of its own
    fresh: bool = False
    #: multipart part `file`: (name, content)
    file: tuple[str, bytes] | None = None
    why: str = ""

    @property
    def expected(self) -> dict[str, int]:
        return dict(zip(ROLES, map(int, self.statuses.split()), strict=True))


def resource(
    path: str, kind: str, *, read: str, write: str, create: dict, change: dict, owned: str = ""
) -> tuple[Row, ...]:
    """The five endpoints of a plain resource."""
    return (
        Row("GET", f"/{path}", read),
        Row("GET", f"/{path}/<id:id>", read, kind),
        Row("POST", f"/{path}", write, body=create),
        Row("PUT", f"/{path}/<id:id>", owned or write, kind, change),
        Row("DELETE", f"/{path}/<id:id>", owned or write, kind),
    )


#: one grey point
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
WECHAT_KEYS = {"token": "tokenOfTests", "aesKey": "a" * 42 + "A"}
MESSAGE = {"clientMsgId": "$unique", "content": "hello"}
