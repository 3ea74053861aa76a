"""The engine spills to a folder of its own, stays in its limits and lets no statement out."""

import datetime as dt
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pytest

from churnlab.engine import session
from churnlab.errors import MachineError


def value(con, query):
    return con.con.execute(query).fetchone()[0]


def temp_folder(con):
    return Path(value(con, "SELECT current_setting('temp_directory')"))


def test_sessions_have_settings_of_their_own():
    with session("300MB", threads=1) as con:
        assert value(con, "SELECT current_setting('TimeZone')") == "UTC"
        assert value(con, "SELECT current_setting('threads')") == 1
        assert value(con, "SELECT current_setting('memory_limit')") == "286.1 MiB"  # 300e6 / 2**20


def test_the_temporary_folder_is_private_and_goes_with_the_session():
    with session("100MB", threads=1) as con:
        folder = temp_folder(con)
        assert folder.stat().st_mode & 0o077 == 0
        # 16 bytes of text header and 40 of text, 3 million times: more than the limit, so it spills.
        con.con.execute("CREATE TEMP TABLE t AS SELECT range || repeat('x', 40) AS s FROM range(3000000)")
        assert list(folder.iterdir()), "nothing was spilled: the test shows nothing"
    assert not folder.exists()


def test_the_folder_goes_when_the_work_fails():
    folders = []

    def work():
        with session("100MB", threads=1) as con:
            folders.append(temp_folder(con))
            folders[0].joinpath("spilled").touch()
            raise KeyError("the work fails")

    with pytest.raises(KeyError, match="the work fails"):
        work()
    assert not folders[0].exists()


def test_too_little_memory_is_an_error_of_the_machine():
    def work():
        with session("20MB", threads=1) as con:
            con.con.execute(
                "SELECT list(s ORDER BY s) FROM (SELECT range || repeat('x', 40) s FROM range(3000000))"
            )

    with pytest.raises(MachineError, match=r"does not fit in 20MB[^\n]*\n.*engine.memory"):
        work()


def test_ibis_still_works_once_the_doors_are_locked(tmp_path):
    with session("300MB", threads=1, allowed=[tmp_path]) as con:
        con.create_table("made", pa.table({"a": [1, 2]}), temp=True)
        assert con.table("made").a.sum().execute() == 3
        assert con.to_pyarrow(ibis.memtable(pa.table({"a": [5]})))["a"].to_pylist() == [5]
        con.con.register("handed_over", pa.table({"a": ["x", None]}))
        assert value(con, "SELECT count(a) FROM handed_over") == 1
        con.table("made").to_parquet(tmp_path / "made.parquet")
        assert con.read_parquet(tmp_path / "made.parquet").count().execute() == 2
        # Time zones come from an extension: built in, not fetched.
        told = value(con, "SELECT (TIMESTAMP '2025-07-01 12:00' AT TIME ZONE 'Europe/Paris')::VARCHAR")
        assert told == "2025-07-01 10:00:00+00"


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '{outside}/stolen.csv'",
        "COPY (SELECT 1) TO '{inside}/../stolen.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "ATTACH '{outside}/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET threads = 7",
    ],
)
def test_no_statement_gets_out(tmp_path, statement):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    with session("100MB", threads=1, allowed=[inside]) as con:
        refused = (duckdb.PermissionException, duckdb.InvalidInputException, duckdb.IOException)
        with pytest.raises(refused, match=r"disabled|locked"):
            con.con.execute(statement.format(inside=inside, outside=outside))
    assert not list(outside.iterdir())
    assert not (tmp_path / "stolen.csv").exists()


def test_instants_do_not_follow_the_zone_of_the_machine(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    with session("100MB", threads=1) as con:
        told = value(con, "SELECT (TIMESTAMPTZ '2025-01-01 00:30:00+00')::DATE")
    assert told == dt.date(2025, 1, 1)
