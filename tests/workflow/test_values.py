"""The chapter about money: by hand, from lists as files."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.explain.exhibits import told
from churnlab.explain.page import Shown
from churnlab.workflow import values

ARM = ["treated"] * 30 + ["control"] * 10 + [None] * 20 + ["treated"] * 3 + ["explore"] * 12 + [None] * 25


def listed(folder, value=50.0):
    """60 to retain, 40 to release; one customer in the first is worth a lot."""
    columns = {
        "customer_id": [f"secret-{row}" for row in range(100)],
        "quadrant": ["retain"] * 60 + ["release"] * 40,
        "value_if_retained": pa.array([950.0, *[value] * 99], pa.float64()),
        "arm": ARM,
        "expected_saved_value": pa.array([2.5] * 100),
        "expected_cost": pa.array([0.1] * 100),
    }
    pq.write_table(pa.table(columns), folder / "all.parquet")
    kept_off = {"customer_id": ["secret-x"] * 20, "value_if_retained": pa.array([value] * 20, pa.float64())}
    pq.write_table(pa.table(kept_off), folder / "excluded.parquet")
    return folder


def strategy(name, customers, value):
    money = {"value_if_retained": value, "value_at_stake": value, "expected_loss": value}
    return {"strategy": name, "customers": customers, "share": 0.1, "mean_risk": 0.5, **money}


def manifest(**changes):
    rows = [
        strategy("retain", 60, 3_900.0), strategy("release", 40, 2_000.0), strategy("all", 100, 5_900.0)
    ]  # fmt: skip
    return {"currency": "EUR", "strategies": rows, "campaign": {}, **changes}


def test_money_and_contacts_of_each_strategy(tmp_path):
    (money, spread), pictures = values.money(listed(tmp_path), manifest(), "en")
    # 30 are contacted to retain, 15 to release: control is not contacted.
    assert money.rows[0] == ("retain", 60, 3_900.0, 3_900.0, 3_900.0, 30, 75.0, 3.0)
    assert money.rows[1][5:] == (15, 37.5, 1.5)
    assert money.rows[2][5:] == (45, 112.5, 4.5)
    assert list(pictures) == ["money", "lorenz"]
    # 120 customers, those kept off among them: 950 and 119 times 50; the best fifth are 24.
    held = 950 + 23 * 50
    assert spread.rows[1] == ("best_20", 24, held, pytest.approx(held / (950 + 119 * 50), abs=1e-6))
    for locale in ("en", "fr"):
        for exhibit in (money, spread):
            assert "{" not in " ".join(told(exhibit, Shown(locale, "EUR")).notes)
    assert not any("secret" in str(cell) for row in (*money.rows, *spread.rows) for cell in row)


def test_few_people_are_not_told_of(tmp_path):
    few = [strategy("retain", 5, 90.0), strategy("release", 95, 1_000.0), strategy("all", 100, 1_090.0)]
    (money, *_), pictures = values.money(listed(tmp_path), manifest(strategies=few), "en")
    assert money.rows[0][1:5] == (None,) * 4
    assert money.rows[1][1:5] == (None,) * 4, "it would give the other away"
    assert "money" not in pictures
    assert ("few_said", {}) in money.notes


def test_contacts_of_few_are_hidden_by_themselves(tmp_path):
    run = listed(tmp_path)
    table = pq.read_table(run / "all.parquet").drop_columns(["arm"])
    arm = pa.array(["treated"] * 30 + [None] * 65 + ["treated"] * 5)
    pq.write_table(table.append_column("arm", arm), run / "all.parquet")
    (money, *_), _ = values.money(run, manifest(), "en")
    assert money.rows[0] == ("retain", 60, 3_900.0, 3_900.0, 3_900.0, None, None, None)
    assert money.rows[1][5:] == (None, None, None)
    assert money.rows[2][5] == 35


def with_arms(folder, arm):
    run = listed(folder)
    table = pq.read_table(run / "all.parquet").drop_columns(["arm"])
    pq.write_table(table.append_column("arm", pa.array(arm, pa.string())), run / "all.parquet")
    return run


@pytest.mark.parametrize(
    ("arm", "shown"),
    [
        (["treated"] + ["control"] * 20 + [None] * 79, (None, None, None)),
        (["treated"] * 9 + ["explore"] + ["control"] * 20 + [None] * 70, (10, 25.0, 1.0)),
        ([None] * 100, (0, 0.0, 0.0)),
        # Those contacted would give nine of the holdout away.
        (["treated"] * 91 + ["holdout"] * 9, (None, None, None)),
    ],
)
def test_few_contacts_are_hidden_in_the_row_of_all_too(tmp_path, arm, shown):
    (money, *_), _ = values.money(with_arms(tmp_path, arm), manifest(), "en")
    assert money.rows[-1][0] == "all"
    assert money.rows[-1][5:] == shown
    if shown[0] is None:
        assert all(row[5:] == (None,) * 3 for row in money.rows if row[5] != 0)


def test_all_customers_are_hidden_where_they_are_few(tmp_path):
    few = [strategy("retain", 5, 90.0), strategy("release", 4, 10.0), strategy("all", 9, 100.0)]
    (money, *_), _ = values.money(listed(tmp_path), manifest(strategies=few), "en")
    assert [row[1:5] for row in money.rows] == [(None,) * 4] * 3


def test_without_campaign_there_are_no_contacts_and_without_value_nothing(tmp_path):
    said = manifest()
    del said["campaign"]
    (money, *_), _ = values.money(listed(tmp_path), said, "en")
    assert [name for name, _ in money.columns] == ["strategy", "customers", *values.HELD]
    worthless = [strategy("all", 100, None)]
    assert values.money(tmp_path, manifest(strategies=worthless), "en") == ([], {})
