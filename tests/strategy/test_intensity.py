"""Relationship intensity: the worked example, its definition in plain Python, its laws, its mutants."""

import json
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from churnlab.strategy import intensity
from churnlab.strategy.intensity import Intensity, References, score
from laws import often

NAN = float("nan")
NAMES = ("days_since_two_way", "own_gap_median", "gap_count", "active_months_12", "breadth", "dialogue")
REFERENCES = References(g_pop=60, a50=3, b50=2, c50=1)


def columns(*rows):
    """Rows of measures, in the order of NAMES, as one column a measure."""
    return {
        name: np.array(values, dtype=float)
        for name, values in zip(NAMES, zip(*rows, strict=True), strict=True)
    }


def one(*row, references=REFERENCES):
    answer = score(columns(row), references)
    return float(answer.values[0]), answer.basis[0]


def defined(days, median, gaps, months, breadth, contacts, references):
    """The definition of domain.md section 4, short enough to check by eye."""
    parts = []
    if references.g_pop is not None and not math.isnan(days):
        own_gap = references.g_pop if not gaps else (gaps * median + 3 * references.g_pop) / (gaps + 3)
        parts.append((0.30, 100 * 2 ** -max(0, days / own_gap - 1)))
    counts = (
        (0.30, months, references.a50),
        (0.15, breadth, references.b50),
        (0.25, contacts, references.c50),
    )
    parts += [(w, 100 * n / (n + ref)) for w, n, ref in counts if ref is not None and not math.isnan(n)]
    return sum(w * part for w, part in parts) / sum(w for w, _ in parts) if parts else NAN


# Gaps equal to the population's keep the own gap at 60 days, so 1.5 gaps of silence are 90 days.
EXAMPLE = {
    "Amel": ((90, 60, 10, 8, 3, 4), 72.0),  # .30 x 70.7 + .30 x 72.7 + .15 x 60 + .25 x 80
    "Bruno": ((192, 60, 8, 5, 1, 0), 30.3),  # .30 x 21.8 + .30 x 62.5 + .15 x 33.3
    "Chloé": ((36, 60, 13, 11, 2, 1), 73.6),  # .30 x 100 + .30 x 78.6 + .15 x 50 + .25 x 50
    "Denis": ((270, 60, 1, 1, 1, 0), 15.2),  # .30 x 8.8 + .30 x 25 + .15 x 33.3
}


@pytest.mark.parametrize("name", EXAMPLE)
def test_worked_example(name):
    row, expected = EXAMPLE[name]
    value, basis = one(*row)
    assert value == pytest.approx(expected, abs=0.05)
    assert basis == "recency+frequency+breadth+dialogue"


def test_worked_example_part_by_part():
    # Amel: 70.7 for recency, 72.7, 60 and 80 for months, channels and contacts.
    amel, nothing = EXAMPLE["Amel"][0], dict.fromkeys(("g_pop", "a50", "b50", "c50"))
    for name, score_of_part in {"g_pop": 70.7, "a50": 72.7, "b50": 60.0, "c50": 80.0}.items():
        alone = References(**{**nothing, name: getattr(REFERENCES, name)})
        assert one(*amel, references=alone)[0] == pytest.approx(score_of_part, abs=0.05)


def test_own_gap_is_shrunk_towards_the_population():
    # Three gaps with median 20 beside a population at 60: (3 x 20 + 3 x 60) / 6 = 40 days.
    only_recency = References(g_pop=60, a50=None, b50=None, c50=None)
    assert one(80, 20, 3, 1, 1, 0, references=only_recency) == (50.0, "recency")  # 2 gaps: one half-life
    # No repeat yet: the population's 60 days.
    assert one(120, NAN, 0, 1, 1, 0, references=only_recency) == (50.0, "recency")


def test_a_median_customer_scores_50_on_each_count():
    only_counts = References(g_pop=None, a50=3, b50=2, c50=1)
    assert one(1, 60, 1, 3, 2, 1, references=only_counts) == (50.0, "frequency+breadth+dialogue")


def test_a_missing_source_shares_out_its_weight():
    # Without dialogue: (.30 x 100 + .30 x 50 + .15 x 50) / .75 = 70.
    assert one(30, 60, 5, 3, 2, NAN) == (70.0, "recency+frequency+breadth")
    assert one(30, 60, 5, 3, NAN, NAN)[1] == "recency+frequency"


def test_nothing_measured_is_unknown_and_not_low():
    value, basis = one(NAN, NAN, NAN, NAN, NAN, NAN)
    assert math.isnan(value)
    assert basis == ""
    unknown = Intensity.unknown(3)
    assert np.isnan(unknown.values).all()
    assert unknown.basis.tolist() == ["", "", ""]


