"""What tasks saw, counted together on the driver: the same as if one had seen everybody."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from churnlab.errors import GateError
from churnlab.evaluation.drift import Parts
from churnlab.lists.gate import Gate
from churnlab.spark.tally import Tally
from churnlab.strategy.summary import Sums
from churnlab.workflow.cautions import Cautions
from churnlab.workflow.drifting import Drift
from scored_people import scored

NOTHING_ELSE = SimpleNamespace(features=(), numbers=np.empty((0, 0), np.float32))


def tally(people=None):
    parts = {"churn_risk": Parts.of(np.linspace(0, 1, 600))}
    drift = Drift({"inputs": {}, "scores": parts})
    kept = Tally(Gate(2), Sums(2), Cautions(SimpleNamespace(), SimpleNamespace()), drift)
    if people is not None:
        if kept.gate.admits(people):
            kept.sums.add(people.quadrant, people.churn_risk, people.worth)
        kept.cautions.customers += len(people)
        kept.drift.look(NOTHING_ELSE, people)
        kept.cautions.unseen.update({"city": len(people) // 2})
        kept.excluded.update({"already_lost": 3})
    return kept


def joined(parts):
    whole = tally()
    for part in parts:
        whole.join(json.loads(json.dumps(tally(part).note())))
    return whole


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_count_as_the_whole(order):
    everyone = scored([f"{number:03}" for number in range(60)])
    cuts = [slice(0, 1), slice(1, 30), slice(30, 60)]
    whole = joined(everyone.take(cuts[place]) for place in order)
    assert whole.sums.totals() == tally(everyone).sums.totals()
    assert whole.gate == tally(everyone).gate
    assert whole.cautions.customers == 60
    assert whole.drift.as_dict() == tally(everyone).drift.as_dict()
    assert sum(whole.drift.scores["churn_risk"]) == 60
    assert whole.excluded == {"already_lost": 9}
    assert whole.cautions.unseen == {"city": 14 + 15}


def test_one_risk_for_everybody_is_seen_across_parts():
    whole = joined([scored(["a"], risk=[0.5]), scored(["b"], risk=[0.5])])
    with pytest.raises(GateError, match="the same for all 2 customers"):
        whole.gate.check_together(0, 0)


def test_a_fault_of_one_part_stops_all():
    whole = joined([scored(["a"]), scored(["b"], risk=[np.nan])])
    with pytest.raises(GateError, match="churn_risk is missing or infinite\ngot: 1 of 2 customers"):
        whole.gate.check()


def test_a_part_of_nobody_changes_nothing():
    people = scored(["a", "b"])
    whole = joined([people])
    whole.join(tally().note())
    assert (whole.sums.totals(), whole.gate) == (tally(people).sums.totals(), tally(people).gate)
