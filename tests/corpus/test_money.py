"""Bad numbers and amounts, K47-K60: exact in minor units, or set aside; never a guess."""

import random
from decimal import ROUND_HALF_EVEN, Decimal

import pyarrow as pa
import pytest

from churnlab.errors import DataError
from loading import column, loaded, project, quarantined, reasons, rows, source

FRENCH = {"decimal": ",", "grouping": " "}


def paid(*cells, **declared):
    """One purchase an amount, written as quoted CSV cells."""
    quoted = ['"' + cell.replace('"', '""') + '"' if cell is not None else "" for cell in cells]
    lines = [f"c{number},2025-06-01,{cell}\n" for number, cell in enumerate(quoted)]
    return {"content": "customer_id,time,amount\n" + "".join(lines), **declared}


def native(values, kind=None):
    amounts = pa.array(values, kind)
    names = [f"c{number}" for number in range(len(values))]
    return pa.table({"customer_id": names, "time": ["2025-06-01"] * len(values), "amount": amounts})


def amounts(tables):
    """Amounts in the order of the file."""
    return [row["amount"] for row in sorted(rows(tables), key=lambda row: int(row["customer_id"][1:]))]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_k47_french_amounts(tmp_path, space):
    tables = loaded(
        tmp_path, **paid(f"1{space}234,56", f"12{space}345{space}678,9", "1234,56"), numbers=FRENCH
    )
    assert amounts(tables) == [123456, 1234567890, 123456]


def test_k48_the_same_undeclared(tmp_path):
    with pytest.raises(
        DataError, match="6 of 6 rows were set aside, at most 5 may be\ngot: amount_not_a_number 6"
    ):
        loaded(tmp_path, **paid(*["1 234,56"] * 6))


@pytest.mark.parametrize(
    ("numbers", "fine", "odd"),
    [
        ({"decimal": ",", "grouping": "."}, "1.234,56", "1,234.56"),
        ({"decimal": ".", "grouping": ","}, "1,234.56", "1.234,56"),
        ({"decimal": ".", "grouping": "'"}, "1'234.56", "1 234.56"),
    ],
)
def test_k49_two_ways_of_writing_in_one_column(tmp_path, numbers, fine, odd):
    tables = loaded(tmp_path, **paid(fine, odd, "1234.56".replace(".", numbers["decimal"])), numbers=numbers)
    assert amounts(tables) == [123456, 123456]
    assert reasons(tmp_path) == {3: "amount_not_a_number"}


ODD = ["12,5 \u20ac", "EUR 12.50", "(12.50)", "12.50-", "+12.50", " 12.50", "12.50 ", "12.", ".50", "1_000"]
ODD += [
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e400",
    "1E5",
    "0x10",
    "\u0661\u0662",
    "\uff11\uff12",
    "1 2",
    "--1",
    "-",
    "12.5.0",
]


@pytest.mark.parametrize("cell", ODD)
def test_k50_k51_what_is_no_number_as_declared(tmp_path, cell):
    tables = loaded(tmp_path, **paid("12.50", cell))
    assert amounts(tables) == [1250]
    (row,) = quarantined(tmp_path)
    assert (row["line"], row["column"], row["raw"], row["reason"]) == (
        3,
        "amount",
        cell,
        "amount_not_a_number",
    )


@pytest.mark.parametrize("cell", ["12,34,567.00", "1,23.00", "1234,567.00", ",123.00", "1,2345.00"])
def test_grouping_is_in_threes(tmp_path, cell):
    loaded(tmp_path, **paid("1,234,567.00", cell), numbers={"grouping": ","})
    assert reasons(tmp_path) == {3: "amount_not_a_number"}


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_k51_floats_that_are_not_finite(tmp_path, value):
    tables = loaded(tmp_path, native([12.5, value]))
    assert amounts(tables) == [1250]
    assert reasons(tmp_path) == {2: "amount_not_finite"}


