"""Whatever is sent: an answer in the one shape, a refusal in the client's terms, never an error of the server's own."""

import json
import socket
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Union, get_args, get_origin

import flask
import pytest
import requests

from app.errors import Invalid
from tests.data.matrix import MATRIX, Row
from tests.factories import Things
from tests.people import Company, Person, check_envelope, unique
from tests.test_matrix import filled, path_of
from views.api import schema
from views.api.endpoint import ENDPOINTS, Endpoint

#: bodies that are no request at all
BROKEN_BODIES = {
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "half a body": b'{"title": "x',
    "only bytes": b"\x00\x01\x02\xff",
    "a list": b"[]",
    "a word": b'"title"',
    "a number": b"5",
    "nothing": b"null",
    "lone surrogate": b'{"title": "\\ud800", "content": "\\udfff", "name": "\\ud800"}',
    "depth 10,000": b'{"title": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "only brackets": b"[" * 100_000,
    "NaN": b'{"title": NaN, "id": Infinity, "seq": -Infinity}',
    "1e999": b'{"seq": 1e999, "agentId": 1e999}',
    "100,000 digits": b'{"seq": ' + b"9" * 100_000 + b', "agentId": ' + b"9" * 100_000 + b"}",
    "100,000 keys": json.dumps({f"key{number}": 0 for number in range(50_000)}).encode(),
    "unknown field": b'{"no such field": 1}',
    "a form": b"title=x&content=y",
    "prototype": b'{"__proto__": {"admin": true}}',
}
ONE_OF_EACH_KIND = ("not UTF-8", "a list", "lone surrogate", "depth 10,000", "NaN", "unknown field")

#: by what a field takes: values of its type at and beyond the edges, and one that is of no field's type
ODD_VALUES = {
    str: ("", "\u0000", "x" * 19_999, "𠀀é\u202e\ue000'; --"),
    int: (-1, 0, 2**53 - 1, 10**30),
    bool: (1,),
    list: ([None], [2**53 - 1], ["x" * 1999], []),
    dict: ({}, {"a": {"b": ["x" * 1000]}}),
}
OF_NO_TYPE = {"$ne": [1.5]}

#: an application of no content, to read requests with
READER = flask.Flask("reader")
WITH_BODY = [row for row in MATRIX if ENDPOINTS[row.method, row.path].fields]
WITH_NUMBER = [row for row in MATRIX if "<id:id>" in row.path]


@pytest.fixture(scope="module")
def things(people: Company) -> Things:
    people.new_shift()
    return Things(people)


def readable(entry: Endpoint, **request) -> bool:
    """Whether the reader of all requests lets this one through to the endpoint."""
    with READER.test_request_context(entry.path, method=entry.method, **request):
        try:
            schema.read_body(entry.name, entry.fields)
            schema.read_query(entry.query)
        except Invalid:
            return False
    return True


def refuse(
    person: Person, method: str, path: str, *, statuses: tuple[int, ...] | None = None, **options
) -> requests.Response:
    """Ask, and fail on an error of the server's own or another shape than the envelope."""
    answer = person.request(method, path, **options)
    note = f"{method} {path} {str(options)[:300]}: {answer.status_code} {answer.text[:300]}"
    # 503 is honest only where another system is not configured
    is_elsewhere = any(word in path for word in ("/wechat", "/oa", "/suggestions/reply"))
    assert answer.status_code < 500 or (answer.status_code == 503 and is_elsewhere), note
    if answer.headers.get("Content-Type", "").startswith("application/json") and not path.endswith("openapi.json"):
        check_envelope(answer)
    else:
        assert answer.status_code == 200, note
    assert statuses is None or answer.status_code in statuses, note
    return answer


@pytest.mark.backend("sqlite")  # what cannot be read never comes to the database
@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: f"{row.method} {row.path}")
def test_broken_body_is_refused(people, things, row: Row):
    thing = things.any(row.on) if row.on else None
    everything = row.path in ("/tickets", "/session", "/sessions/<id:id>/messages", "/settings")
    for what, body in BROKEN_BODIES.items():
        if (
            not everything and what not in ONE_OF_EACH_KIND
        ):  # one function reads all bodies: the rest need not be tried 90 times
            continue
        answer = refuse(
            people.admin, row.method, path_of(row, thing), data=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 413, 429), f"{what}: {answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: f"{row.method} {row.path}")
