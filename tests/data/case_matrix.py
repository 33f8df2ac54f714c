"""Who may do what at `/case`: every endpoint of E with each role's answer, as in matrix.py. A new one needs a line."""

from tests.data.matrix import CONCERNED, SIGNED_IN, STAFF, Row

#: the answer to a wrong password, whoever asks
REFUSED = "401 401 401 401 401 401 401 401"
WORKING = "401 403 404 200 404 200 200 200"
_NOBODY = {"username": "$unique", "password": "wrong"}

CASE_MATRIX: tuple[Row, ...] = (
    Row("POST", "/api/login", REFUSED, body=_NOBODY),
    Row("POST", "/api/admin/login", REFUSED, body=_NOBODY),
    Row("GET", "/api/tickets", SIGNED_IN),
    Row(
        "POST",
        "/api/tickets",
        SIGNED_IN,
        body={"customer_name": "张三", "customer_email": "z@example.com", "title": "$unique", "description": "x"},
    ),
    Row("GET", "/api/tickets/<id:id>", CONCERNED, "ticket"),
    Row("GET", "/api/tickets/<id:id>/messages", CONCERNED, "ticket"),
    Row("POST", "/api/tickets/<id:id>/status", WORKING, "ticket", {"status": "处理中"}),
    Row("POST", "/api/tickets/<id:id>/assign", "401 403 403 403 403 200 200 200", "ticket", {"assignee": "$name"}),
    Row("POST", "/api/tickets/<id:id>/close", WORKING, "ticket", {"resolution": "问题已解决"}),
    Row("POST", "/api/upload", CONCERNED, "ticket", file=("screen.txt", b"hello")),
    Row("GET", "/uploads/<filename>", "404 200 404 200 404 200 200 200", "ticket"),
    Row("GET", "/api/statistics", STAFF),
)
