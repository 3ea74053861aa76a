"""Bad times, K61-K74: one reading or none, whatever clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pydantic import ValidationError

from churnlab.errors import DataError
from loading import column, loaded, project, quarantined, reasons, rows, source

PARIS = ZoneInfo("Europe/Paris")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(text):
    """An instant written in UTC, as the tables hold it."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def at(*cells):
    """One purchase a time, written as CSV cells."""
    return "customer_id,time\n" + "".join(f"c{number:06},{cell}\n" for number, cell in enumerate(cells))


def native(values, kind):
    names = [f"c{number:06}" for number in range(len(values))]
    return pa.table({"customer_id": names, "time": pa.array(values, kind)})


def written(form, zone="Europe/Paris", **more):
    return {"times": {"format": form, "zone": zone, **more}}


def times(tables):
    """Times in the order of the file."""
    return [row["time"] for row in sorted(rows(tables), key=lambda row: row["customer_id"])]


def test_k61_k68_undeclared_times_are_a_mistake_of_configuration(tmp_path):
    with pytest.raises(ValidationError, match=r"times\.format and times\.zone must say how time is written"):
        loaded(tmp_path, at("03/04/2025"), times=None)
    with pytest.raises(ValidationError, match=r"times\.zone"):
        loaded(tmp_path, at("2025-04-03"), times={"format": "iso"})


def test_k62_a_day_first_column_with_a_month_first_date(tmp_path):
    tables = loaded(
        tmp_path,
        at("03/04/2025", "04/25/2025", "3/4/2025", "2025-04-03", "31/04/2025"),
        **written("%d/%m/%Y"),
    )
    assert times(tables) == [utc("2025-04-02 22:00")]  # midnight of 3 April in Paris
    assert reasons(tmp_path) == {
        3: "time_impossible",
        4: "time_not_a_time",
        5: "time_not_a_time",
        6: "time_impossible",
    }


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("0000-00-00", "time_impossible"),
        ("2025-02-29", "time_impossible"),
        ("2025-13-01", "time_impossible"),
        ("1900-01-01", "time_implausible"),
        ("9999-12-31", "time_implausible"),
        ("1969-12-31T22:59:59Z", "time_implausible"),
        ("2100-01-01T00:00:00Z", "time_implausible"),
        ("2025-06-01T24:00:00", "time_not_a_time"),
        ("2025-06-01T12:60:00", "time_not_a_time"),
        ("2016-12-31T23:59:60Z", "time_not_a_time"),
        ("2025-06-01T12:00:00.1234567", "time_not_a_time"),
        ("25-06-01", "time_not_a_time"),
        ("2025-6-1", "time_not_a_time"),
        ("20250601", "time_not_a_time"),
        ("1748736000", "time_not_a_time"),
        ("yesterday", "time_not_a_time"),
        ("2025-06-01 ", "time_not_a_time"),
        ("", "time_missing"),
    ],
)
def test_k63_dates_that_are_none(tmp_path, cell, reason):
    tables = loaded(tmp_path, at("2025-06-01", cell))
    assert len(rows(tables)) == 1
    assert reasons(tmp_path) == {3: reason}


def test_k63_placeholders_declared_as_null(tmp_path):
    content = "customer_id,time,recorded_at\na,2025-06-01,9999-12-31\nb,2025-06-01,2025-06-02\n"
    tables = loaded(tmp_path, content, csv={"nulls": ["9999-12-31"]})
    assert [row["recorded_at"] for row in rows(tables)] == [None, utc("2025-06-01 22:00")]


def test_the_first_and_the_last_plausible_instant(tmp_path):
    tables = loaded(tmp_path, at("1970-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z"))
    assert times(tables) == [0, utc("2099-12-31 23:59:59.999999")]


