"""Accounts rolled up to their parents: a B2B customer is often several accounts, and one decision.

    account -> parent     accounts of one parent     what is said of each of them
    a        P            P: a, b, P                 how many; their values added up; risk and intensity
    b        P                                       with the values as weights; the quadrant of that
    P        -                                       value and that intensity
    c        -            c: c                       alone: its own figures

Whoever names no parent is a parent: of the accounts that name its id, and of itself. Everybody who was
scored counts. There is one level: where P itself names Q, a and b are accounts of P, and P is one of Q.
All is worked out from columns; neither the order of rows nor their blocks change a bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy import quadrants
from churnlab.strategy.actions import texts
from churnlab.strategy.thresholds import Thresholds
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]

RISK_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Parents:
    """``code``: (n,) the parent of each account, 0 to p - 1. The others: (p,), one a parent.

    ``accounts``: how many there are. ``value``: sum of values if retained, major units, NaN in a project
    without value. ``risk``: weighted mean churn risk. ``quadrant``: their strategy together.
    """

    code: Ints
    accounts: Ints
    value: Floats
    risk: Floats
    quadrant: Texts


def named(ids: Any, parents: Any) -> Any:
    """(n,) the id of each account's parent, Arrow; who names none (null or empty) is one.

    ``ids``, ``parents``: texts, numpy or Arrow.

    >>> named(["a", "b", "P", "c"], ["P", "P", None, ""]).to_pylist()
    ['P', 'P', 'P', 'c']
    """
    import pyarrow.compute as pc

    stated = texts(parents)
    return pc.if_else(pc.fill_null(pc.equal(stated, ""), True), texts(ids), stated)


def codes(parents: Any) -> tuple[Ints, Any]:
    """(n,) the parent of each account as codes, and (p,) the ids that the codes are places of, Arrow.

    ``parents``: of ``named``.

    >>> code, ids = codes(["P", "P", "P", "c"])
    >>> code.tolist(), ids.to_pylist()
    ([0, 0, 0, 1], ['P', 'c'])
    """
    encoded = texts(parents).dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(), dtype=np.int64), encoded.dictionary


def nested(ids: Any, parents: Any) -> int:
    """How many accounts name a parent that is an account and names another: there is one level only, so
    they are rolled up without it. ``ids``, ``parents``: as of ``codes``.

    >>> nested(["a", "b", "P", "Q"], ["P", None, "Q", "Q"])
    1
    """
    import pyarrow.compute as pc

    named, own = texts(parents), texts(ids)
    another = pc.and_(pc.not_equal(named, ""), pc.not_equal(named, own)).fill_null(False)
    return int(pc.sum(pc.is_in(named, value_set=own.filter(another))).as_py() or 0)


def rolled(
    code: Ints, value: Floats | None, risk: Floats, intensity: Floats, cut: Thresholds, exponent: int = 2
) -> Parents:
    """What the accounts of each parent are together.

    ``code``: of ``codes``. ``value``: if retained, major units, rounded to ``exponent`` decimals; None
    without value. ``risk``: 0 to 1. ``intensity``: 0 to 100, NaN where it is unknown.

    >>> value, risk = np.array([100.0, 300.0, 0.0]), np.array([0.8, 0.4, 0.1])
    >>> both = rolled(np.array([0, 0, 1]), value, risk, np.full(3, 60.0), Thresholds(350, 50))
    >>> both.value.tolist(), both.risk.tolist(), both.quadrant.tolist()
    ([400.0, 0.0], [0.5, 0.1], ['retain', 'rationalise'])
    """
    parents = int(code.max(initial=-1)) + 1
    known = np.zeros(len(code)) if value is None else np.nan_to_num(value)
    # Sums of fractions hang on their order: rows that are equal in all of these are interchangeable.
    order = np.lexsort((intensity, risk, known, code))
    code_, known, risk_, near = code[order], known[order], risk[order], intensity[order]
    # What costs more than it brings weighs nothing: it must not pull a mean to the other side.
    weight = np.maximum(known, 0.0)
    # Whole minor units: the sum is exact.
    units = np.bincount(code_, np.rint(known * 10**exponent), minlength=parents)
    total = np.full(parents, np.nan) if value is None else rounded(units / 10**exponent, exponent)
    strategy = quadrants.assign(None if value is None else total, _mean(code_, near, weight, parents), cut)
    return Parents(
        code,
        np.bincount(code, minlength=parents),
        total,
        rounded(_mean(code_, risk_, weight, parents), RISK_DECIMALS),
        strategy,
    )


def _mean(code: Ints, values: Floats, weight: Floats, parents: int) -> Floats:
    """(p,) weighted mean of those that are known; the plain one where no weight is above zero."""
    there = ~np.isnan(values)
    code, values, weight = code[there], values[there], weight[there]
    plain = np.bincount(code, weight, minlength=parents) == 0
    weight = np.where(plain[code], 1.0, weight)
    weights = np.bincount(code, weight, minlength=parents)
    sums = np.bincount(code, weight * values, minlength=parents)
    return np.asarray(np.divide(sums, weights, out=np.full(parents, np.nan), where=weights > 0))


def best_of_each(order: Ints, code: Ints) -> Flags:
    """(n,) who comes first in ``order`` among the accounts of the same parent. ``code``: (n,).

    >>> best_of_each(np.array([2, 0, 1]), np.array([7, 5, 7])).tolist()
    [False, True, True]
    """
    best = np.zeros(len(code), dtype=np.bool_)
    _, first = np.unique(code[order], return_index=True)
    best[order[first]] = True
    return best
