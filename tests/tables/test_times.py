"""Local timelines against zoneinfo, which shares no code with them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from churnlab.tables import times
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
    with pytest.raises(AssertionError):  # noqa: PT012 - any of them
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
