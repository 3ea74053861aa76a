"""Trees: exact contributions, bytes that only rows and seed decide, and files that cannot be read."""

from contextlib import ExitStack

import numpy as np
import pytest
import xgboost

from churnlab.config import Booster
from churnlab.errors import IntegrityError, MachineError
from churnlab.models import boosted
from churnlab.models.boosted import Rows, Trees

DIALS = Booster(trees=20, depth=3, learning_rate=0.2)


def rows(n=600, seed=0):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, 4)).astype(np.float32)
    matrix[::5, 1] = np.nan
    target = (random.random(n) < 1 / (1 + np.exp(-2 * matrix[:, 0]))).astype(float)
    return matrix, target


def fitted(matrix, target, objective="binary:logistic", seed=3, threads=1):
    return boosted.fit(matrix, target, DIALS, objective, seed=seed, threads=threads)


def test_margins_and_contributions_are_xgboosts_own():
    matrix, target = rows()
    trees = fitted(matrix, target)
    oracle = xgboost.Booster(model_file=bytearray(trees.content))
    data = xgboost.DMatrix(matrix)
    np.testing.assert_array_equal(trees.margin(matrix), oracle.predict(data, output_margin=True))
    parts, base = trees.contributions(matrix)
    np.testing.assert_allclose(
        np.column_stack([parts, np.full(600, base)]), _contribs(oracle, data), rtol=0, atol=1e-5
    )
    np.testing.assert_allclose(base + parts.sum(axis=1), trees.margin(matrix), atol=1e-4)


def _contribs(oracle, data):
    return oracle.predict(data, pred_contribs=True).astype(np.float64)


def test_threads_do_not_change_a_byte_and_seeds_do():
    matrix, target = rows()
    assert fitted(matrix, target, threads=2).content == fitted(matrix, target).content
    assert fitted(matrix, target, seed=4).content != fitted(matrix, target).content


def test_every_dial_is_obeyed():
    matrix, target = rows()
    plain = fitted(matrix, target).content
    for dial, value in {
        "trees": 19,
        "depth": 2,
        "learning_rate": 0.1,
        "subsample": 0.5,
        "colsample": 0.5,
        "min_child_weight": 40,
        "reg_lambda": 9,
    }.items():
        other = DIALS.model_copy(update={dial: value})
        turned = boosted.fit(matrix, target, other, "binary:logistic", seed=3, threads=1)
        assert turned.content != plain, dial


def test_tweedie_margins_are_logs_of_amounts():
    matrix, _ = rows()
    amount = np.exp(matrix[:, 0]) * 20
    trees = fitted(matrix, amount, "reg:tweedie")
    assert np.exp(trees.margin(matrix)).mean() == pytest.approx(amount.mean(), rel=0.15)
    parts, base = trees.contributions(matrix)
    np.testing.assert_allclose(base + parts.sum(axis=1), trees.margin(matrix), atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"{", b"not json at all", b'{"learner": {}}'])
def test_what_xgboost_cannot_read_is_an_integrity_error(content):
    with pytest.raises(IntegrityError, match="a model file cannot be read"):
        Trees(content).require_readable()


def test_no_rows_have_no_margins():
    matrix, target = rows()
    trees = fitted(matrix, target)
    parts, _ = trees.contributions(matrix[:0])
    assert (trees.margin(matrix[:0]).shape, parts.shape) == ((0,), (0, 4))


def made(matrix, asked):
    """The rows of a matrix, made when asked for; what was asked is written down."""

    def make(start, end):
        asked.append((start, end))
        return matrix[start:end].copy()

    return Rows(matrix.shape, make)