def test_orders_of_one_instant_only():
    # A population whose gaps are all zero: any silence is infinitely long, none warns.
    flat = References(g_pop=0, a50=None, b50=None, c50=None)
    assert one(5, 0, 2, 1, 1, 0, references=flat)[0] == 0.0


def test_references_are_medians_of_those_who_have_something():
    learned = References.learn(
        columns(
            (1, 10, 1, 2, 1, 0),
            (1, 30, 4, 4, 3, 0),
            (1, 90, 2, 6, 5, 7),
            (1, NAN, 0, 0, 0, 0),  # a newcomer without gaps, months or contacts moves no median
        )
    )
    assert learned == References(g_pop=30, a50=4, b50=3, c50=7)


def test_references_of_a_population_without_contacts():
    learned = References.learn(columns((1, 10, 1, 2, NAN, 0), (1, 20, 1, 4, NAN, 0)))
    assert learned == References(g_pop=15, a50=3, b50=None, c50=None)
    assert score(columns((15, 15, 1, 3, NAN, 0)), learned).basis.tolist() == ["recency+frequency"]


def test_references_survive_json():
    for references in (REFERENCES, References(g_pop=0.1 + 0.2, a50=None, b50=None, c50=None)):
        assert References.from_dict(json.loads(json.dumps(references.as_dict()))) == references


days = st.floats(0.001, 2_000)
counts = st.integers(0, 12).map(float)
maybe = st.just(NAN)
customers = st.tuples(
    days | maybe, st.floats(0.01, 400), counts, counts | maybe, counts | maybe, counts | maybe
)
references = st.builds(
    References,
    g_pop=st.none() | st.floats(0.1, 400),
    a50=st.none() | st.floats(1, 12),
    b50=st.none() | st.floats(1, 30),
    c50=st.none() | st.floats(1, 9),
)


@given(st.lists(customers, min_size=1, max_size=8), references)
@example([(60.0, 60.0, 1.0, 3.0, 2.0, 1.0)], REFERENCES)
def test_matches_its_definition(rows, learned):
    expected = [defined(*row, learned) for row in rows]
    assert score(columns(*rows), learned).values == pytest.approx(expected, nan_ok=True, abs=2e-6)


# Law 5, of what is measured; of the events behind it in test_measures.py.
@often
@given(st.lists(customers, min_size=1, max_size=8), references)
def test_stays_within_0_and_100_and_one_customer_changes_no_other(rows, learned):
    values = score(columns(*rows), learned).values
    known = values[~np.isnan(values)]
    assert ((known >= 0) & (known <= 100)).all()
    alone = [score(columns(row), learned).values[0] for row in rows]
    np.testing.assert_array_equal(values, alone)


@often
@given(customers.filter(lambda row: not math.isnan(row[5])), st.floats(0, 1), references)
def test_a_complaint_never_lowers_intensity(row, share, learned):
    # One contact more, at any time between the last two-way event and the snapshot.
    days, *middle, contacts = row
    complained = (days * share, *middle, contacts + 1)
    before, after = one(*row, references=learned)[0], one(*complained, references=learned)[0]
    assert math.isnan(before) or after >= before


def _no_shrinkage(monkeypatch):
    monkeypatch.setattr(intensity, "SHRINKAGE", 1)


def _other_weights(monkeypatch):
    monkeypatch.setattr(intensity, "WEIGHTS", {**intensity.WEIGHTS, "recency": 0.25, "dialogue": 0.30})


def _missing_is_zero(monkeypatch):
    whole = intensity._saturating
    monkeypatch.setattr(intensity, "_saturating", lambda n, ref: np.nan_to_num(whole(n, ref)))


def _zeros_in_the_median(monkeypatch):
    monkeypatch.setattr(intensity, "_some", lambda counts: counts)


@pytest.mark.parametrize("plant", [_no_shrinkage, _other_weights, _missing_is_zero, _zeros_in_the_median])
def test_a_planted_mutant_is_caught(monkeypatch, plant):
    rows = [
        (90.0, 20.0, 2.0, 8.0, 3.0, 4.0),
        (40.0, 30.0, 3.0, 2.0, 1.0, NAN),
        (9.0, 9.0, 1.0, 0.0, 0.0, 0.0),
    ]

    def right():
        learned = References.learn(columns(*rows))
        expected = [defined(*row, References(g_pop=20, a50=5, b50=2, c50=4)) for row in rows]
        return score(columns(*rows), learned).values == pytest.approx(expected, abs=2e-6)

    assert right()
    plant(monkeypatch)
    assert not right()
