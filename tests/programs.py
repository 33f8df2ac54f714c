"""The installed programs that tests start: where they are, and what installs them on Debian.

`python3 manage.py test` calls this as a program: as root on a Debian machine it installs what is missing,
elsewhere it says which tests will be skipped and why.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: servers lie in sbin, which the path of an ordinary user may not have
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
POLICY = Path("/usr/sbin/policy-rc.d")


def find(*names: str) -> str | None:
    """The path of the first of these programs that is installed."""
    return next(filter(None, (shutil.which(name, path=SEARCH_PATH) for name in names)), None)


def find_chromium() -> str | None:
    """Chromium for browser tests; the CHROMIUM variable may name another one."""
    return find(os.environ.get("CHROMIUM") or "chromium")


def has_mariadb() -> bool:
    return bool(find("mariadbd") and find("mariadb-install-db"))


def has_redis() -> bool:
    return find("redis-server") is not None


def has_chinese_font() -> bool:
    """Whether the browser can draw Chinese; without, screenshots show boxes."""
    lister = find("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, check=True).stdout.strip())


@dataclass(frozen=True)
class Need:
    """One thing the tests want from the machine."""

    title: str
    is_there: Callable[[], bool]
    packages: tuple[str, ...]
    without: str


NEEDS = (
    Need("MariaDB", has_mariadb, ("mariadb-server",), "the suite runs on SQLite only"),
    Need("Redis", has_redis, ("redis-server",), "the suite runs on SQLite only"),
    Need("Chromium", lambda: find_chromium() is not None, ("chromium",), "browser tests are skipped"),
    Need("a Chinese font", has_chinese_font, ("fontconfig", "fonts-noto-cjk"), "screenshots show boxes for Chinese"),
)


def why_not_mariadb() -> str | None:
    """The reason to skip the tests on MariaDB with Redis; None when both are there."""
    missing = [need.title for need in NEEDS[:2] if not need.is_there()]
    return f"not installed: {', '.join(missing)}" if missing else None


def ensure() -> None:
    """Install what is missing where that is possible, and say what will be skipped where it is not."""
    missing = [need for need in NEEDS if not need.is_there()]
    if not missing:
        return
    if os.geteuid() == 0 and find("apt-get"):
        with _services_stay_down():
            _apt("update")
            for need in missing:  # one by one: a package that a distribution lacks does not hold up the others
                print(f"  installing {need.title} for the tests …", flush=True)
                _apt("install", "--yes", "--no-install-recommends", *need.packages)
        why = "its Debian package could not be installed"
    else:
        why = "only root on a Debian system can have it installed here"
    for need in missing:
        if not need.is_there():
            print(f"  {need.title} is missing ({why}; package {' '.join(need.packages)}): {need.without}", flush=True)


def _apt(*arguments: str) -> None:
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    done = subprocess.run(
        [find("apt-get"), "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"  apt-get {' '.join(arguments)} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}", flush=True)


@contextlib.contextmanager
def _services_stay_down() -> Iterator[None]:
    """Packages do not start their servers: the tests start private ones, and nothing else shall be left running."""
    try:
        handle = os.open(POLICY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except FileExistsError:  # the machine has a policy of its own
        yield
        return
    try:
        with open(handle, "w") as file:
            file.write("#!/bin/sh\nexit 101\n")
        yield
    finally:
        POLICY.unlink()


if __name__ == "__main__":
    sys.exit(ensure())
