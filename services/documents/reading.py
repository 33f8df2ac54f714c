"""Reading an upload in a process of its own: started, watched, stopped when it takes too long or nobody wants it."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.errors import Reason
from app.offload import offload
from services.documents.found import pack, unpack

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[2]
_READER, _RESULT = "services.documents.reader", "result.json"
_PAUSE = 0.05
#: what the process says when something goes wrong, and how much of it our log takes
_LOG, _TOLD = "log.txt", 4_000


@dataclass(frozen=True)
class Limits:
    """How much reading one upload may take."""

    #: of the processor, and of the clock
    seconds: int = 60
    patience: int = 180
    #: 0: as much as there is
    memory: int = 1024 * 1024 * 1024
    most_rows: int = 20_000


UPLOADED = Limits()


class Unreadable(Exception):
    """The file as a whole cannot be read: sentences and their values, as `found.pack` makes them."""

    def __init__(self, reasons: list[list]):
        super().__init__(*(str(unpack(reason)) for reason in reasons))
        self.reasons = reasons


def read(
    source: Path, name: str, target: Path, limits: Limits = UPLOADED, wanted: Callable[[], bool] | None = None
) -> int:
    """Read a file or folder into `target` (see `found.read_found`); how much was found.

    `wanted` is asked now and then and stops the reading when it says no. Raises Unreadable.
    """
    task = {
        "source": str(source.resolve()), "name": name, "target": str(target.resolve()),
        "seconds": limits.seconds, "memory": limits.memory, "most_rows": limits.most_rows,
    }  # fmt: skip
    log = target / _LOG
    process = offload(_start, task, log)
    try:
        _wait(process, limits, wanted)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if said := log.read_text(encoding="utf-8", errors="replace")[-_TOLD:].strip():
        logger.warning("reading %s: %s", name, said)
    result = target / _RESULT
    if not result.is_file():
        # killed for its time or its memory, or the parser fell over
        raise Unreadable([pack(Reason("Reading the file takes too long or too much memory"))])
    said = json.loads(result.read_text(encoding="utf-8"))
    if refused := said.get("refused"):
        raise Unreadable(refused)
    return said["total"]


def _start(task: dict, log: Path) -> subprocess.Popen:
    with log.open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-B", "-W", "ignore", "-m", _READER, json.dumps(task)],
            cwd=_ROOT,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # no secret of ours
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
        )


def _wait(process: subprocess.Popen, limits: Limits, wanted: Callable[[], bool] | None) -> None:
    deadline, asked = time.monotonic() + limits.patience, time.monotonic()
    while process.poll() is None:
        if time.monotonic() > deadline:
            return
        if wanted and time.monotonic() > asked + 1:
            asked = time.monotonic()
            if not wanted():
                return
        time.sleep(_PAUSE)