@pytest.mark.parametrize(("form", "tick"), [("epoch_s", 10**6), ("epoch_ms", 10**3), ("epoch_us", 1)])
@pytest.mark.parametrize("kind", [None, pa.int64(), pa.float64()])
def test_k64_an_epoch_in_another_unit(tmp_path, form, tick, kind):
    moment = utc("2025-06-01 12:00")
    counts = [moment // tick, moment // tick * 1_000, -1]
    if kind == pa.float64():
        counts = [float(count) for count in counts]
    content = at(*counts) if kind is None else native(counts, kind)
    assert times(loaded(tmp_path, content, **written(form))) == [moment]
    assert set(reasons(tmp_path).values()) == {"time_implausible"}


@pytest.mark.parametrize("cell", ["1748779200.5", "1.7e9", "x", "0x10", " 5"])
def test_k64_an_epoch_that_is_no_whole_number(tmp_path, cell):
    loaded(tmp_path, at("1748779200", cell), **written("epoch_s"))
    assert reasons(tmp_path) == {3: "time_not_a_time"}


def test_k65_a_local_time_that_clocks_skipped(tmp_path):
    cells = [
        "2025-03-30 01:59:59.999999",
        "2025-03-30 02:00",
        "2025-03-30 02:59:59.999999",
        "2025-03-30 03:00",
    ]
    tables = loaded(tmp_path, at(*cells))
    assert times(tables) == [utc("2025-03-30 00:59:59.999999"), utc("2025-03-30 01:00")]
    assert reasons(tmp_path) == {3: "time_in_dst_gap", 4: "time_in_dst_gap"}


@pytest.mark.parametrize(("fold", "hour"), [("first", "00"), ("second", "01"), (None, None)])
def test_k66_a_local_time_that_clocks_passed_twice(tmp_path, fold, hour):
    cells = ["2025-10-26 01:59:59", "2025-10-26 02:30", "2025-10-26 03:00"]
    tables = loaded(tmp_path, at(*cells), **written("iso", fold=fold))
    middle = [utc(f"2025-10-26 {hour}:30")] if hour else []
    assert times(tables) == [utc("2025-10-25 23:59:59"), *middle, utc("2025-10-26 02:00")]
    assert reasons(tmp_path) == ({} if hour else {3: "time_in_dst_fold"})


def test_k65_k66_native_timestamps_are_local_too(tmp_path):
    walls = [datetime(2025, 3, 30, 2, 30), datetime(2025, 10, 26, 2, 30), datetime(2025, 6, 1, 2, 30)]
    tables = loaded(tmp_path, native(walls, pa.timestamp("us")), **written("native"))
    assert times(tables) == [utc("2025-06-01 00:30")]
    assert reasons(tmp_path) == {1: "time_in_dst_gap", 2: "time_in_dst_fold"}


def test_k67_each_row_by_its_own_offset(tmp_path):
    cells = ["2025-10-26T02:30:00Z", "2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+0200"]
    cells += ["2025-10-26 02:30-05:30", "2025-10-26 04:30", "2025-10-26"]
    tables = loaded(tmp_path, at(*cells))
    expected = ["2025-10-26 02:30", "2025-10-26 00:30", "2025-10-26 00:30"]
    expected += ["2025-10-26 08:00", "2025-10-26 03:30", "2025-10-25 22:00"]
    assert times(tables) == [utc(text) for text in expected]


def test_k67_offsets_in_a_declared_pattern(tmp_path):
    cells = ["26/10/2025 02:30:05 +0200", "26/10/2025 02:30:05 Z", "26/10/2025 02:30:05"]
    tables = loaded(tmp_path, at(*cells), **written("%d/%m/%Y %H:%M:%S %z"))
    assert times(tables) == [utc("2025-10-26 00:30:05"), utc("2025-10-26 02:30:05")]
    assert reasons(tmp_path) == {4: "time_not_a_time"}


@pytest.mark.parametrize(
    ("form", "cell", "text"),
    [
        ("%Y%m%d", "20250601", "2025-05-31 22:00"),
        ("%d.%m.%Y %H:%M", "01.06.2025 14:05", "2025-06-01 12:05"),
        ("%m/%d/%Y %H:%M:%S.%f", "06/01/2025 14:05:06.5", "2025-06-01 12:05:06.5"),
        ("%Hh%M le %d-%m-%Y", "14h05 le 01-06-2025", "2025-06-01 12:05"),
        ("%Y/%m/%d %H", "2025/06/01 14", "2025-06-01 12:00"),
    ],
)
def test_declared_patterns(tmp_path, form, cell, text):
    assert times(loaded(tmp_path, at(cell), **written(form))) == [utc(text)]


ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata"]


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_a_year_is_what_python_says(tmp_path, zone):
    """The oracle is zoneinfo's own reading of each wall time, by folds (PEP 495)."""
    walls = [
        datetime(2018, 1, 1) + timedelta(minutes=30 * step, microseconds=step % 3) for step in range(365 * 48)
    ]
    clock = ZoneInfo(zone)
    sound, gaps, folds = [], 0, 0
    for wall in walls:
        first, second = (wall.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(clock).replace(tzinfo=None) != wall:
            gaps += 1
        elif first != second:
            folds += 1
        else:
            sound.append((first - EPOCH) // timedelta(microseconds=1))
    text = loaded(tmp_path, at(*(wall.isoformat(" ") for wall in walls)), **written("iso", zone))
    assert times(text) == sound
    found = list(reasons(tmp_path).values())
    assert (found.count("time_in_dst_gap"), found.count("time_in_dst_fold")) == (gaps, folds)
    stamps = loaded(tmp_path, native(walls, pa.timestamp("us")), **written("native", zone))
    assert times(stamps) == sound


@pytest.mark.parametrize("kind", [None, pa.date32()])
def test_a_day_that_starts_inside_a_gap_starts_when_the_gap_ends(tmp_path, kind):
    # Sao Paulo went from 00:00 to 01:00 on 4 November 2018: that day began at 01:00, 03:00 UTC.
    days = [datetime(2018, 11, 3).date(), datetime(2018, 11, 4).date(), datetime(2018, 11, 5).date()]
    content = at(*days) if kind is None else native(days, kind)
    form = "iso" if kind is None else "native"
    expected = ["2018-11-03 03:00", "2018-11-04 03:00", "2018-11-05 02:00"]
    assert times(loaded(tmp_path, content, **written(form, "America/Sao_Paulo"))) == [
        utc(text) for text in expected
    ]


def test_native_instants_with_a_zone_ignore_the_declared_one(tmp_path):
    moments = [datetime(2025, 3, 30, 2, 30, tzinfo=UTC), datetime(2025, 10, 26, 2, 30, tzinfo=UTC)]
    content = native(moments, pa.timestamp("us", "Asia/Tokyo"))
    tables = loaded(tmp_path, content, **written("native"))
    assert times(tables) == [utc("2025-03-30 02:30"), utc("2025-10-26 02:30")]


def test_nanoseconds_that_do_not_fit_are_refused(tmp_path):
    counts = [1_748_779_200_000_000_000, 1_748_779_200_000_000_001]
    tables = loaded(tmp_path, native(counts, pa.timestamp("ns")), **written("native", "UTC"))
    assert times(tables) == [1_748_779_200_000_000]
    assert reasons(tmp_path) == {2: "time_not_exact"}


def test_the_wrong_declaration_for_a_typed_column(tmp_path):
    stamps = native([datetime(2025, 6, 1)], pa.timestamp("us"))
    with pytest.raises(DataError, match=r"times\.format is iso, but the column is not text"):
        loaded(tmp_path, stamps, **written("iso"))
    with pytest.raises(DataError, match=r"times\.format is native, but the column holds neither dates nor"):
        loaded(tmp_path, at("2025-06-01"), **written("native"))


def test_since_and_until_are_local_midnights(tmp_path):
    cells = ["2025-05-31 23:59:59.999999", "2025-06-01", "2025-06-30 23:59:59.999999", "2025-07-01"]
    tables = loaded(tmp_path, at(*cells), since="2025-06-01", until="2025-07-01")
    assert times(tables) == [utc("2025-05-31 22:00"), utc("2025-06-30 21:59:59.999999")]
    assert tables.counts[0].out_of_period == 2


def test_k70_later_than_a_day_after_the_delivery_is_out_of_period(tmp_path):
    cells = ["2025-06-30", "2025-07-01 12:00", "2025-07-02 00:00", "2025-07-02 00:00:00.000001", "2031-01-01"]
    tables = loaded(tmp_path, at(*cells), complete_until="2025-07-01")
    assert len(times(tables)) == 3
    assert (tables.counts[0].out_of_period, tables.counts[0].quarantined) == (2, 0)


def test_a_declared_watermark_is_local_midnight(tmp_path):
    tables = loaded(tmp_path, at("2025-06-01"), complete_until="2025-07-01")
    assert tables.watermarks == {"transactions": utc("2025-06-30 22:00")}
    assert not any("observed" in note for note in tables.notes)


def test_an_observed_watermark_is_the_last_event_s_day_and_says_so(tmp_path):
    tables = loaded(tmp_path, at("2025-06-01", "2025-06-02 00:30"))
    assert tables.watermarks == {"transactions": utc("2025-06-01 22:00")}
    assert "transactions.transactions: completeness observed, not proved" in tables.notes


def test_the_business_zone_decides_the_day_not_the_source_s(tmp_path):
    # 23:30 in New York on 1 June is 05:30 on 2 June in Paris.
    tables = loaded(tmp_path, at("2025-06-01 23:30"), **written("iso", "America/New_York"))
    assert tables.watermarks == {"transactions": utc("2025-06-01 22:00")}


def test_a_closed_source_does_not_hold_the_watermark_back(tmp_path):
    old = source(tmp_path, at("2025-05-01"), name="old", until="2025-06-01")
    new = source(tmp_path, at("2025-06-10"), name="new", complete_until="2025-06-20")
    tables = project(tmp_path, {"transactions": [old, new]})
    assert tables.watermarks == {"transactions": utc("2025-06-19 22:00")}


def test_of_two_open_sources_the_earlier_watermark_holds(tmp_path):
    web = source(tmp_path, at("2025-06-01"), name="web", complete_until="2025-06-15")
    shop = source(tmp_path, at("2025-06-10"), name="shop", complete_until="2025-06-20")
    assert project(tmp_path, {"transactions": [web, shop]}).watermarks == {
        "transactions": utc("2025-06-14 22:00")
    }


def recorded(pairs):
    lines = [f"c{number:06},{time},{seen}\n" for number, (time, seen) in enumerate(pairs)]
    return "customer_id,time,recorded_at\n" + "".join(lines)


@pytest.mark.parametrize(("early", "warned"), [(1, False), (2, True)])
def test_k72_records_before_their_event(tmp_path, early, warned):
    pairs = [("2025-06-02", "2025-06-01")] * early + [("2025-06-02", "2025-06-03")] * (100 - early)
    tables = loaded(tmp_path, recorded(pairs))
    (note,) = [note for note in tables.notes if "recorded before they happened" in note]
    assert note.startswith(f"transactions: {early} rows")
    assert ("more than 1 %" in note) == warned
    assert tables.counts[0].accepted == 100


@pytest.mark.parametrize(("missing", "warned"), [(1, False), (2, True)])
def test_missing_records_warn_above_one_percent(tmp_path, missing, warned):
    pairs = [("2025-06-02", "")] * missing + [("2025-06-02", "2025-06-03")] * (100 - missing)
    notes = loaded(tmp_path, recorded(pairs)).notes
    assert any(f"recorded_at is missing in {missing} of 100 rows" in note for note in notes) == warned


def test_k74_joined_after_the_first_purchase(tmp_path):
    orders = source(tmp_path, "customer_id,time\na,2025-06-01\nb,2025-06-01\n")
    people = source(tmp_path, "customer_id,joined_at\na,2025-06-02\nb,2025-05-01\n", table="customers")
    tables = project(tmp_path, {"transactions": [orders], "customers": [people]})
    assert any(note.startswith("1 customers bought before they joined") for note in tables.notes)


def test_an_end_before_its_start(tmp_path):
    content = "customer_id,time,end\na,2025-06-02,2025-06-01\nb,2025-06-02,2025-06-02\nc,2025-06-02,\n"
    deals = source(tmp_path, content, table="contracts")
    tables = project(tmp_path, {"contracts": [deals]})
    assert column(tables, "customer_id", "contracts") == ["b", "c"]
    assert [row["reason"] for row in quarantined(tmp_path)] == ["end_before_start"]


def test_one_column_written_unlike_the_others(tmp_path):
    content = "customer_id,time,recorded_at\na,2025-06-01,1748779200\n"
    tables = loaded(tmp_path, content, time_formats={"recorded_at": {"format": "epoch_s", "zone": "UTC"}})
    assert rows(tables) == [
        {"customer_id": "a", "time": utc("2025-05-31 22:00"), "recorded_at": utc("2025-06-01 12:00")}
    ]
