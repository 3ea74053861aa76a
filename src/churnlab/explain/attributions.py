"""What a score is made of: one contribution per feature, together exactly the score.

base -1.10 + silence +0.80 + orders -0.25 + ... = margin -0.42 (log odds), for every row

A contribution says what the model used. It is no cause, and features that move together share theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import IntegrityError
from churnlab.features.feature import Description

Floats = NDArray[np.floating]
TOLERANCE = 1e-4  # float32 sums of a few hundred trees stay well below


@dataclass(frozen=True)
class Share:
    """A part of everything the model used: ``share`` 0 to 1, ``mean`` of absolute contributions."""

    name: str
    share: float
    mean: float


@dataclass(frozen=True, eq=False)
class Attributions:
    """``margin``: (n,) log odds. ``base``: what an unknown customer gets. ``contributions``: (n, p).

    ``features``: the p descriptions, in the order of the columns.
    """

    margin: Floats
    base: float
    contributions: Floats
    features: tuple[Description, ...]

    @classmethod
    def of(
        cls, margin: Floats, base: float, contributions: Floats, features: Sequence[Description]
    ) -> Attributions:
        """The same, once they are known to add up: contributions that do not explain nothing."""
        if contributions.shape != (len(margin), len(features)):
            raise IntegrityError(
                "contributions do not fit the rows and features they explain",
                got=f"{contributions.shape} for {len(margin)} rows and {len(features)} features",
                mend="explain the panel with the model that was trained on these features",
            )
        apart = np.abs(base + contributions.sum(axis=1, dtype=np.float64) - margin)
        # Asked the other way round, a NaN would pass.
        off = int((~(apart <= TOLERANCE)).sum())
        if off:
            raise IntegrityError(
                "contributions do not add up to the score they explain",
                got=f"{off} of {len(margin)} rows off, by {apart.max():.2g} at most",
                mend="the model file and its explanation must come from the same training",
            )
        return cls(margin, base, contributions, tuple(features))

    def by_feature(self) -> tuple[Share, ...]:
        """Shares per feature, largest first; ties by name."""
        return self._shares(feature.name for feature in self.features)

    def by_family(self) -> tuple[Share, ...]:
        """Shares per feature family: the sums of its features' own."""
        return self._shares(feature.family for feature in self.features)

    def by_dimension(self) -> tuple[Share, ...]:
        """Shares per relational dimension: economic, informational, normative, ..."""
        return self._shares(feature.dimension for feature in self.features)

    def _shares(self, labels: Iterable[str]) -> tuple[Share, ...]:
        # Absolute values first, sums after: two features that cancel out were both used.
        means = np.abs(self.contributions).mean(axis=0, dtype=np.float64) if len(self.margin) else []
        sums: dict[str, float] = {}
        for label, mean in zip(labels, means, strict=False):
            sums[label] = sums.get(label, 0.0) + float(mean)
        whole = sum(sums.values())
        shares = [Share(name, mean / whole if whole else 0.0, mean) for name, mean in sums.items()]
        return tuple(sorted(shares, key=lambda share: (-share.mean, share.name)))
