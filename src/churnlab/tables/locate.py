"""Which files a source names: found, inside the allowed folders, whole, and each only once.

Nothing is opened before ``os.stat`` has said that it is a regular file: a pipe would wait forever.
Nothing is parsed before its SHA-256 is known, and a file that changes while it is read is refused.
"""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import itertools
import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from churnlab.errors import DataError, IntegrityError, did_you_mean

# What editors, downloads and file managers leave beside the real file.
_STRAY = re.compile(
    r"^[.~]|~$|\.(tmp|temp|part|partial|bak|swp|old|orig|crdownload)(\.|$)|\(\d+\)|\b(cop(y|ie)|kopie)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Input:
    """One file of a source. ``label`` is how messages name it: never an absolute path."""

    label: str
    path: Path
    sha256: str
    size: int
    stamp: tuple[int, ...]  # device, inode, size, time of change: other means another content

    @contextmanager
    def opened(self) -> Iterator[BufferedReader]:
        """The file, open for reading; ``DataError`` where it is no longer the one that was found."""
        with _open(self.path, self.label) as stream:
            self.check_unchanged(stream)
            yield stream
            self.check_unchanged(stream)

    def check_unchanged(self, stream: BufferedReader) -> None:
        """Compare the open file, and the one that now has its name, with the one that was found."""
        try:
            now = {_stamp(os.fstat(stream.fileno())), _stamp(self.path.stat())}
        except OSError:
            raise self.changed() from None
        if now != {self.stamp}:
            raise self.changed()

    def changed(self) -> DataError:
        return DataError(
            f"{self.label}: the file changed while it was read",
            mend="wait until its delivery is complete, then run again",
        )


def find(
    files: Sequence[str], *, root: Path, data_roots: Sequence[str], listed: frozenset[str] = frozenset()
) -> tuple[Input, ...]:
    """The files that paths and patterns name, in the order given, a pattern's matches by name.

    Relative paths start at ``root``; all must lie inside ``root``, one of ``data_roots``, or, for
    ``package:NAME/path``, inside that installed package. A name that looks like a leftover is refused
    when a pattern matches it, unless it is ``listed`` in a manifest.
    """
    roots = [root.resolve(), *((root / folder).resolve() for folder in data_roots)]
    found: dict[Path, Input] = {}
    for given in files:
        if given.startswith("package:"):
            package, _, pattern = given.partition("/")
            matches = _matches(pattern, [_folder_of(package)], listed, prefix=f"{package}/")
        else:
            matches = _matches(given, roots, listed)
        for label, path in matches:
            if path in found:
                raise DataError(
                    f"{label}: named twice in one source",
                    got=f"also as {found[path].label}",
                    mend="name each file once",
                )
            found[path] = _input(path, apart(label, {each.label for each in found.values()}))
    inputs = tuple(found.values())
    _check_no_twins(inputs)
    return inputs


def _folder_of(package: str) -> Path:
    name = package.removeprefix("package:")
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"{package}: no such package is installed",
            mend=f"install it, for example: pip install {name.replace('_', '-')}",
        )
    return Path(spec.submodule_search_locations[0]).resolve()


