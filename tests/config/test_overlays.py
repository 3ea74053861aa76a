"""Overlays in a configuration: what they need, and which mistakes are told."""

import pytest
import yaml

import shops
from churnlab import config
from churnlab.config.overlays import Relation
from churnlab.errors import ConfigError

PEOPLE = """  customers:
    - name: people
      frame: people
      columns: {customer_id: who, parent: group}
"""
BARE = PEOPLE.replace(", parent: group", "")
MORE = "churn: {horizon_days: 60}\n"
CAMPAIGN = """campaign: {name: spring, epoch: 2025, one_per_parent: true}
suppression: {not_required: {objections: none are kept here in tests, consents: none are kept here in tests}}
"""


def loaded(*parts):
    return config.from_mapping(yaml.safe_load("".join((shops.CONFIG, *parts, MORE))))


def test_nothing_is_laid_over_unless_asked():
    assert loaded().overlays is None
    assert not loaded(PEOPLE).parents


def test_an_empty_relation_is_that_of_the_defaults():
    asked = loaded(PEOPLE, "overlays: {relation: {}, parent: true}\n")
    assert asked.overlays.relation == Relation()
    assert asked.parents


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            (BARE, "overlays: {parent: true}\n"),
            r"overlays\.parent needs sources\.customers with columns\.parent",
        ),
        (("overlays: {parent: true}\n",), r"overlays\.parent needs sources\.customers with columns\.parent"),
        ((PEOPLE, CAMPAIGN), r"campaign\.one_per_parent needs overlays\.parent: true"),
        (
            (PEOPLE, "overlays: {relation: {}}\n", CAMPAIGN),
            r"campaign\.one_per_parent needs overlays\.parent",
        ),
        (
            ("overlays: {relation: {voluntary_types: [return]}}\n",),
            r"return stands in opposing_types and in vol",
        ),
        (
            ("overlays: {relation: {personal_channels: [web]}}\n",),
            r"web stands in personal_channels and in self",
        ),
        (("overlays: {relation: {independent_voluntary: 3}}\n",), r"independent_voluntary must be below"),
        (("overlays: {relation: {half: {economic: 0}}}\n",), r"half\.economic"),
        (("overlays: {relation: {types: {economic: [order]}}}\n",), r"types\.economic"),
        (("overlays: {relations: {}}\n",), r"overlays\.relations.*did you mean"),
    ],
)
def test_mistakes_are_told_by_their_key(parts, told):
    with pytest.raises(ConfigError, match=told):
        loaded(*parts)


def test_a_table_with_supplied_labels_has_nothing_to_lay_over():
    with pytest.raises(ConfigError, match="overlays need histories"):
        config.from_mapping(yaml.safe_load(shops.supplied(more="overlays: {relation: {}}\n")))


def test_no_attribute_can_be_called_parent():
    with pytest.raises(ConfigError, match=r"attributes\.parent is a reserved name"):
        loaded(BARE, "      attributes: {parent: {column: p, kind: category, static: true}}\n")
