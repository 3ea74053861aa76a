"""Statements for warehouses that no test can reach: read by people, compared to the letter.

A change here is meant, or a mistake: `python tests/golden_sql.py` writes the files again.
"""

import re

import pytest
import sqlglot

import golden_sql
from churnlab.config.sources import Source


@pytest.mark.parametrize("name", golden_sql.SOURCES)
@pytest.mark.parametrize("engine", golden_sql.ENGINES)
def test_the_statements_are_those_in_the_files(engine, name):
    made = golden_sql.statements(engine, name)
    kept = {path.stem.removeprefix(f"{name}_") for path in (golden_sql.FOLDER / engine).glob(f"{name}_*.sql")}
    assert kept == made.keys()
    for statement, text in made.items():
        file = golden_sql.file(engine, name, statement)
        assert file.read_text(encoding="utf-8") == text + "\n", f"{file.name}: run python tests/golden_sql.py"


FILES = sorted(golden_sql.FOLDER.glob("*/*.sql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_statement_is_one_select_of_its_dialect(file):
    (parsed,) = sqlglot.parse(file.read_text(encoding="utf-8"), dialect=file.parent.name)
    assert isinstance(parsed, sqlglot.exp.Select)
    with_ = parsed.args.get("with_") or parsed.args.get("with")
    steps = [each.alias for each in with_.expressions] if with_ else []
    known = {*steps, "orders", "ORDERS", "checked", "parsed"}
    assert {table.name for table in parsed.find_all(sqlglot.exp.Table)} <= known


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_no_word_of_duckdb_or_postgres_is_left(file):
    text = file.read_text(encoding="utf-8")
    for word in (
        "EPOCH_US",
        "NFC_NORMALIZE",
        "REGEXP_MATCHES",
        "textregexeq",
        "ROWID",
        "OFFSET 0",
        "TRY_CAST(CAST",
    ):
        assert not re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE), word
    if file.parent.name == "snowflake":
        assert "(?:" not in text, "Snowflake has no groups that do not count"
        assert r"\p{" not in text


def test_every_row_is_ordered_by_customer_and_time_first():
    for engine in golden_sql.ENGINES:
        text = golden_sql.file(engine, "orders", "extract").read_text(encoding="utf-8")
        order = text[text.rindex("ORDER BY") :]
        columns = re.findall(r"[\"`]t\d[\"`]\.[\"`](\w+)[\"`]", order)
        assert columns[:2] == ["customer_id", "time"]
        assert set(columns) == {"customer_id", "time", "recorded_at", "amount", "event_id", "type"}


def test_the_zone_is_in_the_statement():
    """Paris 2024: clocks went forward on 31 March at 01:00 UTC, back on 27 October at 01:00 UTC."""
    text = golden_sql.file("bigquery", "orders", "extract").read_text(encoding="utf-8")
    forward, back = 1_711_846_800, 1_729_990_800
    for local in (forward + 3_600, forward + 7_200, back + 3_600, back + 7_200):
        assert f"{local}000000" in text


def test_nfc_is_not_for_snowflake():
    place = {"engine": "snowflake", "dsn": "${env:SHOP}", "table": "a"}
    with pytest.raises(ValueError, match="id_normalise: nfc differs between engines"):
        Source.model_validate({**golden_sql.ORDERS, "warehouse": place, "id_normalise": "nfc"})
