"""DuckDB files and pandas frames as sources."""

import duckdb
import pandas as pd
import pytest

from churnlab.errors import ConfigError, DataError, IntegrityError, MachineError
from sources import COLUMNS, staged, values

ROWS = [("C1", "2025-01-03", 1.5), ("C2", None, None)]


@pytest.fixture
def database(tmp_path):
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders (id VARCHAR, date DATE, amount DOUBLE, tags VARCHAR[])")
        connection.execute(
            "INSERT INTO orders VALUES ('C1', '2025-01-03', 1.5, []), ('C2', NULL, NULL, NULL)"
        )
        connection.execute("CREATE SCHEMA other; CREATE VIEW other.\"o; x\" AS FROM orders WHERE id = 'C2'")
        connection.execute("CREATE TABLE secrets AS SELECT 1 AS id")
        connection.execute(
            """CREATE VIEW thief AS SELECT content AS id, 1 AS date, 2 AS amount
            FROM read_text('/etc/hostname')"""
        )
    return tmp_path


def table(name="orders", path="shop.duckdb", **keys):
    return {"duckdb": {"path": path, "table": name}, **keys}


def test_a_table_and_a_view(database):
    result, rows = staged(database, **table())
    assert [(row[2], str(row[3]), row[4]) for row in rows] == [
        ("C1", "2025-01-03", 1.5),
        ("C2", "None", None),
    ]
    assert rows[0][:2] == ("shop.duckdb", None)
    assert set(result.digests) == {"shop.duckdb"}
    assert values(staged(database, **table("other.o; x"))[1]) == [("C2", None, None)]


def test_the_file_is_not_touched(database):
    before = (database / "shop.duckdb").read_bytes()
    staged(database, **table())
    assert (database / "shop.duckdb").read_bytes() == before
    assert [path.name for path in database.iterdir()] == ["shop.duckdb"]


def test_mistakes_are_told(database):
    with pytest.raises(
        DataError, match=r"no table 'order'; did you mean 'orders'\?\ngot: orders, other.o; x"
    ):
        staged(database, **table("order"))
    with pytest.raises(DataError, match=r"shop.duckdb: no column 'id2'; did you mean 'id'\?"):
        staged(database, **table(columns=COLUMNS | {"customer_id": "id2"}))
    with pytest.raises(DataError, match=r"column 'tags' does not hold plain values"):
        staged(database, **table(columns=COLUMNS | {"customer_id": "tags"}))
    with pytest.raises(IntegrityError, match=r"lies outside"):
        staged(database / "sub", **table(path="../shop.duckdb"))
    (database / "not.duckdb").write_text("id,date,amount\n")
    with pytest.raises(DataError, match=r"not.duckdb: not a DuckDB database"):
        staged(database, **table(path="not.duckdb"))
    with pytest.raises(DataError, match=r"\*.duckdb: matches 2 files"):
        staged(database, **table(path="*.duckdb"))


def test_a_view_cannot_read_other_files(database):
    with pytest.raises((DataError, MachineError), match=r"cannot be (read|opened)"):
        staged(database, **table("thief"))


def test_a_damaged_database(database):
    path = database / "shop.duckdb"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises((DataError, MachineError), match=r"shop.duckdb: .*(cannot be|damaged)"):
        staged(database, **table())


def test_a_frame(tmp_path):
    frame = pd.DataFrame(ROWS, columns=["id", "date", "amount"])
    frame["kind"] = pd.Categorical(["web", None])
    mapped = COLUMNS | {"channel": "kind"}
    result, rows = staged(tmp_path, frame="mine", frames={"mine": frame}, columns=mapped)
    assert values(rows) == [("C1", "2025-01-03", 1.5, "web"), ("C2", None, None, None)]
    assert (rows[0][:2], result.digests) == (("mine", None), {})


def test_mistakes_with_frames_are_told(tmp_path):
    frame = pd.DataFrame({"id": ["a", 7], "date": [1, 2], "amount": [1, 2]})
    with pytest.raises(
        ConfigError, match=r"transactions.orders: no frame 'mine' was handed over; did you mean 'mime'"
    ):
        staged(tmp_path, frame="mine", frames={"mime": frame})
    with pytest.raises(DataError, match=r"column 'id' mixes values of different kinds\ngot: int, str"):
        staged(tmp_path, frame="mine", frames={"mine": frame})
    with pytest.raises(DataError, match=r"mine: no column 'date'"):
        staged(tmp_path, frame="mine", frames={"mine": frame[["id", "amount"]]})
    twice = pd.DataFrame([[1, 2, 3, 4]], columns=["id", "date", "amount", "id"])
    with pytest.raises(DataError, match=r"mine: two columns are named 'id'"):
        staged(tmp_path, frame="mine", frames={"mine": twice})
    nested = pd.DataFrame({"id": [[1]], "date": [1], "amount": [1]})
    with pytest.raises(DataError, match=r"column 'id' does not hold plain values"):
        staged(tmp_path, frame="mine", frames={"mine": nested})
