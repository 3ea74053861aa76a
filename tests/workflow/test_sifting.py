"""Who is on no list where two projects ask: beside a count of each customer, one after the other."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.errors import IntegrityError
from churnlab.workflow import sifting
from churnlab.workflow.sifting import Sifted

ORDERS = st.integers(1, 6)


def sifted(people, least, asks_for_lost):
    """Of (orders, lost) pairs: as eligibility counts them, one by one."""
    found = Sifted(least)
    for orders, lost in people:
        if orders < least:
            found.add(0, {"not_enough_orders": 1})
        elif lost != asks_for_lost:
            found.add(0, {"already_lost" if lost else "not_lost": 1})
        else:
            found.add(1, {})
    return found


@settings(max_examples=300)
@given(st.lists(st.tuples(ORDERS, st.booleans()), max_size=40), ORDERS, ORDERS)
def test_everybody_is_listed_or_left_out_for_a_reason(people, here, there):
    expected = Counter()
    for orders, lost in people:
        if orders < (there if lost else here):
            known = lost and orders >= here
            expected["lost_not_enough_orders" if known else "not_enough_orders"] += 1
    main, second = sifted(people, here, False), sifted(people, there, True)
    left_out = sifting.of_both(main, second)
    assert left_out == dict(expected)
    assert main.taken + second.taken + sum(left_out.values()) == len(people)


@pytest.mark.parametrize(
    ("main", "second"),
    [
        # The second lists fewer, and asks for no more orders: one customer is gone.
        (Sifted(1, 5, Counter(already_lost=3)), Sifted(1, 2, Counter(not_lost=6))),
        # It lists more than are lost: one is on the lists twice.
        (Sifted(1, 5, Counter(already_lost=3)), Sifted(1, 4, Counter(not_lost=4))),
        (Sifted(1, 5, Counter(already_lost=3)), Sifted(4, 4, Counter(not_lost=4))),
        (Sifted(4, 5, Counter(already_lost=3)), Sifted(1, 4, Counter(not_lost=4))),
        # It does not know one of them.
        (Sifted(1, 5, Counter(already_lost=3)), Sifted(1, 3, Counter(not_lost=4))),
        (Sifted(1, 5, Counter(already_lost=3)), Sifted(4, 2, Counter(not_lost=5))),
    ],
)
def test_where_it_does_not_add_up_there_is_no_list(main, second):
    with pytest.raises(IntegrityError, match="twice, or left out without a reason"):
        sifting.of_both(main, second)