@pytest.mark.parametrize("word", ["refund", "Refund", "return"])
def test_k52_a_refund_may_be_negative(tmp_path, word):
    tables = loaded(tmp_path, f"customer_id,time,amount,type\na,2025-06-01,-12.50,{word}\n")
    assert amounts_of(tables) == [-1250]


def amounts_of(tables):
    return column(tables, "amount")


def test_k53_a_purchase_may_not(tmp_path):
    content = "customer_id,time,amount,type\na,2025-06-01,-12.50,purchase\nb,2025-06-01,3.00,purchase\n"
    assert amounts_of(loaded(tmp_path, content)) == [300]
    assert reasons(tmp_path) == {2: "amount_negative"}
    assert amounts_of(loaded(tmp_path, content, negative_purchase="refund")) == [-1250, 300]


def test_k53_without_a_type_it_may_not_either(tmp_path):
    assert amounts(loaded(tmp_path, **paid("-1", "2"))) == [200]
    assert reasons(tmp_path) == {2: "amount_negative"}


def test_k54_a_refund_dated_before_its_purchase_is_reported(tmp_path):
    lines = ["a,2025-06-02,10,purchase,o1", "a,2025-06-01,-10,refund,o1", "a,2025-06-02,5,purchase,o2"]
    tables = loaded(tmp_path, "\n".join(["customer_id,time,amount,type,order_id", *lines, ""]))
    assert len(rows(tables)) == 3
    assert any("1 orders have a refund dated before their purchase" in note for note in tables.notes)


def test_k55_an_amount_of_zero_is_kept_and_counted(tmp_path):
    tables = loaded(tmp_path, **paid("0", "0.00", "-0.00", "1"))
    assert amounts(tables) == [0, 0, 0, 100]
    assert any("3 rows have an amount of 0" in note for note in tables.notes)


@pytest.mark.parametrize("content", [paid("1000000000000000")["content"], native([10**15]), native([1e15])])
def test_k56_a_huge_amount_is_exact_and_reported(tmp_path, content):
    tables = loaded(tmp_path, content)
    assert amounts(tables) == [10**17]
    assert any("1 amounts are 1e+13 minor units or more" in note for note in tables.notes)


@pytest.mark.parametrize(
    "content",
    [
        paid("100000000000000000000")["content"],
        paid("92233720368547758.08")["content"],
        native([10**17]),
        native([1e17]),
        native([1e300]),
    ],
)
def test_k56_what_64_bits_cannot_hold_stops_the_load(tmp_path, content):
    with pytest.raises(DataError, match="amount is too large in 1 rows"):
        loaded(tmp_path, content)


def test_k56_the_largest_amounts_that_fit(tmp_path):
    tables = loaded(
        tmp_path, **paid("92233720368547758.07", "-92233720368547758.08"), negative_purchase="refund"
    )
    assert amounts(tables) == [2**63 - 1, -(2**63)]


def usual(size, times=20):
    lines = [f"c{number},2025-06-{1 + number:02},{size + number}\n" for number in range(times)]
    return "customer_id,time,amount\n" + "".join(lines)


def test_k57_cents_in_one_file_and_euros_in_the_other(tmp_path):
    content = {"june.csv": usual(30), "july.csv": usual(3000).replace("-06-", "-07-")}
    with pytest.raises(DataError, match=r"amounts in july\.csv are about 100 times those in june\.csv"):
        loaded(tmp_path, content)


def test_k57_two_sources_may_differ_as_declared(tmp_path):
    euros = source(tmp_path, usual(30), name="euros")
    cents = source(tmp_path, usual(3000).replace("-06-", "-07-"), name="cents", numbers={"unit": "minor"})
    tables = project(tmp_path, {"transactions": [euros, cents]})
    assert sum(column(tables, "amount")) == 20 * (3000 + 3000) + 190 * 100 + 190


