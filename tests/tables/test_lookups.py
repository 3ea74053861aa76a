"""Lookups add columns and never rows: unmatched keys give nulls, repeated ones stop the load."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.errors import ConfigError, DataError
from sources import COLUMNS, lines, staged, values, written

ORDERS = "id,date,amount,product\nC1,d,1,P1\nC2,d,2,P9\nC3,d,3,\nC4,d,4,P2\n"
PRODUCTS = "code,name,group\nP1,milk,G1\nP2,bread,G2\nP3,tea,G1\n"
GROUPS = "group,label\nG1,drinks\n"
MAPPED = COLUMNS | {"product": "product", "family": "family"}
FAMILY = {"files": ["products.csv"], "keys": {"product": "code"}, "columns": {"family": "name"}}


def joined(folder, *lookups, orders=ORDERS, products=PRODUCTS, **keys):
    written(folder, products, "products.csv")
    written(folder, GROUPS, "groups.csv")
    name = orders if orders.endswith(".parquet") else written(folder, orders)
    return staged(folder, name, **{"lookups": lookups, "columns": MAPPED, **keys})


def test_a_column_is_added_and_every_row_keeps_its_place(tmp_path):
    result, rows = joined(tmp_path, FAMILY)
    assert [row[-1] for row in rows] == ["milk", None, None, "bread"]
    assert lines(rows) == [2, 3, 4, 5]
    assert set(result.digests) == {"orders.csv", "products.csv"}


def test_a_lookup_named_as_the_source_keeps_a_digest_of_its_own(tmp_path):
    (tmp_path / "lake").mkdir()
    written(tmp_path / "lake", PRODUCTS, "orders.csv")
    lookup = FAMILY | {"files": [str(tmp_path / "lake" / "orders.csv")]}
    result, _ = joined(tmp_path, lookup, FAMILY | {"columns": {"brand": "group"}}, data_roots=["lake"])
    assert set(result.digests) == {"orders.csv", "orders.csv (2)", "products.csv"}
    assert len(set(result.digests.values())) == 2, "products.csv has the bytes of lake/orders.csv"
    again, _ = joined(tmp_path, FAMILY, FAMILY | {"columns": {"brand": "group"}})
    assert set(again.digests) == {"orders.csv", "products.csv"}, "one file, used twice"


def test_a_lookup_may_use_what_an_earlier_one_added(tmp_path):
    first = FAMILY | {"columns": {"family": "name", "grp": "group"}}
    second = {"files": ["groups.csv"], "keys": {"grp": "group"}, "columns": {"category": "label"}}
    _, rows = joined(tmp_path, first, second, columns=MAPPED | {"category": "category"})
    assert [row[-2:] for row in rows] == [("milk", "drinks"), (None, None), (None, None), ("bread", None)]


def test_several_keys(tmp_path):
    both = FAMILY | {"keys": {"product": "code", "amount": "group"}}
    products = "code,name,group\nP1,milk,1\nP1,cream,2\nP9,tea,2\n"
    _, rows = joined(tmp_path, both, products=products)
    assert [row[-1] for row in rows] == ["milk", "tea", None, None]


@pytest.mark.parametrize(
    ("keys", "codes", "expected"),
    [
        (pa.array([7, 8]), ["7", "08"], ["x", None]),  # 08 is another code than 8
        (pa.array([7.0, 8.5]), ["7", "8.5"], ["x", "y"]),
        (pa.array([7.0, float("nan")]), ["7", "8"], ["x", None]),
        (pa.array(["7", "7.0"]), ["7", "8"], ["x", None]),  # text is text
        (pa.array([Decimal("7.00"), None], pa.decimal128(9, 2)), ["7", "8"], ["x", None]),
        (pa.array([2**53 + 1, 2**53]), [str(2**53 + 1), "8"], ["x", None]),
    ],
)
def test_keys_are_compared_as_canonical_text(tmp_path, keys, codes, expected):
    table = pa.table({"id": ["C1", "C2"], "date": ["d", "d"], "amount": ["1", "2"], "product": keys})
    pq.write_table(table, tmp_path / "orders.parquet")
    products = f"code,name\n{codes[0]},x\n{codes[1]},y\n"
    _, rows = joined(tmp_path, FAMILY, orders="orders.parquet", products=products)
    assert [row[-1] for row in rows] == expected


def test_keys_must_be_unique(tmp_path):
    with pytest.raises(DataError, match=r"products.csv: 1 keys occur more than once\ngot: key code"):
        joined(tmp_path, FAMILY, products=PRODUCTS + "P1,other,G1\n")
    # Rows without a key match nothing, however many there are.
    _, rows = joined(tmp_path, FAMILY, products=PRODUCTS + ",a,G1\n,b,G1\n")
    assert len(rows) == 4


def test_a_broken_lookup_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"products.csv: line 5 is broken \(field_count\)\ngot: 1 such lines"):
        joined(tmp_path, FAMILY, products=PRODUCTS + "P4\n")
    with pytest.raises(DataError, match=r"products.csv: not utf-8 at byte 52, line 5"):
        joined(tmp_path, FAMILY, products=PRODUCTS.encode() + b"P4,\xe9t\xe9,G1\n")


def test_mistakes_are_told(tmp_path):
    with pytest.raises(DataError, match=r"products.csv: no column 'cod'; did you mean 'code'\?"):
        joined(tmp_path, FAMILY | {"keys": {"product": "cod"}})
    with pytest.raises(DataError, match=r"orders.csv: no column 'products'; did you mean 'product'"):
        joined(tmp_path, FAMILY | {"keys": {"products": "code"}})
    with pytest.raises(DataError, match=r"adds a column 'amount' that orders.csv has already"):
        joined(tmp_path, FAMILY | {"columns": {"amount": "name"}})
    with pytest.raises(ConfigError, match=r"a lookup needs keys"):
        joined(tmp_path, FAMILY | {"keys": {}})


def test_a_product_may_multiply_what_a_lookup_adds(tmp_path):
    priced = FAMILY | {"columns": {"price": "name"}}
    mapped = COLUMNS | {"amount": {"multiply": ["amount", "price"]}}
    products = "code,name\nP1,2.50\nP2,3.00\n"
    _, rows = joined(tmp_path, priced, columns=mapped, products=products)
    assert values(rows)[0] == ("C1", "d", "1", "2.50")
