"""Blocks of UTF-8: cut at line ends wherever the reads fall, nothing lost, bad bytes kept apart."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import DataError
from churnlab.tables import decode
from churnlab.tables.decode import Decoder, codec

ENCODINGS = ["utf-8", "latin-1", "cp1252", "shift_jis", "gb18030", "utf-16", "utf-32-be"]
texts = st.lists(st.sampled_from(["a", "é", "漢", "\n", "\r", ",", '"']), max_size=40).map("".join)


@given(text=texts, encoding=st.sampled_from(ENCODINGS), block=st.integers(1, 9))
def test_decoding_in_blocks_is_decoding(text, encoding, block):
    text = text.encode(encoding, "ignore").decode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "BLOCK", block)
        decoder = Decoder("f", codec(encoding), b"\n")
        blocks = list(decoder.blocks(io.BytesIO(text.encode(encoding))))
    assert b"".join(blocks).decode() == text
    assert all(each.endswith(b"\n") for each in blocks[:-1])
    assert decoder.bad_at is None


@given(st.binary(max_size=30), st.sampled_from(["utf-8", "cp1252", "ascii"]))
def test_bytes_that_do_not_decode_never_pass_for_text(content, encoding):
    content = b"," + content.replace(b"PK", b"")
    decoder = Decoder("f", encoding, b"\n")
    whole = b"".join(decoder.blocks(io.BytesIO(content)))
    try:
        expected = content.decode(encoding)
    except UnicodeDecodeError as error:
        first_bad, expected = error.start, None
    else:
        first_bad = None
    assert decoder.bad_at == first_bad
    try:
        assert whole.decode() == expected
    except UnicodeDecodeError:
        assert expected is None, "good text does not decode"


def test_the_first_bad_byte_is_counted_from_the_start_of_the_file(monkeypatch):
    monkeypatch.setattr(decode, "BLOCK", 4)
    decoder = Decoder("f", "utf-8", b"\n")
    list(decoder.blocks(io.BytesIO(b"ab\ncd\ne\xff\n\xff")))
    assert decoder.bad_at == 7


def test_lines_are_measured_not_blocks(monkeypatch):
    monkeypatch.setattr(decode, "MAX_LINE", 10)
    for block in (1, 4, 10):  # a block is smaller than the longest line
        monkeypatch.setattr(decode, "BLOCK", block)
        list(Decoder("f", "utf-8", b"\n").blocks(io.BytesIO(b"0123456789\n0123456789\n01\n")))
        with pytest.raises(DataError, match="a line is longer than"):
            list(Decoder("f", "utf-8", b"\n").blocks(io.BytesIO(b"01\n01234567890\n01\n")))


@pytest.mark.parametrize(
    ("given", "name"),
    [("UTF8", "utf-8"), ("utf-8-sig", "utf-8"), ("Latin1", "iso8859-1"), ("cp1252", "cp1252")],
)
def test_names_of_encodings(given, name):
    assert codec(given) == name
