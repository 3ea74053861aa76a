"""Scored rows to lists: ranked over all customers, written as one folder a strategy.

runs, one a shard -> lists.order over their keys -> quadrant=retain/part-00000.parquet ...
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from churnlab.errors import IntegrityError
from churnlab.lists import order
from churnlab.lists.accounts import Rolled
from churnlab.lists.build import Stamp
from churnlab.lists.columns import schema
from churnlab.lists.commit import Listed, Together
from churnlab.lists.spool import BATCH, Ranked
from churnlab.lists.write import row_groups
from churnlab.spark.runs import Runs
from churnlab.spark.tally import Tally
from churnlab.strategy.thresholds import Thresholds

PARTITION = "quadrant"
FILE_ROWS = 300 * BATCH  # of a list, about five million: larger ones are several files


def ranked(runs: Runs, tally: Tally, stamp: Stamp, cut: Thresholds) -> Ranked:
    """Everybody in list order. Raises GateError where the scores must not be released.

    ``cut``: where high begins for parents, of whom the driver keeps some 70 bytes an account.
    """
    valued = bool(tally.sums.valued)
    tally.gate.check()
    keys = runs.keys(valued=valued)
    if keys.num_rows != tally.gate.customers:
        raise IntegrityError(
            "the tasks wrote other rows than they scored",
            got=f"{keys.num_rows:,} rows for {tally.gate.customers:,} customers",
            mend="run again; the lists published before are intact",
        )
    # No spreadsheet runs what is in a Parquet file, whatever an id begins with.
    tally.gate.check_together(order.repeated(keys), formulas=0)
    sizes = np.bincount(keys["strategy"].to_numpy(), minlength=len(order.PLACES)).tolist()
    by_strategy = dict(zip(order.PLACES, sizes, strict=True))
    reader: Any = runs  # all that is asked of it is ``rows``
    totals = tally.sums.totals()
    rolled = _rolled(runs, stamp, cut, valued=valued) if stamp.parents else None
    return Ranked(
        reader,
        order.positions(keys),
        keys["id"],
        by_strategy,
        totals,
        stamp,
        valued,
        rolled=rolled,
        account=None if rolled is None else np.arange(keys.num_rows),
    )


def _rolled(runs: Runs, stamp: Stamp, cut: Thresholds, *, valued: bool) -> Rolled:
    """Parents of everybody: here all who are scored are listed, so the rows of all runs are all there are."""
    names = ("customer_id", "parent", "churn_risk", "intensity", *(("value_if_retained",) if valued else ()))
    return Rolled.of(runs.columns(names), cut, stamp.exponent)


def outputs(lists: Ranked) -> Together:
    """Name -> file: of each strategy that anybody is in, FILE_ROWS rows a file."""
    described = "\n".join(f"{field.name} {field.type}" for field in _schema(lists.stamp))
    files = {
        _name(strategy, number): Listed(min(FILE_ROWS, rows - number * FILE_ROWS), described)
        for strategy, rows in lists.sizes.items()
        for number in range(-(-rows // FILE_ROWS))
    }

    def write(opened: Mapping[str, BinaryIO]) -> None:
        for strategy in lists.sizes:
            _write(lists, strategy, opened)

    return Together(write, files)


def _name(strategy: str, number: int) -> str:
    return f"{PARTITION}={strategy}/part-{number:05}.parquet"


def _write(lists: Ranked, strategy: str, opened: Mapping[str, BinaryIO]) -> None:
    with contextlib.ExitStack() as still_open:
        for number, table in enumerate(lists.batches(strategy)):
            part, inside = divmod(number * BATCH, FILE_ROWS)
            if not inside:
                still_open.close()  # the part before is whole
                file = opened[_name(strategy, part)]
                groups = still_open.enter_context(row_groups(file, _schema(lists.stamp)))
            groups.add(table.drop_columns([PARTITION]))


def _schema(stamp: Stamp) -> Any:
    whole = schema(stamp.added)
    return whole.remove(whole.get_field_index(PARTITION))
