"""A project's own feature family: a function named in its configuration.

    features:
      own: [loyalty.py:points]      the function `points` of loyalty.py, under the project's root
      own: [shop.features:points]   the same of an installed module

The function takes a History and yields Features, exactly as the built-in families do.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from churnlab.errors import ConfigError, did_you_mean
from churnlab.features.feature import Feature
from churnlab.history import History

Family = Callable[[History], Iterator[Feature]]

WRITE = "write it as 'file.py:function' (a file under the project's root) or 'module:function'"


def select(specs: tuple[str, ...], root: Path, taken: Mapping[str, Family]) -> dict[str, Family]:
    """Every own family under its function's name, which no other family may bear."""
    families: dict[str, Family] = {}
    for spec in specs:
        name = spec.rpartition(":")[2].strip()
        if name in taken or name in families:
            raise ConfigError(
                f"features.own: {spec}: a family named {name} exists already",
                mend="give your function another name",
            )
        families[name] = load(spec, root)
    return families


def load(spec: str, root: Path) -> Family:
    """The function that ``spec`` names; its mistakes are told as such, not as a traceback."""
    place, _, name = (part.strip() for part in spec.rpartition(":"))
    if not place or not name:
        raise ConfigError(f"features.own: {spec} names no function", mend=WRITE)
    module = _from_file(spec, place, root) if place.endswith(".py") else _from_module(spec, place)
    function = getattr(module, name, None)
    if function is None:
        known = [other for other, value in vars(module).items() if callable(value)]
        raise ConfigError(
            f"features.own: {spec}: {place} has no {name}{did_you_mean(name, known)}", mend=WRITE
        )
    if not callable(function):
        raise ConfigError(
            f"features.own: {spec}: {name} is not a function",
            got=type(function).__name__,
            mend=f"define it as: def {name}(past): ...",
        )
    return _guarded(spec, function)


def _from_file(spec: str, place: str, root: Path) -> ModuleType:
    path = (root / place).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(
            f"features.own: {spec}: the file lies outside the project's root",
            mend="move it into the project, or install it as a module",
        )
    if not path.is_file():
        raise ConfigError(
            f"features.own: {spec}: there is no file {place} in the project's root",
            mend="check the path; it starts at the project's root",
        )
    # A name of its own, so that two projects with a features.py each do not share one module.
    name = "churnlab_own_" + "".join(char if char.isalnum() else "_" for char in str(path))
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise ConfigError(f"features.own: {spec}: {place} cannot be read as Python", mend=WRITE)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # dataclasses and pickles look their module up here
    try:
        found.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise _broken(spec, f"{place} does not run", error) from error
    return module


def _from_module(spec: str, place: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except Exception as error:
        raise _broken(spec, f"the module {place} cannot be imported", error) from error


def _guarded(spec: str, function: Callable[[History], Any]) -> Family:
    def family(past: History) -> Iterator[Feature]:
        try:
            features = list(function(past))
        except Exception as error:
            raise _broken(spec, "the family fails", error) from error
        for feature in features:
            if not isinstance(feature, Feature):
                raise ConfigError(
                    f"features.own: {spec} yields something else than a Feature",
                    got=type(feature).__name__,
                    mend="yield churnlab.features.feature.Feature(name, values, unit, meaning, ...)",
                )
        yield from features

    return family


def _broken(spec: str, what: str, error: Exception) -> ConfigError:
    line = error.__traceback__
    while line is not None and line.tb_next is not None:
        line = line.tb_next  # the deepest frame is where the mistake is
    where = f", {Path(line.tb_frame.f_code.co_filename).name} line {line.tb_lineno}" if line else ""
    # Of a KeyError and its like the text could be a customer's id: the kind and the line are enough.
    return ConfigError(
        f"features.own: {spec}: {what}",
        got=f"{type(error).__name__}{where}",
        mend="mend the function; calling it on a small History in a notebook shows more",
    )
