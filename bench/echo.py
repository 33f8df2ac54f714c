"""The least that Flask-SocketIO can do with a message: acknowledge it and tell the room. For comparison.

python -m bench.echo PORT
"""

from app.offload import patch

if __name__ == "__main__":
    patch("eventlet", 4)

import itertools
import logging
import sys
import time

import eventlet
import eventlet.wsgi
from flask import Flask, jsonify
from flask_socketio import SocketIO, join_room

app = Flask(__name__)
socketio = SocketIO(app, path="ws", async_mode="eventlet")
_numbers = itertools.count(1)


@app.get("/json")
def ready():
    return jsonify(ok=True)


@socketio.on("join")
def join(data):
    join_room(f"thread:{data['sessionId']}")
    return {"ok": True}


@socketio.on("send_message")
def send_message(data):
    """As many bytes as the product's."""
    message = {
        "messageId": next(_numbers),
        "sessionId": data["sessionId"],
        "clientMsgId": data["clientMsgId"],
        "content": data["content"],
        "seq": 0,
        "createTime": time.time(),
        "sender": {"kind": "customer", "id": 1, "name": "x" * 12},
        "filler": "y" * 160,
    }
    socketio.emit("message", message, to=f"thread:{data['sessionId']}")
    return {"ok": True, "message": message}


if __name__ == "__main__":
    eventlet.wsgi.server(
        eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app, log=logging.getLogger("echo"), log_output=False
    )
