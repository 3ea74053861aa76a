"""The laws of time and the definitions, over every measure of a past and of an outcome."""

import pytest
from hypothesis import given

import laws
from churnlab.testing import worlds
from measures import check_definition

test_every_measure_is_as_defined = given(worlds())(check_definition)


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
@given(world=worlds())
def test_law(law, world):
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
