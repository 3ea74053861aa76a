"""The sample: whole customers by their ids alone, as many as fit, whatever the order they come in."""

import hashlib
import random
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError
from churnlab.panel import sample
from churnlab.panel.sample import Sample, Sampler, limit, places

SEED = 7
worlds = st.dictionaries(st.text(max_size=3), st.integers(1, 5), min_size=1, max_size=12)  # id: rows


def defined(world, most):
    """In the order of their hashes, customers up to the first that does not fit: plain Python."""
    ranked = sorted(world, key=lambda who: hashlib.sha256(f"{SEED}/{who}".encode()).hexdigest())
    kept, rows = set(), 0
    for who in ranked:
        rows += world[who]
        if rows > most:
            break
        kept.add(who)
    return kept


def streamed(world, most, draw):
    """What a sampler keeps of customers that come in any order and any blocks."""
    ids = draw.sample(list(world), len(world))
    sampler, asked = Sampler(most, SEED), []
    while ids:
        size = draw.randint(1, len(ids))
        block = np.array([who for who in ids[:size] for _ in range(world[who])], dtype=object)
        wanted = sampler.see(block)
        # Whoever is not wanted when first seen is not kept at the end.
        asked.append((block, wanted))
        ids = ids[size:]
    kept = set()
    for block, wanted in asked:
        keeps = sampler.keeps(block)
        assert not (keeps & ~wanted).any()
        kept |= set(block[keeps].tolist())
    return kept, sampler


def check_sample(world, most, draw):
    kept, sampler = streamed(world, most, draw)
    expected = defined(world, most)
    assert kept == expected, "not as defined"
    if len(expected) == len(world):
        assert sampler.sample is None
    elif expected:
        rows = sum(world[who] for who in expected)
        assert sampler.sample == Sample(rows, sum(world.values()), len(expected), len(world))
        assert rows <= most


test_as_defined_in_any_order = given(worlds, st.integers(1, 40), st.randoms(use_true_random=False))(
    check_sample
)


MUTANTS = {
    "the limit is kept": lambda place, rows, most: (at := limit(place, rows, most)) and at + 1,
    "one row too many": lambda place, rows, most: limit(place, rows, most + 1),
    "never": lambda *_: None,
    "in the order they come": lambda place, rows, most: (
        None if rows.sum() <= most else int(place[np.searchsorted(rows.cumsum(), most, side="right")])
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    world = {f"c{number}": 1 + number % 3 for number in range(40)}
    check_budgets(world)
    monkeypatch.setattr(sample, "limit", MUTANTS[name])
    with pytest.raises(AssertionError, match="not as defined"):
        check_budgets(world)


def check_budgets(world):
    for most in range(20, 30):
        check_sample(world, most, random.Random(3))


def test_a_place_by_hand():
    # printf '7/00042' | sha256sum
    digest = hashlib.sha256(b"7/00042").digest()
    assert places(["00042"], 7).tolist() == [int.from_bytes(digest[:8], "big")]
    assert places([], 7).tolist() == []
    assert places(["00042"], 8).tolist() != places(["00042"], 7).tolist()


def test_a_limit_by_hand():
    place, rows = np.array([30, 10, 40, 20], np.uint64), np.array([2, 3, 1, 4])
    # In the order of places: 10 (3 rows), 20 (7), 30 (9), 40 (10).
    assert [limit(place, rows, most) for most in (2, 3, 6, 7, 9, 10)] == [10, 20, 20, 30, 40, None]


def test_counted_elsewhere_the_limit_is_the_same():
    """What Spark does: count the rows of each customer, and ask once."""
    world = {f"c{number}": 1 + number % 4 for number in range(300)}
    _, sampler = streamed(world, 200, random.Random(1))
    rows = np.array(list(world.values()))
    assert limit(places(list(world), SEED), rows, 200) == sampler.limit


def test_below_the_budget_nothing_is_hashed(monkeypatch):
    monkeypatch.setattr(sample, "places", None)
    sampler = Sampler(4, SEED)
    assert sampler.see(np.array(["a", "a", "b"], dtype=object)).all()
    assert sampler.see(np.array(["c"], dtype=object)).all()
    assert sampler.keeps(np.array(["a", "c"], dtype=object)).all()
    assert (sampler.limit, sampler.sample) == (None, None)


def test_threads_share_a_sampler():
    world = {f"c{number}": 1 + number % 4 for number in range(2_000)}
    ids = list(world)
    sampler = Sampler(1_000, SEED)

    def show(some):
        for who in some:
            sampler.see(np.array([who] * world[who], dtype=object))

    threads = [threading.Thread(target=show, args=(ids[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everyone = np.array(ids, dtype=object)
    assert set(everyone[sampler.keeps(everyone)]) == defined(world, 1_000)
    assert sampler.sample.of_customers == 2_000


def test_a_budget_below_one_customer():
    sampler = Sampler(2, SEED)
    assert not sampler.see(np.array(["a"] * 3, dtype=object)).any()
    with pytest.raises(ConfigError, match="less than the rows of one customer"):
        sampler.sample


def test_the_note_says_how_much_was_kept():
    note = Sample(2_000_000, 8_000_000, 250_000, 1_000_000).note
    assert "250,000 of 1,000,000 customers (25.00 %), 2,000,000 of 8,000,000 rows" in note
    assert "learned from and judged by" in note
