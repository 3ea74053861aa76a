"""One customer in words: what ``explain --customer`` prints, and the same for machines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from churnlab.explain.reasons import plain
from churnlab.explain.wording import words
from churnlab.features.words import spoken

Locale = Literal["en", "fr"]


@dataclass(frozen=True)
class Card:
    """What is said of one customer.

    ``risk``: 0 to 1, ``band``: low, medium, high. ``risk_within``: days, rising -> the risk of that shorter
    horizon; ``kind``: as in ``churn.kind``, which says what leaving means. ``value_if_retained``,
    ``value_if_churned``, ``expected_loss``: major units, None without a value model. ``intensity``: 0 to 100
    or None. ``strategy``: its code. ``reasons``: (code, sentence) pairs, strongest first.
    ``base``, ``margin``: log odds before any feature, and of this customer before calibration;
    ``contributions``: feature -> log odds, which with ``base`` sum to ``margin``.
    """

    customer_id: str
    as_of: str
    model_version: str
    risk: float
    band: str
    strategy: str
    currency: str
    locale: Locale = "en"
    kind: str = "non_contractual"
    risk_within: Mapping[int, float] = field(default_factory=dict)
    value_if_retained: float | None = None
    value_if_churned: float | None = None
    expected_loss: float | None = None
    intensity: float | None = None
    reasons: Sequence[tuple[str, str]] = ()
    base: float | None = None
    margin: float | None = None
    contributions: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: no NaN, reasons as ``{"code", "text"}``."""
        record = {key: _number(value) for key, value in asdict(self).items()}
        record["reasons"] = [{"code": code, "text": text} for code, text in self.reasons]
        record["risk_within"] = {str(days): _number(risk) for days, risk in self.risk_within.items()}
        record["contributions"] = {name: _number(value) for name, value in self.contributions.items()}
        return record

    def text(self) -> str:
        """A few lines for a terminal; nothing in them can move its cursor."""
        say = words(self.locale)
        lines = [
            plain(self.customer_id, 256),
            say["card_risk"].format(risk=self._spoken(self.risk, "share"), band=say[f"band_{self.band}"]),
            *self._within(),
        ]
        if self.value_if_retained is not None:
            lines.append(
                say["card_value"].format(
                    value=self._spoken(self.value_if_retained, "currency"),
                    churned=self._spoken(self.value_if_churned, "currency"),
                    loss=self._spoken(self.expected_loss, "currency"),
                )
            )
        intensity = self._spoken(self.intensity, "number")
        lines.append(say["card_intensity"].format(intensity=intensity))
        lines.append(say["card_strategy"].format(strategy=say[self.strategy]))
        lines.append(say["card_reasons"] if self.reasons else say["card_no_reasons"])
        lines.extend(f"  {place}. {plain(text, 400)}" for place, (_, text) in enumerate(self.reasons, 1))
        lines.append(say["card_footer"].format(date=self.as_of, version=plain(self.model_version)))
        return "\n".join(lines)

    def _within(self) -> Iterator[str]:
        # The chance of no order is larger for fewer days: called a risk of leaving, it would look wrong.
        line = words(self.locale)["card_ends" if self.kind == "contractual" else "card_away"]
        for days, risk in self.risk_within.items():
            yield line.format(days=days, risk=self._spoken(risk, "share"))

    def _spoken(self, value: float | None, unit: str) -> str:
        if _number(value) is None:
            return words(self.locale)["unknown"]
        return spoken(value, unit, self.locale, self.currency)


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
