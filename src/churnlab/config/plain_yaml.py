"""YAML as a plain subset: what readers of it disagree about is refused by line.

``NO`` is false to one reader and text to another, a repeated key silently wins, an alias can explode.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from churnlab.errors import ConfigError

MAX_BYTES = 1 << 20
MAX_DEPTH = 20

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


def text_of(path: Path) -> str:
    """What a file says; ``ConfigError`` where it is missing, large or not UTF-8."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such file", mend="name an existing YAML file, see configs/")
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB", mend="a configuration is a page, not data")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}", mend="save it as UTF-8") from None


def parse(text: str, where: str) -> Any:
    """The plain values of a YAML text; ``ConfigError`` names ``where`` and the line."""
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader, made stricter
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.what}", error.got, error.mend) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read as YAML"
        raise ConfigError(f"{where}: {line}{problem}", mend="check indentation and quotes") from None
