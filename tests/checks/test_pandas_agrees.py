"""A third opinion on features: the pandas version that the benchmark measures against."""

import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from benchmarks import generated, in_memory

    yield in_memory, generated
    for name in [name for name in sys.modules if name.startswith("benchmarks")]:
        del sys.modules[name]


def test_features_equal_those_of_plain_pandas(benchmarks):
    in_memory, generated = benchmarks
    shard = generated.shard(3_000, seed=2)
    ours, theirs = in_memory._churnlab(shard), in_memory._pandas(shard)
    assert len(theirs) >= 130
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-4, atol=1e-4, err_msg=name)


def test_parts_of_a_shard_give_what_the_whole_gives(benchmarks, monkeypatch):
    in_memory, generated = benchmarks
    shard = generated.shard(3_000, seed=3)
    whole = in_memory._churnlab(shard)
    monkeypatch.setattr(generated, "parts", lambda shard, limit, cut=generated.parts: cut(shard, 500))
    parted = in_memory._churnlab(shard)
    for name, values in whole.items():
        assert values.tobytes() == parted[name].tobytes(), name
