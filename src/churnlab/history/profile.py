"""What was known of each customer beside events: attributes, each with the period it held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError, did_you_mean
from churnlab.history.cuts import Asked, Timeline, is_past
from churnlab.history.units import ALL, Floats, Ints, Texts
from churnlab.shards import Events

if TYPE_CHECKING:
    from churnlab.history.ways import Way

_KEYS = frozenset({"customer", "valid_from", "valid_to", "joined_at", "parent"})


@dataclass(frozen=True, eq=False)
class Profile:
    """Attributes as they held just before each ``as_of``: the latest row with ``valid_from < as_of``,
    unless it ended (``valid_to < as_of``). Nothing is known of a customer without such a row.
    """

    _attributes: Events
    _texts: Mapping[str, Texts]
    _row: Ints  # (n,) the row that held, -1 where none did
    _as_of: Ints

    @classmethod
    def of(cls, attributes: Events, texts: Mapping[str, Texts], asked: Asked, way: Way) -> Profile:
        """``attributes`` as in a shard; ``texts``: attribute -> the texts behind its codes."""
        order = np.lexsort((attributes["valid_from"], attributes["customer"]))
        rows = {name: values[order] for name, values in attributes.items()}
        since = Timeline(rows["customer"], rows["valid_from"], rows["valid_from"], asked, way)
        unknown = since.at(0)  # the first row that held only later
        held = unknown > since.at(ALL)
        row = np.where(held, unknown - 1, -1)
        held[held] = ~is_past(rows["valid_to"][row[held]], asked.as_of[held])
        return cls(rows, texts, np.where(held, row, -1), asked.as_of)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes, in the order of the input."""
        return tuple(name for name in self._attributes if name not in _KEYS)

    def kind(self, name: str) -> Literal["category", "number"]:
        """Whether an attribute is text."""
        return "category" if name in self._texts else "number"

    def category(self, name: str) -> Texts:
        """(n,) text, None where it is missing."""
        texts = self._texts.get(self._known(name))
        if texts is None:
            raise ConfigError(f"the attribute {name!r} is a number", mend=f"ask for number({name!r})")
        return self._texts_of(name, texts)

    def number(self, name: str) -> Floats:
        """(n,) NaN where it is missing."""
        if self._known(name) in self._texts:
            raise ConfigError(f"the attribute {name!r} is text", mend=f"ask for category({name!r})")
        return np.where(self._row >= 0, self._take(name).astype(np.float64), np.nan)

    @property
    def joined_at(self) -> Floats | None:
        """(n,) the instant each customer joined, NaN where that is missing or not yet past.

        None where the input has no such column.
        """
        if "joined_at" not in self._attributes:
            return None
        joined = self._take("joined_at")
        return np.where((self._row >= 0) & is_past(joined, self._as_of), joined, np.nan)

    @property
    def parent(self) -> Texts | None:
        """(n,) the id of each customer's parent, None for who has none. No attribute: no feature sees it.

        None where the input has no such column.
        """
        if "parent" not in self._attributes:
            return None
        return self._texts_of("parent", self._texts["parent"])

    def _texts_of(self, name: str, texts: Texts) -> Texts:
        codes = np.where(self._row >= 0, self._take(name), -1)
        answer = np.full(len(codes), None, dtype=object)
        answer[codes >= 0] = texts[codes[codes >= 0]]
        return answer

    def _take(self, name: str) -> NDArray[Any]:
        values = self._attributes[name]
        # -1 stands for no row; a table may be empty, so it cannot stand for the last one.
        return np.append(values, values.dtype.type(0))[self._row]

    def _known(self, name: str) -> str:
        if name not in self.names:
            raise ConfigError(
                f"no attribute is named {name!r}{did_you_mean(name, self.names)}", got=", ".join(self.names)
            )
        return name
