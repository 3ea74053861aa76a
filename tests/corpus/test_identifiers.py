"""Bad identifiers, K1-K13: two customers are never made one, nor one read as another."""

import pyarrow as pa
import pytest

from churnlab.errors import DataError
from loading import column, loaded, project, quarantined, reasons, rows, source

DAY = "2025-06-01"


def bought(*ids, day=DAY):
    """One purchase an id, the ids written as CSV cells."""
    return "customer_id,time\n" + "".join(f"{cell},{day}\n" for cell in ids)


def typed(ids):
    return pa.table({"customer_id": ids, "time": [DAY] * len(ids)})


def test_k1_leading_zeros_make_another_customer(tmp_path):
    tables = loaded(tmp_path, bought("00123", "123"))
    assert column(tables, "customer_id") == ["00123", "123"]
    assert any("2 customer ids differ from another only by" in note for note in tables.notes)


def test_k2_long_numbers_keep_every_digit_beside_an_empty_id(tmp_path):
    ids = pa.array([9007199254740993, None, 9007199254740992])
    tables = loaded(tmp_path, typed(ids))
    assert column(tables, "customer_id") == ["9007199254740992", "9007199254740993"]
    assert reasons(tmp_path) == {2: "customer_id_missing"}


def test_k3_float_ids_are_refused(tmp_path):
    with pytest.raises(DataError, match="id column is a float, cast it at its source"):
        loaded(tmp_path, typed(pa.array([123.0, 124.0])))


def test_k3_whole_float_ids_are_accepted_on_demand(tmp_path):
    tables = loaded(tmp_path, typed(pa.array([123.0, 124.0])), id_from_float=True)
    assert column(tables, "customer_id") == ["123", "124"]


@pytest.mark.parametrize("broken", [123.5, 2.0**53, float("nan"), float("inf")])
def test_k3_float_ids_that_are_not_exact_stop_even_then(tmp_path, broken):
    with pytest.raises(DataError, match="1 float ids are not whole numbers below 2\\^53"):
        loaded(tmp_path, typed(pa.array([123.0, broken])), id_from_float=True)


@pytest.mark.parametrize(("texts", "share"), [(["1", "2", "x"], "67%"), (["1", "y"], "50%")])
def test_k4_number_ids_and_text_ids_of_the_same_customers(tmp_path, texts, share):
    numbers = source(tmp_path, typed(pa.array([1, 2, 3, 4])), name="numbers")
    words = source(tmp_path, bought(*texts, day="2025-06-02"), name="words")
    tables = project(tmp_path, {"transactions": [numbers, words]})
    assert any(f"{share} of the smaller side's ids" in note for note in tables.notes)


def test_k4_number_ids_and_text_ids_of_other_customers(tmp_path):
    numbers = source(tmp_path, typed(pa.array([1, 2, 3, 4])), name="numbers")
    words = source(tmp_path, bought("0001", "0002", "3"), name="words")
    with pytest.raises(DataError, match="name different customers\ngot: 33%"):
        project(tmp_path, {"transactions": [numbers, words]})


def test_k5_words_for_nothing_are_names_like_others(tmp_path):
    words = ["NaN", "null", "NA", "None", "-"]
    assert column(loaded(tmp_path, bought(*words)), "customer_id") == sorted(words)


def test_k5_unless_they_are_declared_to_mean_nothing(tmp_path):
    tables = loaded(tmp_path, bought("NA", "a"), csv={"nulls": ["NA"]})
    assert column(tables, "customer_id") == ["a"]
    assert reasons(tmp_path) == {2: "customer_id_missing"}


@pytest.mark.parametrize("cell", ["", '""', "   ", "\t", "\u00a0", "\u3000"])
def test_k6_empty_and_blank_ids(tmp_path, cell):
    tables = loaded(tmp_path, bought("a", cell))
    assert column(tables, "customer_id") == ["a"]
    assert reasons(tmp_path) == {3: "customer_id_missing"}


SPACED = [" a", "a ", "\u00a0a", "a\u00a0b", "a\u2007b", "a\u202fb", "a\u3000"]


@pytest.mark.parametrize("cell", SPACED)
def test_k7_spaces_that_nobody_sees(tmp_path, cell):
    tables = loaded(tmp_path, bought("b", cell))
    assert column(tables, "customer_id") == ["b"]
    assert reasons(tmp_path) == {3: "customer_id_space"}


def test_k7_a_plain_space_inside_is_part_of_the_id(tmp_path):
    assert column(loaded(tmp_path, bought("a b")), "customer_id") == ["a b"]


