"""Outgoing calls reach only what they may, and never for long (H01 to H07)."""

import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

from services import safe_http
from services.safe_http import Blocked, CallFailed, SafeHttp
from tests.certificates import make_certificate
from tests.servers import ROOT, clean_environment
from tests.standins import HOST, Reply, StandIn

PUBLIC = "93.184.215.14"


def never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} must not even be looked up")


@pytest.fixture
def stand_in():
    with StandIn() as server:
        yield server


@pytest.fixture
def client() -> SafeHttp:
    return SafeHttp([HOST])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:6379/",
        "http://127.0.0.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://100.64.0.1/",
        "http://168.63.129.16/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:53aa::1]/",
        "http://[::127.0.0.1]/",
        "http://[ff02::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://198.18.0.1/",
        # spellings that some read as an address
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        # names within a name, other schemes, other ports
        "http://a@127.0.0.1/",
        "http://example.org@10.0.0.1/",
        "http://user:pass@example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http://example.org:6379/",
        "http://example.org:99999/",
        "http://example.org:port/",
        "http://exa mple.org/",
        "http://example.org\r\nHost: x/",
        "http://example.org\\@10.0.0.1/",
        "http://-a.org/",
    ],
)
def test_address_that_may_not_be_called_is_refused_without_a_look_up(url):
    client = SafeHttp(resolver=never)
    with pytest.raises(Blocked) as refused:
        client.check(url, field="webhookUrl")
    assert "webhookUrl" in refused.value.fields
    with pytest.raises(Blocked):
        client.request("GET", url)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["fe80::1%lo"],
        ["64:ff9b::a00:1"],
        # one bad address among good ones: the next look-up could put it first
        [PUBLIC, "192.168.0.1"],
    ],
)
def test_name_that_leads_inside_is_refused(found):
    asked = []
    client = SafeHttp(resolver=lambda host, port: asked.append((host, port)) or found)
    for call in (client.check, client.get):
        with pytest.raises(Blocked):
            call("https://127.0.0.1.nip.example/")
    assert asked == [("127.0.0.1.nip.example", 443)] * 2


