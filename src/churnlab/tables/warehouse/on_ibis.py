"""A source judged in a warehouse that Ibis connects to: BigQuery, Snowflake.

Its statements are compiled and compared in the tests, and no warehouse of these kinds has run them:
``docs/warehouses.md`` says what to look at first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from churnlab.config.loader import environment
from churnlab.config.sources import Source
from churnlab.config.warehouse import WarehouseTable
from churnlab.errors import ConfigError, DataError, MachineError
from churnlab.tables.columnar import plain_type
from churnlab.tables.text_files import missing
from churnlab.tables.warehouse.columns import notes_on, staged_columns
from churnlab.tables.warehouse.dialects import Dialect

_BATCH = 100_000  # rows


@dataclass(frozen=True, eq=False)
class IbisServer:
    """One source in a warehouse that Ibis is connected to."""

    con: Any
    dialect: Dialect
    staged: str
    schema: Any
    place: str
    notes: tuple[str, ...] = ()
    held: tuple[Sequence[str], Sequence[str]] = ((), ())  # every value of theirs has an Arrow type

    def batches(self, statement: str, schema: Any) -> Iterator[Any]:
        """The rows of a statement, a batch at a time."""
        import ibis
        import pyarrow as pa

        with _told(self.place):
            rows = self.con.sql(statement, schema=ibis.Schema.from_pyarrow(schema))
            for batch in rows.to_pyarrow_batches(chunk_size=_BATCH):
                yield pa.RecordBatch.from_arrays(batch.cast(schema).columns, schema=schema)


@dataclass(frozen=True)
class _Part:
    label: str
    columns: tuple[str, ...]


@contextmanager
def on_ibis(source: Source, place: str) -> Iterator[IbisServer]:
    """Connect with the address in the environment, look at the columns, and describe the staged rows."""
    assert source.warehouse is not None  # noqa: S101 - the caller asked
    con = _connected(source.warehouse, place)
    try:
        with _told(place):
            found = con.sql(f"SELECT * FROM {relation(source.warehouse)} AS q").schema()
        columns = staged_columns(source)
        wanted = list(dict.fromkeys(column for _, column in columns))
        notes = notes_on(_Part(place, tuple(found)), source, wanted)
        staged, schema = staged_select(source, found, place)
        yield IbisServer(con, source.warehouse.engine, staged, schema, place, notes)
    finally:
        con.disconnect()


def staged_select(source: Source, found: Mapping[str, Any], place: str) -> tuple[str, Any]:
    """The select that names the source's columns as they are judged, and its Ibis schema."""
    import ibis
    import sqlglot.expressions as sge

    warehouse = source.warehouse
    assert warehouse is not None  # noqa: S101 - the caller asked
    dialect = warehouse.engine

    def alias(value: Any, name: str) -> str:
        return str(sge.alias_(value, name, quoted=True).sql(dialect))

    fields = [alias(sge.convert(place), "source_file"), alias(sge.cast(sge.null(), "BIGINT"), "line")]
    kinds = {"source_file": "string", "line": "int64"}
    for name, column in staged_columns(source):
        if column not in found:
            raise missing(column, tuple(found), place)
        plain_type(ibis.Schema({column: found[column]}).to_pyarrow().field(0).type, column, place)
        fields.append(alias(sge.column(column, table="q", quoted=True), name))
        kinds[name] = found[column]
    for name, text in source.constants.items():
        fields.append(alias(sge.convert(text), name))
        kinds[name] = "string"
    return f"SELECT\n  {', '.join(fields)}\nFROM {relation(warehouse)} AS q", ibis.schema(kinds)


def relation(warehouse: WarehouseTable) -> str:
    """What is read: the table with its name quoted, or the query in parentheses."""
    import sqlglot.expressions as sge

    if warehouse.query:
        return f"(\n{warehouse.query}\n)"
    parts = [sge.to_identifier(part, quoted=True) for part in (warehouse.table or "").split(".")]
    *above, table = parts
    named = dict(zip(("db", "catalog"), reversed(above), strict=False))
    return str(sge.Table(this=table, **named).sql(warehouse.engine))


def _connected(warehouse: WarehouseTable, place: str) -> Any:
    import ibis

    address = environment(warehouse.dsn.removeprefix("${env:").removesuffix("}"), place)
    try:
        return ibis.connect(address)
    except ImportError:
        raise ConfigError(
            f"{place}: reading from {warehouse.engine} needs its driver",
            mend=f"pip install 'churnlab[{warehouse.engine}]'",
        ) from None
    except Exception:  # noqa: BLE001 - a driver's own words may hold the address
        raise MachineError(
            f"{place}: cannot connect to the warehouse of {warehouse.dsn}",
            mend="check that variable's address and credentials, and that the warehouse is up",
        ) from None


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Errors of a driver without their text, which may quote values or the address."""
    try:
        yield
    except (DataError, ConfigError, MachineError):
        raise
    except Exception as error:  # noqa: BLE001 - every driver has errors of its own
        raise DataError(
            f"{place}: the warehouse refused a statement",
            got=type(error).__name__,
            mend="run the source's table or query by hand with the same user, and see docs/warehouses.md",
        ) from None
