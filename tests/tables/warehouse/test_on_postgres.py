"""A table judged in Postgres is the table judged here: rows, reasons, counts, notes and digests."""

import random

import pytest

from both_doors import COLUMNS, both, declared, load, told
from churnlab.errors import DataError, MachineError
from nasty import AMOUNTS, IDS, NUMBERS, TIMES, TYPES, nasty_texts
from sources import engine

pytestmark = pytest.mark.postgres


@pytest.fixture
def server(postgres_dsn, monkeypatch):
    """A connection to a database with an empty schema; the address is in the environment."""
    import psycopg

    monkeypatch.setenv("SHOP", postgres_dsn)
    monkeypatch.setenv("PGTZ", "America/New_York")  # sessions elsewhere do not matter
    monkeypatch.setenv("PGDATESTYLE", "German")
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop")
        yield connection


def fill(server, columns, rows, name="shop.orders"):
    from psycopg import sql

    table = sql.Identifier(*name.split("."))
    kinds = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()
    )
    server.execute(sql.SQL("CREATE TABLE {} ({})").format(table, kinds))
    with server.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for row in rows:
            copy.write_row(row)


TEXTS = {"id": "text", "date": "text", "amount": "text", "type": "text", "n": "text"}
FRENCH = {
    "numbers": {"decimal": ",", "grouping": " "},
    "columns": COLUMNS | {"type": "type", "quantity": "n"},
    "max_quarantined": 0.999,
}


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"id_normalise": "trim", "times": {"format": "iso", "zone": "America/New_York", "fold": "second"}},
        {
            "numbers": {"decimal": ",", "grouping": " ", "rounding": "half_even"},
            "negative_purchase": "refund",
        },
        {"since": "2025-01-01", "until": "2025-10-26", "types": ["purchase", "refund\x01"]},
    ],
    ids=["plain", "trimmed", "rounded", "period"],
)
def test_texts_of_every_kind(server, tmp_path, how):
    fill(server, TEXTS, nasty_texts(1_500))
    here, there = both(tmp_path, sources=[FRENCH | how])
    assert here == there
    (count,) = there["counts"]
    assert count.read == 1_500 + sum(map(len, (IDS, TIMES, AMOUNTS, TYPES, NUMBERS)))
    assert len(count.reasons) > 10
    assert count.accepted > 300


NATIVE = {
    "wild": "float8",
    "id": "bigint",
    "date": "timestamptz",
    "seen": "timestamp",
    "day": "date",
    "amount": "numeric(14,4)",
}
NATIVE |= {
    "margin": "float8",
    "small": "float4",
    "units": "int2",
    "any": "numeric",
    "code": "char(4)",
    "paid": "boolean",
}
CELLS = {
    "id": [1, 2**53 + 1, -7, 0, None],
    "date": [
        "2025-03-30 01:30+00",
        "infinity",
        "-infinity",
        "0044-03-15 BC",
        "12025-01-01",
        "1969-12-31 23:59:59.999999+00",
        None,
    ],
    "seen": ["2025-03-30 02:30", "2025-10-26 02:30:00.000001", "infinity", "2025-01-03 10:00", None],
    "day": ["2025-03-30", "infinity", "0001-01-01", "2099-12-31", "10000-01-01", None],
    "amount": ["12.5", "12.505", "-1", "NaN", "9999999999.9999", "0.0001", None],
    "margin": [
        0.1,
        2.675,
        1.005,
        -0.0,
        1e15,
        float("nan"),
        float("inf"),
        12345678.335,
        5e-324,
        3e12 + 0.01,
        None,
    ],
    "wild": [1e300, 1e-300, -1e200, 1.7e308, 5e-324, 0.0, None],
    "small": [0.1, 16777216, 2.5, float("-inf"), None],
    "units": [0, 3, -2, 32767, None],
    "any": ["1e9", "0.1", "0.125", "NaN", "3", None],
    "code": ["a", "ab  ", "", None],
    "paid": [True, False, None],
}
PLAIN = {
    "wild": 2.5,
    "id": 5,
    "date": "2025-05-01 10:00+00",
    "seen": "2025-05-01 10:00",
    "day": "2025-05-01",
    "amount": "10",
    "margin": 1.5,
}
PLAIN |= {"small": 1.0, "units": 1, "any": "3", "code": "a", "paid": True}


