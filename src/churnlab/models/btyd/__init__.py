"""Buy till you die: repeat purchases and their value from three or four numbers a customer, in a blink.

    >>> from churnlab.models.btyd import RepeatPurchases
    >>> cdnow = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}  # or RepeatPurchases().fit(histories)
    >>> model = RepeatPurchases.from_dict({"family": "bg_nbd", "unit": "weeks", "penalty": 0.0,
    ...                                    "parameters": cdnow, "log_likelihood": -9582.4})
    >>> histories = [[0, 0, 30], [6, 29, 35]]  # repeats, recency, age of two customers
    >>> churn_risk = 1 - model.buys(histories, horizon=13, start=2)  # no purchase in weeks 2 to 15 from now
    >>> churn_risk.round(2).tolist()
    [0.93, 0.38]

BG/NBD, MBG/NBD and Pareto/NBD tell how customers leave in three ways; which fits a shop best is a
matter of trying. Gamma-Gamma tells what a purchase is worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from churnlab.models.btyd.histories import Histories
from churnlab.models.btyd.known import FAMILIES, KnownPurchases, KnownSpend

if TYPE_CHECKING:
    from churnlab.models.btyd.gamma_gamma import GammaGamma
    from churnlab.models.btyd.purchases import RepeatPurchases

__all__ = ["FAMILIES", "GammaGamma", "Histories", "KnownPurchases", "KnownSpend", "RepeatPurchases"]


def __getattr__(name: str) -> Any:
    # What fits is a scikit-learn estimator; what is fitted needs none.
    if name == "GammaGamma":
        from churnlab.models.btyd.gamma_gamma import GammaGamma

        return GammaGamma
    if name == "RepeatPurchases":
        from churnlab.models.btyd.purchases import RepeatPurchases

        return RepeatPurchases
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
