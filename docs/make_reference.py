"""Write docs/configuration.md from the configuration's own types, so that the page cannot go stale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from churnlab.config.project import Project

PAGE = Path(__file__).with_name("configuration.md")
HEAD = """# Configuration

One YAML file per project. Required: `project`, `time_zone`, `sources`, `churn.horizon_days`.
Everything else has the default shown. `churnlab schema` prints the JSON Schema; the first line
of each file in `configs/` makes editors use it. `--set section.key=value` overrides a key
for one run. `${env:NAME}` stands for an environment variable.
A date means its local midnight in `time_zone`; intervals are half-open.

This page is generated: `python docs/make_reference.py`.
"""


def page() -> str:
    """The whole page."""
    sections = dict(_sections("", Project, set()))
    return HEAD + "".join(sections.values())


def _sections(place: str, model: type[BaseModel], seen: set[str]) -> Iterator[tuple[str, str]]:
    title = place or "the file"
    rows = [_row(name, field) for name, field in model.model_fields.items()]
    about = " ".join((model.__doc__ or "").split())
    table = "| key | type | default | meaning |\n|---|---|---|---|\n" + "".join(rows)
    yield title, f"\n## {title if place else 'At the top'}\n\n{about}\n\n{table}"
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            if inner.__name__ not in seen:
                seen.add(inner.__name__)
                yield from _sections(f"{place}.{name}".lstrip("."), inner, seen)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def _row(name: str, field: Any) -> str:
    default = "required" if field.is_required() else f"`{_plain(field.default)}`"
    meaning = field.description or ""
    if not meaning:
        meaning = next((" ".join((m.__doc__ or "").split()) for m in _models(field.annotation)), "")
    cells = (f"`{name}`", f"`{_type(field.annotation)}`", default, meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _plain(value: Any) -> str:
    if isinstance(value, BaseModel):
        inner = value.model_dump(exclude_unset=True)
        return ", ".join(f"{key}: {each}" for key, each in inner.items()) if inner else "see below"
    if isinstance(value, tuple):
        return "[" + ", ".join(str(each) for each in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _bare(annotation: Any) -> Any:
    """The same type without the limits that ``Annotated`` adds, however deep."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bare(inner[0])
    if origin is None or origin is Literal:
        return annotation
    parts = tuple(_bare(each) for each in inner)
    return reduce(or_, parts) if origin in {Union, UnionType} else origin[parts]


def _type(annotation: Any) -> str:
    annotation = _bare(annotation)
    text = getattr(annotation, "__name__", None) if isinstance(annotation, type) else None
    text = text or str(annotation)
    text = re.sub(r"(churnlab\.config\.\w+\.|typing\.|datetime\.|Literal)", "", text)
    text = re.sub(r"^Optional\[(\[.*\])\]$", r"\1 | None", text)
    for python, plain in (
        ("NoneType", "null"),
        ("None", "null"),
        ("str", "text"),
        ("bool", "true/false"),
        ("int", "whole number"),
        ("float", "number"),
    ):
        text = re.sub(rf"\b{python}\b", plain, text)
    return re.sub(r"tuple\[(.*), \.\.\.\]", r"list of \1", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
