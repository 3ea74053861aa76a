"""One customer: everything that ``explain --customer`` says, as plain values; ``telling`` has the words."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from churnlab.explain.change import Cut, Held, Lever
from churnlab.explain.in_campaign import InCampaign
from churnlab.explain.steps import Step
from churnlab.explain.story import Story
from churnlab.explain.wording import Locale


@dataclass(frozen=True)
class Card:
    """What is said of one customer.

    ``risk``: 0 to 1, ``band``: low, medium, high. ``risk_within``: days, rising -> the risk of that shorter
    horizon; ``kind``: as in ``churn.kind``, which says what leaving means. ``value_if_retained``,
    ``value_if_churned``, ``expected_loss``: major units, None without a value model. ``intensity``: 0 to 100
    or None. ``strategy``: its code. ``reasons``: (code, sentence) pairs, strongest first.
    ``base``, ``margin``: log odds before any feature, and of this customer before calibration;
    ``contributions``: feature -> log odds, which with ``base`` sum to ``margin``. ``steps``: the way from the
    risk of the base to this one. ``cuts``: where the strategy would change. ``strategy_by_scores``: what
    today's scores alone would say, and ``held``: why it is another; ``strategy_since``: the date of the list
    from which it is the same; None and nothing where they say the same. ``levers``: the model's answers
    to other values. ``bands``: where medium and high risks begin. ``phase``: its code;
    ``critical_moment``: what calls for attention first, ``critical_due``: its day, ``critical_all``: all of
    them; ``complaint_since``: the day of the complaint that has been open longest. Without histories these
    and ``story`` are None. ``campaign``: what the lists published for the day say of it; None where there
    are none, or they know no campaign and keep nobody off. ``population``: as in the lists, at_risk or lost;
    the strategy of who is lost goes by value alone. ``dimensions``: name -> 0 to 100, None where its
    source is missing; ``relationship_type``, ``cooperation_profile``: codes; all of an overlay, if asked for.
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
    steps: Sequence[Step] = ()
    cuts: Sequence[Cut] = ()
    strategy_by_scores: str | None = None
    strategy_since: str | None = None
    held: Sequence[Held] = ()
    levers: Sequence[Lever] = ()
    bands: tuple[float, float] | None = None
    phase: str | None = None
    critical_moment: str | None = None
    critical_due: str | None = None
    critical_all: Sequence[str] = ()
    complaint_since: str | None = None
    story: Story | None = None
    dimensions: Mapping[str, float | None] = field(default_factory=dict)
    relationship_type: str | None = None
    cooperation_profile: str | None = None
    campaign: InCampaign | None = None
    population: str = "at_risk"

    @property
    def base_risk(self) -> float | None:
        """The risk before any feature, after calibration."""
        return self.steps[0].before if self.steps else None

    def band_of(self, risk: float) -> str:
        """The code of a risk's band; that of the customer's own where no bounds are known."""
        if self.bands is None:
            return self.band
        return "high" if risk >= self.bands[1] else "medium" if risk >= self.bands[0] else "low"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: no NaN, reasons as ``{"code", "text"}``, days as text."""
        record = {key: _plain(value) for key, value in asdict(self).items()}
        record["reasons"] = [{"code": code, "text": text} for code, text in self.reasons]
        record["risk_within"] = {str(days): _plain(risk) for days, risk in self.risk_within.items()}
        record["base_risk"] = self.base_risk
        if self.campaign is not None:
            kept_off = [{"reason": reason, "detail": detail} for reason, detail in self.campaign.kept_off]
            record["campaign"]["kept_off"] = kept_off
        return record


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
