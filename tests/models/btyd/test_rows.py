"""Equal rows once: nothing is lost, nothing depends on the order or on the size of blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from churnlab.models.btyd.rows import BLOCK, Distinct, in_blocks

tables = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.1, 7.0])), min_size=1, max_size=30)


@given(tables, st.randoms())
def test_rows_are_found_again_and_counted(table, random):
    rows = Distinct.of(*np.array(table, dtype=float).T)
    assert [tuple(row) for row in np.stack(rows.columns, axis=1)[rows.place]] == table
    assert list(zip(*(column.tolist() for column in rows.columns), strict=True)) == sorted(set(table))
    assert rows.counts.tolist() == [table.count(row) for row in sorted(set(table))]
    shuffled = random.sample(table, len(table))
    other = Distinct.of(*np.array(shuffled, dtype=float).T)
    np.testing.assert_equal((other.columns, other.counts), (rows.columns, rows.counts))


def test_blocks_are_joined_along_the_last_axis():
    column = np.arange(2.0 * BLOCK + 3)
    sizes = []

    def compute(values):
        sizes.append(len(values))
        return np.stack([values, -values])

    np.testing.assert_equal(in_blocks(compute, column), np.stack([column, -column]))
    assert sizes == [BLOCK, BLOCK, 3]
