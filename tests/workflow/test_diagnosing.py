"""Horizons: counted as defined, near what theory says of a known population."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest

import churnlab
import shops
from churnlab import cli
from churnlab.errors import ConfigError

CONFIG = """
project: shop
time_zone: UTC
sources:
  transactions:
    - name: orders
      frame: orders
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: at, amount: amount}
      complete_until: 2025-01-01
churn:
  horizon_days: 30
"""
END = 1_827  # days from 2020-01-01 to 2025-01-01
YEAR = 365
START = np.datetime64("2020-01-01T00:00:00")
# Mean gap in days, and the chance to leave for good after each order.
SORTS = ((20, 0.03), (150, 0.25))


def orders(customers=600, seed=1):
    chance = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        mean, leaves = SORTS[who % 2]
        day = chance.uniform(0, 500)
        while day < END:
            rows.append((f"{who:04}", round(day * 86_400)))
            if chance.random() < leaves:
                break
            day += chance.exponential(mean)
    seconds = np.array([second for _, second in rows]).astype("timedelta64[s]")
    return pd.DataFrame({"who": [who for who, _ in rows], "at": START + seconds, "amount": 10.0})


def project(tmp_path, *overrides, config=CONFIG):
    path = tmp_path / "shop.yaml"
    path.write_text(config, encoding="utf-8")
    return churnlab.load(path, list(overrides))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    table = orders()
    shop = project(tmp_path_factory.mktemp("diagnosis"))
    return table, shop, churnlab.diagnose(shop, {"orders": table})


def silences(table):
    """[(day, day of the next order or infinity)] of every order, in days since the start."""
    days = (table["at"] - pd.Timestamp(START)) / pd.Timedelta(days=1)
    found = []
    for _, own in days.groupby(table["who"]):
        times = sorted(own)
        found += zip(times, [*times[1:], math.inf], strict=True)
    return found


def test_returns_are_counted_as_defined(found):
    """The silences that reached H and were observed a year beyond, in plain Python."""
    table, _, answer = found
    every = silences(table)
    for each in answer.candidates:
        seen = [
            (since, until)
            for since, until in every
            if since + each.days + YEAR <= END and until >= since + each.days
        ]
        back = sum(until < since + each.days + YEAR for since, until in seen)
        assert each.silences == len(seen)
        assert each.return_rate == (pytest.approx(back / len(seen)) if seen else None)


def theory(days, weights):
    """Of silences that reach ``days``: whoever stays returns after an exponential time, others never."""
    reach = back = 0.0
    for (mean, leaves), weight in zip(SORTS, weights, strict=True):
        silent = (1 - leaves) * math.exp(-days / mean)
        reach += weight * (leaves + silent)
        back += weight * silent * (1 - math.exp(-YEAR / mean))
    return back / reach


def test_returns_are_near_what_theory_says(found):
    table, _, answer = found
    slow = table["who"].astype(int) % 2 == 1
    weights = (float((~slow).sum()), float(slow.sum()))
    for each in answer.candidates:
        if each.days <= 180:
            assert each.return_rate == pytest.approx(theory(each.days, weights), abs=0.06)


def test_a_quantile_of_gaps_is_no_horizon(found):
    """Nine gaps in ten are closed by then, and still more than the share allowed comes back."""
    _, _, answer = found
    later = [each for each in answer.candidates if each.days >= answer.gap_p90]
    assert later[0].return_rate > answer.max_return_rate
    assert answer.suggested > later[0].days
    fine = [each.days for each in answer.candidates if each.return_rate <= answer.max_return_rate]
    assert answer.suggested == min(fine)


def test_a_horizon_that_is_too_short_is_told_and_allowed(found):
    _, shop, answer = found
    assert answer.chosen == 30
    assert "30 days is shorter than the 270 suggested" in "\n".join(answer.told())
    longer = shop.model_copy(update={"churn": shop.churn.model_copy(update={"horizon_days": 270})})
    assert not list(churnlab.diagnose(longer, {"orders": found[0]}).told())


def test_churn_rates_are_those_of_the_panel(found):
    table, shop, answer = found
    panel = churnlab.make_panel(shop, {"orders": table})
    mine = answer.candidates[0]
    assert (mine.days, mine.dates) == (30, len(set(panel.as_of)))
    assert (mine.rows, mine.churn_rate) == (len(panel), pytest.approx(panel.churned.mean()))
    # Slow customers are labelled far more often by a horizon as short as this.
    assert mine.by_rhythm["under 30 days"] + 0.1 < mine.by_rhythm["120 days or more"]


def test_how_shards_are_cut_does_not_show(found):
    table, shop, answer = found
    cut = shop.model_copy(update={"engine": shop.engine.model_copy(update={"shard_events": 50})})
    assert (
        churnlab.diagnose(cut, {"orders": table.sample(frac=1, random_state=4)}).figures() == answer.figures()
    )


def test_what_is_written_is_what_is_told_and_the_same_each_time(found):
    table, shop, answer = found
    assert json.loads(answer.table.read_text(encoding="utf-8")) == json.loads(json.dumps(answer.figures()))
    svg = answer.picture.read_bytes()
    assert svg.startswith(b"<svg ")
    assert b"suggested 270" in svg
    again = churnlab.diagnose(shop, {"orders": table})
    assert again.picture.read_bytes() == svg
    assert "0001" not in answer.table.read_text(encoding="utf-8")  # nobody's id


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        # 1 827 days from the first order on, less some before it.
        (
            ["churn.horizon_days=1825", "churn.gap_days=30"],
            r"1855 days of gap, horizon and settlement are longer",
        ),
        (
            ["churn.horizon_days=1000", "snapshots.min_history_days=900"],
            r"900 days of history and 1000 of gap, horizon and settlement are needed, \d+ more than",
        ),
        (
            ["churn.horizon_days=1000"],
            r"2020-04-01, the first, is settled \d+ days after the test date 2022-04-01",
        ),
    ],
)
def test_what_the_data_do_not_allow_is_told_by_how_much(found, tmp_path, overrides, words):
    answer = churnlab.diagnose(project(tmp_path, *overrides), {"orders": found[0]})
    assert re.search(words, answer.infeasible), answer.infeasible
    assert answer.infeasible in list(answer.told())


def test_a_supplied_label_has_no_horizon_to_look_for(tmp_path):
    config = shops.supplied()
    people = pd.DataFrame({"who": ["a", "b"], "left": ["yes", "no"]})
    with pytest.raises(ConfigError, match="a snapshot table has none"):
        churnlab.diagnose(project(tmp_path, config=config), {"people": people})


def test_the_command_prints_tables_or_json(tmp_path, capfd):
    orders(60).to_parquet(tmp_path / "orders.parquet")
    path = tmp_path / "shop.yaml"
    path.write_text(CONFIG.replace("frame: orders", "files: [orders.parquet]"), encoding="utf-8")
    for arguments, expected in (([], "Horizons: who would count as gone"), (["--json"], '"gap_p90_days"')):
        with pytest.raises(SystemExit) as left:
            cli.main(["diagnose", str(path), *arguments])
        assert left.value.code == 0
        assert expected in capfd.readouterr().out