@pytest.mark.parametrize("codes", [("EUR", "USD"), ("USD", "USD")])
def test_k58_another_currency_stops_the_load(tmp_path, codes):
    lines = [f"c,2025-06-0{day},5,{code}\n" for day, code in enumerate(codes, 1)]
    with pytest.raises(DataError, match=r"amounts are not all in EUR\ngot: currencies .*USD"):
        loaded(tmp_path, "customer_id,time,amount,currency\n" + "".join(lines))


def test_k58_the_project_currency_said_on_every_row(tmp_path):
    content = "customer_id,time,amount,currency\na,2025-06-01,5,EUR\nb,2025-06-01,5,\n"
    assert column(loaded(tmp_path, content), "customer_id") == ["a"]
    assert reasons(tmp_path) == {3: "currency_missing"}


def test_k59_a_missing_amount_is_not_zero(tmp_path):
    assert amounts(loaded(tmp_path, **paid("1", None))) == [100]
    assert reasons(tmp_path) == {3: "amount_missing"}
    assert amounts(loaded(tmp_path, native([1.0, None]))) == [100]
    assert reasons(tmp_path) == {2: "amount_missing"}


@pytest.mark.parametrize("cell", ["12.345", "12.500", "0.001"])
def test_k60_more_decimals_than_the_currency_has(tmp_path, cell):
    loaded(tmp_path, **paid("1", cell))
    assert reasons(tmp_path) == {3: "amount_too_precise"}


def test_k60_rounded_half_even_where_declared(tmp_path):
    cells = ["12.345", "12.355", "-12.345", "12.3450001", "0.005", "0.015", "12.344999999999999999"]
    tables = loaded(tmp_path, **paid(*cells), numbers={"rounding": "half_even"}, negative_purchase="refund")
    # Ties go to the even cent: 12.34, 12.36, -12.34; a hair above a tie goes up.
    assert amounts(tables) == [1234, 1236, -1234, 1235, 0, 2, 1234]


def test_k60_rounding_is_what_decimal_says(tmp_path):
    random.seed(60)
    exact = [Decimal(random.randrange(-(10**9), 10**9)).scaleb(-random.randrange(7)) for _ in range(500)]
    exact += [Decimal(cents * 10 + 5).scaleb(-3) for cents in range(-50, 50)]
    # A quoted "-0" would be text of no amount; Decimal prints 0E-3, a file does not.
    cells = [f"{value:f}" for value in exact]
    tables = loaded(tmp_path, **paid(*cells), numbers={"rounding": "half_even"}, negative_purchase="refund")
    assert amounts(tables) == [int(value.scaleb(2).quantize(Decimal(1), ROUND_HALF_EVEN)) for value in exact]


@pytest.mark.parametrize(
    ("currency", "fine", "minor", "odd"),
    [("JPY", "1250", 1250, "12.5"), ("KWD", "1.234", 1234, "1.2345"), ("EUR", "1.23", 123, "1.234")],
)
def test_the_currency_sets_the_decimals(tmp_path, currency, fine, minor, odd):
    assert amounts(loaded(tmp_path, **paid(fine, odd), currency=currency)) == [minor]
    assert reasons(tmp_path) == {3: "amount_too_precise"}


def test_minor_units_have_no_decimals(tmp_path):
    assert amounts(loaded(tmp_path, **paid("1250", "12.50"), numbers={"unit": "minor"})) == [1250]
    assert reasons(tmp_path) == {3: "amount_too_precise"}


def test_floats_are_the_decimals_they_print_as(tmp_path):
    random.seed(1)
    cents = [random.randrange(-(10 ** random.randrange(1, 13)), 10**12) for _ in range(2_000)]
    values = [number / 100 for number in cents]
    # What a chain of additions leaves: a few units in the last place.
    noisy = [value * (1 + 2.0**-52) for value in values] + [0.1 + 0.2, 1.1 + 2.2, 4.35 * 100 / 100]
    tables = loaded(tmp_path, native(values + noisy), negative_purchase="refund")
    assert amounts(tables) == cents + cents + [30, 330, 435]