def test_odd_value_in_any_field_is_no_error_of_ours(people, things, row: Row):
    """Every field of every request at and beyond its edges: what passes the schema must be good for the database."""
    entry, unreadable = ENDPOINTS[row.method, row.path], False
    for field in entry.fields:
        name = _camel(field.name)
        body = None
        for value in (*odd_values(field.annotation), OF_NO_TYPE):
            if body is None:
                thing = things.any(row.on) if row.on else None
                body = filled(row.body or {}, thing, things)
            if not readable(entry, json=body | {name: value}):
                if unreadable:  # one function reads all bodies: what else it refuses need not be sent
                    continue
                unreadable = True
            answer = refuse(people.admin, row.method, path_of(row, thing), json=body | {name: value})
            if answer.status_code == 200:  # it was not so odd after all, and is used up
                things.forget(row.on)
                body = None


@pytest.mark.backend("sqlite")  # no rule of the URL map takes such a number: nobody looks for it
@pytest.mark.parametrize("row", WITH_NUMBER, ids=lambda row: f"{row.method} {row.path}")
def test_number_that_is_none_is_not_found(people, things, row: Row):
    thing = things.any(row.on)
    for number in ("0", "-1", "abc", "1.5", "1e3", "9" * 30, "1%00", "%D9%A1", "1%20OR%201=1", "..%2F1", "%FF"):
        refuse(
            people.admin,
            row.method,
            path_of(row, thing, number),
            json=filled(row.body, thing, things),
            statuses=(404, 405),
        )  # type: ignore[arg-type]


ODD_TEXTS = (
    "",
    "%FF%FE",
    "-1",
    "0",
    "9" * 16,
    "9" * 40,
    "1.5",
    "%D9%A1",
    "x" * 1200,
    "' OR 1=1--",
    "-id;drop",
    "%25",
    "_",
    "\\",
    "🙂",
    "id,(SELECT 1)",
    "__class__",
    "password",
    "active,active",
)
#: parameters that open something: a wrong one is no mistake in writing
KEYS = {"key": (200, 400, 401), "channel": (200, 400, 404)}


@pytest.mark.parametrize(
    "entry", [entry for entry in ENDPOINTS.values() if entry.method == "GET"], ids=lambda entry: entry.path
)
def test_odd_query_is_no_error_of_ours(people, things, entry):
    row = next(row for row in MATRIX if (row.method, row.path) == (entry.method, entry.path))
    path = path_of(row, things.any(row.on) if row.on else None)
    refuse(people.admin, "GET", f"{path}?no-such-parameter=1", statuses=(400,))
    for name, kind in entry.query.items():
        refuse(people.admin, "GET", f"{path}?{name}=1&{name}=2", statuses=(400,))
        refuse(people.admin, "GET", f"{path}?{name}=%00", statuses=(400,))
        for value in ODD_TEXTS:
            if not readable(entry, query_string=f"{name}={value}"):
                continue  # as %00 is: one function reads all queries, what else it refuses need not be sent
            refuse(
                people.admin,
                "GET",
                f"{path}?{name}={value}",
                statuses=KEYS.get(name, (200, 400)) if kind is not int or value in ("0", "-1") else None,
            )


def test_search_takes_signs_of_the_database_literally(people):
    """I01: % and _ and quotes are letters like others."""
    people.admin.post("/organizations", {"name": (name := unique("100%_literal'"))})
    assert people.admin.get("/organizations", q=name)["total"] == 1
    for pattern in ("100%%literal", "100__literal", "' OR '1'='1", "\\"):
        assert people.admin.get("/organizations", q=pattern)["total"] == 0


@pytest.mark.parametrize(
    "sort", ["password", "id;drop", "-", "--id", "id,id", "tenantId", "user.password", "visible_to", "(select 1)"]
)
def test_only_declared_keys_sort(people, sort):
    """C09, I01: neither hidden columns nor expressions order a list."""
    for path in ("/users", "/sessions", "/tickets", "/customers"):
        people.admin.get(path, sort=sort, expect=400)


def test_machine_columns_are_not_writable(people, things):
    """C01, C05: owner, company, state and history of a row are never taken from a request."""
    for row in WITH_BODY:
        if row.method == "PUT" and row.on in (
            "department",
            "team",
            "organization",
            "contact",
            "customer",
            "article",
            "dictionary",
            "ticket",
            "user",
        ):
            thing = things.any(row.on)
            for name, value in {
                "id": 1,
                "tenantId": 2,
                "createBy": 1,
                "deleted": 1,
                "deleteToken": 5,
                "createTime": "2020-01-01",
                "updateBy": 1,
            }.items():
                people.admin.call(
                    row.method, path_of(row, thing), filled(row.body, thing, things) | {name: value}, expect=400
                )
    for name in (
        "role",
        "roles",
        "roleIds",
        "isActive",
        "active",
        "tenantId",
        "password",
        "emailVerified",
        "tokenVersion",
        "departmentId",
    ):
        people.customer.put("/user/info", {name: 1}, expect=400)


