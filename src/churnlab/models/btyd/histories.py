"""What the models know of a customer: three numbers, in one unit of time.

    first purchase                         last one        observation date
    |-------x-----------------x------------x---------------|
    |<------------- recency -------------->|
    |<------------------------- age ---------------------->|      repeats = 3

Purchases of the same day are one. Days, weeks or years: all times and horizons are in the same unit,
and so are those parameters that are lengths of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import DataError
from churnlab.models.btyd.rows import Distinct, Floats, Positions

COLUMNS = ("repeats", "recency", "age")


@dataclass(frozen=True, eq=False)
class Histories:
    """(n,) each. ``repeats``: purchases after the first. ``recency``: time from the first to the last.

    ``age``: time from the first purchase to the observation date.
    """

    repeats: Floats
    recency: Floats
    age: Floats

    @classmethod
    def of(cls, X: NDArray[Any]) -> Histories:
        """Take the columns of ``X``, (n, 3), apart; ``DataError`` where a row cannot be a history.

        >>> Histories.of(np.array([[2, 30.0, 25.0]]))
        Traceback (most recent call last):
        ...
        churnlab.errors.DataError: purchase histories: the last purchase lies after the observation date
        got: row 0 of 1 such rows: repeats 2, recency 30, age 25
        mend: count age to the same date for everyone, and no purchase at or after it
        """
        if X.shape[1] != len(COLUMNS):
            raise DataError(
                "purchase histories have three columns",
                got=f"{X.shape[1]} columns",
                mend=f"pass {', '.join(COLUMNS)}, in this order and in one unit of time",
            )
        told = cls(*(np.asarray(column, dtype=np.float64) for column in X.T))
        told._check()
        return told

    def __len__(self) -> int:
        return len(self.repeats)

    @cached_property
    def counts(self) -> tuple[Floats, Positions]:
        """The few numbers of repeats that occur, and which is whose: much depends on them alone."""
        rows = Distinct.of(self.repeats)
        return rows.columns[0], rows.place

    def _check(self) -> None:
        repeats, recency, age = self.repeats, self.recency, self.age
        self._refuse(
            (repeats < 0) | (repeats != np.floor(repeats)),
            "repeats are not whole numbers from 0 up",
            "count days with a purchase, less the first",
        )
        self._refuse((recency < 0) | (age < 0), "times are below zero", "count both from the first purchase")
        self._refuse(
            recency > age,
            "the last purchase lies after the observation date",
            "count age to the same date for everyone, and no purchase at or after it",
        )
        self._refuse(
            (repeats > 0) != (recency > 0),
            "repeats and recency disagree",
            "merge purchases of the same day; recency is 0 where there is one purchase, and only there",
        )

    def _refuse(self, bad: NDArray[np.bool_], what: str, mend: str) -> None:
        rows = np.flatnonzero(bad)
        if len(rows):
            told = ", ".join(f"{name} {getattr(self, name)[rows[0]]:g}" for name in COLUMNS)
            got = f"row {rows[0]} of {len(rows)} such rows: {told}"
            raise DataError(f"purchase histories: {what}", got=got, mend=mend)
