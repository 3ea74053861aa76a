"""Costs of one process: its own CPU and peak memory, with its children, and none of ours."""

import sys

import pytest


def side(code):
    from benchmarks.measuring import Side

    return Side("side", (sys.executable, "-c", code))


def test_peak_memory_is_that_of_the_side_and_not_of_who_started_it():
    from benchmarks import measuring

    ours = bytearray(200 * 2**20)
    little, _ = measuring.once(side("print('{}')"))
    much, _ = measuring.once(side("held = bytearray(150 * 2**20); print('{}')"))
    assert little.mib < 60
    assert 150 < much.mib < 230
    assert ours


def test_children_count_and_checking_does_not():
    from benchmarks import measuring

    burn = "import time\nwhile time.process_time() < .4: pass"
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}], check=True); print('{{}}')"
    )
    cost, _ = measuring.once(side(code))
    assert cost.cpu >= 0.4
    code = f'{burn}\nprint(\'{{"checking_cpu": 0.3, "checking_wall": 0.3}}\')'
    less, said = measuring.once(side(code))
    assert less.cpu < cost.cpu
    assert said["checking_cpu"] == 0.3


def test_a_side_that_fails_is_named():
    from benchmarks import measuring

    with pytest.raises(measuring.Failed, match="side ended with 3"):
        measuring.once(side("raise SystemExit(3)"))


def test_sides_take_turns_and_medians_are_told(capfd):
    from benchmarks import measuring
    from benchmarks.measuring import Side

    order = []
    sides = [side("print('{}')"), Side("once", side("print('{\"features\": 7}')").command, runs=1)]
    costs, said = measuring.in_turns(sides, lambda one: order.append(one.name))
    assert order == ["side", "once", "side", "side"]
    assert {name: cost.runs for name, cost in costs.items()} == {"side": 3, "once": 1}
    assert said["once"] == {"features": 7}
    assert measuring._median([measuring.Cost(1, 5, 9), measuring.Cost(3, 4, 8), measuring.Cost(2, 9, 7)]) == (
        measuring.Cost(2, 5, 8, 3)
    )
