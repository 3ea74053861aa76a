"""One measured quantity per snapshot, and what the reader of a list must know of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Dimension = Literal["economic", "informational", "normative", "political", "socio-affective"]


@dataclass(frozen=True)
class Description:
    """What a feature is, apart from its values: kept with panels, models and reports."""

    name: str
    family: str
    kind: Literal["number", "category"]
    unit: str
    meaning: str
    dimension: Dimension
    empty: float | None
    en: str
    fr: str
    meaning_fr: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Feature:
    """One value per snapshot.

    ``values``: shape (n,), whole numbers, floats (NaN: nothing to measure), or text (a category).
    ``unit``: "days", "orders", "currency" (minor units here, major units in a panel), "ratio", ...
    ``empty``: what a customer without any event gets, NaN unless a zero means what it says.
    ``meaning``, ``meaning_fr``: what it measures, in English and French; one of them is enough.
    ``en``, ``fr``: a sentence with ``{value}`` and, where it helps, ``{reference}`` (the usual value
    among customers), both already formatted with their unit.
    """

    name: str
    values: NDArray[Any]
    unit: str
    meaning: str
    dimension: Dimension
    en: str
    fr: str
    empty: float = np.nan
    meaning_fr: str = ""

    def described(self, family: str) -> Description:
        """The same feature without its values."""
        kind: Literal["number", "category"] = "category" if self.values.dtype == object else "number"
        empty = None if np.isnan(self.empty) else float(self.empty)
        return Description(
            self.name,
            family,
            kind,
            self.unit,
            self.meaning,
            self.dimension,
            empty,
            self.en,
            self.fr,
            self.meaning_fr,
        )