@pytest.mark.parametrize(
    ("value", "reason"), [(12.345, "too_precise"), (1e13 + 0.5, None), (2.0**47 + 0.5, "not_exact")]
)
def test_floats_that_hold_no_minor_unit_exactly(tmp_path, value, reason):
    loaded(tmp_path, native([1.0, value]))
    assert reasons(tmp_path) == ({2: f"amount_{reason}"} if reason else {})


def test_native_decimals_and_whole_numbers_are_exact(tmp_path):
    kind = pa.decimal128(12, 4)
    values = [Decimal("12.5000"), Decimal("0.0100"), Decimal("99999999.9900")]
    assert amounts(loaded(tmp_path, native(values, kind))) == [1250, 1, 9999999999]
    assert amounts(loaded(tmp_path, native([1, 2**40], pa.int64()))) == [100, 2**40 * 100]
    loaded(tmp_path, native([Decimal("1.0000"), Decimal("12.3450")], kind))
    assert reasons(tmp_path) == {2: "amount_too_precise"}


def basket(quantities, prices):
    names = [f"c{number}" for number in range(len(prices))]
    columns = {"customer_id": names, "time": ["2025-06-01"] * len(prices)}
    return pa.table(columns | {"pieces": quantities, "price": prices})


PRODUCT = {"columns": {"amount": {"multiply": ["pieces", "price"]}}}


def test_products_are_exact(tmp_path):
    random.seed(7)
    pieces = [random.randrange(1, 5_000) for _ in range(1_000)]
    cents = [random.randrange(1, 2_000_000) for _ in range(1_000)]
    for prices in (pa.array([c / 100 for c in cents]), pa.array([f"{c / 100:.2f}" for c in cents])):
        tables = loaded(tmp_path, basket(pa.array(pieces), prices), **PRODUCT)
        assert amounts(tables) == [n * c for n, c in zip(pieces, cents, strict=True)]


@pytest.mark.parametrize("prices", [[0.125, 0.125, 0.001], ["0.125", "0.125", "0.001"]])
def test_k60_it_is_the_product_that_must_fit(tmp_path, prices):
    # 8 x 0.125 = 1.00; 1 x 0.125 and 4 x 0.001 have no cent of their own.
    table = basket(pa.array([8, 1, 4]), pa.array(prices))
    assert amounts(loaded(tmp_path, table, **PRODUCT)) == [100]
    assert set(reasons(tmp_path).values()) == {"amount_too_precise"}
    rounded = loaded(tmp_path, table, **PRODUCT, numbers={"rounding": "half_even"})
    assert amounts(rounded) == [100, 12, 0]


def test_a_product_names_both_columns_in_the_quarantine(tmp_path):
    loaded(tmp_path, basket(pa.array(["2", "x"]), pa.array(["1.50", "2.00"])), **PRODUCT)
    (row,) = quarantined(tmp_path)
    assert (row["column"], row["raw"], row["reason"]) == ("pieces x price", "x x 2.00", "amount_not_a_number")


def test_a_product_beyond_64_bits_stops_the_load(tmp_path):
    with pytest.raises(DataError, match="amount is too large in 1 rows"):
        loaded(tmp_path, basket(pa.array([10**12]), pa.array([1e12])), **PRODUCT)
    with pytest.raises(DataError, match="amount is too large in 1 rows"):
        loaded(tmp_path, basket(pa.array(["9" * 20]), pa.array(["9" * 20])), **PRODUCT)


def test_the_order_of_rows_and_files_changes_nothing(tmp_path):
    random.seed(3)
    lines = [f"c{n % 7},2025-06-{1 + n % 28:02},{n / 100:.2f}\n" for n in range(400)]
    header = "customer_id,time,amount\n"
    first = rows(loaded(tmp_path, header + "".join(lines)))
    random.shuffle(lines)
    halves = {"a.csv": header + "".join(lines[:100]), "b.csv": header + "".join(lines[100:])}
    assert rows(loaded(tmp_path, halves)) == first
