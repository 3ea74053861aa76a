"""The benchmark itself, small: every side answers as churnlab does, and a side that lies ends it."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest


@pytest.fixture
def world(worlds_folder):
    from benchmarks import worlds

    return worlds.world(10_000, folder=worlds_folder)


@pytest.mark.parametrize("dates", [1, 12])
def test_sql_and_pandas_make_the_same_features_for_the_same_customers(world, dates):
    from benchmarks import features

    found = features.measured(world, [dates], ("bound", "churnlab", "duckdb", "pandas"), most_runs=1)
    costs, equal = found[world.rows, dates]
    assert {"churnlab", "duckdb", "pandas"} <= set(costs)
    assert equal["duckdb"] >= 130
    assert equal["pandas"] >= 130
    assert equal["churnlab makes"] >= 145


def test_polars_makes_the_same_features(world, tmp_path):
    from benchmarks import features

    if importlib.util.find_spec("polars") is None and features.environment.python() is None:
        pytest.skip("Polars is not installed: `make bench NAME=features` installs it into benchmarks/.peers")
    found = features.measured(world, [1], ("churnlab", "polars"), most_runs=1)
    assert found[world.rows, 1][1]["polars"] >= 125


def test_a_wrong_side_ends_the_benchmark_before_a_figure_is_told(world, tmp_path, monkeypatch, capfd):
    from benchmarks import answers, features

    sides = features._sides

    def lying(world, count, folder, runs):
        """DuckDB with a window of 29 days for 30."""
        return [
            replace(side, command=(side.command[0], str(tmp_path / "lie.py"), *side.command[3:]))
            for side in sides(world, count, folder, runs)
            if side.name == "duckdb"
        ]

    root = Path(features.__file__).parents[1]
    (tmp_path / "lie.py").write_text(
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from benchmarks.peers import in_duckdb\n"
        "ago = in_duckdb.ago\n"
        "in_duckdb.ago = lambda days: ago(29 if days == 30 else days)\n"
        "in_duckdb.main()\n"
    )
    monkeypatch.setattr(features, "_sides", lying)
    with pytest.raises(answers.Mismatch, match=r"duckdb differs in .*30"):
        features.measured(world, [1], most_runs=1)
    assert "CPU s" not in capfd.readouterr().err


def test_growth_is_the_slope_between_sizes():
    from benchmarks import features_figures
    from benchmarks.measuring import Cost, exponent

    assert exponent([1, 3, 6, 12], [5, 5, 5, 5]) == pytest.approx(0, abs=1e-12)
    # Four times the CPU for ten times the rows: log10(4) = .602.
    found = {
        (rows, 1): ({"churnlab": Cost(4**place, 1, 1)}, {})
        for place, rows in enumerate((10**5, 10**6, 10**7))
    }
    figures = {line["name"]: line for line in features_figures.growth(found)}
    assert figures["features.growth.rows"]["figure"] == pytest.approx(0.602, abs=1e-3)
    assert figures["features.growth.rows"]["ok"]


def test_ratios_and_goals_of_ten_million_rows():
    from benchmarks import features_figures
    from benchmarks.measuring import Cost

    one = {"churnlab": Cost(4, 2, 700), "bound": Cost(2, 2, 400), "duckdb": Cost(20, 12, 1_300)}
    twelve = {"churnlab": Cost(8, 5, 1_100), "duckdb": Cost(100, 60, 9_000)}
    found = {(10_000_000, 1): (one, {"duckdb": 130, "churnlab makes": 148}), (10_000_000, 12): (twelve, {})}
    made = {line["name"]: line for line in features_figures.of_size("10m", 10_000_000, found)}
    told = {name: (line["figure"], line["ok"]) for name, line in made.items() if "goal" in line}
    assert told == {
        "features.10m.1.cpu_to_bound": (2, False),  # 4 / 2, at most 1.5
        "features.10m.1.wall_to_bound": (1, True),
        "features.10m.1.peak_mib": (700, True),
        "features.10m.1.equal": (130, True),
        "features.10m.1.duckdb_to_churnlab_cpu": (5, True),  # 20 / 4, at least 3.5
        "features.10m.12.peak_mib": (1_100, False),
        "features.10m.12.duckdb_to_churnlab_cpu": (12.5, False),  # 100 / 8, at least 15
        "features.10m.12.cpu_to_one_date": (2, True),  # 8 / 4, at most 2.2
        "features.10m.12.wall_to_one_date": (2.5, False),
    }


def test_results_of_other_sizes_stay(tmp_path):
    from benchmarks import results_file

    path = tmp_path / "features.jsonl"
    results_file.store(
        path, [results_file.figure("features.1m.1.x", 1), results_file.figure("features.10m.1.x", 2)], ()
    )
    results_file.store(path, [results_file.figure("features.1m.1.x", 3)], ("features.1m.",))
    found = {name: line["figure"] for name, line in results_file.read(path).items()}
    assert found == {"features.1m.1.x": 3, "features.10m.1.x": 2}
