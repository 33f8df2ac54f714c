"""Keeps the translations complete: `python -m app.translate` extracts, updates and compiles.

An English sentence in the code is the key of its translation. Besides the usual gettext calls, sentences stand where
they are translated later: in refusals and the reasons of their fields, in the titles of operations, in the help of
settings. `extract` finds those as well, so nobody has to keep a list.
"""

import ast
import io
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from config import ROOT

LOCALE = "zh"
FOLDER = ROOT / "app" / "translations" / LOCALE / "LC_MESSAGES"
HEADER = "# The Chinese of SmartSupport. Written by hand; `python -m app.translate` adds what is new and compiles."
#: callables whose argument at this place is a sentence
PLACES = {
    "_": 0,
    "gettext": 0,
    "lazy_gettext": 0,
    "Reason": 0,
    "Invalid": 0,
    "NotSignedIn": 0,
    "NotAllowed": 0,
    "NotFound": 0,
    "Conflict": 0,
    "TooLarge": 0,
    "TooMany": 0,
    "Unavailable": 0,
    "CallFailed": 0,
    "Blocked": 0,
    "translated": 0,
    "worded": 0,
    "NotDelivered": 0,
    "NotNow": 0,
    "ConfigError": 0,
    "Setting": 2,
    "Declared": 2,
    "Criterion": 1,
    "Step": 1,
    "_hours_since": 1,
    "_hours_until": 1,
}
#: callables whose first arguments belong together: a context and a sentence, where one English word is several in
#: Chinese; a sentence about one and about several
PAIRS = {"pgettext": ("pgettext", "lazy_pgettext"), "ngettext": ("ngettext", "lazy_ngettext")}
#: tables of sentences, by the name of the variable
TABLES = frozenset({"_TEXTS"})
#: functions that collect sentences with `append`
COLLECTORS = frozenset({"unsafe"})
#: what `services.crud.crud` makes of the title it is given
CRUD_TITLES = ("Create: {}", "Change: {}", "Delete: {}")
#: and for those whose rows may come back
RESTORE_TITLE = "Restore: {}"


def extract(file: io.IOBase, keywords: Collection, comment_tags: Collection, options: dict) -> Iterator[tuple]:
    """Babel's extraction method for our Python files: (line, function, message, comments) for each sentence."""
    tree = ast.parse(file.read())
    constants = _constants(tree)
    for node in ast.walk(tree):
        for sentence in _sentences(node, constants):
            yield node.lineno, "gettext", sentence, []
        for function, called_so in PAIRS.items():
            if pair := _pair(node, called_so):
                yield node.lineno, function, pair, []


def _constants(tree: ast.Module) -> dict[str, ast.AST]:
    """What the module's own names stand for: TAKEN = "This name is taken", said in several places."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _sentences(node: ast.AST, constants: dict[str, ast.AST]) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        place = PLACES.get(name)
        if place is not None and len(node.args) > place:
            yield from _texts(node.args[place], constants)
        if isinstance(fields := keywords.get("fields"), ast.Dict):
            yield from (text for value in fields.values for text in _texts(value, constants))
        if name == "operation" and "title" in keywords:
            yield from _texts(keywords["title"], constants)
        if name in ("crud", "removable") and "title" in keywords:
            patterns = CRUD_TITLES + ((RESTORE_TITLE,) if "restorable" in keywords else ())
            yield from (pattern.format(text) for text in _texts(keywords["title"], {}) for pattern in patterns)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
        if TABLES & {getattr(target, "id", None) for target in node.targets}:
            yield from (text for value in node.value.values for text in _texts(value, constants))
    elif isinstance(node, ast.FunctionDef) and node.name in COLLECTORS:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", None) == "append":
                yield from _texts(call.args[0], constants)


def _pair(node: ast.AST, called_so: Collection[str]) -> tuple[str, str] | None:
    """The first two arguments of a call by one of these names."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", None) not in called_so:
        return None
    first, second = (argument.value for argument in node.args[:2])
    return first, second


def _texts(node: ast.AST, constants: dict[str, ast.AST]) -> Iterator[str]:
    """The sentence of an expression, or both of a choice; nothing of what is only known at run time."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, constants)
        yield from _texts(node.orelse, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _texts(constants[node.id], {})


def template() -> Catalog:
    """Every sentence there is in the code and the page templates."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog(project="SmartSupport", charset="utf-8")
    for name, _, message, _, context in extract_from_dir(ROOT, methods, options):
        catalog.add(message, None, [(Path(name).as_posix(), 0)], context=context)
    return catalog


def stored() -> Catalog:
    """The translations as they are."""
    path = FOLDER / "messages.po"
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def update() -> Catalog:
    """Bring the catalog in line with the code and compile it; what is new comes without a translation."""
    catalog = stored()
    created = catalog.creation_date
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = HEADER
    catalog.project, catalog.version, catalog.msgid_bugs_address = "SmartSupport", "1", ""
    catalog.last_translator = catalog.language_team = "SmartSupport"
    catalog.creation_date = catalog.revision_date = created  # a new date at every run would only make differences
    catalog.fuzzy = False
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "messages.po").open("wb") as file:
        write_po(file, catalog, width=120, no_location=True, sort_output=True, ignore_obsolete=True)
    with (FOLDER / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    return catalog


def untranslated(catalog: Catalog) -> list[str]:
    """The sentences without a translation, with their context."""
    missing = [message for message in catalog if message.id and (not _words_of(message) or message.fuzzy)]
    return [f"{one.id} ({one.context})" if one.context else str(one.id) for one in missing]


def _words_of(message: Message) -> str:
    """The translation; of several for several numbers only if there is every one."""
    words = message.string or ""
    return words if isinstance(words, str) else "" if "" in words else words[0]


if __name__ == "__main__":
    missing = untranslated(update())
    for sentence in missing:
        print(f"not translated: {sentence}")
    sys.exit(1 if missing else 0)
