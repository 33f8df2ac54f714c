"""What stands in for the outside world while developing: a file of the data folder."""

import json
import os
from pathlib import Path

from models.types import utcnow


def note(path: Path, **said: str) -> None:
    """Add a line of JSON, with the time, to a file that only its owner may read."""
    line = json.dumps({"time": f"{utcnow().isoformat(timespec='seconds')}Z", **said}, ensure_ascii=False) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
