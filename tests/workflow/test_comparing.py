"""`compare` on two published lists: an independent count of the same, and what it refuses."""

import json
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from churnlab import workflow
from churnlab.cli import main
from churnlab.errors import ConfigError, DataError
from churnlab.workflow import comparing
from published_lists import published, rows
from scored_people import scored


@pytest.fixture
def two(tmp_path, monkeypatch):
    """The lists of two dates: forty customers, of whom ten leave and ten come."""
    chance = np.random.default_rng(3)
    ids = [f"secret-{number}" for number in range(50)]
    first = scored(ids[:40], chance.random(40), chance.integers(1, 900, 40), 100 * chance.random(40))
    second = scored(ids[10:], chance.random(40), chance.integers(1, 900, 40), 100 * chance.random(40))
    return tuple(
        published(tmp_path, monkeypatch, as_of, people)
        for as_of, people in (("2025-01-01", first), ("2025-02-01", second))
    )


def test_an_independent_count_of_the_same(two, capsys):
    before, after = ({row["customer_id"]: row for row in rows(folder)} for folder in two)
    counted, money = Counter(), Counter()
    for who in {*before, *after}:
        pair = (
            before[who]["quadrant"] if who in before else "new",
            after[who]["quadrant"] if who in after else "gone",
        )
        counted[pair] += 1
        money[pair] += (after.get(who) or before[who])["value_if_retained"]
    done = workflow.compare(*two)
    assert {(move.before, move.after): move.customers for move in done.migration.moves} == dict(counted)
    assert {(move.before, move.after): move.value for move in done.migration.moves} == pytest.approx(
        dict(money)
    )
    assert done.equity[1] == pytest.approx(sum(row["value_expected"] for row in after.values()))
    with pytest.raises(SystemExit) as left:
        main(["compare", *map(str, two), "--json"])
    assert not left.value.code
    assert json.loads(capsys.readouterr().out)["moves"] == done.as_dict()["moves"]


def test_the_tables_say_whose_value_it_is_and_where_to_read_it(two):
    customers, value, _, top, *_ = workflow.compare(*two).sections()
    assert value["title"].startswith("Value if retained, EUR: 2025-01-01 -> 2025-02-01")
    places = (
        "  Rows: place on 2025-01-01. Columns: place on 2025-02-01. "
        "Customers kept off the lists count as well."
    )
    whose = (
        "  Value if retained, as the list of 2025-02-01 has it; of those gone, as that of 2025-01-01 had it."
    )
    assert (customers["lines"], value["lines"]) == ([places], [places, whose])
    assert top["lines"][-1] == whose
    cells = [cell for _, *row in value["rows"] for cell in row]
    assert len({"." in cell for cell in cells}) == 1, "one precision"


def test_the_page_names_nobody_and_is_the_same_twice(two, tmp_path):
    pages = []
    for name in ("one.html", "two.html"):
        workflow.compare(*two, html=tmp_path / name)
        pages.append((tmp_path / name).read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "secret" not in pages[0]
    assert "<svg" in pages[0]


def test_what_cannot_be_compared(two, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="no published list"):
        workflow.compare(two[0], tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no published list"):
        workflow.compare(tmp_path / "empty", two[1])
    other = published(tmp_path / "usd", monkeypatch, "2025-03-01", scored(["a"]), currency="USD")
    with pytest.raises(DataError, match="different currencies"):
        workflow.compare(two[0], other)


def test_it_says_what_makes_a_comparison_doubtful(two, tmp_path, monkeypatch):
    assert workflow.compare(*two).notes == ()
    assert any("later one" in note for note in workflow.compare(two[1], two[0]).notes)
    other = published(
        tmp_path / "v4", monkeypatch, "2025-03-01", scored(["a"]), model={"m": "2"}, model_version="4"
    )
    assert any("3 and 4" in note for note in workflow.compare(two[0], other).notes)


def test_partitioned_lists_are_read_too(two, tmp_path):
    folder = tmp_path / "partitioned"
    for row in rows(two[0]):
        part = folder / f"quadrant={row['quadrant']}"
        part.mkdir(parents=True, exist_ok=True)
    whole = pq.read_table(next(two[0].glob("run=*")) / "all.parquet")
    for part in folder.iterdir():
        mask = [code == part.name.removeprefix("quadrant=") for code in whole["quadrant"].to_pylist()]
        pq.write_table(whole.filter(mask).drop_columns(["quadrant"]), part / "part-00000.parquet")
    read = comparing.published.rows(folder, comparing.COLUMNS)
    assert sorted(read["customer_id"].to_pylist()) == sorted(whole["customer_id"].to_pylist())
    assert Counter(read["quadrant"].to_pylist()) == Counter(whole["quadrant"].to_pylist())
