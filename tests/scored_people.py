"""Made-up scored customers, for tests of lists."""

from datetime import date

import numpy as np

from churnlab.lists.build import Stamp
from churnlab.lists.manifest import Facts
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy.quadrants import Thresholds, assign, risk_band
from churnlab.strategy.summary import Totals
from churnlab.strategy.worth import Worth

STAMP = Stamp("0123456789abcdef", "3", date(2025, 2, 1), date(2025, 3, 3), "EUR", "margin")
CUT = Thresholds(value_if_retained=300, intensity=50)
FACTS = Facts(
    as_of=date(2025, 2, 1),
    config_sha256="c" * 64,
    model_version="3",
    model={"churn.json": "a" * 64},
    inputs={"orders.csv": "b" * 64},
    counts=[{"source": "orders", "read": 12, "accepted": 11, "quarantined": 1}],
    strategies=(Totals("all", 2, 1.0, 10.5, 9.25, 1.5, 0.25),),
    excluded={"no_history": 4},
    currency="EUR",
    code_version="0.1.0",
)


def texts(values):
    """(n,) or (n, k) objects, empty lists too."""
    return np.array(values, dtype=object)


def scored(ids, risk=None, value=None, intensity=None, reason="", *, valued=True, **changes):
    """Customers by id; what is not given differs from one to the next."""
    n = len(ids)
    steps = np.arange(n) / max(n, 1)
    risk = 0.05 + 0.9 * steps if risk is None else np.array(risk, dtype=float)
    value = 20 + 900 * ((7 * steps) % 1) if value is None else np.array(value, dtype=float)
    intensity = 100 * ((3 * steps) % 1) if intensity is None else np.array(intensity, dtype=float)
    made = {
        "customer_id": texts(list(ids)),
        "churn_risk": risk,
        "risk_band": risk_band(risk, (0.15, 0.40)),
        "quadrant": assign(value if valued else None, intensity, CUT),
        "intensity": intensity,
        "intensity_basis": texts(["recency+frequency"] * n),
        "reason_codes": texts([["days_since_last_order", None, None]] * n).reshape(n, 3),
        "reason_texts": texts([[reason or f"last order {i} days ago", None, None] for i in range(n)]).reshape(
            n, 3
        ),
        "worth": Worth.of(risk, value, value / 10) if valued else None,
        "value_p10": value / 2 if valued else None,
        "value_p90": value * 2 if valued else None,
        "segment": None,
    }
    return ScoredCustomers(**{**made, **changes})


def shuffled(people, order):
    """The same customers in another order."""
    changes = {}
    for name, values in vars(people).items():
        if isinstance(values, Worth):
            changes[name] = Worth(**{key: column[order] for key, column in vars(values).items()})
        else:
            changes[name] = None if values is None else values[order]
    return ScoredCustomers(**changes)
