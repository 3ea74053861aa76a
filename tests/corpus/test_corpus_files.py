"""Bad input, files and encoding (K15-K34): refused whole, set aside by the line, or read as stated.

Each case is a function that writes its files; what is asserted is the rule, and the text names the
place and the way out.
"""

from __future__ import annotations

import gzip
import os
import random
import socket
import threading
import time
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import ChurnlabError, DataError, IntegrityError
from churnlab.tables import decode, locate
from sources import COLUMNS, ORDERS, ROWS, faults, lines, staged, values, written


def parquet(folder, name="orders.parquet", rows=ROWS, **options):
    columns = {key: [row[n] for row in rows] for n, key in enumerate(("id", "date", "amount"))}
    pq.write_table(pa.table(columns), folder / name, **options)
    return name


def refused(folder, *files, match, kind=DataError, **keys):
    """Staging is refused with these words, in at most three lines, without an absolute path."""
    with pytest.raises(kind, match=match) as caught:
        staged(folder, *files, **keys)
    told = str(caught.value)
    assert len(told.splitlines()) <= 3
    assert str(folder) not in told
    return told


def many(count, start=0):
    return b"".join(b"C%06d,2025-01-03,%d.50\n" % (n, n % 900) for n in range(start, start + count))


HEADER = b"id,date,amount\n"


def test_k15_byte_order_mark(tmp_path):
    _, rows = staged(tmp_path, written(tmp_path, b"\xef\xbb\xbf" + ORDERS))
    assert values(rows) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_encodings_declared_and_not(tmp_path, encoding):
    name = written(tmp_path, ("\ufeff" * (encoding == "utf-16-le") + ORDERS.decode()).encode(encoding))
    _, rows = staged(tmp_path, name, csv={"encoding": encoding})
    assert values(rows) == ROWS
    refused(tmp_path, name, match="utf-16|utf-32|no column|header")
    refused(tmp_path, written(tmp_path, ORDERS), match="orders.csv: not utf-32", csv={"encoding": "utf-32"})


def test_k16_latin_1_undeclared_on_most_lines(tmp_path):
    text = "id,date,amount\n" + "".join(f"Hélène{n},2025-01-03,1.00\n" for n in range(50))
    name = written(tmp_path, text.encode("latin-1"))
    # The header has 15 bytes; é is the second letter of the first id.
    told = refused(tmp_path, name, match=r"orders.csv: not utf-8 at byte 16, line 2")
    assert "50 of 50 lines" in told
    assert "latin-1" in told
    _, rows = staged(tmp_path, name, csv={"encoding": "latin-1"})
    assert [row[2] for row in rows] == [f"Hélène{n}" for n in range(50)]


@pytest.mark.parametrize("broken", [5, 6])
def test_k17_a_few_latin_1_lines(tmp_path, broken):
    # The default limit of a small file is 5 rows: at it they are set aside, beyond it all is refused.
    odd = [b"Ren\xe9e%d,2025-01-03,1.00\n" % n for n in range(broken)]
    name = written(tmp_path, HEADER + many(10) + b"".join(odd) + many(10, 10))
    if broken > 5:
        refused(tmp_path, name, match=r"not utf-8 at byte \d+, line 12")
        return
    result, rows = staged(tmp_path, name)
    assert faults(result) == [(12 + n, "encoding") for n in range(5)]
    assert result.rejects[0].raw == r"Ren\xe9e0,2025-01-03,1.00"
    assert lines(rows) == [*range(2, 12), *range(17, 27)]


def test_k17_the_limit_follows_the_configuration(tmp_path):
    name = written(tmp_path, HEADER + b"Ren\xe9e,2025-01-03,1.00\n" * 2 + many(8))
    refused(tmp_path, name, match="not utf-8", max_quarantined=0.1)
    assert len(staged(tmp_path, name, max_quarantined=0.2)[0].rejects) == 2
    known = {"max_quarantined": 0, "expected_quarantine": {"encoding": 0.2}}
    assert len(staged(tmp_path, name, **known)[0].rejects) == 2


def test_bytes_that_another_encoding_lacks(tmp_path):
    # 0x81 is undefined in cp1252; beside it, C3 A9 are two letters there and one in UTF-8.
    name = written(tmp_path, HEADER + b"A\xc3\xa9,2025-01-03,1\nB\x81,2025-01-03,1\n")
    result, rows = staged(tmp_path, name, csv={"encoding": "cp1252"})
    assert values(rows) == [("AÃ©", "2025-01-03", "1")]
    assert result.rejects[0].raw == r"B\x81,2025-01-03,1"
    ascii_only, rows = staged(tmp_path, name, csv={"encoding": "ascii"})
    assert (len(ascii_only.rejects), rows) == (2, [])


