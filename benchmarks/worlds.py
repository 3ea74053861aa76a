"""Generated worlds for measuring cost: as many transaction lines as interactions, as Parquet files.

    python -m benchmarks.worlds 10m          # or 100k, 1m, 100m, 250000

The files have the form of checked tables and the order of a real export: by time, not by customer.
Customers are unevenly busy, join and leave, and give some lines back weeks later. A file is made in
chunks, each a slice of time, so memory does not grow with it; same size and seed, same bytes.

    transactions.parquet  customer_id, time, order_id, amount, discount, product, family, channel, store
    interactions.parquet  customer_id, time, type, direction, channel, campaign
    world.json            rows, customers, seed, SHA-256 of each file; written last
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

DAY = 86_400_000_000  # microseconds
START = 19_723 * DAY  # 2024-01-01
SPAN = 730  # days
DATES = tuple(START + day * DAY for day in range(365, 365 + 12 * 30, 30))
ROWS_PER_CUSTOMER = 13
CHUNK, ROW_GROUP = 500_000, 125_000
VERSION = 2  # of the way worlds are made: a new one makes new files

PRODUCTS, FAMILIES, STORES, CAMPAIGNS = 5_000, 40, 60, 200
SHOP_CHANNELS = ("app", "phone", "shop", "web")
CHANNELS = ("chat", "email", "phone", "post", "shop")
TYPES = ("complaint", "open", "question", "review", "ticket", "visit")
TYPE_SHARES = (0.06, 0.34, 0.1, 0.1, 0.06, 0.34)
REFUNDED = 0.03  # share of orders of which a line comes back
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000, "100m": 100_000_000}


@dataclass(frozen=True)
class World:
    """A folder with two files. ``rows``: of each of them."""

    folder: Path
    rows: int
    customers: int
    digests: dict[str, str]

    @property
    def transactions(self) -> Path:
        return self.folder / "transactions.parquet"

    @property
    def interactions(self) -> Path:
        return self.folder / "interactions.parquet"


def cache() -> Path:
    """Where worlds are kept: CHURNLAB_WORLDS, or a folder here that git does not see."""
    return Path(os.environ.get("CHURNLAB_WORLDS") or Path(__file__).parent / ".worlds")


def world(rows: int, seed: int = 1, refunded: float = REFUNDED, folder: Path | None = None) -> World:
    """The world of ``rows`` lines and as many interactions, made where it is not there yet."""
    place = (folder or cache()) / f"v{VERSION}-{rows}-{seed}-{refunded:g}"
    if not (place / "world.json").is_file():
        _write(place, rows, seed, refunded)
    about = json.loads((place / "world.json").read_text(encoding="utf-8"))
    return World(place, about["rows"], about["customers"], about["sha256"])


def customers_of(rows: int) -> int:
    return max(1, rows // ROWS_PER_CUSTOMER)


def _write(place: Path, rows: int, seed: int, refunded: float) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    people = People(customers_of(rows), seed)
    digests = {
        name: _write_file(place / f"{name}.parquet", chunks)
        for name, chunks in {
            "transactions": transactions(people, rows, seed, refunded),
            "interactions": interactions(people, rows, seed),
        }.items()
    }
    about = {"rows": rows, "customers": people.number, "seed": seed, "sha256": digests}
    (place / "world.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _write_file(path: Path, chunks: Iterator[Any]) -> str:
    import pyarrow.parquet as pq

    first = next(chunks)
    # Without the Arrow schema every reader sees plain text, not Arrow's dictionaries.
    with pq.ParquetWriter(path, first.schema, store_schema=False) as writer:
        writer.write_table(first, row_group_size=ROW_GROUP)
        for chunk in chunks:
            writer.write_table(chunk, row_group_size=ROW_GROUP)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class People:
    """Who is a customer, and from which day to which."""

    def __init__(self, number: int, seed: int) -> None:
        chance = np.random.default_rng([seed, 0])
        self.number = number
        # Half were there at the start; a stay lasts a year and a half in the mean.
        self.joined = chance.integers(-SPAN, SPAN - 30, number).astype(np.int16)
        stays = 30 + chance.exponential(520, number)
        self.left = np.minimum(np.maximum(self.joined, 0) + stays, 30_000).astype(np.int16)

    def active(self, chance: np.random.Generator, day: np.ndarray) -> np.ndarray:
        """Someone for each of the days, the busy more often, among those who are customers then."""
        someone = np.empty(len(day), dtype=np.int64)
        open_rows = np.arange(len(day))
        for _ in range(200):
            busy = (self.number * chance.random(len(open_rows)) ** 1.5).astype(np.int64)
            drawn = busy * 7_368_787 % self.number  # a prime: being busy is not a matter of the id
            someone[open_rows] = drawn
            at = day[open_rows]
            open_rows = open_rows[(self.joined[drawn] > at) | (self.left[drawn] <= at)]
            if not len(open_rows):
                break
        return someone


def transactions(people: People, rows: int, seed: int, refunded: float) -> Iterator[Any]:
    """Arrow tables of about ``CHUNK`` lines, one to three to an order, rising in time."""
    waiting = Lines.none()  # lines that will come back
    orders = 0
    for number, (size, begin, end) in enumerate(slices(rows)):
        chance = np.random.default_rng([seed, 1, number])
        due = waiting.take(waiting.time < end)
        due = due.take(np.arange(min(len(due.time), size // 2)))
        bought = _bought(people, chance, size - len(due.time), begin, end, orders)
        orders = int(bought.order[-1]) + 1
        later = _returns(chance, bought, refunded)
        waiting = waiting.take(waiting.time >= end).joined(later.take(later.time >= end))
        at_once = later.take(later.time < end)
        bought = _without(chance, bought, len(at_once.time))
        yield _lines_table(chance, bought.joined(due).joined(at_once).by_time())


def slices(rows: int) -> Iterator[tuple[int, int, int]]:
    """(rows, begin, end) of each chunk: equal rows in equal time."""
    parts = -(-rows // CHUNK)
    edges = [START + SPAN * DAY * part // parts for part in range(parts + 1)]
    for part in range(parts):
        yield rows * (part + 1) // parts - rows * part // parts, edges[part], edges[part + 1]


@dataclass(frozen=True, eq=False)
class Lines:
    """Columns of lines, codes where the file has text."""

    time: np.ndarray
    customer: np.ndarray
    order: np.ndarray
    amount: np.ndarray
    product: np.ndarray
    place: np.ndarray  # channel and store of the order in one number

    @classmethod
    def none(cls) -> Lines:
        return cls(*(np.empty(0, dtype=np.int64) for _ in range(6)))

    def columns(self) -> tuple[np.ndarray, ...]:
        return self.time, self.customer, self.order, self.amount, self.product, self.place

    def take(self, rows: np.ndarray) -> Lines:
        return Lines(*(column[rows] for column in self.columns()))

    def joined(self, other: Lines) -> Lines:
        return Lines(*(np.append(*both) for both in zip(self.columns(), other.columns(), strict=True)))

    def by_time(self) -> Lines:
        return self.take(np.argsort(self.time, kind="stable"))


def _bought(
    people: People, chance: np.random.Generator, size: int, begin: int, end: int, orders: int
) -> Lines:
    lines = chance.integers(1, 4, size)
    lines = lines[: int(np.searchsorted(np.cumsum(lines), size)) + 1]
    lines[-1] -= lines.sum() - size
    time = np.sort(chance.integers(begin, end, len(lines)))
    who = people.active(chance, (time - START) // DAY)
    place = chance.integers(0, len(SHOP_CHANNELS) * STORES, len(lines))
    return Lines(
        *(np.repeat(column, lines) for column in (time, who, orders + np.arange(len(lines)))),
        np.round(chance.lognormal(7.5, 0.8, size)).astype(np.int64) + 1,
        (PRODUCTS * chance.random(size) ** 2).astype(np.int64),
        np.repeat(place, lines),
    )


def _returns(chance: np.random.Generator, bought: Lines, refunded: float) -> Lines:
    """The first line of some orders, to come back one to sixty days later."""
    first = np.flatnonzero(np.diff(bought.order, prepend=-1))
    some = bought.take(first[chance.random(len(first)) < refunded])
    later = some.time + chance.integers(DAY, 60 * DAY, len(some.time))
    some = Lines(later, some.customer, some.order, -some.amount, some.product, some.place)
    return some.take(later < START + SPAN * DAY)


def _without(chance: np.random.Generator, bought: Lines, count: int) -> Lines:
    """Some lines fewer, which make room for refunds; the first line of an order stays."""
    others = np.flatnonzero(np.diff(bought.order, prepend=-1) == 0)
    gone = chance.choice(others, count, replace=False)
    return bought.take(np.delete(np.arange(len(bought.order)), gone))


def _lines_table(chance: np.random.Generator, lines: Lines) -> Any:
    import pyarrow as pa

    off = lines.amount // 20 * chance.integers(0, 3, len(lines.amount))
    return pa.table(
        {
            "customer_id": numbered("C", lines.customer, 7),
            "time": lines.time,
            "order_id": numbered("O", lines.order, 9),
            "amount": lines.amount,
            "discount": np.where(lines.amount > 0, off, 0),
            "product": named(lines.product, [f"product {code:04}" for code in range(PRODUCTS)]),
            "family": named(lines.product % FAMILIES, [f"family {code:02}" for code in range(FAMILIES)]),
            "channel": named(lines.place // STORES, SHOP_CHANNELS),
            "store": named(lines.place % STORES, [f"store {code:02}" for code in range(STORES)]),
        }
    )


def interactions(people: People, rows: int, seed: int) -> Iterator[Any]:
    """Arrow tables of about ``CHUNK`` contacts, rising in time; half are ours, and of a campaign."""
    import pyarrow as pa

    for number, (size, begin, end) in enumerate(slices(rows)):
        chance = np.random.default_rng([seed, 2, number])
        time = np.sort(chance.integers(begin, end, size))
        who = people.active(chance, (time - START) // DAY)
        ours = chance.random(size) < 0.5
        campaign = chance.integers(0, CAMPAIGNS, size)
        answered = ours | (chance.random(size) < 0.3)
        yield pa.table(
            {
                "customer_id": numbered("C", who, 7),
                "time": time,
                "type": named(chance.choice(len(TYPES), size, p=TYPE_SHARES), TYPES),
                "direction": named(ours.astype(np.int64), ("inbound", "outbound")),
                "channel": named(chance.integers(0, len(CHANNELS), size), CHANNELS),
                "campaign": named(
                    np.where(answered, campaign, -1), [f"campaign {code:03}" for code in range(CAMPAIGNS)]
                ),
            }
        )


def named(codes: np.ndarray, texts: Any) -> Any:
    """Codes as Arrow text; -1 is missing."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=codes < 0), pa.array(list(texts))
    )


def numbered(letter: str, numbers: np.ndarray, digits: int) -> Any:
    """A letter and a number of so many digits, as Arrow text.

    >>> numbered("C", np.array([7, 1234]), 4).to_pylist()
    ['C0007', 'C1234']
    """
    import pyarrow as pa

    text = np.empty((len(numbers), digits + 1), dtype=np.uint8)
    text[:, 0] = ord(letter)
    rest = numbers.astype(np.int32) if digits < 10 else numbers
    for place in range(digits, 0, -1):
        text[:, place] = 48 + rest % 10
        rest = rest // 10
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * (digits + 1)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else "1m"
    made = world(SIZES.get(asked) or int(asked))
    print(made.folder, made.digests)
