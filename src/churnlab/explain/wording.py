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

_CHOICE = re.compile(r"\[(\w+): ([^\]]+\|[^\]]+)\]")


@cache
def words(locale: Locale) -> Mapping[str, str]:
    """Key -> text, some with ``{places}`` to fill."""
    source = files("churnlab.explain").joinpath("templates", f"wording.{locale}.json")
    read: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    if locale == "fr":
        # French puts a space before these marks, and no line may break there.
        read = {key: re.sub(r" ([:;?!%])", f"{NO_BREAK}\\1", text) for key, text in read.items()}
    counted = FrenchCounted if locale == "fr" else Counted
    return {key: counted(text) if _CHOICE.search(text) else text for key, text in read.items()}


class Counted(str):
    """A text in which words follow a number, as ``{days} [days: day|days]``; three: of none, one and many.

    >>> Counted("{n} [n: row|rows]").format(n=1), Counted("[n: now|in {n} day|in {n} days]").format(n=0)
    ('1 row', 'now')
    """

    __slots__ = ()

    def format(self, *args: object, **values: object) -> str:
        """As of any text, once the words are chosen."""
        return str.format(_CHOICE.sub(lambda found: self._chosen(found, values), self), *args, **values)

    def _chosen(self, found: re.Match[str], values: Mapping[str, object]) -> str:
        number, options = str(values[found[1]]), found[2].split("|")
        if len(options) > 2 and number == "0":
            return options[0]
        return options[-2 if self.is_one(number) else -1]

    @staticmethod
    def is_one(number: str) -> bool:
        """Whether it goes with the singular."""
        return number == "1"


class FrenchCounted(Counted):
    """The same in French, where the plural begins at two.

    >>> FrenchCounted("{n} [n: ligne|lignes]").format(n=0)
    '0 ligne'
    """

    __slots__ = ()

    @staticmethod
    def is_one(number: str) -> bool:
        return number in {"0", "1"} or number.startswith(("0,", "1,"))
