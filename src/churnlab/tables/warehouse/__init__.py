"""Sources that are checked where they are: a warehouse judges its rows, and only sound ones leave it."""

from churnlab.tables.warehouse.judging import judge_there

__all__ = ["judge_there"]
