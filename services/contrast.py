"""Which letters can be read on a colour, as WCAG 2.2 measures it."""

WHITE, BLACK = "#ffffff", "#000000"
#: what WCAG asks of text of ordinary size (level AA)
READABLE = 4.5
#: what the formula adds to each side for the light of the room
_HAZE = 0.05


def luminance(color: str) -> float:
    """The relative luminance of "#rrggbb", from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + _HAZE) / (darker + _HAZE)


def letters_on(color: str) -> str:
    """White or black, whichever reads better: on every colour one of them reaches `READABLE`."""
    return WHITE if contrast(color, WHITE) >= contrast(color, BLACK) else BLACK


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
