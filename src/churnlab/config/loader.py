"""From a YAML file to a frozen, checked ``Project``, with every mistake reported at once.

    defaults  <  YAML file  <  --set a.b=value

YAML says less than it seems to: ``NO`` is false to one reader and text to another, a repeated key
silently wins, an alias can explode. This loader reads a plain subset and refuses the rest by line.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from churnlab.config import mistakes
from churnlab.config.project import Project
from churnlab.errors import ConfigError

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
_ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")

# Plain scalars that YAML 1.1 and 1.2 read as different things: refused rather than guessed.
_AMBIGUOUS = re.compile(
    r"(y|n|yes|no|on|off|[-+]?0[0-9_]+|0[xob][0-9a-f_]+|[-+]?\d+(:[0-5]?\d)+)$", re.IGNORECASE
)


class _StrictLoader(yaml.SafeLoader):
    """A safe loader without aliases, tags, duplicate keys, deep nesting or surprising scalars."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if self.check_event(yaml.AliasEvent) or self.depth >= MAX_DEPTH:
            raise ConfigError(
                f"line {line}: aliases and nesting beyond {MAX_DEPTH} levels are not allowed",
                mend="write the value out where it is used",
            )
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise ConfigError(
                f"line {line}: anchors and tags are not allowed",
                got=str(event.anchor or event.tag),
                mend="write a plain value",
            )
        if isinstance(event, yaml.ScalarEvent) and event.style is None and _AMBIGUOUS.match(event.value):
            raise ConfigError(
                f"line {line}: {event.value} means different things to different YAML readers",
                mend=f"quote it ('{event.value}') or write true, false or a plain number",
            )
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002
        keys = [key.value for key, _ in node.value]
        for n, (key, _) in enumerate(node.value):
            if not isinstance(key.value, str) or key.tag.endswith(("seq", "map")):
                raise ConfigError(f"line {key.start_mark.line + 1}: a key must be plain text")
            if key.value in keys[:n]:
                raise ConfigError(
                    f"line {key.start_mark.line + 1}: duplicate key {key.value!r}",
                    mend="keep one of the two",
                )
        # Keys stay the text they were written as: a column may be called null or 2024.
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


_StrictLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in [
    ("null", r"(null|~|)$", ["n", "~", ""]),
    ("bool", r"(true|false)$", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9]\d*)$", [*"+-0123456789"]),
    ("float", r"[-+]?(\.\d+|(0|[1-9]\d*)(\.\d*)?)([eE][-+]?\d+)?$", [*"+-.0123456789"]),
]:
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def load(path: str | Path, overrides: Sequence[str] = ()) -> Project:
    """Read a project's YAML file, apply ``--set`` overrides, check all of it.

    Raises ``ConfigError`` with one line a mistake: ``file: path.to.key: message (got ...)``.
    """
    path = Path(path)
    raw = _parse(_text(path), str(path))
    raw = {} if raw is None else raw
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: the file must hold keys and values", got=type(raw).__name__)
    for item in overrides:
        _override(raw, item)
    return from_mapping(raw, where=str(path), folder=path.parent)


def from_mapping(raw: Mapping[str, Any], where: str = "config", folder: Path | None = None) -> Project:
    """Check a configuration given as a mapping; relative paths start at ``folder``."""
    try:
        project = Project.model_validate(_with_environment(raw, where))
    except ValidationError as error:
        raise ConfigError("\n".join(mistakes.lines(error, where))) from None
    return project.placed_in(folder or Path())


def schema() -> str:
    """The JSON Schema that editors check a project's YAML with."""
    document = Project.model_json_schema()
    document["title"] = "churnlab project"
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _text(path: Path) -> str:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file", mend="name an existing YAML file, see configs/")
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB", mend="a configuration is a page, not data")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}", mend="save it as UTF-8") from None


def _parse(text: str, where: str) -> Any:
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader, made stricter
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.what}", error.got, error.mend) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read as YAML"
        raise ConfigError(f"{where}: {line}{problem}", mend="check indentation and quotes") from None


def _override(raw: dict[str, Any], item: str) -> None:
    key, separator, value = item.partition("=")
    *parents, leaf = key.strip().split(".")
    node: Any = raw if separator and all([*parents, leaf]) else None
    for name in parents:
        node = _step(node, name)
    if isinstance(node, list) and leaf.isdigit() and int(leaf) < len(node):
        node[int(leaf)] = _parse(value, f"--set {key}")
    elif isinstance(node, dict):
        node[leaf] = _parse(value, f"--set {key}")
    else:
        raise ConfigError(
            f"--set {item}: not of the form section.key=value", mend="--set churn.horizon_days=60"
        )


def _step(node: Any, name: str) -> Any:
    if isinstance(node, list):
        return node[int(name)] if name.isdigit() and int(name) < len(node) else None
    if not isinstance(node, dict):
        return None
    if node.get(name) is None:
        node[name] = {}
    return node[name]


def _with_environment(value: Any, where: str) -> Any:
    """Replace ``${env:NAME}`` in texts, except in secrets, which stay names until they are used."""
    if isinstance(value, Mapping):
        return {
            key: each if key in {"dsn", "options"} else _with_environment(each, f"{where}: {key}")
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_with_environment(each, where) for each in value]
    if isinstance(value, str):
        return _ENVIRONMENT.sub(lambda found: environment(found[1], where), value)
    return value


def environment(name: str, where: str) -> str:
    """The value of an environment variable; ``ConfigError`` where it is not set."""
    if not os.environ.get(name):
        raise ConfigError.missing_environment(where, name)
    return os.environ[name]
