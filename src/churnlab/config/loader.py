"""From a YAML file to a frozen, checked ``Project``, with every mistake reported at once.

    defaults  <  YAML file  <  --set a.b=value

The catalogue of actions, a file of its own or the built-in one, is read here too: what a project is
made of is all in ``Project`` before any data is read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from churnlab.config import catalogue, mistakes
from churnlab.config.plain_yaml import parse, text_of
from churnlab.config.project import Project
from churnlab.errors import ConfigError

_ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
SECRETS = frozenset({"dsn", "options", "salt"})  # keys whose variable is looked up only when it is used


def load(path: str | Path, overrides: Sequence[str] = ()) -> Project:
    """Read a project's YAML file, apply ``--set`` overrides, check all of it.

    Raises ``ConfigError`` with one line a mistake: ``file: path.to.key: message (got ...)``.
    """
    path = Path(path)
    raw = parse(text_of(path), str(path))
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
    return catalogue.filled(project.placed_in(folder or Path()), where)


def schema() -> str:
    """The JSON Schema that editors check a project's YAML with."""
    document = Project.model_json_schema()
    document["title"] = "churnlab project"
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _override(raw: dict[str, Any], item: str) -> None:
    key, separator, value = item.partition("=")
    *parents, leaf = key.strip().split(".")
    node: Any = raw if separator and all([*parents, leaf]) else None
    for name in parents:
        node = _step(node, name)
    if isinstance(node, list) and leaf.isdigit() and int(leaf) < len(node):
        node[int(leaf)] = parse(value, f"--set {key}")
    elif isinstance(node, dict):
        node[leaf] = parse(value, f"--set {key}")
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
            key: each if key in SECRETS else _with_environment(each, f"{where}: {key}")
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_with_environment(each, where) for each in value]
    if isinstance(value, str):
        return _ENVIRONMENT.sub(lambda found: environment(found[1], where), value)
    return value


def secret(key: str, where: str) -> str:
    """What a key written as ``${env:NAME}`` stands for. ``where``: the key's name, for the message."""
    return environment(key.removeprefix("${env:").removesuffix("}"), where)


def environment(name: str, where: str) -> str:
    """The value of an environment variable; ``ConfigError`` where it is not set."""
    if not os.environ.get(name):
        raise ConfigError.missing_environment(where, name)
    return os.environ[name]
