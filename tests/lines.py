"""Which lines of services/ the tests run, in whichever process they run, at next to no cost.

A tracer, as coverage.py brings one for this Python, more than doubles the time of a server: the interpreter leaves its
fast paths for every function, measured or not. So the measured modules note their lines themselves: as they are
imported, an assignment is put before each statement. What was noted is judged and shown by coverage.py.
"""

import ast
import atexit
import json
import marshal
import os
import secrets
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

MEASURED = "services"
#: names the folder in which processes leave what they noted; without it nothing is measured
FOLDER_VARIABLE = "TESTS_LINES_FOLDER"
#: what a measured module calls its notes: one byte per line, 1 for a line that was reached
NOTES = "__lines_reached__"

_notes: dict[str, bytearray] = {}
_name = f"{os.getpid()}-{secrets.token_hex(4)}.json"


def install() -> None:
    """Measure what this process imports from now on, if the environment asks for it."""
    if FOLDER_VARIABLE in os.environ:
        sys.meta_path.insert(0, _Finder())
        atexit.register(leave)


def leave() -> None:
    """Write down what was noted so far. A process that is killed leaves nothing."""
    lines = {path: [line for line, was in enumerate(notes) if was] for path, notes in _notes.items()}
    Path(os.environ[FOLDER_VARIABLE], _name).write_text(json.dumps(lines), encoding="utf-8")


def reached(folder: Path) -> dict[str, set[int]]:
    """File → lines that some process reached, from what all of them left."""
    found: dict[str, set[int]] = {}
    for part in folder.glob("*.json"):
        for path, lines in json.loads(part.read_text(encoding="utf-8")).items():
            found.setdefault(path, set()).update(lines)
    return found


class _Finder:
    """Finds modules as ever, and has the measured ones loaded by our loader."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] != MEASURED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    """Compiles a module with its notes, once for all processes of the run; nowhere else is it found compiled so."""

    def get_code(self, fullname: str) -> CodeType:
        compiled = Path(os.environ[FOLDER_VARIABLE], f"{fullname}.code")
        if compiled.exists():
            return marshal.loads(compiled.read_bytes())
        tree = noting(ast.parse(self.get_data(self.path), self.path))
        code = compile(tree, self.path, "exec", dont_inherit=True)
        part = compiled.with_suffix(f".{_name}.part")
        part.write_bytes(marshal.dumps(code))
        part.replace(compiled)  # whole or not at all: another process may be reading
        return code

    def exec_module(self, module) -> None:
        lines = self.get_data(self.path).count(b"\n") + 2
        module.__dict__[NOTES] = _notes.setdefault(self.path, bytearray(lines))
        super().exec_module(module)


def noting(tree: ast.Module) -> ast.Module:
    """The same program, which notes each line that a statement starts on before it runs the statement."""
    for node in list(ast.walk(tree)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, list(_with_notes(block, node, name)))
    return tree


def _with_notes(block: list[ast.stmt], owner: ast.AST, name: str) -> Iterator[ast.stmt]:
    if isinstance(owner, ast.ExceptHandler | ast.match_case):  # a statement's part with a line of its own
        line = owner.lineno if isinstance(owner, ast.ExceptHandler) else owner.pattern.lineno
        yield _note(line, block[0])
    has_docstring = name == "body" and isinstance(
        owner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    )
    for number, statement in enumerate(block):
        first = number == 0 and has_docstring and _is_text(statement)
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not first and not future:  # both must stand before everything else
            for decorator in getattr(statement, "decorator_list", ()):
                yield _note(decorator.lineno, statement)
            yield _note(statement.lineno, statement)
        yield statement


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _note(line: int, beside: ast.stmt) -> ast.stmt:
    """`__lines_reached__[line] = 1`, for tracebacks on the same line as the statement."""
    target = ast.Subscript(ast.Name(NOTES, ast.Load()), ast.Constant(line), ast.Store())
    return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], ast.Constant(1)), beside))
