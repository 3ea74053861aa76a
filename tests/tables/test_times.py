"""Local timelines against zoneinfo, which shares no code with them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from churnlab.tables import shifts, times
from churnlab.tables.times import DAY, LATEST, local_day, microseconds, midnight, stretch_of, stretches

ZONES = ["Europe/Paris", "America/New_York", "America/Sao_Paulo", "Africa/Casablanca", "Africa/Monrovia"]
ZONES += ["Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut", "America/Havana", "UTC"]
LINES = {zone: stretches(zone, 0, LATEST) for zone in ZONES}
EPOCH = datetime(1970, 1, 1)

# Half of the draws lie around a change of clocks, where mistakes live.
edges = st.sampled_from([stretch.start for line in LINES.values() for stretch in line])
near_edges = st.tuples(edges, st.sampled_from([-3_600_000_000, -1, 0, 1, 1_800_000_000])).map(sum)


@given(st.sampled_from(ZONES), near_edges | st.integers(DAY, LATEST - DAY))
@example("Europe/Paris", microseconds(datetime(2025, 3, 30, 2, tzinfo=UTC)))
@example("Europe/Paris", microseconds(datetime(2025, 10, 26, 2, tzinfo=UTC)))
def test_both_readings_of_every_wall_time_are_python_s(zone, local):
    if not DAY <= local < LATEST - DAY:
        return
    wall = EPOCH + timedelta(microseconds=local)
    readings = [
        microseconds(wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)) for fold in (0, 1)
    ]
    back = (
        (times._EPOCH + timedelta(microseconds=readings[0])).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    )
    stretch = stretch_of(local, LINES[zone])
    if back != wall:
        assert stretch.first is None
    else:
        assert [local - stretch.first, local - stretch.second] == readings


@given(st.sampled_from(ZONES), st.dates(date(1970, 1, 3), date(2099, 12, 1)))
@example("America/Sao_Paulo", date(2018, 11, 4))  # began at 01:00
@example("America/Havana", date(2025, 11, 2))  # 00:00 came twice: it began at the first
@example("Pacific/Apia", date(2011, 12, 31))  # the day before never was
@example("Asia/Beirut", date(2025, 3, 30))
def test_a_day_begins_at_its_first_instant(zone, day):
    begins = midnight(day, zone)
    assert local_day(begins, zone) >= day
    assert local_day(begins - 1, zone) < day


def test_a_planted_mistake_is_noticed(monkeypatch):
    """With offsets of standard time all year, the check above fails."""
    monkeypatch.setitem(LINES, "Europe/Paris", stretches("Europe/Paris", 0, 0)[:1])
    with pytest.raises(AssertionError, match="assert"):  # noqa: PT012 - any of them
        for hour in range(24):
            moment = microseconds(datetime(2025, 7, 1, hour, tzinfo=UTC))
            test_both_readings_of_every_wall_time_are_python_s.hypothesis.inner_test("Europe/Paris", moment)


@pytest.mark.parametrize(
    ("form", "text", "plain"),
    [
        ("%d/%m/%Y", "31/12/2025", "2025-12-31"),
        ("%Y%m%d%H%M%S", "20251231235958", "2025-12-31 23:59:58"),
        ("%Y-%m-%d %H:%M:%S.%f", "2025-12-31 23:59:58.25", "2025-12-31 23:59:58.25"),
        ("%m-%d-%Y %%", "12-31-2025 %", "2025-12-31"),
        ("%d.%m.%Y", "31x12x2025", None),  # a dot in a pattern is a dot
    ],
)
def test_patterns_are_translated_letter_by_letter(form, text, plain):
    import re

    pattern, template, _ = times._translated(form)
    found = re.match(pattern, text)
    assert (found.expand(template) if found else None) == plain


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("fold", ["first", "second", None])
def test_the_shifts_in_sql_are_those_of_the_timeline(zone, fold):
    from loading import engine

    borders = [stretch.start + step for stretch in LINES[zone] for step in (-1, 0, 1)]
    locals_ = [local for local in borders if 0 <= local < LATEST]
    shift = shifts.shift_sql(zone, fold).format(local="l", offset="NULL", day="d")
    asked = f"SELECT l, d, {shift} FROM (SELECT unnest({locals_}) AS l), (VALUES (true), (false)) AS days(d)"
    found = engine().con.execute(asked).fetchall()
    assert len(found) == 2 * len(locals_)
    for local, day, shift in found:
        stretch = stretch_of(local, LINES[zone])
        assert shift == (stretch.midnight if day else times.reading(stretch, fold))


def test_an_offset_of_its_own_goes_before_the_zone_s():
    from loading import engine

    shift = shifts.shift_sql("Europe/Paris", None).format(local="0", offset="7", day="false")
    assert engine().con.execute(f"SELECT {shift}").fetchall() == [(7,)]


FORMS = ["iso", "%d/%m/%Y", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f", "%m-%d-%Y %%", "%d.%m.%Y", "%H %d/%m/%Y"]
WELL = ["2025-12-31", "2025-12-31T23:59:58", "2025-12-31 23:59", "2025-12-31T23:59:58.250", "31/12/2025"]
WELL += ["20251231235958", "2025-12-31 23:59:58.25", "12-31-2025 %", "31.12.2025", "23 31/12/2025"]
WELL += [
    "2025-12-31T23:59:58Z",
    "2025-12-31 23:59:58+02:00",
    "2025-12-31T23:59-0330",
    "2025-02-30",
    "30/02/2025",
]
ODD = [
    "",
    None,
    "31x12x2025",
    "2025-12-31 ",
    "2025-12-31T24:00",
    "99991231235958",
    "1/1/2025",
    "été",
    "2025-12-31Z",
]


@pytest.mark.parametrize("form", FORMS)
def test_read_quickly_a_time_is_the_same(form):
    import ibis

    from churnlab.config.sources import TimeFormat
    from loading import engine

    con = engine()
    rows = con.create_table("written", ibis.memtable({"raw": WELL + ODD}), temp=True, overwrite=True)
    declared = TimeFormat(format=form, zone="UTC")

    def read(*, quick):
        found = times.read_time(rows.raw, declared, place="here", quick=quick)
        faults = {f"{fault}_{n}": bad for n, (fault, bad) in enumerate(found.faults)}
        day = ibis.ifelse(found.local.notnull(), found.whole_day, False)  # of a time that is none, nothing
        columns = {"raw": rows.raw, "local": found.local, "offset": found.offset, "day": day, **faults}
        return con.con.execute(con.compile(rows.select(**columns))).fetchall()

    assert read(quick=True) == read(quick=False)
    assert sum(row[1] is not None for row in read(quick=True)) >= 1
