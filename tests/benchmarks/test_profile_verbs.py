"""Every second is counted once, for the innermost module of churnlab that asked for it."""

import pytest

PACKAGE = "/src/churnlab"


def test_time_in_libraries_counts_for_who_called_them():
    from benchmarks.profile_verbs import grouped

    load = (f"{PACKAGE}/tables/load.py", 1, "load")
    fit = (f"{PACKAGE}/models/boosted.py", 1, "fit")
    report = (f"{PACKAGE}/explain/report.py", 1, "page")
    library, inner = ("/lib/arrow.py", 1, "read"), ("~", 0, "<sum>")
    module = ("/lib/arrow.py", 1, "<module>")
    stats = {
        # function: (calls, calls, own, with callees, callers: function -> (calls, calls, own, with callees))
        load: (1, 1, 1.0, 6.0, {}),
        fit: (1, 1, 2.0, 3.0, {}),
        report: (1, 1, 0.5, 0.5, {}),
        library: (2, 2, 4.0, 6.0, {load: (1, 1, 3.0, 4.5), fit: (1, 1, 1.0, 1.5)}),
        inner: (9, 9, 2.0, 2.0, {library: (9, 9, 2.0, 2.0)}),
        module: (1, 1, 0.25, 0.25, {load: (1, 1, 0.25, 0.25)}),
    }
    rows = grouped(stats, PACKAGE)
    # Three quarters of the library's 4 + 2 seconds are load's, a quarter is fit's.
    assert rows == {
        "load and check": pytest.approx(1 + 4.5),
        "fit and predict": pytest.approx(2 + 1.5),
        "report and pictures": 0.5,
        "imports": 0.25,
    }


def test_a_dozen_rows_at_most_and_nothing_lost():
    from benchmarks.profile_verbs import PURPOSES, ROWS, grouped

    stats = {
        (f"{PACKAGE}/{place}.py", 1, "work"): (1, 1, 1.0 + number, 1.0, {})
        for number, place in enumerate(PURPOSES)
    }
    rows = grouped(stats, PACKAGE)
    assert len(rows) <= ROWS
    assert sum(rows.values()) == pytest.approx(sum(1.0 + number for number in range(len(PURPOSES))))
