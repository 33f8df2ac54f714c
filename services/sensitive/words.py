"""敏感词列表: keeping it, one by one or from a file (CHT-12)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from ai.sensitive import fold
from app.errors import Conflict, DomainError, Invalid, Reason, TooLarge
from app.extensions import db
from models.actor import Actor
from models.sensitive import SensitiveWord, WordAction, WordLevel, WordSpeaker
from services.crud import crud
from services.identity.tables import MOST_BYTES, Row, decoded, read_table
from services.operation import announce, operation
from services.sensitive.lists import MOST_WORDS, touch

#: column → the headings it goes by
COLUMNS = {
    "word": ("word", "敏感词", "词", "词语"),
    "group_name": ("group", "分组", "组"),
    "level": ("level", "级别", "等级"),
    "action": ("action", "处理方式", "处置"),
    "speaker": ("speaker", "适用对象", "适用"),
    "active": ("active", "启用"),
}
#: what a cell may say for a value
_LEVELS = {
    **dict.fromkeys(("notice", "1", "提示", "一般"), WordLevel.notice),
    **dict.fromkeys(("warning", "2", "警告", "重要"), WordLevel.warning),
    **dict.fromkeys(("severe", "3", "严重"), WordLevel.severe),
}
_ACTIONS = {
    **dict.fromkeys(("mark", "标记"), WordAction.mark),
    **dict.fromkeys(("block", "拦截", "禁止"), WordAction.block),
}
_SPEAKERS = {
    **dict.fromkeys(("everybody", "全部", "所有人"), WordSpeaker.everybody),
    **dict.fromkeys(("customer", "客户"), WordSpeaker.customer),
    **dict.fromkeys(("agent", "客服"), WordSpeaker.agent),
}
_FLAGS = {
    **dict.fromkeys(("1", "yes", "true", "是", "启用"), True),
    **dict.fromkeys(("0", "no", "false", "否", "停用"), False),
}
_VALUES = {"level": _LEVELS, "action": _ACTIONS, "speaker": _SPEAKERS, "active": _FLAGS}
_BETWEEN_WORDS = re.compile(r"[,，、;；\t]+")
LONGEST = 64
#: what may become of a line
RESULTS = ("created", "updated", "unchanged", "refused")


@dataclass(frozen=True)
class Outcome:
    """What became of one line: created, updated, unchanged or refused."""

    line: int
    word: str
    result: str
    error: DomainError | None = None


def check_word(actor: Actor, row: SensitiveWord, data: dict) -> None:
    """Bring the word into the form in which it is compared. Raises Invalid, Conflict."""
    row.word = " ".join((row.word or "").split())
    row.group_name = " ".join((row.group_name or "").split())
    row.form = _form(row.word)
    with db.session.no_autoflush:
        same = db.session.scalars(
            select(SensitiveWord).where(SensitiveWord.form == row.form, SensitiveWord.id != (row.id or 0))
        ).first()
        if same is not None:
            raise Conflict("This word is in the list already, perhaps in another spelling", word=same.word)
        if row.id is None and _count() >= MOST_WORDS:
            raise Conflict("The list is full", limit=MOST_WORDS)
        touch()


def _changes(actor: Actor, row: SensitiveWord) -> None:
    touch()


crud(
    "sensitive_word",
    SensitiveWord,
    title="Sensitive word",
    writable=("word", "group_name", "level", "action", "speaker", "active"),
    check=check_word,
    before_delete=_changes,
)


def read_list(name: str, data: bytes) -> tuple[dict[str, int], list[Row]]:
    """(column → its place, rows) of a file: a CSV or XLSX table with a heading, or words as people type or copy them,
    between line ends, commas and 、. Takes CPU: call it through `offload`. Raises Invalid, TooLarge.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("The file is too large", limit=MOST_BYTES)
    if not (name.lower().endswith(".xlsx") or data.startswith(b"PK\x03\x04")):
        text = decoded(data)
        first = text.lstrip().partition("\n")[0]
        if "word" not in _places(re.split(r"[,;\t]", first)):
            return _not_empty({"word": 0}, _words_in(text))
    heading, rows = read_table(name, data)
    places = _places(heading)
    if "word" not in places:
        rows = [Row(row.number, (cell,)) for row in (Row(1, heading), *rows) for cell in row.cells if cell]
    return _not_empty({"word": 0, **places}, rows)


