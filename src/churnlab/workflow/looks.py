"""How often the test date has been looked at, and how many settings were tried: kept with every run.

A figure that is looked at again and again while models are changed is no longer untouched. Nobody can
forbid that, so it is counted, in the tracking store.
"""

from __future__ import annotations

from churnlab import tracking
from churnlab.tracking import Run, Store

HELD_OUT = "held out"  # the test rows of a snapshot table, which has no dates
_TESTED = "churnlab.looked_at"
_TRIAL = "churnlab.trial"


def record(run: Run, test_date: str) -> None:
    """Say that ``run`` has measured models at ``test_date``."""
    run.tag({_TESTED: test_date})


def tested(run: Run) -> str | None:
    """What ``run`` has measured models at; None where that was not counted yet."""
    return run.tags().get(_TESTED)


def count(store: Store, test_date: str) -> int:
    """Runs of this project that have measured models at that date."""
    return len(tracking.tagged(store, _TESTED, test_date))


def trials(store: Store) -> int:
    """Different settings that searches of this project have tried: a search that goes on tries none again."""
    return len({tuple(sorted(tried.items())) for tried in tracking.tagged(store, _TRIAL)})
