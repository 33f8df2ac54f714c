"""How measurements are told: under which conditions, and in tables that can be pasted into the documentation."""

import datetime as dt
import math
import os
import platform
import unicodedata
from collections.abc import Sequence
from pathlib import Path


def conditions(**more: object) -> str:
    """The machine, the programs and the day, one line each."""
    facts: dict[str, object] = {
        "Date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Processor": f"{os.cpu_count()} × {_processor()}",
        "Load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "System": platform.platform(),
        "Python": platform.python_version(),
        **{name.replace("_", " ").capitalize(): value for name, value in more.items()},
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(head, *texts, strict=True)]
    right = [
        bool(texts) and all(row[place][:1].isdigit() or row[place] in ("", "–") for row in texts)
        for place in range(len(head))
    ]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (width - _width(cell)) + cell if is_right else cell + " " * (width - _width(cell))
            for cell, width, is_right in zip(cells, widths, right, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rule = [f"{'-' * (width - 1)}{':' if is_right else '-'}" for width, is_right in zip(widths, right, strict=True)]
    return "\n".join([line(head), f"| {' | '.join(rule)} |", *map(line, texts)])


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
