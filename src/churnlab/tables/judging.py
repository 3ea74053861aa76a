"""One pass over what arrives: each row is read, judged, and put where it will stay.

arriving -> layer_0 -> layer_1 -> ...  ->  churnlab_parsed_<table>_<source>

the canonical columns, and  __file, __line   where a row comes from; files by their sorted labels
                            __reason         the first fault, null where the row is sound
                            __out            outside the period
                            __raw            of a faulty row, the text it is faulty for
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables import rows, shifts
from churnlab.tables.checked import FAULTS
from churnlab.tables.layers import Layers
from churnlab.tables.staging import Incoming

BROKEN_ID = "__raw_broken_id"


def land(arriving: Incoming, con: Any, table: str, zone: str, currency: str) -> str:
    """Read and judge all rows; the name of the table they are in. It is not a temporary one: those
    are seen by one cursor only, and the shards read several tables at once.
    """
    import duckdb

    name = f"churnlab_parsed_{table}_{arriving.source.name}"
    raw = arriving.stream.described(con)
    statement = _statement(con, raw, table, arriving.source, zone, currency, arriving.place)
    try:
        arriving.stream.run(f'CREATE OR REPLACE TABLE "{name}" AS {statement}', con)
    except duckdb.OutOfRangeException as error:
        raise DataError(
            f"{arriving.place}: a value is too large to be held exactly",
            got=str(error).splitlines()[0],
            mend="check which columns are mapped to amounts and times, and their units",
        ) from None
    return name


def _statement(con: Any, raw: Any, table: str, source: Source, zone: str, currency: str, place: str) -> str:
    layers = Layers(con)
    beside = {f"__raw_{column}": raw[column] for m in rows.meanings(table, source) for column in m.raw}
    broken = rows.broken_ids(raw, table, source)
    if broken is not None:
        beside[BROKEN_ID] = broken
    parse = rows.parse(raw, table, source, zone, currency, place, beside)
    own = {name for name, value in parse.op().values.items() if _is_known(value)}
    placed = _with_shifts(layers, layers.add(parse), table, source, zone, own)
    checked = layers.add(rows.check(con, placed, table, source, zone))
    kept = [name for name in checked.columns if not name.startswith("__raw_") or name == BROKEN_ID]
    texts = f'CASE WHEN "__reason" IS NOT NULL THEN CASE {" ".join(_texts(table, source))} END END'
    named = ", ".join(f'"{name}"' for name in kept)
    layers.add_sql(f'SELECT {named}, {texts} AS "__raw" FROM "{checked.get_name()}"', checked.schema())
    return layers.statement()


def _is_known(value: Any) -> bool:
    import ibis.expr.operations as ops

    return isinstance(value, ops.Literal) and value.value is not None


def _with_shifts(
    layers: Layers, parsed: Any, table: str, source: Source, zone: str, known: Collection[str]
) -> Any:
    """The parsed rows with how far each of their local times is ahead of UTC.

    ``known``: columns that are the same in all rows, such as the offset of times in UTC.
    """
    found = []
    for meaning in rows.meanings(table, source):
        if meaning.kind == "time":
            form = rows.time_format(source, meaning, zone)
            columns = {part: f'"__{part}_{meaning.name}"' for part in ("local", "offset", "day")}
            by_zone = f"__offset_{meaning.name}" not in known
            shift = shifts.shift_sql(form.zone, form.fold) if by_zone else "{offset}"
            shift = shift.format(**columns)
            found.append((f"__shift_{meaning.name}", shift))
    if not found:
        return parsed
    named = ", ".join(f'{shift} AS "{name}"' for name, shift in found)
    schema = {**parsed.schema(), **{name: "int64" for name, _ in found}}
    return layers.add_sql(f'SELECT *, {named} FROM "{parsed.get_name()}"', schema)


def _texts(table: str, source: Source) -> Iterator[str]:
    """For each meaning, its reasons and the text behind them; factors of a product one after the other."""
    for meaning in rows.meanings(table, source):
        reasons = ", ".join(f"'{meaning.name}_{fault}'" for fault in FAULTS)
        text = " || ' x ' || ".join(f'CAST("__raw_{column}" AS VARCHAR)' for column in meaning.raw)
        # Not IN: of a long list the engine makes a join, and a join of all rows loses their order.
        yield f"""WHEN list_contains([{reasons}], "__reason") THEN {text}"""


def label(number: Any, files: Sequence[str]) -> Any:
    """The label of a file by its number, as an Ibis expression."""
    import ibis

    return ibis.array([ibis.literal(file) for file in files])[number]
