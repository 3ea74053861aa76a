"""Instants: int64 microseconds UTC, read as declared, with every change of clocks decided here.

Engines map a local time that clocks skip, or pass twice, without a word. Here the local timeline of
a zone is cut into stretches, and a time in a gap or a fold is a fault unless ``fold`` says better:

    local   ----- +01:00 -----|  gap  |----- +02:00 -----|  fold  |----- +01:00 -----
                            02:00   03:00              02:00    03:00     (Paris, March, October)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from churnlab.config.sources import TimeFormat
from churnlab.errors import DataError
from churnlab.tables.checked import Checked, builtin
from churnlab.tables.places import in_iso, own_offset, places

SECOND = 10**6
DAY = 86_400 * SECOND
EARLIEST = 0  # 1970-01-01
LATEST = 130 * 365 * DAY + 32 * DAY  # 2100-01-01

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS = {"epoch_s": SECOND, "epoch_ms": 1_000, "epoch_us": 1}
# What no offset can be: marks in the place of an offset.
_GAP, _FOLD = 10**15, 10**15 + 1

_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?"
_OFFSET = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_ISO = rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{_CLOCK})?)({_OFFSET})?$"
_BARE_ISO = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{_CLOCK})?$"
_DIGITS = {"Y": "[0-9]{4}", "m": "[0-9]{2}", "d": "[0-9]{2}", "H": "(?:[01][0-9]|2[0-3])"}
_DIGITS |= {"M": "[0-5][0-9]", "S": "[0-5][0-9]", "f": "[0-9]{1,6}", "z": _OFFSET}


@dataclass(frozen=True)
class Stretch:
    """Local microseconds from ``start`` on: the offset (first and second reading), None in a gap.

    ``midnight`` is the offset of a day that begins here: in a gap the day starts when the gap ends.
    """

    start: int
    first: int | None
    second: int | None
    midnight: int


@dataclass(frozen=True, eq=False)
class Read:
    """A time column before its zone is applied.

    ``local``: microseconds on the local clock. ``offset``: microseconds ahead of UTC where the row
    says so itself, else null. ``whole_day``: a date without a time. ``faults`` as in Checked.
    """

    local: Any
    offset: Any
    whole_day: Any
    faults: tuple[tuple[str, Any], ...]


def microseconds(moment: datetime) -> int:
    """The instant of an aware datetime, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def midnight(day: date, zone: str) -> int:
    """The instant at which ``day`` begins in ``zone``.

    >>> day = midnight(date(2025, 3, 31), "Europe/Paris") - midnight(date(2025, 3, 30), "Europe/Paris")
    >>> day == 23 * 3600 * SECOND  # clocks went forward
    True
    """
    local = (day - date(1970, 1, 1)).days * DAY
    return local - stretch_of(local, stretches(zone, local, local)).midnight


def local_day(instant: int, zone: str) -> date:
    """The day on the wall calendar of ``zone`` at ``instant``."""
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone)).date()


def stretch_of(local: int, line: Sequence[Stretch]) -> Stretch:
    """The stretch a local time lies in."""
    return max((stretch for stretch in line if stretch.start <= local), key=lambda stretch: stretch.start)


