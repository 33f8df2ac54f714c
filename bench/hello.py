"""The least that the same server can do: one Flask route, for comparison.

python -m bench.hello PORT
"""

import logging
import sys

import eventlet
import eventlet.wsgi
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello"


@app.get("/json")
def list_of_twenty():
    """As many bytes as a page of twenty rows."""
    row = {
        "id": 1,
        "title": "x" * 200,
        "status": "active",
        "customer": {"id": 2, "name": "y" * 40},
        "createTime": "2026-01-01T00:00:00.000Z",
    }
    return jsonify(code=200, message="success", data={"list": [row] * 20, "total": 100_000})


if __name__ == "__main__":
    eventlet.wsgi.server(
        eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app, log=logging.getLogger("hello"), log_output=False
    )
