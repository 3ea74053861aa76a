"""Gradient boosted trees: the only importer of XGBoost.

Rows come in canonical order, since the order changes the model; the number of threads does not.
Models are kept as JSON: UBJSON files that were tampered with crash the parser far more often.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Booster
from churnlab.errors import IntegrityError

Matrix = NDArray[np.float32]
Floats = NDArray[np.float64]
Objective = Literal["binary:logistic", "reg:tweedie"]


@dataclass(frozen=True)
class Trees:
    """A fitted ensemble, held as the bytes of its JSON file."""

    content: bytes

    def margin(self, matrix: Matrix) -> Floats:
        """(n,) the sum of the leaves: log odds, or the log of an amount."""
        return np.asarray(self._booster.predict(_data(matrix), output_margin=True), dtype=np.float64)

    def contributions(self, matrix: Matrix) -> tuple[Floats, float]:
        """(n, m) exact path-dependent Shapley values of the margin, and the base they start from."""
        if not len(matrix):
            return np.zeros(matrix.shape), 0.0
        found = np.asarray(self._booster.predict(_data(matrix), pred_contribs=True), dtype=np.float64)
        return found[:, :-1], float(found[0, -1])

    def require_readable(self) -> Self:
        """The same ensemble, once XGBoost has parsed it: a broken file is told before it is needed."""
        _ = self._booster
        return self

    @cached_property
    def _booster(self) -> Any:
        xgboost = _library()
        try:
            if not self.content:  # XGBoost ends the process on an empty file
                raise ValueError("empty")  # noqa: TRY301
            return xgboost.Booster({"nthread": 2}, model_file=bytearray(self.content))
        except (xgboost.core.XGBoostError, ValueError) as error:
            raise IntegrityError(
                "a model file cannot be read",
                got=type(error).__name__,
                mend="restore the artifact folder, or train again: churnlab train CONFIG",
            ) from error


def fit(
    matrix: Matrix, target: Floats, booster: Booster, objective: Objective, *, seed: int, threads: int
) -> Trees:
    """Fit an ensemble. ``matrix``: (n, m) in canonical row order; ``target``: (n,)."""
    xgboost = _library()
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
    data = xgboost.QuantileDMatrix(matrix, label=target, nthread=threads)
    fitted = xgboost.train(params, data, num_boost_round=booster.trees)
    return Trees(bytes(fitted.save_raw("json")))


def _data(matrix: Matrix) -> Any:
    return _library().DMatrix(matrix)


def _library() -> Any:
    # Threads that wait by spinning make a fit twenty times slower where another process is at work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import xgboost

    return xgboost
