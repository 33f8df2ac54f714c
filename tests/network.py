"""Nothing leaves this machine during the tests: a guard for the test process and for the servers it starts.

An audit hook sees each connection at the lowest level, whatever library or green thread makes it.
As a program, `python -m tests.network MODULE ARGUMENTS…` runs a module under the guard.
"""

import errno
import os
import runpy
import sys

from tests import lines

#: names a file to which a guarded process writes what it tried to reach
LOG_VARIABLE = "TESTS_NETWORK_LOG"
#: names that never exist (RFC 6761): looking one up is a fair test of what happens then
NEVER_EXIST = (".invalid", ".test", ".example")

#: what this process tried to reach, in order
attempts: list[str] = []


def is_local(host: str) -> bool:
    """Whether an address or name means this machine."""
    return host.startswith(("127.", "::1", "::ffff:127.")) or host in ("", "localhost", "0.0.0.0", "::")


def install() -> None:
    """Refuse connections and name look-ups that leave this machine, from now until the process ends."""
    sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        _on_connect(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _on_lookup(arguments[0])


def _on_connect(address: object) -> None:
    # sockets between processes of this machine have a path, or numbers only, for an address
    if isinstance(address, tuple) and isinstance(address[0], str) and not is_local(address[0]):
        _record(f"{address[0]} port {address[1]}")
        raise OSError(errno.ENETUNREACH, f"tests do not leave this machine: {address[0]}")


def _on_lookup(name: str | bytes | None) -> None:
    host = name.decode() if isinstance(name, bytes) else name or ""
    if is_local(host) or _is_number(host) or host == os.uname().nodename:
        return
    if not host.endswith(NEVER_EXIST):
        _record(host)
    raise OSError(errno.ENETUNREACH, f"tests do not leave this machine: {host}")


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _record(destination: str) -> None:
    attempts.append(destination)
    log = os.environ.get(LOG_VARIABLE)
    if log:
        with open(log, "a") as file:
            file.write(destination + "\n")


if __name__ == "__main__":
    lines.install()
    install()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
