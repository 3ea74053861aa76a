"""A source's own promises, beyond what it measures."""

import gc
import operator
import weakref

from churnlab.history import ALL
from ledger import past


def test_a_shard_s_arrays_go_as_soon_as_it_is_done():
    # Shards follow one another; what waited for the garbage collector doubled the memory.
    past_ = past([{"day": day, "amount": day % 3 - 1, "order_id": str(day)} for day in range(9)], [5, 20])
    for source in (past_.transactions, past_.orders):
        every = source.where("amount", operator.ge, -1)
        for asked in (source, every, source.where("amount", operator.gt, 0)):
            asked.last(ALL).distinct("order_id")
            asked.last(7).std("amount")
            asked.last(7).latest(2).gaps("max")
    alive = [weakref.ref(past_.transactions), weakref.ref(past_.orders), weakref.ref(every)]
    gc.disable()
    try:
        del past_, source, every, asked
        assert [one() for one in alive] == [None, None, None]
    finally:
        gc.enable()


def test_a_filter_that_keeps_everything_keeps_what_was_measured():
    lines = past([{"day": 1, "amount": 5}], [9]).transactions
    assert lines.where("amount", operator.gt, 0) is lines