def test_public_addresses_may_be_saved():
    client = SafeHttp(resolver=lambda host, port: [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    for url in (
        "https://hooks.example.org/a?b=c",
        "http://EXAMPLE.org:80",
        "https://example.org.:443/",
        "https://xn--fiqs8s.example/",
    ):
        client.check(url)


def test_connection_goes_to_the_address_that_was_checked(stand_in):
    """A name that points outside at the first look-up and inside at the second (DNS rebinding) gains nothing."""
    stand_in.answers["/"] = "inside"
    answers = iter([[PUBLIC], [HOST]])
    client = SafeHttp(resolver=lambda host, port: next(answers))
    client.check("http://rebinding.example/")
    with pytest.raises(Blocked):
        client.get("http://rebinding.example/")
    assert stand_in.calls == []


def test_unknown_name_is_a_failure_not_a_crash():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    with pytest.raises(CallFailed):
        SafeHttp(resolver=unknown).get("http://nowhere.example/")
    with pytest.raises(Blocked):
        SafeHttp(resolver=unknown).check("http://nowhere.example/")


def test_allowed_internal_host_is_called_with_its_name(stand_in):
    stand_in.answers["/hook"] = {"fine": True}
    client = SafeHttp(["oa.internal"], resolver=lambda host, port: [HOST])
    answer = client.post(
        f"http://oa.internal:{stand_in.port}/hook?x=1", json={"word": "你好"}, headers={"X-Kind": "test"}
    )
    assert answer.ok and answer.json() == {"fine": True}
    call = stand_in.calls[0]
    assert (call.method, call.path, call.query, call.json) == ("POST", "/hook", {"x": "1"}, {"word": "你好"})
    assert call.headers["Host"] == f"oa.internal:{stand_in.port}"
    assert call.headers["X-Kind"] == "test" and call.headers["Content-Type"] == "application/json"


def test_second_address_is_tried_when_the_first_does_not_answer(stand_in):
    stand_in.answers["/"] = "here"
    client = SafeHttp(["two.internal"], resolver=lambda host, port: ["127.0.0.9", HOST])
    assert client.get(f"http://two.internal:{stand_in.port}/").json() == "here"


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "/elsewhere", "file:///etc/passwd"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(stand_in, client, status, target):
    stand_in.answers["/"] = Reply(status=status, headers={"Location": target})
    stand_in.answers["/elsewhere"] = "followed"
    answer = client.post(stand_in.url + "/", json={"secret": 1})
    assert answer.status == status and not answer.ok
    assert len(stand_in.calls) == 1


def test_proxy_of_the_environment_is_not_used(stand_in, client, monkeypatch):
    stand_in.answers["/"] = "direct"
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.get(stand_in.url + "/").json() == "direct"


def test_answer_that_is_too_large_is_given_up(stand_in, client):
    stand_in.answers["/small"] = Reply(b"x" * 65_536)
    stand_in.answers["/large"] = Reply(b"x" * 65_537)
    # without a length, until somebody hangs up
    stand_in.answers["/endless"] = Reply(write=_write_for_ever)
    assert len(client.get(stand_in.url + "/small").body) == 65_536
    assert len(client.get(stand_in.url + "/large", limit=100_000).body) == 65_537
    for path in ("/large", "/endless"):
        with pytest.raises(CallFailed, match="too large"):
            client.get(stand_in.url + path)


def test_compressed_answer_is_refused(stand_in, client):
    stand_in.answers["/"] = Reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    with pytest.raises(CallFailed):
        client.get(stand_in.url + "/")


def test_answer_that_is_no_json_is_said_so(stand_in, client):
    stand_in.answers["/"] = Reply(b"<html>")
    stand_in.answers["/deep"] = Reply(b"[" * 60_000)
    for path in ("/", "/deep"):
        answer = client.get(stand_in.url + path)
        with pytest.raises(CallFailed):
            answer.json()


@pytest.mark.parametrize("silent", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_silent_server_holds_nothing_up(client, silent):
    with socket.create_server((HOST, 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            connection.sendall(silent)
            while connection.recv(65_536):
                pass  # until the client hangs up

        threading.Thread(target=accept, daemon=True).start()
        started = time.monotonic()
        with pytest.raises(CallFailed):
            client.get(f"http://{HOST}:{server.getsockname()[1]}/", seconds=0.5)
        assert 0.4 < time.monotonic() - started < 3


def test_byte_now_and_then_does_not_prolong_the_call(stand_in, client):
    stopped = threading.Event()

    def drip(handler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not stopped.wait(0.05):
                handler.wfile.write(b".")
        except OSError:
            pass  # the client has hung up, as it should

    stand_in.answers["/"] = Reply(write=drip)
    started = time.monotonic()
    with pytest.raises(CallFailed):
        client.get(stand_in.url + "/", seconds=0.6)
    stopped.set()
    assert 0.5 < time.monotonic() - started < 3


def test_header_values_cannot_smuggle_lines(stand_in, client):
    with pytest.raises(Blocked):
        client.get(stand_in.url + "/", headers={"Authorization": "Bearer x\r\nX-Evil: 1"})
    assert stand_in.calls == []


@pytest.fixture
def certificate(tmp_path):
    return make_certificate(tmp_path, "oa.internal", "127.0.0.8")


@pytest.fixture
def tls_server(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with StandIn(context) as server:
        server.answers["/"] = "secret"
        yield server


def test_certificate_must_be_trusted_and_name_the_host(tls_server, certificate, monkeypatch):
    def call(host: str) -> object:
        return SafeHttp([host], resolver=lambda *_: [HOST]).get(f"https://{host}:{tls_server.port}/").json()

    with pytest.raises(CallFailed):  # nobody we know has signed it
        call("oa.internal")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    safe_http.tls_context.cache_clear()
    try:
        assert call("oa.internal") == "secret"
        with pytest.raises(CallFailed):  # signed, but for another name
            call("other.internal")
    finally:
        safe_http.tls_context.cache_clear()


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_calls_work_on_every_async_server_and_let_others_run(tls_server, certificate, mode):
    """Under green threads too: TLS works, and a slow answer does not stop the loop."""
    program = f"""
import sys
from app.offload import background, patch
patch({mode!r}, 2)
import threading, time
from services.safe_http import SafeHttp
client = SafeHttp(["oa.internal"], resolver=lambda *_: ["127.0.0.1"])
ticks = []
def tick():
    while True:
        ticks.append(1); time.sleep(0.01)
background(tick)
print(client.get("https://oa.internal:{tls_server.port}/").json(), len(ticks) > 10)
"""

    def slowly(call):
        time.sleep(0.4)
        return "secret"

    tls_server.answers["/"] = slowly
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(SSL_CERT_FILE=str(certificate)),
    )
    assert done.stdout.strip() == "secret True", done.stderr[-2000:]


def _write_for_ever(handler) -> None:
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        pass  # the client has hung up, as it should