@pytest.mark.parametrize(
    ("columns", "how"),
    [
        (
            {
                "time": "date",
                "amount": "amount",
                "recorded_at": "seen",
                "quantity": "small",
                "store": "margin",
            },
            {},
        ),
        ({"time": "day", "amount": "margin", "quantity": "units", "channel": "code", "type": "paid"}, {}),
        (
            {"time": "seen", "amount": {"multiply": ["units", "amount"]}, "store": "small"},
            {"numbers": {"rounding": "half_even"}},
        ),
        (
            {
                "time": "date",
                "amount": {"multiply": ["units", "margin"]},
                "quantity": {"multiply": ["wild", "wild", "small"]},
                "store": "wild",
            },
            {},
        ),
        ({"time": "seen", "amount": "any", "quantity": "paid", "channel": "seen", "store": "day"}, {}),
    ],
    ids=["instants", "days", "products", "floats", "texts"],
)
def test_types_of_every_kind(server, tmp_path, columns, how):
    draw = random.Random(5)
    rows = [
        [draw.choice(CELLS[name]) if draw.random() < 0.15 else fine for name, fine in PLAIN.items()]
        for _ in range(1_000)
    ]
    rows += [
        [*[*PLAIN.values()][:n], cell, *[*PLAIN.values()][n + 1 :]]
        for n, name in enumerate(PLAIN)
        for cell in CELLS[name]
    ]
    fill(server, NATIVE, rows)
    source = {
        "columns": {"customer_id": "id", **columns},
        "times": {"format": "native", "zone": "Europe/Paris"},
        "max_quarantined": 0.999,
        **how,
    }
    here, there = both(tmp_path, sources=[source])
    assert here == there
    assert there["counts"][0].accepted > 100


EVENTS = {
    "id": "text",
    "date": "text",
    "amount": "numeric(9,2)",
    "seen": "timestamptz",
    "event": "text",
    "part": "int",
}
KEYED = {
    "columns": COLUMNS | {"recorded_at": "seen", "event_id": "event", "order_id": "part"},
    "time_formats": {"recorded_at": {"format": "native", "zone": "UTC"}},
    "event_key": ["event_id", "order_id"],
}


def events(conflicts=0):
    """Events of which some are said twice, some with a gap in their key, some in conflict."""
    draw = random.Random(2)
    rows = [
        [
            f"C{n % 40}",
            f"2025-0{1 + n % 9}-11",
            n % 90 + 1,
            f"2025-1{n % 2}-0{1 + n % 9} 10:00+00:00",
            f"e{n}",
            n if n % 5 else None,
        ]
        for n in range(400)
    ]
    again = [row for row in rows if draw.random() < 0.3] * 2
    changed = [[*row[:2], row[2] + 1, row[3].replace("2025", "2026"), *row[4:]] for row in rows[:conflicts]]
    everything = [*rows, *again, *changed, *changed[:3]]
    draw.shuffle(everything)
    return everything


def test_copies_of_an_event_stay_where_they_are(server, tmp_path):
    fill(server, EVENTS, events())
    here, there = both(tmp_path, sources=[KEYED])
    assert here == there
    (count,) = there["counts"]
    assert (count.accepted, count.duplicates) == (400, count.read - 400)
    assert count.duplicates > 100


def test_the_latest_of_events_in_conflict(server, tmp_path):
    fill(server, EVENTS, events(conflicts=20))
    here, there = both(tmp_path, sources=[KEYED | {"conflicts": "latest"}])
    for said in (here, there):  # which of two equal copies is the kept one is nobody's business
        said["conflicts"].sort(key=repr)
    assert here == there
    assert len(there["conflicts"]) > 40
    assert there["counts"][0].accepted == 400


