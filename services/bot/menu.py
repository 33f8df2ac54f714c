"""The bot's menu: read by customers, kept on screen by the company (AI-10)."""

import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy import select

from ai.text import normalise
from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.bot_menu import BotMenuEntry, MenuKind
from models.channels import Channel
from models.knowledge import Article, Readership
from services import problems
from services.crud import crud, referenced

#: levels of the menu, and entries on each: more is no menu any more
MOST_LEVELS, MOST_ENTRIES = 3, 12
_CALLED = frozenset(
    {
        "0",
        "菜单",
        "主菜单",
        "返回主菜单",
        "返回菜单",
        "回到菜单",
        "打开菜单",
        "menu",
        "main menu",
        "show menu",
        "back to menu",
    }
)
_SIGNS = re.compile(r"[\s\W_]+")


def is_called(message: str) -> bool:
    """Whether a message asks for the menu and for nothing else."""
    return len(message) <= 20 and " ".join(_SIGNS.sub(" ", normalise(message)).split()) in _CALLED


def root(reader: Actor, channel: str, locale: str) -> list[dict]:
    """The menu of a channel for a reader, as a tree: [{id, kind, label, articleId?, url?, children?}].

    What he may not read is not in it, and neither is a submenu that would be empty.
    """
    rows = list(
        db.session.scalars(
            select(BotMenuEntry).where(BotMenuEntry.active == 1).order_by(BotMenuEntry.sort, BotMenuEntry.id)
        )
    )
    if not rows:
        return []
    channel_id = db.session.scalar(select(Channel.id).where(Channel.code == channel))
    first = [row for row in rows if row.parent_id is None]
    own = [row for row in first if row.channel_id is not None and row.channel_id == channel_id]
    others = {row.id for row in first} - {row.id for row in own or first if own or row.channel_id is None}
    may_read = _readable(reader, (row.article_id for row in rows if row.article_id is not None))
    below: dict[int | None, list[BotMenuEntry]] = defaultdict(list)
    for row in rows:
        if row.id not in others and (row.kind is not MenuKind.article or row.article_id in may_read):
            below[row.parent_id].append(row)
    return _branch(below, None, locale, MOST_LEVELS)


def find(tree: list[dict], entry_id: int) -> dict | None:
    """An entry anywhere in a tree."""
    for entry in tree:
        found = entry if entry["id"] == entry_id else find(entry.get("children", []), entry_id)
        if found is not None:
            return found
    return None


def labelled(tree: list[dict], label: str) -> dict | None:
    """The entry with this text, anywhere in a tree."""
    for entry in tree:
        found = entry if normalise(entry["label"]) == label else labelled(entry.get("children", []), label)
        if found is not None:
            return found
    return None


def shown(entries: Iterable[dict]) -> list[dict]:
    """One level of a tree, as it stands beside an answer."""
    return [{key: value for key, value in entry.items() if key != "children"} for entry in entries]


def entry_of(entry_id: int) -> BotMenuEntry | None:
    """The entry itself, while it is in use."""
    wanted = select(BotMenuEntry).where(BotMenuEntry.id == entry_id, BotMenuEntry.active == 1)
    return db.session.scalars(wanted).first()


def _branch(below: dict[int | None, list[BotMenuEntry]], parent_id: int | None, locale: str, levels: int) -> list[dict]:
    entries = []
    for row in below[parent_id][:MOST_ENTRIES] if levels else ():
        entry = {"id": row.id, "kind": row.kind.value, "label": row.label(locale)}
        if row.kind is MenuKind.menu:
            entry["children"] = _branch(below, row.id, locale, levels - 1)
            if not entry["children"]:
                continue
        elif row.kind is MenuKind.article:
            entry["articleId"] = row.article_id
        elif row.kind is MenuKind.link:
            entry["url"] = row.url
        entries.append(entry)
    return entries


def _readable(reader: Actor, ids: Iterable[int]) -> set[int]:
    wanted = set(ids)
    if not wanted:
        return set()
    allowed = select(Article.id).where(Article.id.in_(wanted), Article.readable_by(Readership.of(reader)))
    return set(db.session.scalars(allowed))


def _check(actor: Actor, row: BotMenuEntry, data: dict) -> None:
    row.label_zh = " ".join((row.label_zh or "").split())
    row.label_en = " ".join((row.label_en or "").split()) or None
    if not row.label_zh:
        raise Invalid("An entry needs a text", fields={"labelZh": "required"})
    row.question = " ".join((row.question or "").split()) or None
    row.url = (row.url or "").strip() or None
    if row.kind is MenuKind.link and not _is_address(row.url):
        raise Invalid("Write an address that begins with https:// or /", fields={"url": "http, https or /"})
    if row.kind is MenuKind.article and row.article_id is None:
        raise Invalid("Choose the article that answers", fields={"articleId": "required"})
    problems.check_type(row.problem_type or None)
    row.problem_type = row.problem_type or None
    referenced(Channel, row.channel_id, actor, "channelId")
    referenced(Article, row.article_id, actor, "articleId")
    parent = referenced(BotMenuEntry, row.parent_id, actor, "parentId")
    if parent is not None:
        _check_place(row, parent)


def _check_place(row: BotMenuEntry, parent: BotMenuEntry) -> None:
    if parent.kind is not MenuKind.menu:
        raise Invalid("Only a submenu has entries below it", fields={"parentId": "no submenu"})
    row.channel_id = None  # it is shown where the uppermost one is
    above, level = parent, 2
    with db.session.no_autoflush:
        while above is not None:
            if row.id is not None and above.id == row.id:
                raise Invalid("An entry cannot stand below itself", fields={"parentId": "in a circle"})
            above = db.session.get(BotMenuEntry, above.parent_id) if above.parent_id else None
            level += above is not None
    if level > MOST_LEVELS:
        raise Invalid("The menu has three levels at most", fields={"parentId": "too deep"})


def _is_address(text: str | None) -> bool:
    if not text:
        return False
    if text.startswith("/") and not text.startswith("//"):
        return "\\" not in text
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _keep_full(actor: Actor, row: BotMenuEntry) -> None:
    if db.session.scalar(select(BotMenuEntry.id).where(BotMenuEntry.parent_id == row.id).limit(1)) is not None:
        raise Conflict("There are entries below this one: move or delete them first")


crud(
    "bot_menu_entry",
    BotMenuEntry,
    title="Entry of the bot's menu",
    writable=(
        "label_zh",
        "label_en",
        "kind",
        "parent_id",
        "channel_id",
        "article_id",
        "question",
        "problem_type",
        "url",
        "sort",
        "active",
    ),
    check=_check,
    before_delete=_keep_full,
)
