"""What several families ask of the past: real orders, and windows long enough for a habit."""

from __future__ import annotations

import operator

from churnlab.history import History, Source

MONTH = 30  # days; in less than that, most customers have too little for a mean or a variety


def qualifying(past: History) -> Source | None:
    """The orders with a positive net amount: a refund is not an order. None without transactions."""
    return None if past.orders is None else past.orders.where("amount", operator.gt, 0)


def purchases(past: History) -> Source | None:
    """The lines that were bought, not given back. None without transactions."""
    lines = past.transactions
    if lines is None or not lines.has("amount"):
        return lines
    return lines.where("amount", operator.gt, 0)


def long(windows: tuple[int, ...]) -> tuple[int, ...]:
    """The windows of a month or more; all of them where none is.

    >>> long((7, 30, 90)), long((7, 14))
    ((30, 90), (7, 14))
    """
    return tuple(days for days in windows if days >= MONTH) or windows


def middle(windows: tuple[int, ...]) -> int:
    """The window in the middle, 90 days by default: one season.

    >>> middle((7, 30, 90, 180, 365))
    90
    """
    return windows[len(windows) // 2]