def _not_empty(places: dict[str, int], rows: list[Row]) -> tuple[dict[str, int], list[Row]]:
    if not rows:
        raise Invalid("There is no word in it", fields={"text": "required"})
    return places, rows


def _places(heading: Iterable[str]) -> dict[str, int]:
    names = {name: column for column, known in COLUMNS.items() for name in known}
    cells = [cell.strip().strip('"').lower() for cell in heading]
    return {names[cell]: place for place, cell in enumerate(cells) if cell in names}


def _words_in(text: str) -> list[Row]:
    lines = [(number, _BETWEEN_WORDS.split(line)) for number, line in enumerate(text.splitlines(), start=1)]
    return [Row(number, (word.strip(),)) for number, words in lines for word in words if word.strip()]


@operation("sensitive_word.import", title="Import sensitive words")
def import_words(
    actor: Actor,
    *,
    rows: list,
    places: dict,
    group_name: str = "",
    level: WordLevel = WordLevel.notice,
    action: WordAction = WordAction.mark,
    speaker: WordSpeaker = WordSpeaker.everybody,
) -> list[Outcome]:
    """Take a list over: what is new is made, what the file says otherwise is changed, the rest stays.

    The keyword values are for what the file does not say. A line that cannot be used comes back refused and
    changes nothing.
    """
    usual = {"group_name": group_name, "level": level, "action": action, "speaker": speaker, "active": True}
    known = {row.form: row for row in db.session.scalars(select(SensitiveWord))}
    outcomes = [_take(row, places, usual, known) for row in rows]
    touch()
    db.session.flush()
    announce("sensitive_word.imported", count=len(outcomes))
    return outcomes


def _take(row: Row, places: dict, usual: dict, known: dict[str, SensitiveWord]) -> Outcome:
    word = " ".join(_cell(row, places, "word").split())
    try:
        given = {name: _value(row, places, name) for name in usual if _cell(row, places, name)}
        found = known.get(_form(word))
        if found is None:
            if len(known) >= MOST_WORDS:
                raise Conflict("The list is full", limit=MOST_WORDS)
            made = SensitiveWord(word=word, form=_form(word), **(usual | given))
            db.session.add(made)
            known[made.form] = made
            return Outcome(row.number, word, "created")
    except DomainError as refusal:
        return Outcome(row.number, word, "refused", refusal)
    changed = {name: value for name, value in given.items() if getattr(found, name) != value}
    for name, value in changed.items():
        setattr(found, name, value)
    return Outcome(row.number, word, "updated" if changed else "unchanged")


def _form(word: str) -> str:
    """The word as it is compared. Raises Invalid for what cannot be looked for."""
    if len(word) > LONGEST:
        raise Invalid("The text is too long", fields={"word": Reason("at most %(number)s characters", number=LONGEST)})
    form = fold(word)
    if not form or (form.isascii() and len(form) == 1):
        raise Invalid("A word needs a Chinese character or two letters or digits", fields={"word": "too short"})
    return form


def _cell(row: Row, places: dict, name: str) -> str:
    place = places.get(name)
    return row.cells[place] if place is not None and place < len(row.cells) else ""


def _value(row: Row, places: dict, name: str):
    text = _cell(row, places, name)
    if name not in _VALUES:
        return " ".join(text.split())[:64]
    try:
        return _VALUES[name][text.lower()]
    except KeyError:
        raise Invalid("This value is unknown", fields={name: "unknown"}) from None


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(SensitiveWord))
