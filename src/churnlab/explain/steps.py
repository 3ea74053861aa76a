"""From the base to a customer's risk, reason by reason: what each one moves, after calibration.

    base -1.10            25 %
    silence +0.80         43 %   +18 points
    orders  -0.25         37 %    -6
    everything else +0.1  39 %    +2     = the risk

Contributions add up on the log odds before calibration, and nowhere else. So the sums on the way are
calibrated one by one, the largest first; in another order a reason would move other points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.explain import reasons
from churnlab.explain.attributions import Attributions
from churnlab.explain.choosing import LEAST
from churnlab.explain.wording import Locale
from churnlab.panel import Panel

Floats = NDArray[np.float64]
MOST = 8  # reasons with a step of their own
REST = ""  # the code of all others together


@dataclass(frozen=True)
class Step:
    """``contribution``: log odds before calibration. ``before``, ``after``: risks, 0 to 1.

    ``code``: the feature that speaks for its near-duplicates; ``REST`` with an empty ``text``: all others.
    """

    code: str
    text: str
    contribution: float
    before: float
    after: float

    @property
    def points(self) -> float:
        """Percentage points of risk."""
        return 100 * (self.after - self.before)


def steps(
    panel: Panel,
    attributions: Attributions,
    reference: Mapping[str, float | str],
    risk_at: Callable[[Floats], Floats],
    *,
    first: Sequence[str] = (),
    locale: Locale = "en",
    currency: str = "EUR",
) -> tuple[Step, ...]:
    """The steps of the only row, largest first, all others last.

    ``panel``: with the values behind all features. ``risk_at``: log odds -> calibrated risks.
    ``first``: codes of reasons that have a step of their own however small it is.
    """
    parts = attributions.contributions[0].astype(np.float64)
    chosen = _chosen(parts, attributions, first)
    net = [float(parts[list(columns)].sum()) for columns in chosen]
    rest = float(parts.sum()) - sum(net)
    margins = np.append(attributions.base + np.cumsum([0.0, *net]), attributions.margin[0])
    risks = risk_at(margins).tolist()
    found = []
    for columns, part, before, after in zip(chosen, net, risks, risks[1:], strict=False):
        speaker = attributions.features[max(columns, key=lambda column: parts[column] * np.sign(part))]
        usual = reference.get(speaker.name)
        text = reasons.told(panel, speaker, usual, locale=locale, currency=currency)
        found.append(Step(speaker.name, text, part, before, after))
    return (*found, Step(REST, "", rest, risks[-2], risks[-1]))


def _chosen(parts: Floats, attributions: Attributions, first: Sequence[str]) -> list[tuple[int, ...]]:
    """The groups with a step of their own, by size."""
    groups = reasons.groups(attributions.features)
    size = [abs(float(parts[list(columns)].sum())) for columns in groups]
    names = {code.removeprefix(reasons.LOWERS) for code in first}
    asked = [any(attributions.features[column].name in names for column in columns) for columns in groups]
    order = sorted(range(len(groups)), key=lambda place: (not asked[place], -size[place], place))
    kept = [place for place in order if size[place] > LEAST][:MOST]
    return [groups[place] for place in sorted(kept, key=lambda place: (-size[place], place))]