def stretches(zone: str, earliest: int, latest: int) -> list[Stretch]:
    """The local timeline of ``zone`` over ``[earliest, latest]``, two days wider at both ends."""
    first, last = earliest // SECOND - 172_800, latest // SECOND + 172_800
    offset = _offset(zone, first)
    line = [_plain(first * SECOND, offset)]
    for moment, after in _changes(zone, first, last):
        low, high = sorted((offset, after))
        start, end = (moment + low) * SECOND, (moment + high) * SECOND
        if after > offset:
            # At most one midnight lies in a gap; the day it should begin starts at `moment`.
            day = -(-start // DAY) * DAY
            line.append(Stretch(start, None, None, day - moment * SECOND))
        else:
            line.append(Stretch(start, offset * SECOND, after * SECOND, offset * SECOND))
        line.append(_plain(end, after))
        offset = after
    return line


def _plain(start: int, offset: int) -> Stretch:
    return Stretch(start, offset * SECOND, offset * SECOND, offset * SECOND)


def _offset(zone: str, second: int) -> int:
    offset = datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0


def _changes(zone: str, first: int, last: int) -> list[tuple[int, int]]:
    """(second, offset from then on) of every change of clocks. No zone changes twice in a day."""
    found = []
    before = _offset(zone, first)
    for day in range(first, last, 86_400):
        after = _offset(zone, day + 86_400)
        if after == before:
            continue
        low, high = day, day + 86_400
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
        found.append((high, after))
        before = after
    return found


def read_time(raw: Any, form: TimeFormat, *, place: str, quick: bool = False) -> Read:
    """A time column as local microseconds, by the declared format only.

    ``quick``: spelt for DuckDB, where rewriting a text by a pattern costs five times a look at it.
    """
    import ibis

    read = _read(raw, form, place, quick)
    # A day wider than what is plausible: the zone has not been applied yet.
    plausible = (read.local >= EARLIEST - DAY) & (read.local < LATEST + DAY)
    local = ibis.ifelse(plausible, read.local, ibis.null("int64"))
    faults = (*read.faults, ("implausible", read.local.notnull() & ~plausible))
    return Read(local, read.offset, read.whole_day, faults)


def _read(raw: Any, form: TimeFormat, place: str, quick: bool) -> Read:
    kind = raw.type()
    if form.format == "native":
        return _read_native(raw, place)
    if form.format in _TICKS:
        return _read_epoch(raw, _TICKS[form.format], place)
    if not kind.is_string():
        raise DataError(
            f"{place}: times.format is {form.format}, but the column is not text",
            got=f"values of type {kind}",
            mend="declare format: native",
        )
    return _read_text(raw, form.format, quick)


def _read_native(raw: Any, place: str) -> Read:
    import ibis

    kind = raw.type()
    if not (kind.is_timestamp() or kind.is_date()):
        raise DataError(
            f"{place}: times.format is native, but the column holds neither dates nor timestamps",
            got=f"values of type {kind}",
            mend="declare how they are written: iso, epoch_s, or a pattern such as %d/%m/%Y",
        )
    offset = ibis.literal(0, "int64") if getattr(kind, "timezone", None) else ibis.null("int64")
    faults = []
    if getattr(kind, "scale", None) == 9 and not getattr(kind, "timezone", None):
        fine = builtin("epoch_ns", "timestamp(9)", "int64")(raw) % 1_000 != 0
        faults.append(("not_exact", fine))
    moment = raw.cast("timestamp") if kind.is_date() else raw
    local = builtin("epoch_us", str(moment.type()), "int64")(moment)
    faults.append(("implausible", raw.notnull() & local.isnull()))  # infinity
    return Read(local, offset, ibis.literal(kind.is_date()), tuple(faults))


def _read_epoch(raw: Any, tick: int, place: str) -> Read:
    import ibis

    kind = raw.type()
    if kind.is_string():
        wrong = raw.notnull() & ~raw.re_search("^-?[0-9]+$")
    elif kind.is_floating():
        wrong = raw.notnull() & ~(raw % 1 == 0)
    elif kind.is_integer() or kind.is_decimal():
        wrong = ibis.literal(False)
    else:
        raise DataError(
            f"{place}: the column cannot count seconds", got=f"values of type {kind}", mend="map it"
        )
    count = raw.try_cast("int64")
    plausible = (count >= EARLIEST // tick) & (count < LATEST // tick)
    local = ibis.ifelse(plausible, count, ibis.null("int64")) * tick
    faults = (("not_a_time", wrong), ("implausible", raw.notnull() & ~plausible.fill_null(False)))
    return Read(local, ibis.literal(0, "int64"), ibis.literal(False), faults)


def _read_text(raw: Any, form: str, quick: bool) -> Read:
    import ibis

    pattern, template, offset_group = (_ISO, r"\1", 2) if form == "iso" else _translated(form)
    matches = raw.re_search(pattern)
    plain = raw.re_replace(pattern, template)
    offset = own_offset(raw.re_extract(pattern, offset_group)) if offset_group else ibis.null("int64")
    if quick and form == "iso":
        bare = raw.re_search(_BARE_ISO).fill_null(False)
        matches = ibis.ifelse(bare, True, matches)
        plain = ibis.ifelse(bare, raw, plain)
        offset = ibis.ifelse(bare, ibis.null("int64"), offset)
    elif quick and (pieces := places(form)):
        plain = in_iso(raw, pieces)
    moment = ibis.ifelse(matches, plain.try_cast("timestamp(6)"), ibis.null("timestamp(6)"))
    local = builtin("epoch_us", "timestamp(6)", "int64")(moment)
    faults = (("not_a_time", ~matches), ("impossible", raw.notnull() & local.isnull()))
    return Read(local, offset, plain.length() <= len("2025-12-31"), faults)


def _translated(form: str) -> tuple[str, str, int]:
    """A pattern such as ``%d/%m/%Y`` as (regular expression, the ISO way to write it, offset's group)."""
    order: list[str] = []
    pattern = ""
    for piece in re.findall(r"%.|[^%]+", form):
        if piece[0] == "%" and piece[1] in _DIGITS:
            order.append(piece[1])
            pattern += f"({_DIGITS[piece[1]]})"
        else:
            pattern += re.escape("%" if piece == "%%" else piece)
    where = {letter: rf"\{1 + order.index(letter)}" for letter in order}
    clock = f" {where['H']}:{where.get('M', '00')}:{where.get('S', '00')}" if "H" in where else ""
    fraction = f".{where['f']}" if "f" in where and clock else ""
    template = f"{where['Y']}-{where['m']}-{where['d']}{clock}{fraction}"
    return f"^{pattern}$", template, 1 + order.index("z") if "z" in order else 0


def shift_of(local: Any, offset: Any, whole_day: Any, line: Sequence[Stretch], fold: str | None) -> Any:
    """How far a local time is ahead of UTC, by the row's own offset or by the zone's stretches."""
    import ibis

    by_zone = _tree(local, line, [reading(stretch, fold) for stretch in line])
    if changes_at_all(line):
        by_day = _tree(local, line, [stretch.midnight for stretch in line])
        by_zone = ibis.ifelse(whole_day, by_day, by_zone)
    return offset.coalesce(by_zone)


def changes_at_all(line: Sequence[Stretch]) -> bool:
    return any(stretch.first is None or stretch.first != stretch.second for stretch in line)


def to_instant(local: Any, shift: Any) -> Checked:
    """Local microseconds as an instant; ``shift`` as from :func:`shift_of`."""
    instant = local - shift
    return Checked(
        instant,
        (
            ("in_dst_gap", local.notnull() & (shift == _GAP)),
            ("in_dst_fold", local.notnull() & (shift == _FOLD)),
            ("implausible", (instant < EARLIEST) | (instant >= LATEST)),
        ),
    )


def reading(stretch: Stretch, fold: str | None) -> int:
    if stretch.first is None or stretch.second is None:
        return _GAP
    if stretch.first == stretch.second or fold == "first":
        return stretch.first
    return stretch.second if fold == "second" else _FOLD


def _tree(local: Any, line: Sequence[Stretch], offsets: Sequence[int]) -> Any:
    """The offset of each local time: a binary search as one expression."""
    import ibis

    if len(set(offsets)) == 1:
        return ibis.literal(offsets[0], "int64")
    middle = len(line) // 2
    earlier = _tree(local, line[:middle], offsets[:middle])
    return ibis.ifelse(local < line[middle].start, earlier, _tree(local, line[middle:], offsets[middle:]))
