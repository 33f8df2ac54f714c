"""Texts of strangers in spreadsheets: a cell must stay a text, whoever opens the file (OWASP: CSV injection)."""

#: a cell beginning so would be run as a formula; the wide forms are taken for the narrow ones by Chinese editions
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """The text with a quote before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def as_written(text: str) -> str:
    """The text as it was before `harmless`: what we export can be imported again."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text
