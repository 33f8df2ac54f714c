"""People who use the product: clients of its REST and socket faces, each signed in as somebody.

    people.agent.post(f"/sessions/{number}/hold", expect=409)
    with people.customer.socket() as ears:
        ears.call("join", {"sessionId": number})
        ears.wait_for("message", lambda data: data["content"] == "hello")

Every answer is checked for the one shape of the envelope, whatever the test is about.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import requests
import socketio
from requests.adapters import HTTPAdapter

API = "/api/v1"
CSRF_HEADER = "X-CSRF-Token"
#: how long an event may take to be heard
PATIENCE = 5.0

_numbers = itertools.count(1)


def unique(word: str = "x") -> str:
    """A name nobody else in the test run has."""
    return f"{word}-{next(_numbers)}-{secrets.token_hex(3)}"


class Person:
    """One browser: a cookie jar, a CSRF token, and what the session says about its owner."""

    def __init__(self, base_url: str, *, host: str | None = None):
        self.base_url, self.host = base_url, host
        self.username = self.password = ""
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.mount("http://", HTTPAdapter(pool_maxsize=64))
        if host:
            self.http.headers["Host"] = f"{host}:{base_url.rsplit(':', 1)[1]}"
        self.actor: dict[str, Any] | None = None

    # --- REST ---------------------------------------------------------------------------------------------------

    def get(self, path: str, json: Any = None, *, expect: int | tuple[int, ...] = 200, **query) -> Any:
        return self.call("GET", path, json, expect=expect, params=query)

    def post(self, path: str, json: Any = None, *, expect: int | tuple[int, ...] = 200, **options) -> Any:
        return self.call("POST", path, json, expect=expect, **options)

    def put(self, path: str, json: Any = None, *, expect: int | tuple[int, ...] = 200, **options) -> Any:
        return self.call("PUT", path, json, expect=expect, **options)

    def delete(self, path: str, json: Any = None, *, expect: int | tuple[int, ...] = 200, **options) -> Any:
        return self.call("DELETE", path, json, expect=expect, **options)

    def call(self, method: str, path: str, json: Any = None, *, expect: int | tuple[int, ...] = 200, **options) -> Any:
        """`data` of the envelope; fails unless the status is one of `expect`."""
        answer = self.request(method, path, json=json, **options)
        envelope = check_envelope(answer)
        wanted = expect if isinstance(expect, tuple) else (expect,)
        assert answer.status_code in wanted, (
            f"{method} {path}: {answer.status_code} instead of {expect}: {answer.text[:600]}"
        )
        return envelope["data"]

    def request(self, method: str, path: str, **options) -> requests.Response:
        """The bare answer, for what has no envelope (files, pages)."""
        options.setdefault("timeout", 30)
        if options.get("json") is None:
            options.pop("json", None)
        url = path if path.startswith("http") else self.base_url + (path if path.startswith("/api/") else API + path)
        return self.http.request(method, url, **options)

    def upload(self, name: str, content: bytes, mime: str = "application/octet-stream", *, expect: int = 200) -> Any:
        return self.post("/files", files={"file": (name, content, mime)}, expect=expect)

    # --- signing in ---------------------------------------------------------------------------------------------

    def sign_in(self, username: str, password: str) -> Self:
        """As the login page does, the forced change of a first password included."""
        self.username, self.password = username, password
        self._remember(self.post("/session", {"username": username, "password": password}))
        if self.actor["mustChangePassword"]:
            self.password = f"Chosen-{secrets.token_hex(6)}"
            self.put("/user/password", {"oldPassword": password, "newPassword": self.password})
            self._remember(self.get("/session"))
        return self

    def visit(self, name: str = "") -> Self:
        """As the portal does for somebody without an account."""
        self._remember(self.post("/session/visitor", {"name": name} if name else {}))
        return self

    def again(self) -> "Person":
        """The same account in another browser."""
        return Person(self.base_url, host=self.host).sign_in(self.username, self.password)

    def token(self) -> str:
        """An access token for API programs."""
        return Person(self.base_url, host=self.host).post(
            "/auth/login", {"username": self.username, "password": self.password}
        )["accessToken"]

    def program(self) -> "Person":
        """The same account as an API program with a bearer token, without cookie."""
        program = Person(self.base_url, host=self.host)
        program.username, program.password, program.actor = self.username, self.password, self.actor
        program.http.headers["Authorization"] = f"Bearer {self.token()}"
        return program

    def at(self, base_url: str) -> "Person":
        """The same sign-in at another server process of the same installation."""
        other = Person(base_url, host=self.host)
        other.username, other.password, other.actor = self.username, self.password, self.actor
        other.http.cookies.update(self.http.cookies)
        other.http.headers.update({CSRF_HEADER: self.http.headers.get(CSRF_HEADER, "")})
        return other

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    @property
    def agent_id(self) -> int:
        return self.actor["agentId"]

    @property
    def customer_id(self) -> int:
        return self.actor["customerId"]

    @property
    def user_id(self) -> int:
        return self.actor["userId"]

    def _remember(self, state: dict) -> None:
        self.actor = state["actor"]
        self.http.headers[CSRF_HEADER] = state["csrfToken"]

    # --- sockets ------------------------------------------------------------------------------------------------

    def socket(self, **options) -> "Ears":
        """A connected Socket.IO client of this browser."""
        return Ears(self.base_url, cookie=self.cookie, **options)

    # --- what nearly every test does ----------------------------------------------------------------------------

    def open_conversation(self, question: str = "") -> dict:
        """A customer's open conversation (the one there is, or a new one)."""
        return self.post("/sessions", {"question": question} if question else {})

    def say(self, path: str, content: str = "", *, id: str = "", expect: int = 200, **more) -> dict:
        """Send a message to "/sessions/7" or "/tickets/9"."""
        return self.post(
            f"{path}/messages",
            {"clientMsgId": id or unique("m"), "content": content or unique("text"), **more},
            expect=expect,
        )

    def messages(self, path: str, **query) -> dict:
        return self.get(f"{path}/messages", **query)

    def be(self, presence: str) -> dict:
        """Set own presence: online, busy, offline."""
        return self.put("/agents/me/presence", {"presence": presence})

    def hand_on(self, path: str, to: "Person", reason: str = "") -> dict:
        """Offer an own conversation to a colleague, who is there and accepts; his view of it."""
        to.be("busy")  # there, but the queue gives him nobody
        self.post(f"{path}/transfer", {"toAgentId": to.agent_id, "reason": reason})
        return to.post(f"{path}/accept")

    def __repr__(self) -> str:
        return self.username or (self.actor or {}).get("name") or "anonymous"


