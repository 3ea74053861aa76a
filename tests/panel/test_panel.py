"""The panel as a type: parts of it keep together, and numbers are found by name."""

import numpy as np
import pytest

from churnlab.features.feature import Description
from churnlab.panel import Panel
from churnlab.panel.panel import joined


def described(name, kind="number"):
    return Description(name, "own", kind, "days", name, "economic", None, "{value}", "{value}")


def panel(size=3, start=0):
    rows = np.arange(start, start + size)
    return Panel(
        customer_id=np.array([f"{row:02}" for row in rows], dtype=object),
        as_of=rows * 10,
        numbers=np.column_stack([rows, rows + 0.5]).astype(np.float32),
        categories={"city": np.array([f"city {row}" for row in rows], dtype=object)},
        features=(described("age"), described("gap"), described("city", "category")),
        churned=rows % 2.0,
        value=rows * 1.5,
        measures={"dialogue": rows * 2.0},
        segments={"city": np.array([f"city {row}" for row in rows], dtype=object)},
        fingerprint="f",
    )


def told(some):
    return (
        some.customer_id.tolist(),
        some.as_of.tolist(),
        some.numbers.tolist(),
        some.categories["city"].tolist(),
        some.churned.tolist(),
        some.value.tolist(),
        some.measures["dialogue"].tolist(),
        some.segments["city"].tolist(),
    )


def test_rows_taken_from_two_parts_are_those_of_the_whole():
    whole = joined([panel(2), panel(3, start=2)])
    assert told(whole) == told(panel(5))
    assert len(whole) == 5
    assert told(whole.take(np.arange(2, 5))) == told(panel(3, start=2))
    assert told(whole.take(whole.as_of >= 20)) == told(panel(3, start=2))


def test_numbers_by_name():
    some = panel()
    assert some.names == ("age", "gap", "city")
    assert some.number("gap").tolist() == [0.5, 1.5, 2.5]
    assert some.number("dialogue").tolist() == [0, 2, 4]
    with pytest.raises(KeyError, match="city"):
        some.number("city")


def test_the_frame_shows_every_column():
    frame = panel().frame()
    assert list(frame) == ["customer_id", "as_of", "age", "gap", "city", "churned", "value"]
    assert frame["gap"].tolist() == [0.5, 1.5, 2.5]
    assert frame["city"].tolist() == ["city 0", "city 1", "city 2"]


def test_no_shard_no_panel():
    with pytest.raises(ValueError, match="at least one shard"):
        joined([])
