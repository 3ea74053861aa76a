"""The sources that say who must not be contacted: read whole, of the right day, or no list at all.

Whatever is wrong with them is the release gate's business (exit 4): no file is better than half a file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.meanings import SUPPRESSION
from churnlab.config.sources import Sources
from churnlab.config.suppression import Suppression
from churnlab.errors import ChurnlabError, GateError, MachineError
from churnlab.tables.locate import find
from churnlab.tables.tables import Tables
from churnlab.tables.times import local_day, midnight


@dataclass(frozen=True)
class Dated:
    """The day, or days, that a source says it is of."""

    oldest: dt.date
    newest: dt.date


@contextmanager
def no_list() -> Iterator[None]:
    """Whatever goes wrong inside stops the lists, with exit code 4; only the machine's own faults stay 7."""
    try:
        yield
    except (GateError, MachineError):
        raise
    except ChurnlabError as error:
        raise GateError(f"no list: {error.what}", error.got, _mend(error)) from error
    except Exception as error:
        raise GateError(
            "no list: who must not be contacted could not be read",
            got=type(error).__name__,
            mend="check these files, and deliver them again",
        ) from error


def _mend(error: ChurnlabError) -> str | None:
    """What mends it here: the ways to be lenient with other sources are none."""
    said = error.mend or ""
    if "max_quarantined" in said:
        return "mend the file or its declaration: not one of its rows may be left out"
    if "allow_empty" in said:
        return "deliver it again, or set confirmed_empty: true where a person has checked that it is empty"
    return error.mend


def dated(
    tables: Tables, sources: Sources, plan: Suppression, as_of: dt.date, zone: str
) -> Mapping[str, Dated]:
    """Of which days the sources are, for a list of ``as_of``: table.source -> days.

    ``GateError`` where one is several files, without a date, too old, of the future, or holds rows from
    after its own day.
    """
    found = {}
    with no_list():
        for table in tables.stored:
            for index, source in enumerate(getattr(sources, table)):
                place = f"{table}.{source.name}"
                _refuse_several(place, tables.deliveries[place].files)
                found[place] = _dated(tables, table, index, place, zone)
                _refuse_age(place, found[place], as_of, plan)
                _refuse_later(tables, table, index, place, found[place].newest, zone)
    return found


def confirm(
    sources: Sources,
    digests: Mapping[str, str],
    *,
    root: Path,
    data_roots: Sequence[str],
    again: Callable[[], Tables],
) -> None:
    """Compare what the sources hold now with the ``digests`` of what was read.

    ``again`` loads them anew, where one is no file. ``GateError`` where somebody has said no meanwhile.
    """
    with no_list():
        now = _files_now(sources, root, data_roots)
        if not {*digests} <= {*now}:
            now = dict(again().digests)
        changed = sorted(label for label in {*now, *digests} if now.get(label) != digests.get(label))
    if changed:
        raise GateError(
            "no list: who must not be contacted has changed while the lists were made",
            got="; ".join(changed[:3]),
            mend="run again: it is read anew",
        )


def _files_now(sources: Sources, root: Path, data_roots: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in SUPPRESSION:
        for source in getattr(sources, table):
            # Files that others decide on (lookups, a manifest) are found by reading the source again.
            plain = source.files and not source.lookups and not source.manifest
            inputs = find(source.files, root=root, data_roots=data_roots) if plain else ()
            found |= {f"{table}.{source.name}: {each.label}": each.sha256 for each in inputs}
    return found


def _refuse_several(place: str, files: Sequence[str]) -> None:
    if len(files) > 1:
        raise GateError(
            f"no list: {place} is several files, and nobody can tell which of them holds",
            got=f"{len(files)} files: {', '.join(files[:3])}",
            mend="name the one file, or give each a source of its own",
        )


def _rows(tables: Tables, table: str, index: int) -> Any:
    rows = tables.con.table(tables.stored[table][0])
    return rows.filter(rows["__source"] == index)


def _dated(tables: Tables, table: str, index: int, place: str, zone: str) -> Dated:
    rows, said = _rows(tables, table, index), tables.deliveries[place].complete_until
    days = [] if said is None else [said]
    if "exported_at" in tables.columns(table):
        ends = {"first": rows.exported_at.min(), "last": rows.exported_at.max()}
        found = rows.aggregate(**ends, missing=rows.exported_at.isnull().sum().fill_null(0))
        told = tables.con.to_pyarrow(found).to_pylist()[0]
        if told["first"] is not None and not (told["missing"] and said is None):
            days += [local_day(told["first"], zone), local_day(told["last"], zone)]
    if not days:
        raise GateError(
            f"no list: {place} does not say of which day it is",
            mend="map columns.exported_at, set complete_until, or write complete_until in its manifest",
        )
    return Dated(min(days), max(days))


def _refuse_age(place: str, dated: Dated, as_of: dt.date, plan: Suppression) -> None:
    age, ahead = (as_of - dated.oldest).days, (dated.newest - as_of).days
    if age > plan.max_age_days:
        raise GateError(
            f"no list: {place} is too old",
            got=f"of {dated.oldest}, {age} days before the day it is read for ({as_of}); at most "
            f"{plan.max_age_days} may be",
            mend="deliver today's",
        )
    if ahead > plan.max_ahead_days:
        raise GateError(
            f"no list: {place} is dated in the future",
            got=f"of {dated.newest}, {ahead} days after the day it is read for ({as_of}); at most "
            f"{plan.max_ahead_days} may be",
            mend="deliver one of that day, score a later date, or set suppression.max_ahead_days",
        )


def _refuse_later(tables: Tables, table: str, index: int, place: str, newest: dt.date, zone: str) -> None:
    """Nothing can have happened after the day a file is of: its clock or its date is wrong."""
    count = next(each for each in tables.counts if f"{each.table}.{each.source}" == place)
    later = count.out_of_period
    if "time" in tables.columns(table):
        rows = _rows(tables, table, index)
        bound = midnight(newest + dt.timedelta(days=1), zone)  # a day may have 23 or 25 hours
        later += int(tables.con.execute((rows.time >= bound).sum().fill_null(0)))
    if later:
        raise GateError(
            f"no list: {place} holds rows from after the day it says it is of",
            got=f"{later} of {count.read} rows, of {newest} or before",
            mend="check its date and its times, and deliver it again",
        )
