"""Every feature equals its definition, on worlds drawn where mistakes live."""

from hypothesis import given, settings

from churnlab.features.catalogue import FAMILIES, compute
from churnlab.testing import worlds
from feature_definitions import PLAN, check_definition, defined

test_matches_its_definition = settings(max_examples=60)(given(worlds())(check_definition))


@settings(max_examples=1)
@given(worlds())
def test_only_the_time_of_year_and_quantities_have_no_definition_here(world):
    made = {feature.name for _, feature in compute(world.history(PLAN), FAMILIES)}
    judged = made & defined(world, 0, world.asked[0]).keys()
    others = {"month_sine", "month_cosine"} | {
        f"{measure}_{days}d" for measure in ("items_per_order", "price_per_item") for days in (30, 90)
    }
    assert made - judged == others
