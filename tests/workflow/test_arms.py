"""What is told of the arms: nobody can work out a group of few from what is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.evaluation.rows import FEW
from churnlab.workflow import arms

COUNT = st.one_of(st.integers(0, 12), st.integers(0, 500))
DRAWN = st.fixed_dictionaries(dict.fromkeys(arms.ARMS, COUNT))
CONTACTED = np.array([1.0, 1.0, 0.0, 0.0, 0.0])


@settings(max_examples=400)
@given(DRAWN)
def test_no_group_of_few_follows_from_what_is_told(counts):
    told = arms.told(counts)
    parts = dict(zip(arms.ARMS, np.eye(len(arms.ARMS)), strict=True)) | {"contacted": CONTACTED}
    sums = {**counts, "contacted": counts["treated"] + counts["explore"]}
    # Everybody is known; and of whom there is nobody, that may be told.
    known = [np.ones(len(arms.ARMS)), *(parts[name] for name, count in told.items() if count is not None)]
    rank = np.linalg.matrix_rank(known)
    several = sum(count > 0 for name, count in sums.items() if name not in {"treated", "explore"}) > 1
    for name, count in sums.items():
        if 0 < count < FEW:
            assert told[name] is None
            assert not several or np.linalg.matrix_rank([*known, parts[name]]) > rank


@given(DRAWN)
def test_what_is_told_is_so_and_nothing_is_hidden_where_nobody_is_few(counts):
    told = arms.told(counts)
    assert all(told[name] in (None, counts[name]) for name in arms.ARMS)
    assert told["contacted"] in (None, counts["treated"] + counts["explore"])
    if all(count == 0 or count >= FEW for count in counts.values()):
        assert None not in told.values()
