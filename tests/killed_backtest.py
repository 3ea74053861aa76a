"""A backtest that is killed before an origin: FOLDER ORIGIN, the number of the origin.

A program of its own: the threads of XGBoost do not survive a fork.
"""

import itertools
import os
import signal
import sys
from pathlib import Path

import churnlab
import shops
from churnlab.workflow.backtesting import candidates

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, min_positives: 20, churn: {trees: 10}, value: {trees: 10}}
evaluation: {bootstrap: 20}
backtest: {origins: 3, amounts: [lognormal, offset]}
"""
)


def project(folder, *overrides):
    path = folder / "shop.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return churnlab.load(path, list(overrides))


def frames():
    orders = shops.orders(200, most=40)
    return {"orders": orders.assign(who="kunde-" + orders["who"])}


def main(folder, origin):
    begun, asked = itertools.count(), candidates.asked

    def deadly(*args):
        if next(begun) == origin:
            os.kill(os.getpid(), signal.SIGKILL)
        return asked(*args)

    candidates.asked = deadly
    churnlab.backtest(project(folder), frames=frames())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