def check_envelope(answer: requests.Response) -> dict:
    """The envelope of an answer. Fails unless it has the one shape of success and refusal."""
    where = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:400]}"
    assert answer.headers["Content-Type"].startswith("application/json"), where
    return check_shape(answer.status_code, answer.json(), where)


def check_shape(status: int, envelope: dict, where: str) -> dict:
    assert set(envelope) == {"code", "message", "data", "timestamp"}, where
    assert envelope["code"] == status, where
    assert isinstance(envelope["message"], str) and envelope["message"], where
    assert abs(envelope["timestamp"] / 1000 - time.time()) < 3600, where
    if status == 200:
        assert envelope["message"] == "success", where
    else:
        assert isinstance(envelope["data"].get("error"), str), where
        assert all(isinstance(text, str) for text in envelope["data"].get("fields", {}).values()), where
    return envelope


@dataclass(frozen=True)
class Heard:
    """One event that arrived."""

    name: str
    data: Any
    time: float = field(default_factory=time.monotonic, compare=False)


class Ears:
    """A Socket.IO client that keeps all it hears, in order."""

    def __init__(
        self,
        base_url: str,
        *,
        cookie: str = "",
        token: str = "",
        headers: dict | None = None,
        origin: str = "",
        transport: str = "websocket",
    ):
        self.heard: list[Heard] = []
        self._news = threading.Condition()
        self.closed = threading.Event()
        # the page that a browser would name: by default one of the server's own
        self.client = socketio.Client(
            reconnection=False, handle_sigint=False, websocket_extra_options={"origin": origin} if origin else None
        )
        self.client.on("*", self._hear)
        self.client.on("disconnect", lambda *_: self._close())
        given = ({"Cookie": cookie} if cookie else {}) | (
            {"Origin": origin} if origin and transport == "polling" else {}
        )
        # raises socketio.exceptions.ConnectionError when the server refuses
        self.client.connect(
            base_url,
            headers=given | (headers or {}),
            auth={"token": token} if token else None,
            socketio_path="ws",
            transports=[transport],
            wait_timeout=10,
        )

    def call(self, event: str, data: Any = None, *, timeout: float = 30) -> dict:
        """Send an event and return the server's acknowledgement."""
        return self.client.call(event, data if data is not None else {}, timeout=timeout)

    def ok(self, event: str, data: Any = None) -> dict:
        """The same for what must succeed."""
        answer = self.call(event, data)
        assert answer["ok"] is True, answer
        return answer

    def refused(self, event: str, data: Any = None, error: str | tuple[str, ...] = ()) -> dict:
        """The same for what must be refused, with this kind of error."""
        answer = self.call(event, data)
        wanted = (error,) if isinstance(error, str) else error
        assert answer["ok"] is False and (not wanted or answer["error"] in wanted), answer
        return answer

    def wait_for(
        self, event: str, where: Callable[[Any], bool] = lambda data: True, *, timeout: float = PATIENCE
    ) -> Any:
        """The data of the first such event that has been or will be heard. Fails after `timeout`."""
        found = self.first(event, where, timeout=timeout)
        assert found is not None, f"no {event} as expected within {timeout} s; heard: {self.names()}"
        return found.data

    def first(self, event: str, where: Callable[[Any], bool] = lambda data: True, *, timeout: float) -> Heard | None:
        deadline = time.monotonic() + timeout
        seen = 0
        with self._news:
            while True:
                for item in self.heard[seen:]:
                    if item.name == event and where(item.data):
                        return item
                seen = len(self.heard)
                if not self._news.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    return None

    def wait_until(self, condition: Callable[[], bool], *, timeout: float = PATIENCE) -> bool:
        """Look at the condition after every event; whether it came true in time."""
        with self._news:
            return self._news.wait_for(condition, timeout)

    def all(self, event: str, where: Callable[[Any], bool] = lambda data: True) -> list[Any]:
        """What was heard so far under this name."""
        with self._news:
            return [item.data for item in self.heard if item.name == event and where(item.data)]

    def names(self) -> list[str]:
        with self._news:
            return [item.name for item in self.heard]

    def text(self) -> str:
        """All that was heard as one text, to look for what must not be in it."""
        with self._news:
            return repr(self.heard)

    def settle(self) -> None:
        """Whatever the server had sent before now has been heard: a `ping` overtakes nothing."""
        self.ok("ping")

    def close(self) -> None:
        self.client.disconnect()

    def _hear(self, event: str, *data: Any) -> None:
        with self._news:
            self.heard.append(Heard(event, data[0] if data else None))
            self._news.notify_all()

    def _close(self) -> None:
        self.closed.set()
        with self._news:
            self._news.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