@pytest.mark.parametrize("size", [1_100_000, 5_000_000])
def test_body_above_the_limit_is_refused(people, size):
    """K05: MAX_BODY_BYTES holds for every body but uploads."""
    ticket = people.ticket(people.customer)
    for method, path in (
        ("POST", "/tickets"),
        ("POST", f"/tickets/{ticket['id']}/messages"),
        ("POST", "/session"),
        ("POST", "/auth/login"),
    ):
        answer = refuse(
            people.customer,
            method,
            path,
            data=b'{"title": "' + b"x" * size + b'"}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 413 and answer.json()["data"]["error"] == "too_large"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": "é".encode()},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "x" * 5000},
        {"Origin": "http://["},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:99999"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=repr,
)
def test_write_without_a_right_sign_of_this_site_is_refused(people, headers):
    """A page of another site, or a broken client: refused, not stumbled over."""
    refuse(people.customer, "POST", "/tickets", json={"title": "t"}, headers=headers, statuses=(403,))


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer é".encode(),
        "Bearer x.y.z",
        "Basic YTpi",
        "Bearer " + "x" * 5000,
        "bearer x",
        "Bearer \x7f",
    ],
    ids=lambda value: repr(value)[:20],
)
def test_odd_authorization_signs_nobody_in(people, value):
    answer = refuse(Person(people.base_url), "GET", "/user/info", headers={"Authorization": value})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "smartsupport=é".encode()},
        {"Cookie": "smartsupport=" + "x" * 4000},
        {"Cookie": "locale=xx; smartsupport_form=zzz"},
        {"Accept-Language": "xx;q=9, ;;;"},
        {"Accept": "text/html"},
        {"User-Agent": "x" * 4000},
        {"X-Forwarded-For": "' OR 1=1"},
        {"Host": "a b"},
        {"Host": "x" * 300},
        {"Content-Type": "application/json; charset=utf-7"},
    ],
    ids=lambda value: repr(value)[:40],
)
def test_odd_headers_are_no_error_of_ours(people, headers):
    refuse(Person(people.base_url), "GET", "/session", headers=headers, statuses=(200, 400))
    refuse(Person(people.base_url), "POST", "/session/visitor", headers=headers, json={}, statuses=(200, 400))


def test_other_methods_and_paths_have_the_one_shape_too(people):
    for method, path, status in (
        ("PATCH", "/tickets", 405),
        ("DELETE", "/tickets", 405),
        ("PUT", "/session", 405),
        ("GET", "/no/such/thing", 404),
        ("POST", "/tickets/1/no-such-action", 404),
        ("GET", "/tickets/", 404),
        ("GET", "/%2e%2e/login", 404),
        ("GET", "/api/v1/%00", 404),
        ("PROPFIND", "/tickets", 405),
    ):
        answer = people.admin.request(method, path)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code}"
        assert check_envelope(answer)["data"]["error"] == ("not_found" if status == 404 else "method_not_allowed")


def test_other_content_types_are_refused(people):
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data; boundary=x",
    ):
        people.customer.post("/tickets", data=b'{"title": "x"}', headers={"Content-Type": kind}, expect=400)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /api/v1/session HTTP/1.1\r\n\r\n",
        b"GET /api/v1/session HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET /api/v1/session HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=lambda raw: repr(raw)[:40],
)
def test_broken_http_leaves_the_server_working(people, raw):
    host, port = people.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(_received(connection))
    assert not answer.startswith(b"HTTP/1.1 5"), answer[:200]
    assert people.anonymous.get("/session")["actor"] is None


def odd_values(annotation: object) -> Iterator[object]:
    """For `int | None` those of int, and none at all."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    for part in parts:
        kind = get_origin(part) or part
        if kind is NoneType:
            yield None
        yield from next(
            (values for known, values in ODD_VALUES.items() if isinstance(kind, type) and issubclass(kind, known)), ()
        )


def _received(connection: socket.socket) -> Iterator[bytes]:
    try:
        while part := connection.recv(65_536):
            yield part
    except OSError:  # the server closed hard: as good an answer to such a request as any
        return


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
