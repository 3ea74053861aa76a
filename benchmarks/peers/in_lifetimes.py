"""lifetimes: BG/NBD with Gamma-Gamma as its manual has it, on summaries of purchases.

IN OUT DAYS: IN is an .npz with ``repeats``, ``recency``, ``age`` (days) and ``mean_value`` (of repeats,
0 where there are none); OUT gets the expected ``value`` over DAYS and P(``alive``), its churn score.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np


def main() -> None:
    warnings.filterwarnings("ignore")
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    told, days = np.load(sys.argv[1]), float(sys.argv[3])
    repeats, recency, age, mean = (told[name] for name in ("repeats", "recency", "age", "mean_value"))
    # In weeks, as its example: in days its search runs off on some data.
    orders = BetaGeoFitter(penalizer_coef=0.0).fit(repeats, recency / 7, age / 7)
    again = (repeats > 0) & (mean > 0)
    spend = GammaGammaFitter(penalizer_coef=0.0).fit(repeats[again], mean[again])
    expected = orders.conditional_expected_number_of_purchases_up_to_time(
        days / 7, repeats, recency / 7, age / 7
    )
    worth = spend.conditional_expected_average_profit(np.where(again, repeats, 0), np.where(again, mean, 0))
    alive = orders.conditional_probability_alive(repeats, recency / 7, age / 7)
    np.savez(sys.argv[2], value=np.asarray(expected) * np.asarray(worth), alive=np.asarray(alive))


if __name__ == "__main__":
    main()