def test_k18_mojibake(tmp_path):
    garbled = "Hélène".encode().decode("latin-1")
    name = written(tmp_path, HEADER.decode() + f"{garbled},2025-01-03,1\n" + "Héloïse,2025-01-03,1\n" * 3)
    result, rows = staged(tmp_path, name)
    assert rows[0][2] == garbled
    assert any("1 lines (25.0%) look like UTF-8 read as latin-1" in note for note in result.notes)


def test_k19_an_empty_file(tmp_path):
    refused(tmp_path, written(tmp_path, b""), match="orders.csv: the file is empty")


def test_a_header_alone_has_no_rows(tmp_path):
    for content in (HEADER, HEADER.strip(), b"\xef\xbb\xbf" + HEADER):
        result, rows = staged(tmp_path, written(tmp_path, content))
        assert (result.read, rows) == (0, [])


def test_k20_missing_files(tmp_path):
    written(tmp_path, ORDERS, "data/orders.csv")
    refused(tmp_path, "data/order.csv", match="no such file; did you mean 'orders.csv'")
    refused(tmp_path, "nowhere/orders.csv", match="nowhere/orders.csv: no such file")
    refused(tmp_path, "data/*.parquet", match="no file matches")
    refused(tmp_path, "package:no_such_package/a.csv", match="no such package is installed")


@pytest.mark.parametrize(
    "stray",
    [
        "._orders.csv",
        ".orders.csv",
        "orders copy.csv",
        "orders (1).csv",
        "orders - Kopie.csv",
        "~$orders.csv",
    ],
)
def test_k21_leftovers_in_a_pattern(tmp_path, stray):
    written(tmp_path, ORDERS)
    assert len(staged(tmp_path, "*.csv")[1]) == 3
    written(tmp_path, HEADER + many(3), stray)
    refused(tmp_path, "*.csv", match="looks like a leftover or a copy")
    assert len(staged(tmp_path, "orders.csv", stray)[1]) == 6, "named outright, it is meant"


@pytest.mark.parametrize("stray", ["orders.csv.tmp", "orders.csv~", "orders.csv.part", "orders.bak.csv"])
def test_k21_unfinished_files_in_a_pattern(tmp_path, stray):
    written(tmp_path, ORDERS)
    written(tmp_path, HEADER + many(3), stray)
    refused(tmp_path, "orders*", match="looks like a leftover or a copy")


def test_names_that_only_remind_of_leftovers(tmp_path):
    for n, name in enumerate(["copyright_2024.csv", "temperature.csv", "part-00001.csv", "oldham.csv"]):
        written(tmp_path, HEADER + many(2, 10 * n), name)
    assert len(staged(tmp_path, "*.csv")[1]) == 8


