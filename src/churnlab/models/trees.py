"""Fitted trees: what they predict, and what each column contributes to it.

Both are computed from the file itself, in single precision and one order: margins have the bits of
XGBoost's own, and neither other rows nor the number of threads change any. The path does not either:
``compiled`` or numpy (``None``: compiled as soon as that pays for its loading).
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import IntegrityError
from churnlab.models import shapley
from churnlab.models.forest import Forest
from churnlab.models.shapley import Moments

if TYPE_CHECKING:
    from churnlab.models.boosted import Rows

Matrix = NDArray[np.float32]
Floats = NDArray[np.float64]

PAYS, PAYS_LOADED = 2**22, 2**14  # rows x nodes: half a second and some milliseconds of numpy's time
BLOCK = 2**22  # numbers of a matrix made at a time
_COMPILED = "churnlab.models.compiled"


@dataclass(frozen=True)
class Trees:
    """A fitted ensemble, held as the bytes of its JSON file."""

    content: bytes

    def margin(self, matrix: Matrix, *, compiled: bool | None = None) -> Floats:
        """(n,) the sum of the leaves: log odds, or the log of an amount."""
        matrix, code = self._checked(matrix), self._code(len(matrix), compiled)
        if code is None:
            return shapley.margins(self._forest, matrix).astype(np.float64)
        found = np.empty(len(matrix), np.float32)
        code.margins(self._nodes, self._forest.start, matrix, found)
        return found.astype(np.float64)

    def margins(self, rows: Rows, *, compiled: bool | None = None) -> Floats:
        """The same of rows that are made when they are asked for, so many at a time."""
        count, width = rows.shape
        size = max(1, BLOCK // max(1, width))
        parts = [
            self.margin(rows.make(begin, min(begin + size, count)), compiled=compiled)
            for begin in range(0, count, size)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def contributions(
        self,
        matrix: Matrix,
        owners: NDArray[np.integer] | None = None,
        count: int | None = None,
        *,
        compiled: bool | None = None,
    ) -> tuple[Matrix, float]:
        """(n, count) exact path-dependent Shapley values of the margin, and the base they start from.

        ``owners``: (columns,) which of ``count`` each column counts for; None: every column for itself.
        """
        matrix, code = self._checked(matrix), self._code(len(matrix), compiled)
        of_column = np.arange(matrix.shape[1]) if owners is None else owners
        of_column = np.ascontiguousarray(of_column, dtype=np.int32)
        width = matrix.shape[1] if count is None else count
        if len(of_column) != matrix.shape[1] or not ((of_column >= 0) & (of_column < width)).all():
            raise ValueError("every column of the matrix needs an owner below the count of owners")
        if code is None:
            return shapley.contributions(self._moments, matrix, of_column, width), self._base
        found = np.zeros((len(matrix), width), np.float32)
        for three in self._moments:
            code.contributions(self._nodes, code.weights(three), matrix, of_column, found)
        return found, self._base

    def require_readable(self) -> Self:
        """The same ensemble, once it has been parsed: a broken file is told before it is needed."""
        _ = self._forest
        return self

    def _checked(self, matrix: Matrix) -> Matrix:
        if matrix.ndim != 2 or matrix.shape[1] != self._forest.columns:
            raise ValueError(f"a matrix of {self._forest.columns} columns is needed, not {matrix.shape}")
        return np.ascontiguousarray(matrix, dtype=np.float32)

    def _code(self, rows: int, compiled: bool | None) -> Any | None:
        """The compiled twin of ``shapley``, or None where numpy is to do it."""
        if compiled is None:
            compiled = rows * len(self._forest) >= (PAYS_LOADED if _COMPILED in sys.modules else PAYS)
        return _compiled_code() if compiled else None

    @cached_property
    def _forest(self) -> Forest:
        try:
            return Forest.parsed(self.content)
        except ValueError as error:
            raise IntegrityError(
                "a model file cannot be read",
                got=type(error).__name__ if isinstance(error, UnicodeError | TypeError) else str(error)[:100],
                mend="restore the artifact folder, or train again: churnlab train CONFIG",
            ) from error

    @cached_property
    def _moments(self) -> tuple[Moments, ...]:
        return Moments.of(self._forest)

    @cached_property
    def _base(self) -> float:
        return shapley.base(self._forest)

    @cached_property
    def _nodes(self) -> Any:
        from churnlab.models import compiled

        return compiled.nodes(self._forest)


def _compiled_code() -> Any | None:
    if importlib.util.find_spec("numba") is None:
        return None
    try:
        return importlib.import_module(_COMPILED)
    except (ImportError, RuntimeError) as error:  # RuntimeError: there is no folder to keep it in
        logging.getLogger(__name__).warning("no compiled code, numpy is a hundred times slower: %s", error)
        return None
