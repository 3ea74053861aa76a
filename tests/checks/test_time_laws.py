"""The laws of time and the definitions, over every measure of a past and of an outcome."""

import pytest
from hypothesis import given

import laws
from churnlab.testing import World, worlds
from measures import check_definition

# P4, P11, P13: compiled code is held to the definitions themselves, and not only to its twin in numpy.
HELD_BOTH_WAYS = (
    check_definition,
    laws.needs_no_order_within_an_instant,
    laws.is_each_customers_own,
    laws.outcome_is_as_defined,
)

test_every_measure_is_as_defined = given(worlds())(check_definition)


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
@given(world=worlds())
def test_law(law, world):
    law(world)


@pytest.mark.parametrize("law", HELD_BOTH_WAYS, ids=lambda law: law.__name__)
@given(world=worlds())
def test_law_by_compiled_code(law, world):
    with pytest.MonkeyPatch.context() as patch:
        for asked in (World.history, World.outcome):
            patch.setitem(asked.__kwdefaults__, "compiled", True)
        law(world)


@given(worlds())
def test_the_ways_of_large_shards_give_the_same(world):
    # Long ranges are expanded block by block, columns of many values counted another way, and many
    # dates searched rather than counted: here blocks are tiny, and nothing counts as few.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("churnlab.history.slices.BLOCK", 3)
        patch.setattr("churnlab.history.variety.BITS", 0)
        patch.setattr("churnlab.history.cuts.DENSE", 0)
        check_definition(world)
