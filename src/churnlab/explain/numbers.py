"""Numbers as a reader of either language writes them; a dash where there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from churnlab.explain.pictures import thousands

Locale = Literal["en", "fr"]

# How many decimals a metric is worth, and whether its sign matters.
DECIMALS = {"lift_10": 2, "decile_mape": 1, "bias": 1, "rmse": 2, "mae": 2}


@dataclass(frozen=True)
class Shown:
    """Numbers as a reader of the language writes them; a dash where there is none."""

    locale: Locale
    currency: str

    def count(self, value: float | None) -> str:
        """A whole number."""
        return "–" if absent(value) else thousands(float(value or 0), self.locale)

    def money(self, value: float | None) -> str:
        """An amount, whole from a hundred on."""
        if absent(value) or value is None:
            return "–"
        return self.decimal(value, 2) if 0 < abs(value) < 100 else thousands(value, self.locale)

    def percent(self, value: float | None, decimals: int = 1) -> str:
        """A share of 0 to 1."""
        if absent(value) or value is None:
            return "–"
        return self.decimal(100 * value, decimals) + ("%" if self.locale == "en" else "\u00a0%")

    def decimal(self, value: float | None, decimals: int = 3) -> str:
        """A number with so many decimals."""
        if absent(value) or value is None:
            return "–"
        text = f"{round(value, decimals) + 0.0:,.{decimals}f}"
        return text if self.locale == "en" else text.replace(",", "\u202f").replace(".", ",")

    def figure(self, row: Mapping[str, Any]) -> str:
        """``.873``'s estimate; the interval is a matter of the page."""
        return self.decimal(row["estimate"], DECIMALS.get(row["metric"], 3))


def absent(value: float | None) -> bool:
    """Whether there is no number."""
    return value is None or math.isnan(value)
