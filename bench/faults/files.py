"""Files of the index that are damaged, exchanged or half written, and a rebuild in which the process dies: F32."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from bench.faults.rest import Rest
from bench.faults.stage import Stage, experiment
from tests.servers import run_cli

#: what everybody asks; an article of the manuals answers it
QUESTION = "怎么提交工单"


def _each(folder: Path, change: Callable[[bytes], bytes]) -> None:
    for path in folder.iterdir():
        path.write_bytes(change(path.read_bytes()))


def _exchange(folder: Path) -> None:
    """The folder of another company in its place."""
    other = folder.parent / "2"
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut short": lambda folder: _each(folder, lambda data: data[: len(data) // 2]),
    "zeroed": lambda folder: _each(folder, lambda data: bytes(len(data))),
    "flipped": lambda folder: _each(folder, lambda data: bytes(byte ^ 0x55 for byte in data[:64]) + data[64:]),
    "another company's": _exchange,
    "gone": shutil.rmtree,
}


@experiment("F32", "the index's files are damaged or another company's, and its rebuilding is killed")
async def damaged_index(stage: Stage) -> None:
    web, folder = stage.box.webs[0], Path(stage.box.settings["KB_INDEX_DIR"]) / "1"
    supervisor = await asyncio.to_thread(stage.box.supervisor)
    customer = next(client for client in stage.load.clients if not client.seat.is_agent)
    own = await asyncio.to_thread(_answer, web.port, customer.seat.key)
    stage.expect(bool(own), "nothing is found even before anything is damaged")
    for name, damage in list(DAMAGES.items())[: max(2, stage.times(len(DAMAGES)))]:
        await asyncio.to_thread(_save, stage)
        await Rest(web.port, supervisor.key).post("/kb/index/rebuild", {"anew": True})
        struck = stage.strike(f"index files {name}, kill -9 while it is rebuilt")
        web.kill9()
        damage(folder)
        await asyncio.to_thread(stage.box.start, web)
        await stage.healed(struck)
        found = await asyncio.to_thread(_answer, web.port, customer.seat.key)
        stage.expect(found == own, f"files {name}: found {found} instead of {own}")
        refused = (await Rest(web.port, supervisor.key).get("/kb/index"))["snapshot"]["refused"]
        stage.expect(bool(refused), f"files {name}: nobody noticed")


def _save(stage: Stage) -> None:
    """Have snapshots of two companies written, as the timetable does every five minutes."""
    nothing = stage.box.folder / "nothing.csv"
    if not nothing.exists():
        nothing.write_text("title,text\n")
        run_cli("company", "second", "第二公司", "--host", "second.localhost", settings=stage.box.settings)
        run_cli("kb", "import", str(nothing), "--tenant", "second", settings=stage.box.settings)
    run_cli("kb", "import", str(nothing), settings=stage.box.settings)


def _answer(port: int, key: str) -> list[int]:
    """The articles that a customer finds."""
    rest = Rest(port, key)
    return [hit["articleId"] for hit in asyncio.run(rest.get(f"/kb/articles/search?q={quote(QUESTION)}"))["list"]]
