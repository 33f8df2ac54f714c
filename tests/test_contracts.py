"""Agreements that no single file can keep: layers, rights, events, settings, the committed build, our own words."""

import ast
import hashlib
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import DomainError
from app.reactions import REACTIONS
from app.security import ROLES, rights_without_operation
from app.translate import stored
from config import SETTINGS
from services.identity.presets import expand
from services.operation import OPERATIONS
from services.settings import SETTINGS as BROWSER_SETTINGS
from tests.servers import ROOT
from views.api.endpoint import ENDPOINTS
from views.api.openapi import build

LAYERS = ("app", "views", "services", "models", "ai")

#: rights that no preset role but the super administrator holds
SUPER_ONLY = {
    "login_session.end",
    "role.create",
    "role.delete",
    "role.grant",
    "role.update",
    "routing_rule.create",
    "routing_rule.delete",
    "routing_rule.update",
    "system_setting.update",
    "ticket_rule.create",
    "ticket_rule.delete",
    "ticket_rule.update",
}
#: operations that no person calls: jobs, consequences, the bot
SYSTEM_ONLY = {"notification.create"}


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of these folders as (path from the root, syntax tree)."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


# --- layers ---------------------------------------------------------------------------------------------------------


def test_imports_point_down():
    """The contracts in pyproject.toml, by import-linter."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_of_app_has_a_place_among_the_layers():
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {name for layer in layers for name in re.split(r"[ :|]+", layer)}
    found = {f"app.{path.stem}" for path in (ROOT / "app").glob("*.py") if path.stem != "__init__"}
    found |= {f"app.{path.parent.name}" for path in (ROOT / "app").glob("*/__init__.py")}
    assert found <= placed, f"without a layer: {sorted(found - placed)}"


def test_settings_import_nothing_of_ours():
    for name in ("config.py", "celery_app.py"):
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                assert imported.split(".")[0] not in LAYERS, f"{name} imports {imported}"


#: who may call what; everybody else goes through an operation and its reactions
ONLY_HERE = {
    # the engine's own commit of a connection is what an operation's comes down to
    "commit": {"services/operation.py", "app/database.py"},
    "emit": {
        "views/sockets/emit.py",
        "views/sockets/connections.py",
        "views/sockets/handlers.py",
        "views/sockets/relay.py",
    },
    "send_task": {"app/jobs.py"},
    "delay": set(),
    "apply_async": set(),
}


def test_commits_emits_and_jobs_have_one_place_each():
    wrong = [
        f"{path}:{call.lineno} calls .{call.func.attr}()"
        for path, tree in modules(*LAYERS)
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and path not in ONLY_HERE.get(call.func.attr, {path})
    ]
    assert not wrong, "\n".join(wrong)


def test_views_and_services_bring_no_page_of_their_own_error_shape():
    """One function makes all JSON answers: no view calls jsonify or abort by itself."""
    wrong = [
        f"{path}:{call.lineno}"
        for path, tree in modules("views/api", "services")
        for call in calls(tree)
        if isinstance(call.func, ast.Name)
        and call.func.id in ("jsonify", "abort", "make_response")
        and path not in ("views/api/envelope.py", "views/api/openapi.py")
    ]
    assert not wrong, "\n".join(wrong)


# --- rights ---------------------------------------------------------------------------------------------------------


def test_every_operation_is_in_the_table_of_roles():
    """A new operation is given to a preset role, or named above as the super administrator's or the system's alone."""
    needed = {name if entry.right is None else entry.right for name, entry in OPERATIONS.items()} - {""}
    held: set[str] = set()
    for preset in ROLES:
        if preset.code != "super_admin":
            held |= expand(
                [right for right in preset.rights if not right.endswith(".menu_access")],
                needed | rights_without_operation(),
            )
    assert needed - held == SUPER_ONLY | SYSTEM_ONLY


def test_every_right_that_an_endpoint_needs_exists():
    known = (
        {name if entry.right is None else entry.right for name, entry in OPERATIONS.items()}
        | rights_without_operation()
        | {""}
    )
    needed = {entry.right for entry in ENDPOINTS.values() if entry.right is not None}
    assert needed <= known, f"nobody can ever hold: {sorted(needed - known)}"


# --- events ---------------------------------------------------------------------------------------------------------


def announced() -> set[str]:
    """Every event that the services can announce, from the source."""
    found: set[str] = set()
    for path, tree in modules("services"):
        for call in calls(tree):
            if isinstance(call.func, ast.Name) and call.func.id == "announce":
                found |= names_of(path, tree, call.args[0])
    return found


def names_of(path: str, tree: ast.Module, argument: ast.expr) -> set[str]:
    """The event names an argument of announce() may have."""
    if isinstance(argument, ast.Constant):
        return {argument.value}
    assert isinstance(argument, ast.JoinedStr), (
        f"{path}:{argument.lineno}: an event's name cannot be read from the source"
    )
    if path == "services/crud.py":  # f"{resource}.created", once for each resource made by crud()
        verb = argument.values[-1].value
        resources = {
            call.args[0].value
            for _, module in modules("services")
            for call in calls(module)
            if isinstance(call.func, ast.Name)
            and call.func.id in ("crud", "removable")
            and isinstance(call.args[0], ast.Constant)
        }
        return {resource + verb for resource in resources}
    prefix, teller = argument.values[0].value, function_around(tree, argument)  # f"ticket.{event}" inside _tell()
    folder = Path(path).parent
    telling = [tree] if folder.name == "services" else [one for _, one in modules(str(folder))]
    words = {
        word
        for module in telling
        for call in calls(module)
        if isinstance(call.func, ast.Name) and call.func.id == teller
        for word in words_of(module, call.args[1])
    }
    assert words, f"{path}:{argument.lineno}: nobody calls {teller}()"
    return {prefix + word for word in words}


def function_around(tree: ast.Module, node: ast.expr) -> str:
    """The name of the function in which this stands."""
    return next(
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and any(inner is node for inner in ast.walk(function))
    )


def words_of(tree: ast.Module, value: ast.expr) -> set[str]:
    """A constant, one of two, or a variable that holds such."""
    if isinstance(value, ast.Constant):
        return {value.value}
    if isinstance(value, ast.IfExp):
        return words_of(tree, value.body) | words_of(tree, value.orelse)
    assert isinstance(value, ast.Name), f"line {value.lineno}: an event's name cannot be read from the source"
    return {
        word
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == value.id for target in node.targets)
        for word in words_of(tree, node.value)
    }


def test_every_announced_event_has_a_reaction():
    assert announced() - set(REACTIONS) == set()


def test_every_reaction_is_to_an_event_that_can_happen():
    assert set(REACTIONS) - announced() == set()


# --- refusals -------------------------------------------------------------------------------------------------------


def kinds_of(error: type[DomainError]) -> Iterator[type[DomainError]]:
    yield error
    for kind in error.__subclasses__():
        yield from kinds_of(kind)


def test_every_sentence_given_to_an_error_class_is_in_the_catalog():
    """Also one that stands in a constant, in this module or in another: read from the running code, not by its look."""
    found = [
        (f"{path}:{call.lineno}", sentence)
        for path, tree in modules(*LAYERS)
        for call in calls(tree)
        if call.args and raised_by(call) in {kind.__name__ for kind in kinds_of(DomainError)}
        for sentence in sentences_of(path, call.args[0])
    ]
    translated = {message.id for message in stored() if message.string}
    assert len({sentence for _, sentence in found}) > 100
    assert not [(where, sentence) for where, sentence in found if sentence not in translated]


def raised_by(call: ast.Call) -> str:
    return getattr(call.func, "id", None) or getattr(call.func, "attr", "")


def sentences_of(path: str, argument: ast.expr) -> set[str]:
    """The sentences an argument of an error class may be; what another refusal said has been looked at there."""
    if isinstance(argument, ast.Constant):
        return {argument.value} - {""}
    if isinstance(argument, ast.IfExp):
        return sentences_of(path, argument.body) | sentences_of(path, argument.orelse)
    if isinstance(argument, ast.Call) and raised_by(argument) == "Reason":  # with values in it
        return sentences_of(path, argument.args[0])
    if isinstance(argument, ast.Attribute) and argument.attr == "message":
        return set()
    value = vars(importlib.import_module(path.removesuffix(".py").replace("/", ".")))
    names = [argument.value.id, argument.attr] if isinstance(argument, ast.Attribute) else [getattr(argument, "id", "")]
    assert names[0] in value, f"{path}:{argument.lineno}: nobody can tell which sentence this is"
    found = value[names[0]]
    return {found if len(names) == 1 else getattr(found, names[1])}


# --- settings -------------------------------------------------------------------------------------------------------


def documented() -> dict[str, tuple[str, str]]:
    """Setting → (default, English meaning) as docs/configuration.md has it."""
    rows = re.findall(
        r"^\| `(\w+)`(?: 🔑)? \| (.*?) \| .*? \| (.*?) \|$",
        (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8"),
        re.M,
    )
    return {name: (default.strip("`"), meaning) for name, default, meaning in rows}


def shown(default: object) -> str:
    """A default as the documentation writes it."""
    return (str(default).lower() if isinstance(default, bool) else str(default)) or "（空）"


def test_every_setting_is_documented_as_it_is():
    expected = {}
    for setting in SETTINGS:
        expected[setting.name] = (shown(setting.default), setting.help)
    expected |= {name: (shown(declared.default), declared.help) for name, declared in BROWSER_SETTINGS.items()}
    assert documented() == expected


def test_settings_are_read_in_one_place():
    """os.environ belongs to config.py, and to what runs before it: start, terminal, native threads, faults."""
    allowed = {
        "app/cli.py",
        "app/offload.py",
        "app/doctor/__init__.py",
        "app/terminal.py",
        "ai/native.py",
        "services/operation.py",
    }
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in modules(*LAYERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and getattr(node.value, "id", "") == "os"  # a request has an environ of its own
        and path not in allowed
    ]
    assert not wrong, "\n".join(wrong)


# --- the REST face --------------------------------------------------------------------------------------------------


def test_openapi_describes_exactly_what_is_served():
    described = {(method.upper(), path) for path, methods in build()["paths"].items() for method in methods}
    assert described == {(entry.method, entry.openapi_path) for entry in ENDPOINTS.values()}
    names = [operation["operationId"] for methods in build()["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


# --- the front end's build ------------------------------------------------------------------------------------------


def test_committed_build_is_made_from_these_sources():
    """The same number as frontend/scripts/hash-sources.mjs writes into the build."""
    frontend = ROOT / "frontend"
    single = [
        path
        for path in frontend.iterdir()
        if path.name in ("package.json", "package-lock.json", "vite.config.ts")
        or re.fullmatch(r"tsconfig.*\.json", path.name)
    ]
    sources = [path for path in (frontend / "src").rglob("*") if path.is_file()] + single
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(frontend).as_posix().encode(), path) for path in sources):
        digest.update(name + b"\0" + path.read_bytes() + b"\0")
    assert (ROOT / "app/static/dist/sources.sha256").read_text().strip() == digest.hexdigest(), (
        "npm run build has not been run"
    )


# --- our own words --------------------------------------------------------------------------------------------------

#: folders of somebody's machine; what a server has (/opt, /var, /etc, /srv) may be named
MACHINE_PATHS = re.compile(
    r"(?<![\w.$}/])/(?:home|root|work|Users|mnt)/[\w.-]+|(?<![\w.$}/])/tmp/[\w.-]+/|\b[A-Z]:\\\\?Users\\"
)
TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".ts",
    ".vue",
    ".js",
    ".mjs",
    ".html",
    ".css",
    ".json",
    ".conf",
    ".service",
    ".sh",
    ".yml",
    ".po",
    ".cfg",
}
NOT_OURS = {".git", "node_modules", "dist", "data", "kb_index", "__pycache__", "htmlcov"}


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the project; what it writes and what others wrote left out."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            hidden = path.name.startswith(".") and path.name != ".ci"  # environments, caches, the history
            if (
                path.is_dir()
                and not path.is_symlink()
                and (path == ROOT / "tests" / "data" or not (hidden or path.name in NOT_OURS))
            ):
                yield from walk(path)
            elif (
                path.is_file()
                and path.name not in NOT_OURS
                and (path.suffix in TEXTS or not path.suffix)
                and path.stat().st_size < 1_000_000
            ):
                yield path

    for path in walk(ROOT):
        if path.name != "package-lock.json":
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def test_no_text_names_a_folder_of_somebodys_machine():
    found = [f"{name}: {match[0]}" for name, text in texts() for match in MACHINE_PATHS.finditer(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", LAYERS)
def test_files_stay_small(folder):
    """A file of 500 lines is asking to be a package."""
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in (ROOT / folder).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert not long


# --- the table of features ------------------------------------------------------------------------------------------


def features() -> list[list[str]]:
    """The rows of docs/features.md: id, what, state, where, test, missing."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [A-Z]{2,3}-\d+ \|", line)
    ]
    assert len(rows) > 100
    return rows


def test_every_feature_that_is_done_names_the_test_that_shows_it():
    known = {
        f"{path.relative_to(ROOT / 'tests').as_posix()}::{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    wrong = []
    for number, _, state, _, test, missing in features():
        named = re.findall(r"[\w/]+\.py::\w+", test)
        if state == "done" and (not named or missing):
            wrong.append(f"{number}: done, but {'something is missing' if missing else 'no test shows it'}")
        wrong += [f"{number}: there is no {name}" for name in named if name not in known]
    assert not wrong, "\n".join(wrong)


def test_every_feature_counts_once_in_the_sum_above_the_table():
    rows = features()
    text = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    counts = {state: sum(row[2] == state for row in rows) for state in ("done", "part", "not yet")}
    assert len({row[0] for row in rows}) == len(rows) == sum(counts.values())
    assert f"Of {len(rows)}: {counts['done']} done, {counts['part']} part, {counts['not yet']} not yet." in text, counts
