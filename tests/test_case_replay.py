"""E's document replayed from login to statistics, as it stands there: with `requests` and a Socket.IO client alone.

What is sent is copied from it byte for byte; no header that it does not know comes along (TKT-13).
"""

import re

import pytest
import requests
import socketio

from tests.conftest import prepare_database
from tests.people import Company, unique
from tests.servers import AppServer
from tests.waiting import eventually

JSON = {"Content-Type": "application/json"}
TICKET = """{
    "customer_name": "张三",
    "customer_email": "zhangsan@example.com",
    "customer_phone": "13800138000",
    "title": "系统无法登录",
    "type": "技术支持",
    "priority": "高",
    "description": "无法登录系统，提示密码错误"
}"""
LOGIN = """{
    "username": "%s",
    "password": "%s"
}"""
STATUS = """{
    "status": "处理中"
}"""
ASSIGN = """{
    "assignee": "客服人员姓名"
}"""
CLOSE = """{
    "resolution": "问题已解决"
}"""
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Client:
    """What E calls a client: a cookie jar and an address."""

    def __init__(self, base_url: str):
        self.base_url, self.http = base_url, requests.Session()
        self.http.trust_env = False

    def get(self, path: str, **query) -> dict:
        return self._told(self.http.get(self.base_url + path, params=query, timeout=30))

    def post(self, path: str, body: str) -> dict:
        return self._told(self.http.post(self.base_url + path, data=body.encode(), headers=JSON, timeout=30))

    def upload(self, ticket_id: int, name: str, content: bytes) -> dict:
        answer = self.http.post(
            f"{self.base_url}/case/api/upload",
            data={"ticket_id": ticket_id},
            files={"file": (name, content)},
            timeout=30,
        )
        return self._told(answer)

    def socket(self) -> tuple[socketio.Client, list]:
        heard: list = []
        client = socketio.Client(reconnection=False, handle_sigint=False)
        client.on("*", lambda event, *data: heard.append((event, *data)))
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        client.connect(self.base_url, headers={"Cookie": cookie}, socketio_path="ws", wait_timeout=10)
        return client, heard

    @staticmethod
    def _told(answer: requests.Response) -> dict:
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["success"] is True
        return told


@pytest.fixture
def fresh(own_settings, tmp_path):
    """A company in which nobody has asked for anything yet: its figures are those of the document's story."""
    prepare_database(own_settings)
    with AppServer(tmp_path / "server", own_settings) as running:
        yield Company(running.base_url, "admin", own_settings["ADMIN_PASSWORD"])