class Company:
    """The people of one company, made over REST by its first administrator; each is signed in when first named."""

    def __init__(self, base_url: str, administrator: str, password: str, *, host: str | None = None):
        self.base_url, self.host = base_url, host
        self._administrator, self._password = administrator, password
        self._known: dict[str, Person] = {}
        self._lock = threading.RLock()

    @property
    def admin(self) -> Person:
        """The super administrator."""
        return self._once(
            "admin", lambda: Person(self.base_url, host=self.host).sign_in(self._administrator, self._password)
        )

    @property
    def manager(self) -> Person:
        """An administrator without the right to configure the system (role admin)."""
        return self._once("manager", lambda: self.new("admin"))

    @property
    def supervisor(self) -> Person:
        return self._once("supervisor", lambda: self.new("supervisor"))

    @property
    def agent(self) -> Person:
        return self._once("agent", lambda: self.new("agent"))

    @property
    def other_team_agent(self) -> Person:
        """An agent who has nothing to do with what `agent` serves."""
        return self._once("other_team_agent", lambda: self.new("agent"))

    @property
    def customer(self) -> Person:
        return self._once("customer", lambda: self.new("customer"))

    @property
    def other_customer(self) -> Person:
        return self._once("other_customer", lambda: self.new("customer"))

    @property
    def anonymous(self) -> Person:
        """Somebody who has not said a word yet; a new one each time, for whoever says a word gets a cookie."""
        return Person(self.base_url, host=self.host)

    def visitor(self, name: str = "") -> Person:
        """A new visitor of the portal."""
        return Person(self.base_url, host=self.host).visit(name or unique("visitor"))

    def new(self, role: str, name: str = "", **more) -> Person:
        """A new account with this preset role, signed in."""
        username, password = unique(role.replace("_", "-")), f"First-{secrets.token_hex(6)}"
        self.admin.post(
            "/users",
            {
                "username": username,
                "password": password,
                "fullName": name or username,
                "roleIds": [self.role_id(role)],
                **more,
            },
        )
        return Person(self.base_url, host=self.host).sign_in(username, password)

    def role_id(self, code: str) -> int:
        return self.admin.get("/roles", code=code)["list"][0]["id"]

    def at(self, base_url: str) -> "Company":
        """The same people at another server process; who signed in before stays signed in."""
        other = Company(base_url, self._administrator, self._password, host=self.host)
        other._known = {name: person.at(base_url) for name, person in self._known.items()}
        return other

    # --- situations ---------------------------------------------------------------------------------------------

    def served(self, customer: Person | None = None, agent: Person | None = None) -> "Served":
        """A running conversation of a new visitor (or this customer) with the agent (or this one)."""
        customer = customer or self.visitor()
        agent = agent or self.agent
        conversation = customer.open_conversation()
        if conversation["agent"] is None or conversation["agent"]["id"] != agent.agent_id:
            self.make_room(agent)
            self.admin.post(f"/sessions/{conversation['id']}/assign", {"agentId": agent.agent_id})
        return Served(customer, agent, conversation["id"], conversation["threadId"])

    def make_room(self, agent: Person, most: int = 100) -> None:
        """Let an agent hold this many conversations; of a hundred, which is the limit, the twenty oldest are closed."""
        state = self.admin.get(f"/agents/{agent.agent_id}")
        if state["maxCount"] != most:
            self.admin.put(f"/agents/{agent.agent_id}", {"maxConversations": most})
        if state["currentCount"] >= 100:
            for row in self.admin.get("/sessions", agentId=agent.agent_id, status="active,on_hold", sort="id", size=20)[
                "list"
            ]:
                self.admin.put(f"/sessions/{row['id']}/close")

    def new_shift(self) -> Person:
        """Another `agent` from now on, with all places free: for a test module that has many conversations."""
        agent = self.new("agent")
        self.make_room(agent)
        self._known["agent"] = agent
        return agent

    def ticket(self, customer: Person | None = None, assignee: Person | None = None, **more) -> dict:
        """A ticket that the customer (or a new visitor) made, assigned if an assignee is given."""
        customer = customer or self.visitor()
        ticket = customer.post("/tickets", {"title": unique("ticket"), **more})
        if assignee is not None:
            self.admin.post(f"/tickets/{ticket['id']}/assign", {"agentId": assignee.agent_id})
        return customer.get(f"/tickets/{ticket['id']}")

    def _once(self, name: str, make: Callable[[], Person]) -> Person:
        with self._lock:
            if name not in self._known:
                self._known[name] = make()
            return self._known[name]


@dataclass(frozen=True)
class Served:
    """A conversation that an agent has taken."""

    customer: Person
    agent: Person
    id: int
    thread_id: int

    @property
    def path(self) -> str:
        return f"/sessions/{self.id}"


@contextmanager
def listening(*people: Person, join: dict | None = None) -> Iterator[list[Ears]]:
    """Sockets of several people, all in the same room if `join` names one."""
    ears: list[Ears] = []
    try:
        for person in people:
            ears.append(person.socket())
            if join:
                ears[-1].ok("join", join)
        yield ears
    finally:
        for one in ears:
            one.close()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run these at the same moment, each in a thread; what each returned, in order. The first exception is raised."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)
    problems: list[BaseException] = []

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(30)
            results[number] = call()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if problems:
        raise problems[0]
    assert not any(thread.is_alive() for thread in threads), "some calls did not come back"
    return results
