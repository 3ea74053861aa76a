"""How many are in each arm of a campaign, as far as a report may tell: nothing hidden can be subtracted.

    everybody = contacted + control + holdout + none         told by many tables
    contacted = treated + explore                            told by action, by strategy, as a sum

Hidden is who is fewer than ten, and with one group alone another one, so that neither sum gives it away.
"""

from __future__ import annotations

from collections.abc import Mapping

from churnlab.evaluation.rows import FEW

ARMS = ("treated", "explore", "control", "holdout", "none")
# Whom to hide beside one small group, the least missed first: in no other table is the first of these told.
_BESIDE = ("none", "holdout", "control", "contacted")


def told(arms: Mapping[str, int]) -> dict[str, int | None]:
    """Arm -> customers, and ``contacted``; None for what must not be told. ``arms``: all of ``ARMS``.

    >>> known = told({"treated": 300, "explore": 4, "control": 40, "holdout": 20, "none": 500})
    >>> [known[name] for name in (*ARMS, "contacted")]
    [None, None, 40, 20, 500, 304]
    >>> known = told({"treated": 300, "explore": 0, "control": 40, "holdout": 4, "none": 500})
    >>> [known[name] for name in (*ARMS, "contacted")]
    [300, 0, 40, None, None, 300]
    """
    counts = {**arms, "contacted": arms["treated"] + arms["explore"]}
    hidden = {name for name in _BESIDE if 0 < counts[name] < FEW}
    if len(hidden) == 1:
        hidden |= set([name for name in _BESIDE if counts[name] >= FEW][:1])
    both = ("treated", "explore")
    if "contacted" in hidden or any(0 < counts[name] < FEW for name in both):
        hidden |= {name for name in both if counts[name]}
    return {name: None if name in hidden else count for name, count in counts.items()}
