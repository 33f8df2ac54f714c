"""The head of a Markdown file: YAML between two lines of ---, read as texts and lists of texts and nothing else."""

from collections.abc import Mapping

import yaml

from app.errors import Invalid

#: longer is no head
MOST_CHARS = 20_000
_LINE = "---"


class _Loader(yaml.BaseLoader):
    """Every scalar is a text. References to other places are refused: a few of them can stand for millions."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def split_head(text: str) -> tuple[dict[str, str | list[str]], str]:
    """(head, body). A text without a head has an empty one. Raises Invalid when the head cannot be read."""
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not lines.startswith(f"{_LINE}\n"):
        return {}, lines
    block, mark, body = lines[len(_LINE) + 1 :].partition(f"\n{_LINE}\n")
    if not mark:
        if not lines.rstrip().endswith(f"\n{_LINE}"):
            return {}, lines  # a line drawn at the beginning
        block, body = lines.rstrip()[len(_LINE) + 1 : -len(_LINE)], ""
    if len(block) > MOST_CHARS:
        raise Invalid("The head of the file cannot be read")
    try:
        head = yaml.load(block, Loader=_Loader)
    except (yaml.YAMLError, RecursionError):
        raise Invalid("The head of the file cannot be read") from None
    if head is None or head == "":
        return {}, body.lstrip("\n")
    if not isinstance(head, dict):
        return {}, lines
    return {str(name).strip().lower(): _value(value) for name, value in head.items()}, body.lstrip("\n")


def join_head(head: Mapping[str, str | list[str]], body: str) -> str:
    """A file that `split_head` reads back as it was."""
    block = yaml.dump(
        {name: value for name, value in head.items() if value}, allow_unicode=True, sort_keys=False, width=10_000
    )
    return f"{_LINE}\n{block}{_LINE}\n\n{body}"


def _value(value) -> str | list[str]:
    if isinstance(value, list):
        if not all(isinstance(each, str) for each in value):
            raise Invalid("The head of the file cannot be read")
        return [each.strip() for each in value if each.strip()]
    if not isinstance(value, str):
        raise Invalid("The head of the file cannot be read")
    return value.strip()
