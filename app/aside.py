"""A large index is built anew in a process of its own, so that the one that serves goes on serving (AI-7).

`python -m app.aside NUMBER` builds the index of one company from the database and leaves its snapshot, which every
process then takes. It has the surroundings of whoever starts it, and gives way to everybody.
"""

import fcntl
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from app.offload import offload

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[1]
_PAUSE = 0.2
#: how much less of the processor it gets than those who serve
NICENESS = 10


def build(tenant_id: int) -> bool:
    """Have the snapshot of a company's index made; whether that went well. Takes minutes, and stops nobody."""
    process = offload(_start, tenant_id)
    while process.poll() is None:
        time.sleep(_PAUSE)
    if process.returncode:
        logger.warning("the index of company %s was not built aside: code %s", tenant_id, process.returncode)
    return process.returncode == 0


def _start(tenant_id: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "app.aside", str(tenant_id)], cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )


def main(tenant_id: int) -> None:
    """Of several processes that want the same index one builds it; the others find it when their turn comes."""
    from app.extensions import db
    from app.factory import create_app
    from models.actor import system
    from models.base import bind
    from services.knowledge_index import engine

    os.nice(NICENESS)
    app = create_app()
    engine.folder.mkdir(parents=True, exist_ok=True)
    with (engine.folder / f"{tenant_id}.lock").open("w") as turn, app.app_context():
        fcntl.flock(turn, fcntl.LOCK_EX)
        bind(db.session(), system(tenant_id))
        engine.save(tenant_id)


if __name__ == "__main__":
    main(int(sys.argv[1]))
