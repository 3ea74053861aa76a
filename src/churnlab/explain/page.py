"""What every page of ours shares: it stands alone, escapes every text, and writes numbers as readers do.

No script, no address outside the file, pictures inline. ``head.html.j2`` holds the policy that
forbids a browser the rest, ``parts.html.j2`` the pieces that pages are put together from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from churnlab.explain.canvas import themed
from churnlab.explain.pictures import money, thousands
from churnlab.explain.reasons import plain
from churnlab.explain.wording import Locale, words
from churnlab.tables.money import exponent

if TYPE_CHECKING:
    from jinja2 import Environment

# How many decimals a metric is worth, and whether its sign matters.
DECIMALS = {"lift_10": 2, "decile_mape": 1, "bias": 1}
AMOUNTS = frozenset({"rmse", "mae"})  # in money: with the decimals of the currency
LONGEST = 2_000  # letters of any one text


def environment(shown: Shown) -> Environment:
    """Where templates are read; a key that a page asks for and nobody gave is an error, not a gap."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("churnlab.explain"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_line,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"locale": shown.locale, "say": words(shown.locale)}
    made.filters |= {**filters(shown), "themed": themed}
    return made


def filters(shown: Shown) -> dict[str, Callable[..., Any]]:
    """How numbers are written, by the names that templates use."""
    return {
        "count": shown.count,
        "money": shown.money,
        "amounts": shown.amounts,
        "percent": shown.percent,
        "decimal": shown.decimal,
        "figure": shown.figure,
    }


def _line(value: Any) -> Any:
    # Before escaping: text from outside must not turn the direction of reading, or run on for ever.
    return plain(value, LONGEST) if type(value) is str else value


@dataclass(frozen=True)
class Shown:
    """Numbers as a reader of the language writes them; a dash where there is none."""

    locale: Locale
    currency: str

    def count(self, value: float | None) -> str:
        """A whole number."""
        return "–" if absent(value) else thousands(float(value or 0), self.locale)

    def money(self, value: float | None) -> str:
        """An amount, with the decimals of its currency only where they matter."""
        if absent(value) or value is None:
            return "–"
        return money(value, self.currency, self.locale)

    def amounts(self, together: Iterable[float | None]) -> Callable[[float | None], str]:
        """How each of the amounts that stand together is written: all with decimals, or none.

        >>> write = Shown("en", "EUR").amounts([1234.0, 12.5, None])
        >>> write(1234.0), write(12.5), write(None)
        ('1,234', '12', '–')
        """
        known = [abs(value) for value in together if not absent(value) and value is not None]
        decimals = exponent(self.currency) if 0 < max(known, default=0.0) < 100 else 0
        return lambda value: self.decimal(value, decimals)

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
        metric = row["metric"]
        decimals = exponent(self.currency) if metric in AMOUNTS else DECIMALS.get(metric, 3)
        return self.decimal(row["estimate"], decimals)


def absent(value: float | None) -> bool:
    """Whether there is no number to show."""
    return value is None or math.isnan(value)
