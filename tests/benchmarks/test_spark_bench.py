"""What Spark is measured by: CPU of other processes counts, and a difference in the last bit is one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([0.5, None], [0.5, None], True),
        ([0.5], [np.nextafter(0.5, 1)], False),
        ([0.0], [-0.0], False),
        ([0.0], [None], False),
        (["a", None], ["a", None], True),
        (["a"], ["A"], False),
    ],
)
def test_columns_are_compared_to_the_bit(one, other, same):
    from benchmarks import spark

    assert spark.same_bits(pa.chunked_array([one]), pa.chunked_array([other])) is same


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads what Linux says of processes")
def test_what_a_child_of_a_child_costs_is_counted():
    from benchmarks import spark

    busy = "import time\nwhile time.process_time() < 0.5: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    before = spark.ticks()
    subprocess.run([sys.executable, "-c", child], check=True)
    assert spark.spent(before, spark.ticks()) > 0.45


def test_an_idle_worker_that_ends_gives_no_time_back():
    from benchmarks import spark

    driver, worker, new, second = 1, 2, 3, spark.TICKS
    assert spark.spent({driver: 5 * second, worker: 40 * second}, {driver: 8 * second}) == 3
    assert spark.spent({driver: 5 * second}, {driver: 8 * second, new: second}) == 4


def test_all_leaves_out_what_needs_java(monkeypatch):
    from benchmarks import run

    ran = []
    for name in run.BENCHMARKS:
        monkeypatch.setitem(run.BENCHMARKS, name, lambda name=name: ran.append(name))
    run.main("all")
    assert ran == ["campaign", "churn", "features", "intervals", "scoring", "tuning", "value"]
    run.main("spark")
    assert ran[-1] == "spark"
    with pytest.raises(SystemExit, match="no benchmark 'sparks'"):
        run.main("sparks")