def test_k22_one_file_under_two_names(tmp_path):
    written(tmp_path, ORDERS, "a.csv")
    written(tmp_path, ORDERS, "b.csv")
    refused(tmp_path, "*.csv", match="b.csv: the same content as a.csv")
    refused(tmp_path, "a.csv", "a.csv", match="a.csv: named twice")
    (tmp_path / "c.csv").symlink_to("a.csv")
    refused(tmp_path, "a.csv", "c.csv", match="c.csv: named twice")


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("orders.csv", gzip.compress(ORDERS, mtime=0), "gzip"),
        ("orders.csv.gz", None, "text"),
        ("orders.parquet", ORDERS, "text"),
        ("orders.csv", b"PAR1" + ORDERS + b"PAR1", "Parquet"),
        ("orders.csv", b"PK\x03\x04" + ORDERS, "zip or Excel"),
        ("orders.xlsx", b"PK\x03\x04" + ORDERS, "zip or Excel"),
        ("orders.csv", b"(\xb5/\xfd" + ORDERS, "zstd"),
    ],
)
def test_k24_the_name_disagrees_with_the_content(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(ORDERS if content is None else content)
    refused(tmp_path, name, match=f"the content is {found}")


def test_k24_packed_twice(tmp_path):
    refused(tmp_path, written(tmp_path, gzip.compress(ORDERS), "orders.csv.gz"), match="packed twice")


def test_gzipped_text_reads_as_the_text_does(tmp_path):
    _, rows = staged(tmp_path, written(tmp_path, ORDERS, "orders.csv.gz"))
    assert (values(rows), lines(rows)) == (ROWS, [2, 3, 4])
    two_members = gzip.compress(ORDERS[:20]) + gzip.compress(ORDERS[20:])
    (tmp_path / "orders.csv.gz").write_bytes(two_members)
    assert values(staged(tmp_path, "orders.csv.gz")[1]) == ROWS


def test_k25_a_bomb_stops_at_the_limit(tmp_path, monkeypatch):
    packer = zlib.compressobj(9, wbits=31)
    rows = b"C1,2025-01-03,1.00\n" * 50_000
    packed = [packer.compress(HEADER), *(packer.compress(rows) for _ in range(100)), packer.flush()]
    (tmp_path / "bomb.csv.gz").write_bytes(b"".join(packed))  # 95 MB in about 250 KB
    asked = []
    read = decode._Unpacked.read

    def counted(self, size):
        asked.append(size)
        return read(self, size)

    monkeypatch.setattr(decode._Unpacked, "read", counted)
    refused(tmp_path, "bomb.csv.gz", match="unpacks to more than 200 times")
    assert 0 < sum(asked) < 60e6, "it was unpacked whole before it was refused"


def test_k25_a_bomb_in_parquet(tmp_path):
    rows = [("C1" * 50, "2025-01-03", "1")] * 300_000
    plain = {"use_dictionary": False, "column_encoding": "PLAIN"}
    name = parquet(tmp_path, rows=rows, compression="zstd", compression_level=15, **plain)
    assert (tmp_path / name).stat().st_size < 100_000
    refused(tmp_path, name, match="unpacks to more than 200 times")


def test_k25_text_that_repeats_itself_is_no_bomb(tmp_path):
    name = written(tmp_path, HEADER + many(100_000), "orders.csv.gz")
    assert staged(tmp_path, name)[0].read == 100_000


def test_gzip_cut_or_damaged(tmp_path):
    whole = gzip.compress(HEADER + many(20_000))
    for content in (whole[:-9], whole[: len(whole) // 2], whole[:-8] + b"\0\0\0\0" + whole[-4:]):
        (tmp_path / "orders.csv.gz").write_bytes(content)
        refused(tmp_path, "orders.csv.gz", match="cut short or damaged")


def test_k26_cut_in_the_middle_of_a_line(tmp_path):
    name = written(tmp_path, HEADER + b"C1,2025-01-03,3000\nC2,2025-01-04,30")  # was 3000
    result, rows = staged(tmp_path, name)
    assert values(rows) == [("C1", "2025-01-03", "3000")]
    assert faults(result) == [(3, "no_final_newline")]
    assert any("no line end after the last record" in note for note in result.notes)


def test_k26_every_cut_keeps_whole_lines_only(tmp_path):
    content = HEADER + b'C1,2025-01-03,1\n"C,\n2",2025-01-04,2\r\nC3,2025-01-05,3\n'
    whole = values(staged(tmp_path, written(tmp_path, content))[1])
    for cut in range(len(HEADER), len(content)):
        result, rows = staged(tmp_path, written(tmp_path, content[:cut]))
        assert values(rows) == whole[: len(rows)], f"cut at byte {cut}"
        ends_whole = content[:cut].endswith((HEADER, b",1\n", b",2\r\n", b",3\n"))
        assert (not result.rejects) == ends_whole, f"cut at byte {cut}"


def test_k27_parquet_cut_short(tmp_path):
    whole = (tmp_path / parquet(tmp_path)).read_bytes()
    for size in (4, 12, len(whole) // 2, len(whole) - 1):
        (tmp_path / "orders.parquet").write_bytes(whole[:size])
        refused(tmp_path, "orders.parquet", match="cannot be read as Parquet, it may be cut or damaged")


def test_k28_a_flipped_bit_where_the_writer_left_checksums(tmp_path):
    rows = [(f"C{n}", f"2025-01-{n % 28 + 1:02d}", str(n)) for n in range(2000)]
    name = parquet(tmp_path, rows=rows, write_page_checksum=True, compression="none", use_dictionary=False)
    whole = bytearray((tmp_path / name).read_bytes())
    whole[whole.index(b"C1234")] ^= 1  # C1234 becomes B1234: another customer
    (tmp_path / name).write_bytes(whole)
    refused(tmp_path, name, match="cannot be read as Parquet")


def test_k29_one_column_with_two_types(tmp_path):
    pq.write_table(pa.table({"id": ["C1"], "date": ["2025-01-03"], "amount": [1.5]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": ["C2"], "date": ["2025-01-03"], "amount": [2]}), tmp_path / "b.parquet")
    refused(tmp_path, "*.parquet", match=r"b.parquet: column 'amount' is int64, in a.parquet it is double")
    written(tmp_path, ORDERS, "c.csv")
    refused(
        tmp_path, "a.parquet", "c.csv", match=r"c.csv: column 'amount' is string, in a.parquet it is double"
    )


def test_k29_a_column_without_values_takes_the_others_type(tmp_path):
    for name, amounts in (("a.parquet", [None]), ("b.parquet", [2.5])):
        table = pa.table({"id": [name], "date": ["2025-01-03"], "amount": amounts})
        pq.write_table(table, tmp_path / name)
    assert values(staged(tmp_path, "*.parquet")[1]) == [
        ("a.parquet", "2025-01-03", None),
        ("b.parquet", "2025-01-03", 2.5),
    ]


def test_k30_out_of_the_root(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    written(outside, ORDERS)
    (inside / "link.csv").symlink_to(outside / "orders.csv")
    (inside / "folder").symlink_to(outside)
    absolute = str(outside / "orders.csv")
    for given in (
        "link.csv",
        "../outside/orders.csv",
        "folder/orders.csv",
        absolute,
        "folder/*.csv",
        "*.csv",
    ):
        told = refused(inside, given, match="lies outside the project's root", kind=IntegrityError)
        assert str(tmp_path) not in told
        assert len(staged(inside, given, data_roots=["../outside"])[1]) == 3
    # What is outside is not even described: no hint that a name like it exists.
    told = refused(inside, "../outside/order.csv", match="lies outside", kind=IntegrityError)
    assert "did you mean" not in told
    refused(inside, "package:pyarrow/../pip/__init__.py", match="lies outside", kind=IntegrityError)


def test_k30_a_link_that_stays_inside_is_fine(tmp_path):
    written(tmp_path, ORDERS, "deep/orders.csv")
    (tmp_path / "latest.csv").symlink_to("deep/orders.csv")
    assert len(staged(tmp_path, "latest.csv")[1]) == 3
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    refused(tmp_path, "loop.csv", match="loop.csv: (a link that leads nowhere|cannot be opened)")


def test_k31_no_regular_file(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tmp_path)  # the address of a socket is limited to about 100 characters
        try:
            listening.bind("socket.csv")
        finally:
            os.chdir(here)
        started = time.monotonic()
        for name, kind in (("folder.csv", "a folder"), ("pipe.csv", "a pipe"), ("socket.csv", "a socket")):
            refused(tmp_path, name, match=f"{name}: not a regular file\ngot: {kind}")
        refused(tmp_path, "*.csv", match="not a regular file")
        refused(tmp_path, "/dev/zero", match="not a regular file\ngot: a device", data_roots=["/dev"])
    assert time.monotonic() - started < 10


def test_k31_a_pipe_that_takes_the_place_of_a_file(tmp_path, monkeypatch):
    """Between the look and the opening: opening must not wait for a writer that never comes."""
    name = written(tmp_path, ORDERS)
    real = os.open

    def swapped(path, *args, **kwargs):
        if str(path).endswith(name):
            path.unlink()
            os.mkfifo(path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(locate.os, "open", swapped)
    waiting = threading.Timer(20, os._exit, [1])
    waiting.start()
    refused(tmp_path, name, match="not a regular file")
    waiting.cancel()


@pytest.mark.parametrize("change", ["grown", "same size", "replaced"])
@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz", "orders.parquet"])
def test_k32_a_file_that_changes_while_it_is_read(tmp_path, monkeypatch, name, change):
    if name.endswith(".parquet"):
        parquet(tmp_path)
    else:
        written(tmp_path, ORDERS, name)
    path, found = tmp_path / name, locate._input

    def then_changed(real, label):
        file = found(real, label)
        content = path.read_bytes()
        if change == "grown":
            path.write_bytes(content + content)
        elif change == "replaced":
            path.rename(tmp_path / "before")
            path.write_bytes(content)
        else:  # only the content tells: size and time are put back
            before = path.stat()
            with path.open("r+b") as stream:
                stream.write(content[:-12] + b"\0" + content[-11:])
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return file

    monkeypatch.setattr(locate, "_input", then_changed)
    expected = "changed while it was read"
    if change == "same size":
        expected += "|cannot be read as Parquet|cut short or damaged"
    refused(tmp_path, name, match=expected)


@pytest.mark.parametrize(("columns", "fine"), [(2_000, True), (2_001, False), (10_000, False)])
def test_k33_too_many_columns(tmp_path, columns, fine):
    names = [*COLUMNS.values(), *(f"column{n}" for n in range(columns - 3))]
    content = ",".join(names) + "\n" + ",".join(["1"] * columns) + "\n"
    name = written(tmp_path, content)
    pq.write_table(pa.table({each: ["1"] for each in names}), tmp_path / "orders.parquet")
    for each in (name, "orders.parquet"):
        if fine:
            assert len(staged(tmp_path, each)[1]) == 1
        else:
            refused(tmp_path, each, match=f"{columns:,} columns, at most 2,000 are read")


@pytest.mark.parametrize(("size", "fine"), [(1 << 20, True), ((1 << 20) + 1, False)])
@pytest.mark.parametrize("quote", ["", '"'])
def test_fields_beyond_a_mebibyte_are_set_aside(tmp_path, size, fine, quote):
    content = HEADER + f"{quote}{'x' * size}{quote},2025-01-03,1\n".encode() + many(2)
    result, rows = staged(tmp_path, written(tmp_path, content))
    assert lines(rows) == ([2, 3, 4] if fine else [3, 4])
    # Beyond the limit a quote counts as never closed: what follows is not searched for its end.
    assert [reason for _, reason in faults(result)] == ([] if fine else ["field_too_long"])
    assert all(len(each.raw) <= 4096 for each in result.rejects)


def test_a_line_beyond_16_mebibytes_is_refused(tmp_path):
    name = written(tmp_path, HEADER + b"x" * (17 << 20) + b"\n")
    refused(tmp_path, name, match="a line is longer than 16 MiB")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", "mixed"])
def test_k34_line_ends(tmp_path, end):
    rows = ORDERS.splitlines()
    ends = [b"\r\n", b"\n"] * 2 if end == "mixed" else [end] * 4
    _, found = staged(tmp_path, written(tmp_path, b"".join(map(bytes.__add__, rows, ends))))
    assert (values(found), lines(found)) == (ROWS, [2, 3, 4])


def test_k34_carriage_returns_alone_must_be_declared(tmp_path):
    name = written(tmp_path, ORDERS.replace(b"\n", b"\r"))
    refused(tmp_path, name, match=r"lines do not end as declared\n.*lf\n.*csv.newline: cr")
    _, rows = staged(tmp_path, name, csv={"newline": "cr"})
    assert (values(rows), lines(rows)) == (ROWS, [2, 3, 4])
    for other in (ORDERS, ORDERS.replace(b"\n", b"\r\n")):
        refused(tmp_path, written(tmp_path, other), match="lines do not end as", csv={"newline": "cr"})


def test_k34_a_stray_carriage_return_breaks_its_line_only(tmp_path):
    result, rows = staged(tmp_path, written(tmp_path, HEADER + b"C1,2025\r-01-03,1\nC2,2025-01-04,2\n"))
    assert (lines(rows), faults(result)) == ([3], [(2, "line_break_in_field")])


def test_labels_say_where_a_file_is_and_digests_what_it_held(tmp_path):
    written(tmp_path, ORDERS, "2024/orders.csv")
    written(tmp_path, HEADER + many(2), "2025/orders.csv")
    result, rows = staged(tmp_path, "*/orders.csv")
    assert [row[0] for row in rows] == ["2024/orders.csv"] * 3 + ["2025/orders.csv"] * 2
    assert set(result.digests) == {"2024/orders.csv", "2025/orders.csv"}
    absolute, rows = staged(tmp_path, str(tmp_path / "2024" / "orders.csv"))
    assert (list(absolute.digests), rows[0][0]) == (["2024/orders.csv"], "2024/orders.csv")
    assert absolute.digests["2024/orders.csv"] == result.digests["2024/orders.csv"]


def test_damage_of_any_kind_is_told_not_thrown(tmp_path):
    """Bytes cut, flipped and doubled at many places: refused in our words, or every record counted."""
    draw = random.Random(7)
    buffer = BytesIO()
    pq.write_table(pa.table({"id": ["C1", "C2"], "date": ["a", "b"], "amount": ["1", "2"]}), buffer)
    quoted = HEADER + b'"C""1",2025-01-03,"1,5"\r\n' + many(3) + '"É\n2",,3\n'.encode()
    bases = {"o.csv": quoted, "o.csv.gz": gzip.compress(quoted), "o.parquet": buffer.getvalue()}
    read = 0
    for _ in range(300):
        name = draw.choice(list(bases))
        content = bytearray(bases[name])
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(len(content))
            if draw.random() < 0.4:
                content[place] = draw.choice(b'",\r\n\x00\xff;' + bytes([draw.randrange(256)]))
            elif draw.random() < 0.5:
                del content[place : place + draw.randint(1, 4)]
            else:
                content[place:place] = content[place : place + draw.randint(1, 9)]
        (tmp_path / name).write_bytes(content)
        with suppress(ChurnlabError):
            staged(tmp_path, name)  # asserts that read = rows + set aside
            read += 1
    assert 0 < read < 300
