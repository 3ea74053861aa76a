"""The business calendar against zoneinfo, and snapshot dates by hand."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.config.project import SnapshotPlan
from churnlab.errors import DataError
from churnlab.snapshots import DAY, HOUR, SECOND, Calendar, dates, zones_version
from churnlab.workflow.opening import code_version

ZONES = (
    "Europe/Paris",
    "America/New_York",
    "America/Sao_Paulo",  # until 2018 clocks were put forward at midnight
    "Asia/Beirut",  # and here still are
    "Africa/Casablanca",  # two more changes a year, around Ramadan
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # skipped 2011-12-30
    "Asia/Kathmandu",
    "UTC",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


def first_change(zone, wall):
    """The first instant whose wall time is at or after ``wall``, found minute by minute."""
    instant = micros(wall.replace(tzinfo=UTC)) - 27 * HOUR
    while (EPOCH + timedelta(microseconds=instant)).astimezone(zone).replace(tzinfo=None) < wall:
        instant += 60 * SECOND
    return instant


def expected(zone, wall):
    """The instant of a wall time, by round trip: the first reading, or the end of the skip."""
    readings = [micros(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1)]
    real = [
        i
        for i in readings
        if (EPOCH + timedelta(microseconds=i)).astimezone(zone).replace(tzinfo=None) == wall
    ]
    return min(real) if real else first_change(zone, wall)


walls = st.datetimes(datetime(2010, 1, 1), datetime(2027, 1, 1)) | st.builds(
    # Around the hours and days when clocks change.
    lambda year, month, day, hour, minute: datetime(year, month, day, hour, minute),
    st.integers(2010, 2026),
    st.sampled_from([2, 3, 4, 10, 11, 12]),
    st.integers(1, 28),
    st.sampled_from([0, 1, 2, 3, 12, 23]),
    st.sampled_from([0, 15, 30, 59]),
)


@given(st.sampled_from(ZONES), walls, st.integers(-400, 400).filter(bool))
def test_local_days_keep_the_wall_clock(name, wall, days):
    zone, as_of = ZoneInfo(name), micros(wall.replace(tzinfo=ZoneInfo(name)))
    shown = (EPOCH + timedelta(microseconds=as_of)).astimezone(zone).replace(tzinfo=None)
    found = Calendar(name, "local").ahead(np.array([as_of]), days)[0]
    assert found == expected(zone, shown + timedelta(days=days))


@given(st.sampled_from(ZONES), st.lists(walls, max_size=5))
def test_parts_of_an_instant_are_those_of_the_wall_clock(name, moments):
    zone, calendar = ZoneInfo(name), Calendar(name)
    instants = [micros(wall.replace(tzinfo=UTC)) for wall in moments]
    shown = [(EPOCH + timedelta(microseconds=i)).astimezone(zone) for i in instants]
    asked = np.array(instants, dtype=np.int64)
    assert calendar.day_numbers(asked).tolist() == [(s.date() - date(1970, 1, 1)).days for s in shown]
    assert calendar.month_numbers(asked).tolist() == [12 * (s.year - 1970) + s.month - 1 for s in shown]
    assert calendar.weekdays(asked).tolist() == [s.weekday() for s in shown]
    assert calendar.hours(asked).tolist() == [s.hour for s in shown]
    assert [calendar.date(i) for i in instants] == [s.date() for s in shown]


@pytest.mark.parametrize("name", ZONES)
def test_a_date_starts_at_its_first_instant(name):
    calendar = Calendar(name)
    for day in range(0, 366 * 3, 1):
        asked = date(2017, 1, 1) + timedelta(days=day)
        start = calendar.instant(asked)
        assert calendar.date(start) == asked
        assert calendar.date(start - 1) == asked - timedelta(days=1)


def test_a_year_back_over_both_changes_by_hand():
    # Paris, 2025: 30 March has 23 hours, 26 October has 25.
    paris, fixed = Calendar("Europe/Paris", "local"), Calendar("Europe/Paris", "fixed")
    monday = np.array([paris.instant(date(2025, 3, 31)), paris.instant(date(2025, 10, 27))])
    assert (monday - paris.back(monday, 1)).tolist() == [23 * HOUR, 25 * HOUR]
    assert (monday - fixed.back(monday, 1)).tolist() == [DAY, DAY]
    assert micros(datetime(2025, 3, 29, 23, tzinfo=UTC)) == paris.instant(date(2025, 3, 30))


def test_wall_times_skipped_or_shown_twice():
    paris = Calendar("Europe/Paris")
    half_past_two = micros(datetime(2025, 3, 29, 1, 30, tzinfo=UTC))  # 02:30, the day before the skip
    assert paris.ahead(np.array([half_past_two]), 1)[0] == micros(datetime(2025, 3, 30, 1, tzinfo=UTC))
    half_past_two = micros(datetime(2025, 10, 25, 0, 30, tzinfo=UTC))
    assert paris.ahead(np.array([half_past_two]), 1)[0] == half_past_two + DAY


def test_far_dates_do_not_break_the_clock():
    never = micros(datetime(9999, 12, 31, tzinfo=UTC))
    assert Calendar("Europe/Paris").day_numbers(np.array([-never, never])).tolist() == [-2932896, 2932896]


def plan(**keys):
    return SnapshotPlan(**keys)


def days(found, calendar):
    return [calendar.date(instant).isoformat() for instant in found]


def test_monthly_dates_by_hand():
    # Events from 15 January; 90 days of history: from 15 April, so 1 May. Complete until 1 January, and
    # 30 + 14 + 10 days of tail: as_of until 8 November, so 1 November.
    paris = Calendar("Europe/Paris")
    first, watermark = paris.instant(date(2025, 1, 15)) + HOUR, paris.instant(date(2026, 1, 1))
    found = dates(plan(), paris, first, watermark, 54)
    assert days(found, paris) == [f"2025-{month:02}-01" for month in range(5, 12)]
    assert all(instant == paris.instant(paris.date(instant)) for instant in found)


def test_dates_every_so_many_days_count_back_from_the_last():
    utc = Calendar("UTC")
    first, watermark = utc.instant(date(2025, 1, 1)), utc.instant(date(2025, 6, 30))
    # The last: 30 June less 60 days, 1 May. The first allowed: 31 January.
    found = dates(plan(every=30, min_history_days=30), utc, first, watermark, 60)
    assert days(found, utc) == ["2025-01-31", "2025-03-02", "2025-04-01", "2025-05-01"]
    later = dates(plan(every=30, min_history_days=30), utc, first, watermark - 1, 60)
    assert days(later, utc)[-1] == "2025-04-30"  # a microsecond less, and 1 May is not complete


def test_dates_can_be_given():
    utc = Calendar("UTC")
    between = plan(first=date(2025, 2, 1), last=date(2025, 4, 30))
    assert days(dates(between, utc, 0, 0, 9), utc) == ["2025-02-01", "2025-03-01", "2025-04-01"]


def test_no_date_is_compared_with_days_before_the_first_event():
    utc = Calendar("UTC")
    first, watermark = utc.instant(date(2025, 1, 15)) + HOUR, utc.instant(date(2026, 1, 1))
    for asked in (plan(min_history_days=30), plan(first=date(2025, 2, 1))):
        assert days(dates(asked, utc, first, watermark, 54), utc)[0] <= "2025-03-01"
        # 120 days from 15 January on: 15 May.
        assert days(dates(asked, utc, first, watermark, 54, 120), utc)[0] == "2025-06-01"
    long = plan(min_history_days=200)
    assert dates(long, utc, first, watermark, 54, 120) == dates(long, utc, first, watermark, 54)
    with pytest.raises(DataError, match=r"300 days of history \+ 54 days"):
        dates(plan(), utc, first, watermark, 54, 300)


def test_no_date_fits():
    utc = Calendar("UTC")
    first, watermark = utc.instant(date(2025, 1, 1)), utc.instant(date(2025, 3, 1))
    with pytest.raises(
        DataError, match=r"(?s)from 2025-01-01, complete until 2025-03-01 \(59 days\).*90 days of h.*\+ 60"
    ):
        dates(plan(), utc, first, watermark, 60)


@given(
    st.sampled_from(ZONES),
    st.integers(-3, 3),
    st.sampled_from([0, 1, 30, 97]),
    st.sampled_from(["local", "fixed"]),
)
def test_the_last_date_is_the_last_complete_one(name, slip, tail, kind):
    calendar = Calendar(name, kind)
    watermark = calendar.instant(date(2025, 10, 26)) + slip
    last = dates(plan(every=1, first=date(2025, 6, 1)), calendar, 0, watermark, tail)[-1]
    following = calendar.instant(calendar.date(last) + timedelta(days=1))
    ends = calendar.ahead(np.array([last, following]), tail)
    assert ends[0] <= watermark < ends[1]


@pytest.fixture
def told():
    """The version of a time-zone database that Python would find in a folder."""

    def version(folder):
        zoneinfo.reset_tzpath([folder.resolve()])
        zones_version.cache_clear()
        return zones_version()

    yield version
    zoneinfo.reset_tzpath()
    zones_version.cache_clear()


def test_the_time_zone_database_says_its_version(told, tmp_path):
    (tmp_path / "UTC").write_bytes(b"TZif2")
    (tmp_path / "+VERSION").write_text("2026a\n")
    assert told(tmp_path) == "tz 2026a"
    (tmp_path / "tzdata.zi").write_text("# version 2025b\n# more\n")
    assert told(tmp_path) == "tz 2025b"


def test_without_one_of_the_system_it_is_the_package(told, tmp_path):
    assert told(tmp_path) == f"tzdata {metadata.version('tzdata')}"


def test_a_database_that_says_no_version_is_told_by_its_files(told, tmp_path):
    (tmp_path / "UTC").write_bytes(b"TZif2")
    first = told(tmp_path)
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Paris").write_bytes(b"TZif2 an hour ahead")
    second = told(tmp_path)
    (tmp_path / "Europe" / "Paris").write_bytes(b"TZif2 two hours ahead")
    assert len({first, second, told(tmp_path)}) == 3
    assert told(tmp_path) == told(tmp_path)


def test_a_score_rests_on_the_rules_of_clocks():
    assert code_version().endswith(f" {zones_version()}")
