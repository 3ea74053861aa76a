"""Made-up scored customers, for tests of lists."""

import contextlib
import io
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

from churnlab.lists import spool, write
from churnlab.lists.build import Stamp
from churnlab.lists.columns import schema
from churnlab.lists.manifest import Facts
from churnlab.lists.scored import ScoredCustomers
from churnlab.strategy.quadrants import assign, risk_band
from churnlab.strategy.summary import Totals
from churnlab.strategy.thresholds import Thresholds
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


@contextlib.contextmanager
def ranked(*blocks, stamp=STAMP, formula_policy="refuse", contacting=None):
    """Blocks of scored customers in list order, as long as their spool is open."""
    with (
        tempfile.TemporaryDirectory() as folder,
        spool.opened(Path(folder), stamp, formula_policy, contacting, CUT) as kept,
    ):
        for block in blocks:
            kept.add(block)
        yield kept.ranked()


def listed(*blocks, stamp=STAMP):
    """All columns of everybody's list as one Arrow table."""
    import pyarrow as pa

    with ranked(*blocks, stamp=stamp, formula_policy="escape") as everybody:
        parts = [
            schema().empty_table(),
            *(table for name in everybody.sizes for table in everybody.batches(name)),
        ]
        return pa.concat_tables(parts).combine_chunks()


def files_of(*blocks, stamp=STAMP, newline="lf", formula_policy="refuse"):
    """Name -> bytes of every list."""
    with ranked(*blocks, stamp=stamp, formula_policy=formula_policy) as everybody:
        together = write.together(everybody, newline)
        files = {name: io.BytesIO() for name in together.files}
        together.write(files)
    return {name: file.getvalue() for name, file in files.items()}
