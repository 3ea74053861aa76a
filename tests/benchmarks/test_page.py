"""docs/performance.md shows what was measured, and its example runs."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def test_the_tables_are_those_that_the_results_make():
    from benchmarks import page

    pages = [path.read_text(encoding="utf-8") for path in (PAGE, PAGE.with_name("models.md"))]
    for text in pages:
        assert page.filled(text) == text, "run: python -m benchmarks.page"
    assert set(re.findall(r"<!-- measured: (\w+) -->", "".join(pages))) == {
        "value",
        "features",
        "growth",
        "rows_picture",
        "dates_picture",
        "profile_picture",
        "scoring",
        "campaign",
        "spark",
        "tuning",
        "profiles",
        "intervals",
        "goals",
    }


def test_the_example_of_the_page_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("CHURNLAB_WORLDS", str(tmp_path))
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    names = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert names["rows"] == (10_000, 769)
    assert "(10000, 769)" in code


def test_tables_show_each_side_and_what_was_missed():
    from benchmarks import page
    from benchmarks.results_file import figure

    lines = [
        figure("features.10m.1.cpu_seconds", 3.4, None, {"bound": 4.0, "duckdb": 19.2}),
        figure("features.10m.1.wall_seconds", 2.7, None, {"bound": 2.3, "duckdb": 10}),
        figure("features.10m.1.peak_mib", 530, "<=768", {"bound": 430, "duckdb": 1_331}),
        figure("features.10m.1.equal", 136, ">=60", {"duckdb": 136, "of": 148}),
        figure("features.10m.1.runs", 3, None, {"bound": 3, "duckdb": 2}),
        figure("features.10m.1.duckdb_to_churnlab_cpu", 3.1, ">=3.5"),
    ]
    lines = {line["name"]: line for line in lines}
    assert page.features_table(lines).splitlines()[2:] == [
        "| 10m + 10m | 1 | reading + one aggregate a customer | 4 | 2.3 | 430 |  | 3 |",
        "| 10m + 10m | 1 | **churnlab** | 3.4 | 2.7 | 530 | 148 | 3 |",
        "| 10m + 10m | 1 | DuckDB SQL | 19.2 | 10 | 1,331 | 136 | 2 |",
    ]
    assert page.goals_table(lines).splitlines()[2:] == [
        "| features.10m.1.peak_mib | 530 | ≤ 768 | met |",
        "| features.10m.1.duckdb_to_churnlab_cpu | 3.1 | ≥ 3.5 | **missed** |",
    ]


@pytest.mark.parametrize("log", [True, False])
def test_pictures_say_in_words_what_they_show(log):
    from benchmarks import pictures
    from benchmarks.results_file import figure

    lines = {
        line["name"]: line
        for size, seconds in (("100k", 2), ("1m", 4), ("10m", 9))
        for line in (
            figure(f"features.{size}.1.cpu_seconds", seconds, None, {"bound": 1, "duckdb": 5 * seconds}),
            figure(f"features.{size}.12.cpu_seconds", 2 * seconds, None, {"duckdb": 60 * seconds}),
        )
    }
    drawn = pictures.rows(lines) if log else pictures.dates(lines, "10m")
    assert drawn.svg.startswith("<svg")
    assert "churnlab 9 s" in drawn.alt if log else "churnlab 18 s" in drawn.alt
    assert "DuckDB SQL 45 s" in drawn.alt if log else "DuckDB SQL 540 s" in drawn.alt