def test_document_from_login_to_statistics(fresh):
    customer, agent, supervisor = fresh.customer, fresh.new("agent", "客服人员姓名"), fresh.supervisor
    client, office, desk = (Client(fresh.base_url) for _ in range(3))

    # 认证接口
    told = client.post("/case/api/login", LOGIN % (customer.username, customer.password))
    assert list(told) == ["success", "message", "user"] and told["message"] == "登录成功"
    assert list(told["user"]) == ["id", "username", "email", "role"]
    assert (told["user"]["username"], told["user"]["role"]) == (customer.username, "customer")
    told = office.post("/case/api/admin/login", LOGIN % (supervisor.username, supervisor.password))
    assert (told["message"], told["user"]["role"]) == ("登录成功", "admin")
    desk.post("/case/api/admin/login", LOGIN % (agent.username, agent.password))

    # 2.2 提交工单, and the list and the ticket as both see it
    told = client.post("/case/api/tickets", TICKET)
    ticket_id = told["ticket_id"]
    assert told == {"success": True, "message": "工单提交成功", "ticket_id": ticket_id}
    for reader in (client, office):
        listed = reader.get("/case/api/tickets", status="待处理", type="技术支持", page=1, per_page=20)
        line = listed["tickets"][0]
        assert listed == {"success": True, "tickets": [line], "total": 1, "page": 1, "per_page": 20}
        assert list(line) == ["id", "ticket_number", "title", "status", "priority", "created_at"]
        assert (line["id"], line["title"], line["status"], line["priority"]) == (
            ticket_id,
            "系统无法登录",
            "待处理",
            "高",
        )
        assert re.fullmatch(r"TK\d{12}", line["ticket_number"]) and re.fullmatch(TIME, line["created_at"])

    # 5.2 分配, 5.1 状态
    assert office.post(f"/case/api/tickets/{ticket_id}/assign", ASSIGN)["message"]
    assert office.post(f"/case/api/tickets/{ticket_id}/status", STATUS)["message"]
    card = client.get(f"/case/api/tickets/{ticket_id}")["ticket"]
    assert (
        card
        | {
            "id": ticket_id,
            "ticket_number": line["ticket_number"],
            "customer_name": "张三",
            "customer_email": "zhangsan@example.com",
            "customer_phone": "13800138000",
            "title": "系统无法登录",
            "description": "无法登录系统，提示密码错误",
            "type": "技术支持",
            "priority": "高",
            "status": "处理中",
            "assignee": "客服人员姓名",
            "created_at": line["created_at"],
        }
        == card
    )

    # 4.2 实时聊天
    (asks, heard_outside), (answers, heard_inside) = client.socket(), desk.socket()
    try:
        for socket, heard in ((asks, heard_outside), (answers, heard_inside)):
            socket.emit("join", {"ticket_id": ticket_id})
            eventually(lambda: ("joined", {"message": f"已加入工单 #{ticket_id}"}) in heard)
        asks.emit("send_message", {"ticket_id": ticket_id, "content": "请帮我看一下这个问题"})
        told = eventually(lambda: _said(heard_inside, "new_message", "请帮我看一下这个问题"))
        assert list(told) == ["ticket_id", "sender_name", "content", "created_at"]
        assert told["ticket_id"] == ticket_id and re.fullmatch(TIME, told["created_at"])
        assert (
            eventually(lambda: _said(heard_inside, "receive_message", "请帮我看一下这个问题"))["ticket_id"] == ticket_id
        )
        answers.emit("send_message", {"ticket_id": ticket_id, "content": "收到，我马上处理"})
        assert (
            eventually(lambda: _said(heard_outside, "new_message", "收到，我马上处理"))["sender_name"] == "客服人员姓名"
        )
        asks.call("leave", {"ticket_id": ticket_id})
    finally:
        asks.disconnect()
        answers.disconnect()
    said = [row for row in client.get(f"/case/api/tickets/{ticket_id}/messages")["messages"] if "is_system" not in row]
    assert [(row["sender_type"], row["content"]) for row in said] == [
        ("customer", "请帮我看一下这个问题"),
        ("admin", "收到，我马上处理"),
    ]
    assert all(list(row) == ["id", "sender_name", "sender_type", "content", "created_at"] for row in said)

    # 7 附件
    told = client.upload(ticket_id, "屏幕截图.pdf", PDF)
    assert list(told) == ["success", "file_url"] and re.fullmatch(r"/case/uploads/[0-9a-f]{40}\.pdf", told["file_url"])
    assert desk.http.get(fresh.base_url + told["file_url"], timeout=30).content == PDF
    assert told["file_url"] in str(desk.get(f"/case/api/tickets/{ticket_id}/messages"))

    # 5.3 关闭, 8 统计
    assert office.post(f"/case/api/tickets/{ticket_id}/close", CLOSE)["message"]
    card = client.get(f"/case/api/tickets/{ticket_id}")["ticket"]
    assert (card["status"], card["resolution"]) == ("已关闭", "问题已解决")
    figures = office.get("/case/api/statistics")
    assert figures == {
        "success": True,
        "total_tickets": 1,
        "pending": 0,
        "processing": 0,
        "resolved": 0,
        "closed": 1,
        "avg_response_time": "0.0 hours",
    }


def _said(heard: list, event: str, content: str) -> dict | None:
    found = [data for name, data in heard if name == event and data["content"] == content]
    return found[0] if found else None


def test_old_passwords_of_the_document_open_nothing(people):
    """admin123 and customer123 stand in it for everybody to read."""
    for door, name, password in (("admin/login", "admin", "admin123"), ("login", unique("customer"), "customer123")):
        answer = requests.post(
            f"{people.base_url}/case/api/{door}", data=LOGIN % (name, password), headers=JSON, timeout=30
        )
        assert (answer.status_code, answer.json()["success"]) == (401, False)
