"""Dimensions, type and profile: every rule at its edge, by hand, and laws over drawn counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.config.overlays import Relation
from churnlab.strategy.relation import DIMENSIONS, CooperationProfile, RelationshipType, relations, score
from churnlab.strategy.relation_measures import NAMES

RULES = Relation()
CALM = {**dict.fromkeys(NAMES, 0), "relation_economic": 1, "relation_events": 1}
NAN = float("nan")


def told(rules=RULES, **counts):
    """Everything that is said of one customer."""
    person = {**CALM, **{f"relation_{name}": number for name, number in counts.items()}}
    found = relations({name: np.array([float(number)]) for name, number in person.items()}, rules)
    return {name: values[0] for name, values in vars(found).items()}


def kind(**counts):
    return told(**counts)["type"]


def profile(**counts):
    return told(**counts)["profile"]


def test_scores_by_hand():
    # 6 orders are half way; 3 contacts of 3, 1 of 1, 2 of 2.
    person = told(economic=6, informational=3, normative=1, political=2, socio_affective=2)
    assert [person[name] for name in DIMENSIONS] == [50.0] * 5
    assert score(np.array([0.0, 1.0, 18.0]), 6).tolist() == [0.0, 14.285714, 75.0]
    assert told(Relation(half={"economic": 2}), economic=6)["economic"] == 75.0


def test_what_no_source_tells_of_is_missing_and_not_zero():
    unknown = told(**dict.fromkeys((*DIMENSIONS, "contacts", "opposing", "voluntary", "personal"), NAN))
    assert all(np.isnan(unknown[name]) for name in DIMENSIONS)
    assert unknown["type"] is None
    assert unknown["profile"] is None


def test_primary_by_ties_or_by_people():
    assert kind() == "secondary", "an order is a formal relation"
    assert kind(events=0) is None, "nothing at all"
    assert kind(socio_affective=2, contacts=2, events=2) == "primary"
    assert kind(socio_affective=1, contacts=2, events=2) == "secondary", "33.3 of the 50 needed"
    assert kind(contacts=2, personal=1, events=2) == "primary"
    assert kind(contacts=3, personal=1, events=3) == "secondary", "a third is personal"
    assert kind(contacts=1, personal=1, events=1) == "secondary", "one call makes no relationship"


def test_resistant_is_asked_first():
    assert profile(opposing=2) == "resistant"
    assert profile(opposing=1) == "neo_classical"
    assert profile(opposing=3, voluntary=3) == "resistant", "as many as voluntary"
    assert profile(opposing=3, voluntary=4) == "collaborative"
    assert profile(opposing=2, channelled=9, self_service=9) == "resistant"


def test_collaborative_independent_and_everybody_else():
    assert profile(voluntary=3) == "collaborative"
    assert profile(voluntary=2) == "neo_classical"
    assert profile(channelled=3, self_service=3) == "independent"
    assert profile(channelled=2, self_service=2) == "neo_classical", "too few to tell"
    assert profile(channelled=5, self_service=4) == "independent", "just 80 %"
    assert profile(channelled=9, self_service=7) == "neo_classical", "78 %"
    assert profile(channelled=5, self_service=5, voluntary=1) == "independent"
    assert profile(channelled=5, self_service=5, voluntary=2) == "neo_classical"
    assert profile(economic=0, events=0) is None


def test_shares_do_not_hang_on_how_a_fraction_is_stored():
    # 0.7 * 10 is 7.000000000000001 in some orders of arithmetic, 0.1 * 3 is 0.30000000000000004.
    for tenths in range(1, 11):
        rules = Relation(self_service_share=tenths / 10)
        assert told(rules, channelled=30, self_service=3 * tenths)["profile"] == "independent"
        assert told(rules, channelled=30, self_service=3 * tenths - 1)["profile"] == "neo_classical"


def test_labels_in_both_languages():
    assert [each.label("fr") for each in CooperationProfile] == [
        "résistant", "collaboratif", "indépendant", "néo-classique",
    ]  # fmt: skip
    assert [each.label("en") for each in RelationshipType] == ["primary", "secondary"]


counts = st.integers(0, 8)


@st.composite
def people(draw):
    """Counts that fit together: parts are not more than wholes."""
    contacts = draw(counts)
    part = st.integers(0, contacts)
    orders, contracts = draw(counts), draw(st.integers(0, 2))
    channelled = draw(st.integers(0, orders + contacts))
    made = {
        "economic": orders,
        "contacts": contacts,
        "normative": contracts + draw(part),
        "events": orders + contacts + contracts,
        "channelled": channelled,
        "self_service": draw(st.integers(0, channelled)),
        **{
            name: draw(part)
            for name in ("informational", "political", "socio_affective", "personal", "opposing", "voluntary")
        },
    }
    return {f"relation_{name}": float(number) for name, number in made.items()}


def table(drawn):
    return {name: np.array([person[name] for person in drawn]) for name in NAMES}


@settings(max_examples=200)
@given(st.lists(people(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_everybody_has_what_is_ones_own_whoever_stands_beside(drawn, random):
    found = relations(table(drawn), RULES)
    order = random.sample(range(len(drawn)), len(drawn))
    other = relations(table([drawn[place] for place in order]), RULES)
    for name, values in vars(found).items():
        np.testing.assert_array_equal(values[order], getattr(other, name))
    for name in DIMENSIONS:
        scores = getattr(found, name)
        assert ((scores >= 0) & (scores < 100)).all()
        assert ((scores == 0) == (table(drawn)[f"relation_{name}"] == 0)).all()
    some = table(drawn)["relation_events"] > 0
    for codes, known in ((found.type, RelationshipType), (found.profile, CooperationProfile)):
        assert {*codes[some]} <= {*map(str, known)}, "exactly one, where there is an event"


@settings(max_examples=200)
@given(people(), st.sampled_from(DIMENSIONS), st.integers(1, 5))
def test_no_score_falls_where_an_event_is_added(person, name, more):
    grown = {**person, f"relation_{name}": person[f"relation_{name}"] + more}
    before, after = (getattr(relations(table([each]), RULES), name)[0] for each in (person, grown))
    assert after > before


@pytest.mark.parametrize("name", ["resistant_contacts", "collaborative_contacts", "primary_contacts"])
def test_the_limits_are_those_of_the_rules(name):
    high = Relation(**{name: 7})
    many = {"opposing": 2, "contacts": 5, "personal": 5, "events": 5}
    if name == "collaborative_contacts":
        many |= {"opposing": 0, "voluntary": 5}
    assert told(**many) != told(high, **many)
