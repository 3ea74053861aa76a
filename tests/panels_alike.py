"""Whether two panels are the same, to the bit."""

import numpy as np

# Ways to cut the same customers into shards, of which no panel may tell anything.
CUTS = {
    "a shard a customer": {"shard_events": 1},
    "some on disk, compiled": {"shard_events": 300, "memory": 0, "compiled": True},
    "two threads": {"shard_events": 100, "threads": 2},
    "backwards": {"shard_events": 200, "in_order": lambda parts: list(parts)[::-1]},
}


def assert_same(one, other):
    for name in ("customer_id", "as_of", "churned", "value", "numbers"):
        mine, its = getattr(one, name), getattr(other, name)
        assert mine.dtype == its.dtype, name
        np.testing.assert_array_equal(mine, its, name)
    # Equal numbers can have other bits: a negative zero, another NaN.
    assert one.numbers.tobytes() == other.numbers.tobytes()
    for name in ("categories", "sooner", "measures", "segments"):
        mine, its = getattr(one, name), getattr(other, name)
        assert list(mine) == list(its)
        for column, values in mine.items():
            np.testing.assert_array_equal(values, its[column], column)
    assert one.features == other.features
    assert one.fingerprint == other.fingerprint
