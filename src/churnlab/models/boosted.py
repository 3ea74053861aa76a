"""Gradient boosted trees: the only importer of XGBoost.

Rows come in canonical order, since the order changes the model; the number of threads does not.
Models are kept as JSON: UBJSON files that were tampered with crash the parser far more often.

A fit reads the rows in blocks and keeps the bin of each number: the matrix itself never exists whole.
Bins are cut from all rows in turn, so the blocks change no byte of the model. Beyond ``EXTERNAL``
numbers the bins lie on disk. That depends on the size of the data alone, not on the memory of the
machine: sums over pages are added in another order, and no model may change with the machine.

Where the same rows are learned from again and again, ``bins`` makes their bins once and ``grow`` adds
trees one by one: those that ``fit`` makes of the same rows.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Booster
from churnlab.errors import MachineError
from churnlab.models.trees import Trees

__all__ = ["Bins", "Grown", "Rows", "Trees", "bins", "fit", "grow"]

Matrix = NDArray[np.float32]
Floats = NDArray[np.float64]
Objective = Literal["binary:logistic", "reg:tweedie", "reg:squarederror"]

EXTERNAL = 2**27  # numbers: 900,000 rows of 150, whose bins take .6 GB
BLOCK, PAGE = 2**22, 2**23  # numbers made at a time: in memory, and for a page on disk


@dataclass(frozen=True)
class Rows:
    """A matrix of ``shape`` whose rows are made when they are asked for: ``make(start, end)``."""

    shape: tuple[int, int]
    make: Callable[[int, int], Matrix]

    @classmethod
    def of(cls, matrix: Matrix) -> Self:
        """Rows that are there already."""
        return cls((matrix.shape[0], matrix.shape[1]), lambda start, end: matrix[start:end])


def fit(
    matrix: Matrix | Rows,
    target: Floats,
    booster: Booster,
    objective: Objective,
    *,
    seed: int,
    threads: int,
    offset: Floats | None = None,
) -> Trees:
    """Fit an ensemble. ``matrix``: (n, m) in canonical row order; ``target``: (n,).

    ``offset``: (n,) the margin that each row starts from, which whoever asks the trees adds again.
    """
    rows = matrix if isinstance(matrix, Rows) else Rows.of(matrix)
    with ExitStack() as stack:
        data = _binned(rows, target, threads, stack, _is_large(rows))
        params = _params(booster, objective, seed, threads)
        if offset is not None:
            data.set_base_margin(offset)
            params["base_score"] = 1.0  # of amounts: nothing is added to the offset but the trees
        return _trained(data, booster, params)


@dataclass(frozen=True)
class Bins:
    """Rows to learn from and later rows to be watched on, which are binned by the cuts of the first."""

    learned: Any
    later: Any


@dataclass(frozen=True)
class Grown:
    """Trees that are still beside the rows they were watched on."""

    _fitted: Any
    _later: Any

    def risk(self, trees: int) -> Floats:
        """(n,) what the first ``trees`` say of the later rows."""
        return np.asarray(self._fitted.predict(self._later, iteration_range=(0, trees)), dtype=np.float64)

    def trees(self) -> Trees:
        """All of them."""
        return Trees(bytes(self._fitted.save_raw("json")))


def bins(
    learned: Rows,
    target: Floats,
    later: Rows,
    later_target: Floats,
    *,
    threads: int,
    stack: ExitStack,
    on_disk: bool | None = None,
) -> Bins:
    """Bins that last as long as ``stack``. ``on_disk`` None: as ``fit`` would keep the rows learned from."""
    external = _is_large(learned) if on_disk is None else on_disk
    data = _binned(learned, target, threads, stack, external)
    return Bins(data, _binned(later, later_target, threads, stack, external, like=data))


def grow(
    data: Bins,
    booster: Booster,
    *,
    seed: int,
    threads: int,
    watch: Callable[[Floats], bool],
    every: int = 1,
) -> Grown:
    """Trees for log odds. ``watch`` is told the risk of the later rows, and says when to stop.

    ``every``: after so many trees, and after the last: asking costs up to a third of growing.
    """
    xgboost = _library()
    try:
        params = _params(booster, "binary:logistic", seed, threads)
        fitted = xgboost.Booster(params, [data.learned, data.later])
        for trees in range(1, booster.trees + 1):
            fitted.update(data.learned, trees - 1)
            # XGBoost keeps what the earlier trees said: only the new ones are asked.
            if (trees % every == 0 or trees == booster.trees) and watch(
                np.asarray(fitted.predict(data.later), dtype=np.float64)
            ):
                break
    except xgboost.core.XGBoostError as error:
        raise _refused(error) from error
    return Grown(fitted, data.later)


def _trained(data: Any, booster: Booster, params: dict[str, Any]) -> Trees:
    xgboost = _library()
    try:
        fitted = xgboost.train(params, data, num_boost_round=booster.trees)
    except xgboost.core.XGBoostError as error:
        raise _refused(error) from error
    return Trees(bytes(fitted.save_raw("json")))


def _params(booster: Booster, objective: Objective, seed: int, threads: int) -> dict[str, Any]:
    params: dict[str, Any] = {
        "objective": objective,
        "tree_method": "hist",
        "max_depth": booster.depth,
        "learning_rate": booster.learning_rate,
        "subsample": booster.subsample,
        "colsample_bytree": booster.colsample,
        "min_child_weight": booster.min_child_weight,
        "reg_lambda": booster.reg_lambda,
        "seed": seed,
        "nthread": threads,
        "verbosity": 0,
    }
    if objective == "reg:tweedie":
        params["tweedie_variance_power"] = 1.5
    return params


def _is_large(rows: Rows) -> bool:
    return rows.shape[0] * rows.shape[1] > EXTERNAL


def _binned(
    rows: Rows, target: Floats, threads: int, stack: ExitStack, external: bool, like: Any = None
) -> Any:
    """The bins of all rows, in memory or in a private folder that lasts as long as ``stack``.

    ``like``: bins whose cuts are taken, None: cut anew.
    """
    xgboost = _library()
    count, width = rows.shape
    size = max(1, (PAGE if external else BLOCK) // max(width, 1))

    class Blocks(xgboost.DataIter):  # type: ignore[misc,name-defined]
        start = 0

        def next(self, input_data: Callable[..., None]) -> bool:
            start, end = self.start, min(self.start + size, count)
            if start == end and start:
                return False
            input_data(data=rows.make(start, end), label=target[start:end])
            self.start = end
            return start < end

        def reset(self) -> None:
            self.start = 0

    try:
        if not external:
            return xgboost.QuantileDMatrix(Blocks(), nthread=threads, ref=like)
        folder = stack.enter_context(_folder())
        pages = Blocks(cache_prefix=f"{folder}/bins")
        return xgboost.ExtMemQuantileDMatrix(pages, nthread=threads, ref=like)
    except xgboost.core.XGBoostError as error:
        raise _refused(error) from error


def _folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="churnlab-")  # mode 0700
    except OSError as error:
        raise MachineError(
            "no temporary folder can be made",
            got=error.strerror,
            mend="free some disk space, or name another folder in TMPDIR",
        ) from None


def _refused(error: Exception) -> MachineError:
    """Of its own accord XGBoost refuses nothing that passed our checks: memory or disk ran out."""
    told = next((line for line in str(error).splitlines() if "Check failed" in line), str(error))
    return MachineError(
        "the trees could not be fitted",
        got=told.strip()[:200],
        mend="free memory and disk space (TMPDIR), or lower models.row_budget",
    )


def _library() -> Any:
    # Threads that wait by spinning make a fit twenty times slower where another process is at work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import xgboost

    return xgboost
