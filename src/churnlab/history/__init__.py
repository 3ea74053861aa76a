"""The two doors to time: ``History`` for features, ``Outcome`` for labels, and what is asked of them."""

from churnlab.history.cuts import Ago
from churnlab.history.lapses import Lapses
from churnlab.history.outcome import Outcome
from churnlab.history.past import History
from churnlab.history.profile import Profile
from churnlab.history.sources import Source
from churnlab.history.units import ALL, DAY, days_between, isin, ratio
from churnlab.history.windows import Window

__all__ = [
    "ALL", "DAY", "Ago", "History", "Lapses", "Outcome", "Profile", "Source", "Window",
    "days_between", "isin", "ratio",
]  # fmt: skip