def awkward():
    """Numbers with ties, gaps, few values and none."""
    random = np.random.default_rng(2)
    matrix = random.lognormal(size=(3_000, 7)).astype(np.float32)
    matrix[:, 0] = np.floor(matrix[:, 0])
    matrix[:, 1] = random.random(3_000) < 0.1
    matrix[::3, 2] = np.nan
    matrix[:, 3] = np.nan
    matrix[:1_000, 4] = np.nan  # a whole block without a value
    return matrix, (random.random(3_000) < 1 / (1 + matrix[:, 5])).astype(float)


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:tweedie"])
@pytest.mark.parametrize("block", [7 * 64, 7 * 999, 7 * 3_000])
@pytest.mark.parametrize("external", [False, True])
def test_the_cutting_of_rows_into_blocks_changes_no_byte(monkeypatch, objective, block, external):
    matrix, target = awkward()
    whole = xgboost.train(
        {
            "objective": objective,
            "tree_method": "hist",
            "max_depth": 3,
            "learning_rate": 0.2,
            "subsample": 0.8,
            "colsample_bytree": 0.8,
            "min_child_weight": 5.0,
            "reg_lambda": 1.0,
            "seed": 3,
            "nthread": 1,
            "verbosity": 0,
            **({"tweedie_variance_power": 1.5} if objective == "reg:tweedie" else {}),
        },
        xgboost.QuantileDMatrix(matrix, label=target),
        num_boost_round=20,
    )
    for name in ("BLOCK", "PAGE"):
        monkeypatch.setattr(boosted, name, block)
    if external:
        monkeypatch.setattr(boosted, "EXTERNAL", 100)
    asked = []
    trees = fitted(made(matrix, asked), target, objective)
    assert trees.content == bytes(whole.save_raw("json"))
    assert max(end - start for start, end in asked) == min(block // 7, 3_000)
    assert np.array_equal(trees.margins(made(matrix, [])), trees.margin(matrix))


def test_bins_on_disk_lie_in_a_private_folder_that_does_not_stay(monkeypatch, tmp_path):
    matrix, target = awkward()
    monkeypatch.setattr(boosted.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(boosted, "EXTERNAL", 100)
    seen = []

    def make(start, end):
        seen.extend((path.stat().st_mode & 0o777, path.is_dir()) for path in tmp_path.iterdir())
        return matrix[start:end]

    fitted(Rows(matrix.shape, make), target)
    assert set(seen) == {(0o700, True)}
    assert list(tmp_path.iterdir()) == []


def test_no_folder_for_the_bins(monkeypatch, tmp_path):
    matrix, target = awkward()
    monkeypatch.setattr(boosted.tempfile, "tempdir", str(tmp_path / "nowhere"))
    fitted(matrix, target)  # in memory none is needed
    monkeypatch.setattr(boosted, "EXTERNAL", 100)
    with pytest.raises(MachineError, match="no temporary folder can be made"):
        fitted(matrix, target)


def test_a_fault_while_rows_are_made_is_told_as_it_is(monkeypatch):
    matrix, target = awkward()

    def make(start, end):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fitted(Rows(matrix.shape, make), target)


def test_what_xgboost_refuses_is_told_in_one_line(monkeypatch):
    matrix, target = awkward()

    def refuse(*_, **__):
        raise xgboost.core.XGBoostError("[12:00] x.cc:9: Check failed: out of space\nStack trace")

    monkeypatch.setattr(xgboost, "train", refuse)
    with pytest.raises(MachineError, match="the trees could not be fitted") as caught:
        fitted(matrix, target)
    assert "out of space" in str(caught.value)
    assert "Stack" not in str(caught.value)


def test_no_rows_have_no_margins_in_blocks_either():
    matrix, target = awkward()
    assert fitted(matrix, target).margins(Rows.of(matrix[:0])).shape == (0,)


@pytest.mark.parametrize("on_disk", [None, True])
def test_bins_that_are_shared_give_the_trees_of_fresh_ones(on_disk):
    matrix, target = rows()
    later = rows(200, seed=1)
    with ExitStack() as stack:
        shared = boosted.bins(
            Rows.of(matrix), target, Rows.of(later[0]), later[1], threads=1, stack=stack, on_disk=on_disk
        )
        for dials in (DIALS, DIALS.model_copy(update={"depth": 5, "subsample": 0.5}), DIALS):
            seen = []
            grown = boosted.grow(shared, dials, seed=3, threads=1, watch=lambda r, seen=seen: seen.append(r))
            fresh = boosted.fit(matrix, target, dials, "binary:logistic", seed=3, threads=1)
            assert grown.trees().content == fresh.content
            risks = 1 / (1 + np.exp(-fresh.margin(later[0])))
            np.testing.assert_allclose(seen[-1], risks, atol=1e-6)
            np.testing.assert_allclose(grown.risk(len(seen)), risks, atol=1e-6)
            np.testing.assert_allclose(grown.risk(5), seen[4], atol=1e-6)


def test_whoever_watches_is_asked_after_every_few_trees_and_the_last():
    matrix, target = rows()
    with ExitStack() as stack:
        shared = boosted.bins(Rows.of(matrix), target, Rows.of(matrix), target, threads=1, stack=stack)
        each, some = [], []
        for seen, every in ((each, 1), (some, 6)):
            boosted.grow(shared, DIALS, seed=3, threads=1, every=every, watch=lambda r, s=seen: s.append(r))
    assert (len(each), len(some)) == (20, 4)
    for at, risk in zip((6, 12, 18, 20), some, strict=True):
        np.testing.assert_allclose(risk, each[at - 1], atol=1e-6)


def test_whoever_watches_can_stop_the_trees():
    matrix, target = rows()
    with ExitStack() as stack:
        shared = boosted.bins(Rows.of(matrix), target, Rows.of(matrix), target, threads=1, stack=stack)
        seen = []
        grown = boosted.grow(
            shared, DIALS, seed=3, threads=1, watch=lambda r: seen.append(r) or len(seen) == 7
        )
    short = DIALS.model_copy(update={"trees": 7})
    assert (
        grown.trees().content
        == boosted.fit(matrix, target, short, "binary:logistic", seed=3, threads=1).content
    )
