"""From the base to the risk: by hand, and in sum the risk whatever the calibration."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.explain.attributions import Attributions
from churnlab.explain.steps import MOST, REST, steps
from churnlab.models.calibration import Calibration
from told import FEATURES, GENDER, REFERENCE, panel

ROW = panel([[74, 80, 0, 1]])
CALIBRATION = Calibration("sigmoid", slope=2.0, shift=0.5)
METHODS = (
    Calibration("none"),
    CALIBRATION,
    Calibration("beta", slope=0.7, upper=1.3, shift=-0.4),
    Calibration("isotonic", knots=(-1.0, 0.0, 2.0), levels=(0.1, 0.1, 0.9)),
)


def attributions(parts, base=-1.0):
    parts = np.array([parts], np.float32)
    return Attributions.of(base + parts.sum(axis=1, dtype=np.float64), base, parts, FEATURES)


def probability(odds):
    return 1 / (1 + np.exp(-odds))


def test_by_hand():
    # silence +0.8, spend -0.5, orders 0.3 - 0.1 in one group, club +0.1, gender 2: it may not speak
    made = steps(ROW, attributions([0.8, -0.5, 0.3, -0.1, 0.1, 2.0]), REFERENCE, CALIBRATION.risk)
    assert [step.code for step in made] == ["days_since_last_order", "spend_90d", "orders_30d", "club", REST]
    assert made[0].text == "last order 74 days ago; usual here: 21 days"
    assert made[1].text == "€80.00 spent in the last 90 days; usual here: €1,234"
    assert [round(step.contribution, 6) for step in made] == [0.8, -0.5, 0.2, 0.1, 2.0]
    margins = np.cumsum([-1.0, 0.8, -0.5, 0.2, 0.1, 2.0])
    risks = probability(2 * margins + 0.5)
    np.testing.assert_allclose([made[0].before, *(step.after for step in made)], risks, atol=1e-6)
    np.testing.assert_allclose([step.points for step in made], 100 * np.diff(risks), atol=1e-4)


def test_a_reason_that_is_told_has_a_step_however_small():
    made = steps(
        ROW,
        attributions([0.8, -0.5, 0.3, 0.0, 1e-4, 0.0]),
        REFERENCE,
        CALIBRATION.risk,
        first=["lowers:club"],
    )
    assert [step.code for step in made][-2:] == ["club", REST]


def test_the_speaker_of_a_group_speaks_for_its_net():
    made = steps(ROW, attributions([0.0, 0.0, 0.3, -0.9, 0.0, 0.0]), REFERENCE, CALIBRATION.risk)
    assert [(step.code, round(step.contribution, 6)) for step in made] == [("orders_90d", -0.6), (REST, 0.0)]


def test_in_french():
    made = steps(
        ROW, attributions([0.8, 0, 0, 0, 0, 0]), REFERENCE, CALIBRATION.risk, locale="fr", currency="EUR"
    )
    assert made[0].text.startswith("dernière commande il y a 74 jours")


parts = st.lists(st.floats(-3, 3, width=32), min_size=6, max_size=6)


@given(parts, st.floats(-3, 3), st.sampled_from(METHODS))
def test_steps_lead_from_the_base_to_the_risk(drawn, base, calibration):
    given_ = attributions(drawn, base)
    made = steps(ROW, given_, REFERENCE, calibration.risk)
    assert made[0].before == calibration.risk(np.array([base]))[0]
    assert made[-1].after == calibration.risk(given_.margin)[0]
    assert all(one.after == two.before for one, two in itertools.pairwise(made))
    assert sum(step.points for step in made) == pytest.approx(100 * (made[-1].after - made[0].before))
    assert given_.base + sum(step.contribution for step in made) == pytest.approx(given_.margin[0], abs=1e-4)
    sizes = [abs(step.contribution) for step in made[:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) <= MOST
    assert GENDER.name not in {step.code for step in made}
