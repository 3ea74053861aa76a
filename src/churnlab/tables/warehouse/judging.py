"""One source judged in its warehouse: the same rules, reasons and counts as for rows judged here.

times, counts, rejects  <-  the warehouse, one statement each
sound rows, in order    ->  DuckDB, where tables are stacked and compared as ever
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables import identifiers, quarantine, rows
from churnlab.tables import source as sources
from churnlab.tables.warehouse import statements
from churnlab.tables.warehouse.servers import Server, opened
from churnlab.tables.warehouse.statements import OUT_OF_RANGE, UNHELD, Chain


@dataclass
class Bridge:
    """What asks questions of an engine, here of a warehouse; what it inserts comes to ours."""

    server: Server
    chain: Chain
    con: Any

    def batches(self, expr: Any) -> Iterator[Any]:
        """Record batches of a table expression, as the warehouse sends them."""
        table = expr.as_table()
        return self.server.batches(self.chain.statement(table), table.schema().to_pyarrow())

    def to_pyarrow(self, expr: Any) -> Any:
        """A table expression as one Arrow table."""
        import pyarrow as pa

        return pa.Table.from_batches(self.batches(expr), expr.as_table().schema().to_pyarrow())

    def execute(self, expr: Any) -> Any:
        """The value of a scalar expression."""
        return self.to_pyarrow(expr).column(0)[0].as_py()

    def insert(self, name: str, expr: Any) -> None:
        """Add rows of the warehouse to a table of our engine."""
        import pyarrow as pa

        for batch in self.batches(expr):
            self.con.insert(name, pa.Table.from_batches([batch]))


def judge_there(table: str, source: Source, around: sources.Surroundings) -> sources.Judged:
    """Judge a source in its warehouse, fetch what was set aside, then the sound rows."""
    place, con = f"{table}.{source.name}", around.con
    with opened(source, place) as server:
        chain = Chain(server.dialect, server.staged, server.schema)
        bridge = Bridge(server, chain, con)
        raw = chain.start()
        sources.refuse_broken_float_ids(bridge, raw, table, source, place)
        checked = judged_rows(bridge, table, source, around.zone, around.currency, place)
        found = sources.counted(bridge, checked)
        own = {reason: count for (reason, _), count in found.items() if reason is not None}
        _set_aside(bridge, checked, table, source, own, place)
        parsed = f"churnlab_parsed_{table}_{source.name}"
        judged = sources.Judged(
            table,
            source,
            checked,
            parsed,
            sources.id_kind(raw.customer_id.type()),
            sum(found.values()),
            dict(sorted(own.items())),
            found.get((None, True), 0),
            {},
            server.notes,
        )
        sources.refuse_rejects(con, judged, around.kept)
        if source.id_normalise != "none":
            kept = statements.sound(checked)
            ids = kept.select("customer_id", raw=kept["__id"])
            identifiers.refuse_collisions(bridge, ids, source, place=place)
        return _landed(bridge, judged, checked, found.get((None, False), 0))


def judged_rows(bridge: Bridge, table: str, source: Source, zone: str, currency: str, place: str) -> Any:
    """The judged rows as the last table of the chain, with their texts as they were written."""
    chain, raw = bridge.chain, bridge.chain.start()
    beside = {
        f"__raw_{meaning.name}": sources.raw_text(raw, meaning.raw)
        for meaning in rows.meanings(table, source)
    }
    beside |= {name: raw[name] for name in raw.columns if name.startswith(UNHELD)}
    parsed = chain.add("parsed", rows.parse(raw, table, source, zone, currency, place, beside))
    checked = chain.add("checked", rows.check(bridge, parsed, table, source, zone))
    return chain.add("judged", statements.unheld_first(checked)) if UNHELD in checked.columns else checked


def _set_aside(
    bridge: Bridge, checked: Any, table: str, source: Source, reasons: Mapping[str, int], place: str
) -> None:
    own = [reason for reason in reasons if reason != OUT_OF_RANGE]
    bad = checked.filter(checked["__reason"].isin(own)) if own else checked
    bad = bad.rename(source_file="__file", line="__line", reason="__reason")
    about = {m.name: (m.label, bad[f"__raw_{m.name}"]) for m in rows.meanings(table, source)}
    quarantine.add_rows(bridge, place, bad, own, about)
    if OUT_OF_RANGE in reasons:
        labels, expected = bridge.server.held
        bridge.insert(quarantine.STORED, statements.unheld_rows(checked, place, labels, expected))


def _landed(bridge: Bridge, judged: sources.Judged, checked: Any, expected: int) -> sources.Judged:
    """Fetch the sound rows in order; the copies of events that stay behind are counted."""
    import dataclasses

    import ibis

    columns = [meaning.name for meaning in rows.meanings(judged.table, judged.source)]
    ordered = statements.extract(checked, columns, judged.source.event_key)
    landed = _land(bridge, ordered, judged.parsed, judged.place)
    copies = expected - landed
    if copies < 0 or (copies and not judged.source.event_key):
        raise DataError(
            f"{judged.place}: the table changed while it was read",
            got=f"{expected} sound rows counted, {landed} fetched",
            mend="run again, or read a snapshot of it that nobody writes to",
        )
    sound = bridge.con.table(judged.parsed)
    sound = sound.mutate(__reason=ibis.null("string"), __out=ibis.literal(False))
    return dataclasses.replace(judged, rows=sound, duplicates=copies)


def _land(bridge: Bridge, ordered: Any, name: str, place: str) -> int:
    """Put rows in a table of our engine, batch after batch; returns how many."""
    import ibis
    import pyarrow as pa

    con, schema = bridge.con, ordered.schema()
    kinds = ibis.schema({"__file": "string", "__line": "int64", **schema})
    con.create_table(name, schema=kinds, overwrite=True)
    landed = 0
    for batch in bridge.batches(ordered):
        where = [pa.repeat(pa.scalar(place), len(batch)), pa.nulls(len(batch), pa.int64())]
        names = ["__file", "__line", *batch.schema.names]
        con.insert(name, pa.Table.from_arrays([*where, *batch.columns], names=names))
        landed += len(batch)
    return landed