def test_k7_trimmed_on_demand(tmp_path):
    tables = loaded(tmp_path, bought(" a", "b\u00a0", "\u3000c "), id_normalise="trim")
    assert column(tables, "customer_id") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("how", "cells"),
    [("trim", ["qq", " qq"]), ("lower", ["abc", "ABC"]), ("nfc", ["r\u00e9mi", "re\u0301mi"])],
)
def test_k7_k8_k9_a_normalisation_may_not_merge_customers(tmp_path, how, cells):
    with pytest.raises(
        DataError, match=f"id_normalise {how} makes one customer of several, for 1 ids"
    ) as error:
        loaded(tmp_path, bought(*cells, "other"), id_normalise=how)
    assert not any(cell in str(error.value) for cell in cells)


@pytest.mark.parametrize(
    ("how", "cell", "plain"),
    [("lower", "ABC", "abc"), ("nfc", "re\u0301mi", "r\u00e9mi"), ("none", "ABC", "ABC")],
)
def test_k8_k9_one_spelling_is_normalised_as_declared(tmp_path, how, cell, plain):
    # The same id twice is one customer who bought twice, not two that fall together.
    tables = loaded(tmp_path, bought(cell, cell), id_normalise=how)
    assert column(tables, "customer_id") == [plain, plain]


@pytest.mark.parametrize("cells", [("abc", "ABC"), ("r\u00e9mi", "re\u0301mi")])
def test_k8_k9_near_collisions_stay_apart_and_are_reported(tmp_path, cells):
    tables = loaded(tmp_path, bought(*cells, "other"))
    assert column(tables, "customer_id") == sorted([*cells, "other"])
    assert [note for note in tables.notes if note.startswith("2 customer ids differ")]


def test_ids_that_are_not_alike_are_not_reported(tmp_path):
    assert not any("differ" in note for note in loaded(tmp_path, bought("a", "b", "10", "1")).notes)


@pytest.mark.parametrize("identity", ["a,b", 'a"b', "a'b", "=1+1"])
def test_k10_marks_inside_an_id(tmp_path, identity):
    quoted = '"' + identity.replace('"', '""') + '"'
    assert column(loaded(tmp_path, bought(quoted)), "customer_id") == [identity]


@pytest.mark.parametrize(("length", "fine"), [(256, True), (257, False), (10_000, False)])
def test_k12_long_ids(tmp_path, length, fine):
    # Characters, not bytes: e with an accent is one.
    loaded(tmp_path, bought("\u00e9" * length, "b"))
    assert reasons(tmp_path) == ({} if fine else {2: "customer_id_too_long"})


@pytest.mark.parametrize(
    ("hidden", "reason"),
    [
        ("\u202e", "customer_id_invisible_character"),
        ("\u200b", "customer_id_invisible_character"),
        ("\ufeff", "customer_id_invisible_character"),
        ("\u2066", "customer_id_invisible_character"),
        ("\x7f", "customer_id_control_character"),
        ("\u0085", "customer_id_control_character"),
        ("\x1b", "customer_id_control_character"),
    ],
)
def test_k13_hidden_characters(tmp_path, hidden, reason):
    ids = pa.array([f"a{hidden}b", "ab"])
    assert column(loaded(tmp_path, typed(ids)), "customer_id") == ["ab"]
    assert reasons(tmp_path) == {1: reason}


def test_k13_a_nul_character(tmp_path):
    assert column(loaded(tmp_path, typed(pa.array(["a\x00b", "ab"]))), "customer_id") == ["ab"]
    assert reasons(tmp_path) == {1: "customer_id_control_character"}


def test_an_id_of_another_kind_is_refused(tmp_path):
    with pytest.raises(DataError, match="column cannot hold ids\ngot: values of type boolean"):
        loaded(tmp_path, typed(pa.array([True, False])))


def test_the_quarantine_says_where_what_and_why(tmp_path):
    loaded(tmp_path, bought("a", " b"))
    assert quarantined(tmp_path) == [
        {
            "source": "transactions.transactions:transactions.csv",
            "line": 3,
            "column": "customer_id",
            "raw": " b",
            "reason": "customer_id_space",
            "expected": "no space at either end, no no-break space",
        }
    ]


def test_counts_add_up_whatever_the_ids(tmp_path):
    tables = loaded(tmp_path, bought("a", "", " b", "c", "a\u200b", "c"))
    (count,) = tables.counts
    assert (count.read, count.accepted, count.quarantined) == (6, 3, 3)
    assert len(rows(tables)) == 3
