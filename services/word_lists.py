"""Lists of words as people type, paste or upload them, read into lines of words."""

import re

from app.errors import Invalid, TooLarge
from services.identity.tables import MOST_BYTES, decoded, read_table

_BETWEEN_WORDS = re.compile(r"[,，、;；|=\t]+")


def read_lines(name: str, data: bytes) -> list[tuple[int, list[str]]]:
    """(number, words) of every line of a text, a CSV or an XLSX file that has words. Raises Invalid, TooLarge.

    Takes CPU: call it through `offload`.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("The file is too large", limit=MOST_BYTES)
    if name.lower().endswith(".xlsx") or data.startswith(b"PK\x03\x04"):
        heading, rows = read_table(name, data)
        lines = [(1, list(heading)), *((row.number, list(row.cells)) for row in rows)]
    else:
        lines = [
            (number, _BETWEEN_WORDS.split(line)) for number, line in enumerate(decoded(data).splitlines(), start=1)
        ]
    found = [
        (number, words)
        for number, cells in lines
        if (words := [word.strip().strip('"') for word in cells if word.strip()])
    ]
    if not found:
        raise Invalid("There is no word in it", fields={"text": "required"})
    return found
