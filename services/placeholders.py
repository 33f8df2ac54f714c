"""Names in texts that people prepare: {customer.name} stands for what is known once the text is used; no language."""

import re
from collections.abc import Callable, Collection, Mapping

_NAME = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)*)\}")


def unknown_name(text: str, known: Collection[str]) -> str | None:
    """The first name in a text, braces included, that stands for nothing; None where all are known."""
    return next((f"{{{name}}}" for name in sorted(set(_NAME.findall(text)) - set(known))), None)


def put_in(text: str, values: Mapping[str, Callable[[], str]]) -> str:
    """The text with what its names stand for; what that contains is not looked at again, other names stay."""
    return _NAME.sub(lambda found: values[found[1]]() if found[1] in values else found[0], text)
