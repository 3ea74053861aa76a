"""Digests of the code that makes something: what was made by other code is made again.

A module stands for itself and for all it imports, also inside functions and by name in a string, as
compiled twins are. Files outside the place that is asked about (other packages) do not count.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

Find = Callable[[str], Path | None]

ROOT = Path(__file__).parents[1]


def of_packages(names: Iterable[str]) -> str:
    """SHA-256 of every Python file of parts of churnlab, such as ``history`` or ``labels``."""
    files: list[Path] = []
    for name in names:
        files += sorted((ROOT / name).rglob("*.py")) or [ROOT / f"{name}.py"]
    return _digest(files, ROOT)


def of_module(name: str) -> str:
    """SHA-256 of a module of churnlab with all that it imports from the same package."""
    return _digest(_of_package(name), ROOT)


def mentions(name: str, word: str) -> bool:
    """Whether ``word`` stands in that code: where it does not, its value changes nothing."""
    return any(word in path.read_text(encoding="utf-8") for path in _of_package(name))


def _of_package(name: str) -> list[Path]:
    place = name.rpartition(".")[0]

    def find(other: str) -> Path | None:
        return _module(other) if other.startswith(f"{place}.") else None

    start = find(name)
    return closure(start, find) if start else []


def of_own(place: str, root: Path) -> str:
    """SHA-256 of an own family's file or module, with all that it imports from beside it."""
    if place.endswith(".py"):
        start = (root / place).resolve()
        folders = dict.fromkeys([start.parent, root.resolve()])

        def find(name: str) -> Path | None:
            return next(filter(None, (_file(folder, name.split(".")) for folder in folders)), None)

        return _digest(closure(start, find), root.resolve())
    top = place.partition(".")[0]
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        return ""
    base = Path(spec.origin).parent.parent if spec.submodule_search_locations else Path(spec.origin).parent

    def beside(name: str) -> Path | None:
        return _file(base, name.split(".")) if name.partition(".")[0] == top else None

    first = beside(place)
    return _digest(closure(first, beside) if first else (), base)


def closure(start: Path, find: Find) -> list[Path]:
    """A file and all files that it imports, at any depth. ``find``: the file of a module's name."""
    found, waiting = {start}, [start]
    while waiting:
        path = waiting.pop()
        for name in _named(path):
            for prefix in _prefixes(name):
                other = find(prefix)
                if other is not None and other not in found:
                    found.add(other)
                    waiting.append(other)
    return sorted(found)


def _prefixes(name: str) -> Iterator[str]:
    """Importing ``a.b.c`` runs ``a`` and ``a.b``, too."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


@lru_cache(maxsize=1_000)
def _imports(text: str) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = f"{'.' * node.level}{node.module or ''}"
            names += [base, *(f"{base}.{alias.name}".replace("..", ".") for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names += [node.value] if all(part.isidentifier() for part in node.value.split(".")) else []
    return tuple(name.lstrip(".") for name in names if name.strip("."))


def _named(path: Path) -> tuple[str, ...]:
    """What may be modules among the names in a file; relative ones without their dots."""
    try:
        return _imports(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return ()


def _module(name: str) -> Path | None:
    parts = name.split(".")
    return _file(ROOT, parts[1:]) if parts[0] == "churnlab" and len(parts) > 1 else None


def _file(folder: Path, parts: list[str]) -> Path | None:
    plain = folder.joinpath(*parts)
    package = plain / "__init__.py"
    if package.is_file():
        return package
    return plain.with_name(f"{plain.name}.py") if plain.with_name(f"{plain.name}.py").is_file() else None


def _digest(files: Iterable[Path], root: Path) -> str:
    told = hashlib.sha256()
    for path in files:
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        told.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return told.hexdigest()
