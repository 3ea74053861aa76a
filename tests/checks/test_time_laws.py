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
def test_small_blocks_and_many_values_give_the_same(world):
    # Long ranges are expanded block by block, and columns of many values counted another way: here
    # every block is tiny, and every column has too many values for a bit each.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("churnlab.history.slices.BLOCK", 3)
        patch.setattr("churnlab.history.windows.BITS", 0)
        check_definition(world)