def _printable(label: str) -> str:
    """A file's name may hold anything but a slash; a message or a report may not."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in label)


def apart(label: str, taken: Collection[str]) -> str:
    """The label, numbered where another file has it: what is kept under a label is of one file.

    >>> apart("a.csv", {"a.csv", "b.csv"}), apart("c.csv", {"a.csv"})
    ('a.csv (2)', 'c.csv')
    """
    numbered = (f"{label} ({number})" for number in itertools.count(2))
    return next(name for name in itertools.chain([label], numbered) if name not in taken)


def _short(path: Path, roots: Sequence[Path]) -> str:
    """An absolute path as its root sees it: two files of one name in two folders stay apart."""
    try:
        # Roots are known by their real paths. The file keeps its own name, even if it is a link.
        real = path.parent.resolve() / path.name
    except (OSError, RuntimeError):  # a loop of links, which is told where the file is looked for
        real = path
    inside = [root for root in roots if real.is_relative_to(root)]
    return real.relative_to(inside[-1]).as_posix() if inside else path.name


def _matches(
    given: str, roots: Sequence[Path], listed: frozenset[str], prefix: str = ""
) -> list[tuple[str, Path]]:
    """(label, real path) of each file that a path or pattern names: at least one, all inside."""
    plain = roots[0] / given
    label = _printable(_short(plain, roots) if plain == Path(given) else prefix + given)
    if os.path.lexists(plain) or not glob.has_magic(given):
        real = _inside(plain, label, roots)
        if not os.path.lexists(plain):
            beside = [path.name for path in plain.parent.iterdir()] if plain.parent.is_dir() else []
            raise DataError(
                f"{label}: no such file{did_you_mean(plain.name, beside)}",
                mend="check the path: it starts at the project's root",
            )
        return [(label, real)]
    # Hidden files are matched too, so that a leftover "._orders.csv" is refused, not overlooked.
    names = glob.glob(given, root_dir=roots[0], recursive=True, include_hidden=True)  # noqa: PTH207
    paths = [roots[0] / name for name in sorted(names)]
    if "**" in given:
        paths = [path for path in paths if not path.is_dir()]
    if not paths:
        raise DataError(
            f"{label}: no file matches", mend="check the pattern: it starts at the project's root"
        )
    return [_matched(path, roots, listed, prefix) for path in paths]


def _matched(path: Path, roots: Sequence[Path], listed: frozenset[str], prefix: str) -> tuple[str, Path]:
    starts = [start for start in roots if path.is_relative_to(start)]
    label = path.relative_to(starts[0]).as_posix() if starts else _short(path, roots)
    label = _printable(prefix + label)
    real = _inside(path, label, roots)
    if _STRAY.search(path.name) and path.name not in listed:
        raise DataError(
            f"{label}: matches the pattern, but looks like a leftover or a copy",
            mend="remove it, or name the wanted files one by one",
        )
    return label, real


def _inside(path: Path, label: str, roots: Sequence[Path]) -> Path:
    """The file behind all links; ``IntegrityError`` where it lies outside the allowed folders."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        raise DataError(f"{label}: a link that leads nowhere", mend="name the file itself") from None
    if not any(real.is_relative_to(folder) for folder in roots):
        raise IntegrityError(
            f"{label}: lies outside the project's root",
            mend="move the file inside, or add its folder to data_roots",
        )
    return real


def _input(path: Path, label: str) -> Input:
    with _open(path, label) as stream:
        before = os.fstat(stream.fileno())
        if before.st_size == 0:
            raise DataError(f"{label}: the file is empty (0 bytes)", mend="deliver it again")
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found = Input(label, path, digest, before.st_size, _stamp(before))
        found.check_unchanged(stream)
    return found


@contextmanager
def _open(path: Path, label: str) -> Iterator[BufferedReader]:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise DataError(
                f"{label}: not a regular file", got=_kind(mode), mend="name files, or a pattern such as *.csv"
            )
        # Non-blocking: should a pipe take the file's place now, opening it still returns.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise DataError(
            f"{label}: cannot be opened", got=error.strerror, mend="check that it exists and may be read"
        ) from None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DataError(f"{label}: not a regular file", mend="name files")
        yield stream


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _kind(mode: int) -> str:
    names = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return names.get(stat.S_IFMT(mode), "a device")


def _check_no_twins(inputs: Sequence[Input]) -> None:
    seen: dict[str, str] = {}
    for each in inputs:
        if each.sha256 in seen:
            raise DataError(
                f"{each.label}: the same content as {seen[each.sha256]}",
                got=f"sha256 {each.sha256[:16]}...",
                mend="remove one of the two: every row would count twice",
            )
        seen[each.sha256] = each.label
