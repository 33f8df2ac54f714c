"""Outgoing calls: the one client for SMS, WeChat, OA systems and webhooks (SECURITY §E 12).

An address that a person typed may point into our own network. So a name is resolved once, every address it has must
be public, and the connection goes to exactly the address that was checked; certificate and Host header remain the
name's. Redirects are not followed, proxies of the environment are not used, and neither a slow nor an endless
answer holds anything up. Internal hosts are reached only when the operator lists them in OUTBOUND_ALLOW.
"""

import functools
import json as jsonlib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlencode, urlsplit

import certifi
import httpcore

from app.errors import Invalid, Unavailable

SECONDS = 10.0
LIMIT = 65_536
#: a host with many addresses is not tried for ever
MOST_ADDRESSES = 4

Resolver = Callable[[str, int], list[str]]
Address = IPv4Address | IPv6Address

#: never called, whatever `ipaddress` thinks of them: carrier-grade NAT, benchmarks, relays, a cloud's metadata service
_REFUSED = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        # within 2000::/3, the only public IPv6 there is: Teredo and its kin, documentation, 6to4
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
]
_PUBLIC_V6 = ip_network("2000::/3")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


class Blocked(Invalid):
    """This address may not be called."""


class CallFailed(Unavailable):
    """The other side did not answer, or not usefully. The text holds no part of the request."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self):
        """The body as JSON. Raises CallFailed when it is none."""
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            raise CallFailed("The other system's answer cannot be read") from None


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the operating system knows them."""
    return [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class SafeHttp:
    """The client. `allowed` are host names (or addresses) that may be internal and may use any port."""

    def __init__(self, allowed: Iterable[str] = (), resolver: Resolver = resolve):
        self._allowed = frozenset(host.strip().strip("[]").rstrip(".").lower() for host in allowed if host.strip())
        self._resolver = resolver

    def check(self, url: str, *, field: str = "url") -> None:
        """For whoever saves an address: refuse one that would be refused at the call. Raises Blocked."""
        try:
            parts = self._checked(url)
            self._addresses(_host(parts), _port(parts))
        except Blocked as error:
            raise Blocked(error.message, fields={field: error.message}) from None
        except CallFailed as error:
            raise Blocked(error.message, fields={field: error.message}) from None

    def check_form(self, url: str, *, field: str = "url") -> SplitResult:
        """The same without asking whether the name is known, for whoever must not wait; its parts. Raises Blocked."""
        try:
            parts = self._checked(url)
            if _literal(_host(parts)) is not None:
                self._addresses(_host(parts), _port(parts))
        except Blocked as error:
            raise Blocked(error.message, fields={field: error.message}) from None
        return parts

    def is_allowed(self, url: str) -> bool:
        """Whether the operator has named this address's host as one that may be called whatever it is."""
        return _host(self._checked(url)) in self._allowed

    def get(self, url: str, *, query: Mapping[str, str] | None = None, **options) -> Answer:
        return self.request("GET", f"{url}?{urlencode(query)}" if query else url, **options)

    def post(self, url: str, *, json: object, **options) -> Answer:
        return self.request(
            "POST",
            url,
            body=jsonlib.dumps(json, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"} | dict(options.pop("headers", {})),
            **options,
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float = SECONDS,
        limit: int = LIMIT,
    ) -> Answer:
        """Call `url`. Raises Blocked before anything is sent, CallFailed when no whole answer came in time."""
        parts = self._checked(url)
        deadline = time.monotonic() + seconds
        sent = {
            "Host": _host_header(parts),
            "User-Agent": "SmartSupport",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **(headers or {}),
        }
        if any("\r" in value or "\n" in value for value in sent.values()):
            raise Blocked("This address may not be called")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        wanted = httpcore.URL(
            scheme=parts.scheme.encode(), host=_host(parts).encode(), port=_port(parts), target=target.encode()
        )
        backend = _PinnedBackend(self._addresses, deadline)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=tls_context(), network_backend=backend) as pool,
                pool.stream(method, wanted, headers=list(sent.items()), content=body) as response,
            ):
                return Answer(response.status, _headers(response), _body(response, limit))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError) as error:
            raise CallFailed("The other system cannot be reached just now", reason=type(error).__name__) from error

    def _checked(self, url: str) -> SplitResult:
        """The parts of an address that has the right form. Raises Blocked."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Blocked("This is not a web address") from None
        if not url.isascii() or any(character <= " " or character in "\\\x7f" for character in url):
            raise Blocked("This is not a web address")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Blocked("Only http and https addresses can be called")
        if "@" in parts.netloc:
            raise Blocked("An address with a user name may not be called")
        host = _host(parts)
        if not _is_name(host) and _literal(host) is None:
            raise Blocked("This is not a web address")
        if host not in self._allowed and port not in (None, 80, 443):
            raise Blocked("Only the ports 80 and 443 may be called")
        return parts

    def _addresses(self, host: str, port: int) -> list[str]:
        """Where to connect. Raises Blocked if any of the name's addresses is not public and the host is not allowed."""
        literal = _literal(host)
        try:
            found = [str(literal)] if literal is not None else self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise CallFailed("The name of the other system is not known", reason=type(error).__name__) from None
        if not found:
            raise CallFailed("The name of the other system is not known")
        if host not in self._allowed and not all(_is_public(ip_address(text.split("%")[0])) for text in found):
            raise Blocked("Internal addresses may not be called")
        return found[:MOST_ADDRESSES]


class _PinnedBackend(httpcore.NetworkBackend):
    """Where a name becomes a connection: the only look-up, and the deadline for all that follows."""

    def __init__(self, addresses: Callable[[str, int], list[str]], deadline: float):
        self._addresses, self._deadline = addresses, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port):
            try:
                left = _left(self._deadline, httpcore.ConnectTimeout)
                stream = self._plain.connect_tcp(address, port, left, socket_options=socket_options)
                return _DeadlineStream(stream, self._deadline)
            except httpcore.ConnectError as error:
                problem = error
        raise problem


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the same moment: a byte now and then does not prolong the call."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float):
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str):
        return self._stream.get_extra_info(info)


def _left(deadline: float, error: type[httpcore.TimeoutException]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("the call took too long")
    return left


def _body(response: httpcore.Response, limit: int) -> bytes:
    parts, size = [], 0
    for part in response.iter_stream():
        size += len(part)
        if size > limit:
            raise CallFailed("The other system's answer is too large")
        parts.append(part)
    return b"".join(parts)


def _headers(response: httpcore.Response) -> dict[str, str]:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise CallFailed("The other system's answer cannot be read")  # we asked for none: a bomb could hide in it
    return headers


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The machine's certificate authorities, which may include a company's own, and the well-known ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _host_header(parts: SplitResult) -> str:
    host = _host(parts)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def _is_name(host: str) -> bool:
    """Whether this is a host name. What ends in a number would be read as an address by some (2130706433, 0x7f.1)."""
    labels = host.split(".")
    return (
        len(host) <= 253
        and all(_LABEL.fullmatch(label) for label in labels)
        and not re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1])
    )


def _literal(host: str) -> Address | None:
    """The address that is written out in full; short and octal spellings are none."""
    try:
        return ip_address(host) if "%" not in host else None
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    # IPv4 inside IPv6 (mapped, compatible, NAT64) lies outside 2000::/3
    return address.version == 4 or address in _PUBLIC_V6


client = SafeHttp()


def configure(allowed: str) -> None:
    """Called once by the factory with OUTBOUND_ALLOW."""
    client.__init__(allowed.split(","))
