"""The statements that BigQuery and Snowflake would run for two sources, kept as files to be read.

    python tests/golden_sql.py        writes tests/golden/<engine>/<source>_<statement>.sql again

No server is asked: the columns are given, and so are the first and last time, which is all that the
statements take from the data.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import ibis
import pyarrow as pa

from churnlab.config.sources import Sources
from churnlab.engine import connect
from churnlab.errors import DataError
from churnlab.tables import load
from churnlab.tables.warehouse import judging, on_ibis

FOLDER = Path(__file__).parent / "golden"
ENGINES = ("bigquery", "snowflake")

# Everything as text, as exports have it, beside instants that the database itself keeps.
ORDERS = {
    "name": "orders",
    "times": {"format": "iso", "zone": "Europe/Paris"},
    "time_formats": {"recorded_at": {"format": "native", "zone": "UTC"}},
    "numbers": {"decimal": ",", "grouping": " "},
    "columns": {
        "customer_id": "client",
        "time": "date",
        "recorded_at": "loaded_at",
        "amount": "montant",
        "type": "kind",
        "event_id": "line",
    },
    "event_key": ["event_id"],
    "id_normalise": "trim",
    "since": "2024-01-01",
    "max_quarantined": 0.5,
}
ORDERS_SCHEMA = {
    "client": "string",
    "date": "string",
    "loaded_at": "timestamp('UTC', 6)",
    "montant": "string",
    "kind": "string",
    "line": "int64",
}
# Numbers and times in types of their own.
LINES = {
    "name": "lines",
    "times": {"format": "native", "zone": "UTC"},
    "columns": {
        "customer_id": "customer",
        "time": "day",
        "amount": {"multiply": ["quantity", "unit_price"]},
        "margin": "margin",
        "quantity": "quantity",
        "store": "store",
    },
    "numbers": {"rounding": "half_even"},
    "negative_purchase": "refund",
    "max_quarantined": 0.5,
}
LINES_SCHEMA = {
    "customer": "int64",
    "day": "date",
    "quantity": "int64",
    "unit_price": "decimal(10, 4)",
    "margin": "float64",
    "store": "float64",
}
SOURCES = {"orders": (ORDERS, ORDERS_SCHEMA), "lines": (LINES, LINES_SCHEMA)}
TABLES = {"bigquery": "shop-project.sales.orders", "snowflake": "SHOP.SALES.ORDERS"}


class Recorder:
    """A warehouse that writes down what it is asked: one faulty row, and no other."""

    held = ((), ())
    notes = ()

    def __init__(self, engine, source, schema):
        self.dialect, self.asked = engine, []
        self.staged, self.schema = on_ibis.staged_select(source, ibis.schema(schema), "transactions.orders")

    def batches(self, statement, schema):
        self.asked.append(statement)
        if schema.names[:1] == ["reason"]:
            rows = [{"reason": reason, "out": False, "rows": 1} for reason in ("amount_negative", None)]
        elif schema.names[0].startswith("min_"):
            ends = {"min": 1_704_067_200_000_000, "max": 1_735_603_200_000_000}  # 2024, as in Paris's year
            rows = [{name: ends[name[:3]] for name in schema.names}]
        elif len(schema.names) == 1:
            rows = [{schema.names[0]: 0}]
        else:
            return
        yield pa.Table.from_pylist(rows, schema).to_batches()[0]


def statements(engine, name):
    """statement -> SQL; the steps they all start from are in the extract only."""
    declared, schema = SOURCES[name]
    place = {"engine": engine, "dsn": "${env:SHOP}", "table": TABLES[engine]}
    sources = Sources.model_validate({"transactions": [{**declared, "warehouse": place}]})
    recorder = Recorder(engine, sources.transactions[0], schema)

    @contextmanager
    def opened(_source, _place):
        yield recorder

    folder = Path(tempfile.mkdtemp())
    con = connect("500MB", 1, folder)
    with mock.patch.object(judging, "opened", opened):
        try:
            load(
                sources,
                root=folder,
                data_roots=[],
                zone="Europe/Paris",
                currency="EUR",
                con=con,
                frames={},
                quarantine=folder / "quarantine.parquet",
            )
        except DataError as error:
            # Once all has been asked: the recorder has no rows to give.
            assert re.search("no rows are left|changed while it was read", str(error)), error  # noqa: PT017
    con.disconnect()
    collisions = ["collisions"] if "id_normalise" in declared else []
    names = ["times", "counts", "rejects", *collisions, "extract"]
    found = dict(zip(names, recorder.asked, strict=True))
    return {key: text if key == "extract" else _tail(text) for key, text in found.items()}


def _tail(text):
    """The last select of a statement."""
    start = text.rindex("\n)\n") + len("\n)\n")
    return "-- after the steps of the extract\n" + text[start:]


def file(engine, name, statement):
    return FOLDER / engine / f"{name}_{statement}.sql"


if __name__ == "__main__":
    for engine in ENGINES:
        for name in SOURCES:
            for statement, text in statements(engine, name).items():
                path = file(engine, name, statement)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text + "\n", encoding="utf-8")
