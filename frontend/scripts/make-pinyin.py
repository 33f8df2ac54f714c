"""Write src/desk/parts/pinyin-table.ts: the readings of common Chinese characters, for search by pinyin.

Run when the table is to be made anew (needs `pip install pypinyin`): python scripts/make-pinyin.py
"""

from collections import defaultdict
from pathlib import Path

from pypinyin import Style, pinyin

TARGET = Path(__file__).parent.parent / "src" / "desk" / "parts" / "pinyin-table.ts"
READINGS = 3
HEAD = """\
/**
 * The readings of the characters of GB 2312, one line for each syllable. Made by scripts/make-pinyin.py from the data
 * of pypinyin (MIT, from Unihan); not edited by hand.
 */
export const SYLLABLES = `
"""


def characters() -> list[str]:
    """The 6763 characters of GB 2312."""
    found = []
    for row in range(0xB0, 0xF8):
        for column in range(0xA1, 0xFF):
            try:
                found.append(bytes([row, column]).decode("gb2312"))
            except UnicodeDecodeError:
                continue  # five places of the last common row are empty
    return found


def main() -> None:
    syllables: dict[str, list[str]] = defaultdict(list)
    for character in characters():
        readings = pinyin(character, style=Style.NORMAL, heteronym=True, v_to_u=False)[0]
        for reading in dict.fromkeys(readings[:READINGS]):
            syllables[reading].append(character)
    lines = [f"{syllable} {''.join(found)}" for syllable, found in sorted(syllables.items()) if syllable.isascii()]
    TARGET.write_text(HEAD + "\n".join(lines) + "\n`\n", encoding="utf-8")


if __name__ == "__main__":
    main()
