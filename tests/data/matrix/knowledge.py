"""The knowledge base and what it learns: who may do what."""

from tests.data.matrix.rows import EVERYBODY, LEADERS, Row, resource

ROWS: tuple[Row, ...] = (
    # --- the learning loop
    Row("GET", "/kb/question-groups", LEADERS),
    Row("GET", "/kb/question-groups/<id:id>", LEADERS, "question_group"),
    Row("POST", "/kb/question-groups/<id:id>/draft", LEADERS, "question_group"),
    Row(
        "POST",
        "/kb/question-groups/<id:id>/add",
        LEADERS,
        "question_group",
        {"articleId": "$article", "texts": ["$unique"]},
        fresh=True,
    ),
    Row("POST", "/kb/question-groups/<id:id>/dismiss", LEADERS, "question_group"),
    Row("POST", "/kb/question-groups/<id:id>/reopen", LEADERS, "question_group"),
    Row("POST", "/kb/question-groups/refresh", LEADERS),
    Row("GET", "/stats/knowledge", LEADERS),
    Row("GET", "/kb/articles/low-rated", LEADERS),
    *resource(
        "kb/evaluation-questions",
        "evaluation_question",
        read=LEADERS,
        write=LEADERS,
        create={"text": "$unique"},
        change={"note": "$unique"},
    ),
    Row("POST", "/kb/questions/<id:id>/evaluate", LEADERS, "asked_question", {"articleIds": []}),
    Row("GET", "/kb/evaluation-runs", LEADERS),
    Row("GET", "/kb/evaluation-runs/<id:id>", LEADERS, "evaluation_run"),
    Row(
        "POST",
        "/kb/evaluation-runs",
        "401 403 403 403 403 400 400 400",
        body={"mode": "by magic"},
        why="a trial in earnest would stand in the way of the next one",
    ),
    Row("DELETE", "/kb/evaluation-runs/<id:id>", LEADERS, "evaluation_run", fresh=True),
    Row("POST", "/kb/try", LEADERS, body={"question": "$unique"}),
    # --- knowledge: the help centre is open to everybody
    Row("GET", "/kb/articles", EVERYBODY),
    Row("GET", "/kb/articles/popular", EVERYBODY),
    Row("GET", "/kb/articles/search", EVERYBODY),
    Row("GET", "/kb/articles/<id:id>", EVERYBODY, "article"),
    Row("POST", "/kb/qa", EVERYBODY, body={"question": "如何登录"}),
    Row(
        "POST",
        "/kb/questions/<id:id>/verdict",
        "404 200 404 403 403 403 403 403",
        "question",
        {"helpful": True},
        why="only who asked judges the answer",
    ),
)
