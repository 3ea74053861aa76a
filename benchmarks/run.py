"""`make bench [NAME=...]`: each of ``BENCHMARKS`` prints its figures and keeps them.

`features`, `scoring` and `spark` make worlds of the sizes that SIZE names (1m,10m where it is not set).
`spark` needs Java 17 and churnlab[spark], so it runs only when it is named.
"""

from __future__ import annotations

import sys

from benchmarks import campaign, churn, features, intervals, scoring, spark, tuning, value

BENCHMARKS = {
    "campaign": campaign.main,
    "churn": churn.main,
    "features": features.main,
    "intervals": intervals.main,
    "scoring": scoring.main,
    "spark": spark.main,
    "tuning": tuning.main,
    "value": value.main,
}
BY_NAME = {"spark"}  # not part of all


def main(name: str) -> None:
    """Run one benchmark by name, or all of them."""
    names = BENCHMARKS.keys() - BY_NAME if name == "all" else {name}
    chosen = {key: run for key, run in BENCHMARKS.items() if key in names}
    if not chosen:
        raise SystemExit(f"no benchmark {name!r}; there are: all, {', '.join(BENCHMARKS)}")
    for run in chosen.values():
        run()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "all")
