"""`make bench [NAME=churn|features|scoring]`: each prints its figures and keeps them in results/.

`features` and `scoring` make worlds of the sizes that SIZE names (1m,10m where it is not set).
"""

from __future__ import annotations

import sys

from benchmarks import churn, features, scoring

BENCHMARKS = {"churn": churn.main, "features": features.main, "scoring": scoring.main}


def main(name: str) -> None:
    """Run one benchmark by name, or all of them."""
    chosen = BENCHMARKS if name == "all" else {key: run for key, run in BENCHMARKS.items() if key == name}
    if not chosen:
        raise SystemExit(f"no benchmark {name!r}; there are: all, {', '.join(BENCHMARKS)}")
    for run in chosen.values():
        run()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "all")