def test_conflicts_are_refused_in_the_same_words(server, tmp_path):
    fill(server, EVENTS, events(conflicts=3))
    said = []
    for door in ("postgres", "warehouse"):
        with pytest.raises(DataError, match="stand for different rows") as caught:
            load(tmp_path, declared(door, **KEYED))
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_keys_hold_across_a_warehouse_and_a_file(server, tmp_path):
    fill(server, EVENTS, events())
    copied = [*events()[:50], ["C9", "2025-03-03", 7, "2025-11-01 10:00+00:00", "new", 1]]
    head = "id,date,amount,seen,event,part\n"
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in copied]
    (tmp_path / "more.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    seen = {"recorded_at": {"format": "%Y-%m-%d %H:%M%z", "zone": "UTC"}}
    counts = []
    for door in ("postgres", "warehouse"):
        file = declared(door, **KEYED) | {"name": "more", "files": ["more.csv"], "time_formats": seen}
        del file[door]
        file["times"] = {"format": "iso", "zone": "Europe/Paris"}
        counts.append(load(tmp_path, declared(door, **KEYED), file).counts)
    assert counts[0] == counts[1]


def test_order_is_by_bytes_whatever_the_collation(server, tmp_path):
    """In a linguistic order é is before z and case hardly counts; bytes know better."""
    found = server.execute("SELECT 1 FROM pg_collation WHERE collname = 'en-x-icu'").fetchone()
    if not found:
        pytest.skip("this Postgres has no ICU collations")
    ids = ["z", "é", "Z", "a", "A", "😀", "\uffee", "a-b", "ab", "e\u0301"]
    fill(
        server,
        {"id": 'text COLLATE "en-x-icu"', "date": "text", "amount": "int"},
        [[i, "2025-01-01", 1] for i in ids],
    )
    assert [row[0] for row in server.execute("SELECT id FROM shop.orders ORDER BY id")] != sorted(ids)
    loaded = load(tmp_path, declared("warehouse"))
    # As they came from the server: an engine keeps the order in which rows are put in.
    landed = loaded.con.con.execute("SELECT customer_id FROM churnlab_transactions").fetchall()
    assert [row[0] for row in landed] == sorted(ids, key=lambda text: text.encode())


def test_rows_come_in_order_and_in_batches(server, tmp_path, monkeypatch):
    """Customer, then time, then every other column; a block is all that is held at once."""
    monkeypatch.setattr("churnlab.tables.postgres._BLOCK", 20_000)
    server.execute("""
        CREATE TABLE shop.orders AS
        SELECT 'C' || (g * 7919 % 500) AS id,
            '2025-01-' || lpad((g * 31 % 28 + 1)::text, 2, '0') AS date,
            (g * 17 % 1000)::numeric(9,2) AS amount
        FROM generate_series(1, 20000) g
    """)
    sizes = []
    insert = type(engine()).insert

    def counted(self, name, rows, **keys):
        sizes.append(len(rows))
        return insert(self, name, rows, **keys)

    monkeypatch.setattr(type(engine()), "insert", counted)
    loaded = load(tmp_path, declared("warehouse"))
    rows = loaded.con.con.execute("SELECT customer_id, time, amount FROM churnlab_transactions").fetchall()
    assert rows == sorted(rows, key=lambda row: (row[0].encode(), *row[1:]))
    assert len(rows) == sum(sizes) == 20_000
    assert max(sizes) < 2_000


def test_a_reader_needs_no_right_but_to_read(server, tmp_path, postgres_dsn, monkeypatch):
    fill(server, TEXTS, nasty_texts(50))
    server.execute("""
        DROP ROLE IF EXISTS churnlab_reader; CREATE ROLE churnlab_reader LOGIN;
        REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;
        GRANT USAGE ON SCHEMA shop TO churnlab_reader; GRANT SELECT ON shop.orders TO churnlab_reader
    """)
    monkeypatch.setenv("SHOP", postgres_dsn.replace("tester@", "churnlab_reader@"))
    try:
        assert told(tmp_path, declared("warehouse", **FRENCH))["counts"][0].read > 50
    finally:
        server.execute("DROP OWNED BY churnlab_reader; DROP ROLE churnlab_reader")
        server.execute("GRANT TEMPORARY ON DATABASE postgres TO PUBLIC")


def test_reading_cannot_write(server, tmp_path):
    fill(server, {"id": "text"}, [["C1"]])
    server.execute(
        "CREATE FUNCTION shop.sneak() RETURNS text LANGUAGE sql AS $$ DELETE FROM shop.orders RETURNING id $$"
    )
    for text in (
        "SELECT shop.sneak() AS id, '2025-01-01' AS date, 2 AS amount",
        "SELECT 1) TO STDOUT; DELETE FROM shop.orders; --",
        "SELECT 1 AS id) AS q; COMMIT; DELETE FROM shop.orders; SELECT * FROM (SELECT 1",
    ):
        with pytest.raises(DataError, match="Postgres refused to read it"):
            load(tmp_path, declared("warehouse", query=text))
    assert server.execute("SELECT count(*) FROM shop.orders").fetchone() == (1,)


@pytest.mark.parametrize(
    "address",
    ["postgresql://tester:hunter2@127.0.0.1:1/postgres", "hunter2 is not an address"],
)
def test_the_address_is_never_told(postgres_dsn, tmp_path, monkeypatch, address):
    monkeypatch.setenv("SHOP", address)
    with pytest.raises(
        MachineError, match=r"cannot connect to the Postgres server of \$\{env:SHOP\}"
    ) as caught:
        load(tmp_path, declared("warehouse"))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__, "a traceback would show what the driver said"


def test_nothing_that_is_kept_holds_the_address(server, tmp_path, postgres_dsn):
    fill(server, TEXTS, nasty_texts(20))
    found = told(tmp_path, declared("warehouse", **FRENCH))
    assert postgres_dsn.split("=")[1] not in repr(found)


def test_values_in_a_refused_cast_are_not_told(server, tmp_path):
    with pytest.raises(DataError, match="refused to read it\ngot: SQLSTATE 22P02") as caught:
        load(
            tmp_path, declared("warehouse", query="SELECT 'secret-value'::int AS id, '' AS date, 1 AS amount")
        )
    assert "secret-value" not in str(caught.value)


def test_too_many_faults_stop_the_load_and_are_kept(server, tmp_path):
    fill(server, TEXTS, nasty_texts(100))
    said = []
    for door in ("postgres", "warehouse"):
        with pytest.raises(DataError, match="rows were set aside, at most 5 may be") as caught:
            load(tmp_path, declared(door, **FRENCH | {"max_quarantined": 5}))
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_an_empty_table(server, tmp_path):
    fill(server, TEXTS, [])
    with pytest.raises(DataError, match="no rows"):
        load(tmp_path, declared("warehouse", **FRENCH))


def test_another_encoding_is_refused(server, tmp_path, postgres_dsn, monkeypatch):
    import psycopg

    server.execute("DROP DATABASE IF EXISTS old")
    server.execute("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    monkeypatch.setenv("SHOP", postgres_dsn.replace("/postgres?", "/old?"))
    try:
        with psycopg.connect(postgres_dsn.replace("/postgres?", "/old?"), autocommit=True) as old:
            old.execute("CREATE TABLE orders (id text, date text, amount text)")
        with pytest.raises(DataError, match="databases that hold UTF8 only\ngot: server_encoding LATIN1"):
            load(tmp_path, declared("warehouse", "public.orders"))
    finally:
        server.execute("DROP DATABASE old")


@pytest.mark.parametrize(
    ("keys", "told_"),
    [
        ({"id_normalise": "lower"}, "id_normalise: lower differs between engines"),
        ({"lookups": [{"files": ["p.csv"], "keys": {"a": "b"}, "columns": {}}]}, "cannot join local lookups"),
    ],
)
def test_what_would_differ_is_refused(tmp_path, keys, told_):
    with pytest.raises(ValueError, match=told_):
        load(tmp_path, declared("warehouse", **keys))


def test_columns_that_nothing_reads(server, tmp_path):
    fill(server, TEXTS | {"extra": "text"}, [["C1", "2025-01-01", "1", "x", "1", "e"]])
    here, there = both(tmp_path)
    assert here["notes"] == there["notes"]
    assert any(note.endswith("columns not mapped: type, n, extra") for note in there["notes"])
    with pytest.raises(DataError, match="other columns than were agreed"):
        load(tmp_path, declared("warehouse", unmapped="refuse"))


PARENT_FAULTS = ("control_character", "invisible_character", "space")


def with_customers(tmp_path, door, people):
    """The tables of the server's orders and ``people``, by one of the two doors."""
    from churnlab import tables
    from churnlab.config.sources import Sources

    return tables.load(
        Sources.model_validate({"transactions": [declared(door)], "customers": [people]}),
        root=tmp_path,
        data_roots=[],
        zone="Europe/Paris",
        currency="EUR",
        con=engine(),
        frames={},
        quarantine=tmp_path / "q.parquet",
    )


def test_customers_and_their_attributes(server, tmp_path):
    named = {0: None, 1: "", 2: "G1", 3: " ", 4: "G 2"}
    rows = [
        [f"C{n}", f"20{n % 20:02}-01-01", "north" if n % 3 else None, n / 3, named[n % 5]] for n in range(60)
    ]
    rows += [[f"D{n}", "2001-01-01", None, 1.0, wrong] for n, wrong in enumerate(("G1 ", "\u200bG1", "\tG1"))]
    columns = {"id": "text", "since": "date", "region": "text", "age": "float8", "company": "text"}
    fill(server, columns, rows, "shop.people")
    fill(server, {"id": "text", "date": "text", "amount": "int"}, [["C1", "2025-01-01", 5]])
    found = []
    for door in ("postgres", "warehouse"):
        people = declared(door, "shop.people") | {
            "name": "people",
            "columns": {"customer_id": "id", "joined_at": "since", "parent": "company"},
            "expected_quarantine": {f"parent_{fault}": 0.1 for fault in PARENT_FAULTS},
            "times": {"format": "native", "zone": "Europe/Paris"},
            "attributes": {
                "region": {"column": "region", "kind": "category", "static": True},
                "age": {"column": "age", "kind": "number", "static": True},
            },
        }
        loaded = with_customers(tmp_path, door, people)
        rows = loaded.table("customers").order_by("customer_id")
        found.append((loaded.counts, engine().to_pyarrow(rows).to_pylist(), loaded.notes))
    assert found[0] == found[1]
    people, rows, _ = found[0]
    assert {row["parent"] for row in rows} == {None, "G1", "G 2"}
    assert people[1].reasons == {f"parent_{fault}": 1 for fault in PARENT_FAULTS}


@pytest.mark.parametrize("id_from_float", [False, True])
def test_parents_that_are_floats(server, tmp_path, id_from_float):
    fill(server, {"id": "text", "date": "text", "amount": "int"}, [["C1", "2025-01-01", 5]])

    def parents(door, *named):
        rows = [[f"C{n}", parent] for n, parent in enumerate(named)]
        server.execute("DROP TABLE IF EXISTS shop.people")
        fill(server, {"id": "text", "company": "float8"}, rows, "shop.people")
        people = declared(door, "shop.people", id_from_float=id_from_float) | {
            "name": "people",
            "columns": {"customer_id": "id", "parent": "company"},
        }
        people.pop("times", None)
        loaded = with_customers(tmp_path, door, people)
        rows = loaded.table("customers").order_by("customer_id").select("parent")
        return [row["parent"] for row in engine().to_pyarrow(rows).to_pylist()]

    for door in ("postgres", "warehouse"):
        if id_from_float:
            assert parents(door, 7.0, None, float("nan"), 8.0) == ["7", None, None, "8"]
            with pytest.raises(DataError, match="1 float ids are not whole numbers"):
                parents(door, 7.0, 2.0**53)
        else:
            with pytest.raises(DataError, match="id column is a float"):
                parents(door, 7.0, None)
