"""Further tries of endpoints that have a line already."""

from tests.data.matrix.rows import CONCERNED_STAFF, MESSAGE, Row

#: things with a rule of their own, beside their endpoint's line above
FURTHER: tuple[Row, ...] = (
    Row(
        "GET",
        "/kb/categories/<id:id>",
        "404 404 404 404 404 200 200 200",
        "category",
        why="nothing in it to read: for editors only",
    ),
    Row(
        "GET",
        "/kb/articles/<id:id>",
        "404 404 404 404 404 200 200 200",
        "draft",
        why="only editors see what is not published",
    ),
    Row("POST", "/kb/articles/<id:id>/feedback", "404 404 404 404 404 200 200 200", "draft", {"helpful": True}),
    Row(
        "GET",
        "/quick-replies/<id:id>",
        "401 403 403 200 404 404 404 404",
        "own_quick_reply",
        why="personal ones are personal",
    ),
    Row("PUT", "/quick-replies/<id:id>", "401 403 403 200 404 404 404 404", "own_quick_reply", {"title": "$unique"}),
    Row("POST", "/quick-replies/<id:id>/use", "401 403 403 200 404 404 404 404", "own_quick_reply"),
    Row("GET", "/ticket-views/<id:id>", "401 403 403 200 404 404 404 404", "own_saved_view"),
    Row("PUT", "/ticket-views/<id:id>", "401 403 403 200 404 404 404 404", "own_saved_view", {"name": "$unique"}),
    Row(
        "GET", "/files/<id:id>/content", "404 404 404 200 404 404 404 404", "own_file", why="until a message carries it"
    ),
    Row(
        "POST",
        "/sessions/<id:id>/messages",
        CONCERNED_STAFF.replace("403 403", "403 404"),
        "session",
        {**MESSAGE, "type": "note"},
        why="supervisors may leave internal notes",
    ),
)

#: socket event → data that succeeds, and the answer per role: ok or the kind of refusal
