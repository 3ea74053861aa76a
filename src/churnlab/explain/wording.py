"""The words of reports and pictures, one file per language, with the same keys in each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from churnlab.features.words import NO_BREAK

Locale = Literal["en", "fr"]


@cache
def words(locale: Locale) -> Mapping[str, str]:
    """Key -> text, some with ``{places}`` to fill."""
    source = files("churnlab.explain").joinpath("templates", f"wording.{locale}.json")
    read: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    if locale == "en":
        return read
    # French puts a space before these marks, and no line may break there.
    return {key: re.sub(r" ([:;?!%])", f"{NO_BREAK}\\1", text) for key, text in read.items()}
