"""The worlds we ship for tests: they reach the edges, and the check notices families that are wrong."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from churnlab.features.feature import Feature
from churnlab.history import ALL
from churnlab.testing import check_family, worlds

QUIET = {
    "max_examples": 50,
    "deadline": None,
    "database": None,
    "phases": (Phase.generate,),
    "report_multiple_bugs": False,
    "suppress_health_check": list(HealthCheck),
}


def family(measure):
    def made(past):
        values = np.asarray(measure(past), dtype=float)
        yield Feature("measure", values, "lines", "A measure", "economic", "{value}", "{value}")

    return made


RIGHT = family(lambda past: past.transactions.last(30).count())
WRONG = {
    "against everybody": (
        family(lambda past: past.transactions.last(ALL).count() - past.transactions.last(ALL).count().mean()),
        "changes with other customers",
    ),
    "around the door": (
        family(lambda past: np.full(len(past.as_of), past.transactions.values("amount").sum())),
        "changes with (the future|other customers)",
    ),
}


@given(worlds())
def test_a_family_of_windows_is_right(world):
    check_family(RIGHT, world)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_family_is_noticed(name):
    wrong, message = WRONG[name]
    check = given(worlds())(lambda world: check_family(wrong, world))
    with pytest.raises(AssertionError, match=message):
        seed(1)(settings(**QUIET)(check))()


def test_worlds_reach_every_edge():
    edges, reached, instants = ("as_of", "window", "gap", "end"), set(), {}

    @seed(1)
    @settings(**QUIET | {"max_examples": 400})  # what is drawn depends on the modules loaded too
    @given(worlds(("transactions",)))
    def look(world):
        as_of = world.asked[0]
        days = {"as_of": 0, "window": -world.window, "gap": world.gap, "end": world.gap + world.horizon}
        for name in edges:
            instants[name] = int(world.calendar.ahead(np.array([as_of]), days[name])[0])
        for row in world.events["transactions"]:
            for name, instant in instants.items():
                beside = row["time"] - instant
                if beside in {-1, 0, 1}:
                    reached.add((name, beside))
                if row["time"] < instant <= row["recorded_at"]:
                    reached.add((name, "late"))

    look()
    assert reached >= {(name, beside) for name in edges for beside in (-1, 0, 1, "late")}
