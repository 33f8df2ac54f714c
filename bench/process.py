"""A program that is being measured: started, asked, weighed, stopped."""

import contextlib
import http.client
import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.servers import HOST, ROOT, clean_environment, free_port

#: settings of the measured product: as shipped, but for limits that a single fast client would meet
SETTINGS = {
    "REQUEST_RATE_PER_IP": "1000000 per minute",
    "EVENT_RATE": "1000000 per minute",
    "VISITOR_RATE_PER_IP": "100000 per minute",
    "QUESTION_RATE": "100000 per minute",
    "LOG_LEVEL": "WARNING",
    "OMP_NUM_THREADS": "1",
}


def talking_settings(folder: Path) -> dict[str, str]:
    """For a product of one's own below `folder` in which people only talk: nothing is embedded, nobody is too quick."""
    return SETTINGS | {
        "DATA_DIR": str(folder / "data"),
        "KB_INDEX_DIR": str(folder / "kb_index"),
        "BCRYPT_ROUNDS": "4",
        "EMBEDDING_MODEL": "none",
        "MESSAGE_RATE": "1000000 per minute",
        "SECRET_KEY": secrets.token_urlsafe(48),
    }


class Memory:
    """What a process occupies, in MB: resident, and with shared pages counted by their share."""

    def __init__(self, pid: int):
        self.resident = self._read(Path(f"/proc/{pid}/status"), "VmRSS")
        self.proportional = self._read(Path(f"/proc/{pid}/smaps_rollup"), "Pss")

    @staticmethod
    def _read(path: Path, name: str) -> float | None:
        try:
            found = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
        except OSError:  # not Linux
            return None
        return int(found.group(1)) / 1000 if found else None


class Program:
    """A web server on a port of its own: `with Program(["app.cli", "run"], settings) as program: …`."""

    def __init__(self, module: list[str], settings: Mapping[str, str], log: Path, *, port_option: bool = True):
        self.port = free_port()
        self._module = [*module, "--port", str(self.port)] if port_option else [*module, str(self.port)]
        self._settings = settings
        self._log = log
        self.seconds_to_first = 0.0

    def __enter__(self) -> Self:
        self.started = time.perf_counter()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", *self._module],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=clean_environment(**self._settings),
            )
        return self

    def __exit__(self, *problem: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_for(self, path: str, seconds: float = 120) -> float:
        """Ask for a path until it is answered with 200; the seconds since the process was started."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"the program ended with {self.process.returncode}:\n{self._log.read_text()[-2000:]}"
                )
            with (
                contextlib.suppress(OSError, http.client.HTTPException),
                contextlib.closing(self.connect()) as connection,
            ):
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return time.perf_counter() - self.started
            time.sleep(0.01)
        raise RuntimeError(f"{path} was not answered within {seconds:.0f} s")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=60)

    def call(self, method: str, path: str, body: dict | None = None, **headers: str) -> tuple[dict, dict[str, str]]:
        """One API call; its data and the cookies it set. Raises RuntimeError when it is refused."""
        with contextlib.closing(self.connect()) as connection:
            connection.request(
                method,
                path,
                json.dumps(body) if body is not None else None,
                {
                    "Content-Type": "application/json",
                    **{name.replace("_", "-"): value for name, value in headers.items()},
                },
            )
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status != 200:
                raise RuntimeError(f"{method} {path}: {answer}")
            cookies = dict(part.split(";")[0].split("=", 1) for part in response.headers.get_all("Set-Cookie", []))
        return answer["data"], cookies

    def memory(self) -> Memory:
        return Memory(self.process.pid)
