"""Rows on their way into lists: taken block by block, given back in list order, never held together.

    block, block, ...  -> run of RUN rows, sorted -> chunks of CHUNK rows in one file without a name
                                   | keys (about 40 bytes a customer, 110 with a campaign, 70 more with
                                   | parents) stay in memory
    all keys, sorted   -> BATCH rows at a time: of each run the next few, put in order -> a list

The file goes with the process that has it open, however that ends. Order and number of the blocks
change nothing: the keys end with the id, so they leave no choice.
"""

from __future__ import annotations

import contextlib
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.config.campaign import Campaign
from churnlab.durable import failpoint, on_disk
from churnlab.errors import IntegrityError
from churnlab.lists import build, cells, deciding, order
from churnlab.lists.accounts import Gathering, Rolled
from churnlab.lists.build import Stamp
from churnlab.lists.chunks import Chunk, Reader
from churnlab.lists.deciding import Decided
from churnlab.lists.gate import Gate
from churnlab.lists.scored import ScoredCustomers
from churnlab.lists.screen import Screen
from churnlab.strategy.summary import Sums, Totals
from churnlab.strategy.thresholds import Thresholds

RUN = 65_536  # rows sorted at once
CHUNK = 1_024  # rows read back at once from each run
BATCH = 16_384  # rows given back at once
PREFIX = ".spool-"


@dataclass(frozen=True)
class Contacting:
    """What decides who is contacted: ``screen`` who may be, ``campaign`` who is, with its secret."""

    screen: Screen
    campaign: Campaign | None = None
    salt: str = ""


@contextlib.contextmanager
def opened(
    folder: Path,
    stamp: Stamp,
    formula_policy: Literal["refuse", "escape"] = "refuse",
    contacting: Contacting | None = None,
    cut: Thresholds | None = None,
) -> Iterator[Spool]:
    """A spool that needs room on the disk of ``folder``, about 350 bytes a customer.

    ``formula_policy``: what to do with ids that a spreadsheet would run. ``contacting``: None: everybody
    is listed, and nobody decides about contacts. ``cut``: where high begins for parents, which lists with
    ``stamp.parents`` need.
    Raises MachineError where the disk refuses, now or while rows are added and read back.
    """
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        file = tempfile.TemporaryFile(dir=folder, prefix=PREFIX)  # noqa: SIM115 - closed below
    try:
        yield Spool(folder, file, stamp, contacting, cut, refuse_formulas=formula_policy == "refuse")
    finally:
        # What could not be written any more is of no use either.
        with contextlib.suppress(OSError):
            file.close()


def _remove_leftovers(folder: Path) -> None:
    # Only where the system cannot make files without a name, and a run died between two steps.
    for path in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            path.unlink()


class Spool:
    """Takes scored customers with ``add``; ``ranked`` gives everybody back, if the gate lets them."""

    def __init__(
        self,
        folder: Path,
        file: BinaryIO,
        stamp: Stamp,
        contacting: Contacting | None,
        cut: Thresholds | None,
        *,
        refuse_formulas: bool,
    ) -> None:
        if stamp.parents and cut is None:
            raise ValueError("lists with parents need to know where high begins")
        self._folder, self._file, self._stamp = folder, file, stamp
        self._contacting = contacting
        self._accounts = Gathering(cut, stamp.exponent) if stamp.parents and cut is not None else None
        self._refuse_formulas, self._formulas = refuse_formulas, 0
        self._gate, self._sums = Gate(stamp.exponent), Sums(stamp.exponent)
        self._waiting: list[Any] = []  # tables that are no run yet
        self._keys: list[Any] = []
        self._chunks: list[Chunk] = []
        self._starts: list[int] = []  # the first row of each chunk
        self._rows = 0

    def add(self, scored: ScoredCustomers) -> None:
        """Take a block of customers. Rows that must not be on a list are told of by ``ranked``."""
        for piece in scored.pieces(RUN):
            if not self._gate.admits(piece):
                continue
            everybody = piece if self._accounts is None else self._accounts.numbered(piece)
            listed, allowed = (
                (everybody, None) if self._contacting is None else self._contacting.screen.sift(everybody)
            )
            self._sums.add(listed.quadrant, listed.churn_risk, listed.worth)
            table = build.rows(listed, self._stamp.exponent)
            for name, column in (("allowed", allowed), ("account", listed.account)):
                if column is not None:
                    table = table.append_column(name, [column])
            if self._refuse_formulas:
                self._formulas += cells.formulas(table["customer_id"])
            self._waiting.append(table)
            if sum(table.num_rows for table in self._waiting) >= RUN:
                self._write_run()

    def ranked(self) -> Ranked:
        """Everybody in list order. Raises GateError where the scores must not be released."""
        self._gate.check()
        if self._waiting:
            self._write_run()
        import pyarrow as pa

        with on_disk(self._folder):
            self._file.flush()
        keys = pa.concat_tables(self._keys)
        self._keys.clear()
        self._gate.check_together(order.repeated(keys), self._formulas)
        rolled = None if self._accounts is None else self._accounts.rolled()
        decided, keys = self._decided(keys, rolled)
        sizes = np.bincount(keys["strategy"].to_numpy(), minlength=len(order.PLACES))
        columns, starts = build.rows_schema(self._stamp.added), np.array([*self._starts, self._rows])
        reader = Reader(self._folder, self._file, self._chunks, starts, columns)
        return Ranked(
            reader,
            order.positions(keys),
            keys["id"],
            dict(zip(order.PLACES, sizes.tolist(), strict=True)),
            self._sums.totals(),
            self._stamp,
            bool(self._sums.valued),
            decided,
            self._gate.customers,
            None if self._contacting is None else self._contacting.screen.excluded,
            rolled,
            None if rolled is None else keys["account"].to_numpy(),
        )

    def _decided(self, keys: Any, rolled: Rolled | None) -> tuple[Decided | None, Any]:
        """What the campaign says of everybody, and the keys with the turns of those it contacts."""
        given = self._contacting
        if given is None or given.campaign is None:
            return None, keys
        together = rolled if given.campaign.one_per_parent else None
        parent = None if together is None else together.named(keys["account"].to_numpy())
        decided = Decided.of(keys, given.campaign, given.salt, self._stamp.exponent, parent)
        return decided, order.with_turns(keys, decided.ranks)

    def _write_run(self) -> None:
        import pyarrow as pa

        table = pa.concat_tables(self._waiting).combine_chunks()
        self._waiting.clear()
        keys = order.keys(table, valued=bool(self._sums.valued))
        if "allowed" in table.column_names:
            if self._contacting is not None and self._contacting.campaign is not None:
                for name, column in deciding.kept(table).items():
                    keys = keys.append_column(name, column)
            table = table.drop_columns(["allowed"])
        if "account" in table.column_names:
            keys = keys.append_column("account", table["account"])
            table = table.drop_columns(["account"])
        rows = order.positions(keys)
        self._keys.append(keys.take(rows))
        with on_disk(self._folder):
            for batch in table.take(rows).to_batches(max_chunksize=CHUNK):
                self._write_chunk(batch)

    def _write_chunk(self, batch: Any) -> None:
        message = batch.serialize()
        self._chunks.append(Chunk(self._file.tell(), message.size, zlib.crc32(message)))
        self._starts.append(self._rows)
        self._file.write(message)
        failpoint("spool.write")
        self._rows += batch.num_rows


@dataclass(frozen=True, eq=False)
class Ranked:
    """Everybody in list order, read from the spool as long as that is open.

    ``sizes``: strategy -> customers, in list order. ``totals``: exact, of what will be written.
    """

    _reader: Reader
    _order: NDArray[np.int64]
    _ids: Any  # of each row of the spool: what is read back must be who was asked for
    sizes: Mapping[str, int]
    totals: tuple[Totals, ...]
    stamp: Stamp
    valued: bool
    decided: Decided | None = None
    eligible: int = 0  # everybody who was scored, listed or not
    excluded: Any = None  # an Arrow table of who was kept off the lists; None: nobody was looked at
    rolled: Rolled | None = None
    account: NDArray[np.int64] | None = None  # of each row, its place among everybody scored

    def batches(self, strategy: str) -> Iterator[Any]:
        """Arrow tables of at most BATCH rows with all columns of a list, the first rank first."""
        names = list(self.sizes)
        first = sum(self.sizes[name] for name in names[: names.index(strategy)])
        for rank in range(1, self.sizes[strategy] + 1, BATCH):
            start = first + rank - 1
            stop = min(start + BATCH, first + self.sizes[strategy])
            rows = self._order[start:stop]
            told = {} if self.decided is None else self.decided.columns(rows, self.stamp.locale)
            if self.rolled is not None and self.account is not None:
                told |= self.rolled.columns(self.account[rows])
            table = self._reader.rows(rows)
            _refuse_others(table["customer_id"], self._ids.take(rows))
            yield build.complete(table, rank, self.stamp, valued=self.valued, told=told)


def _refuse_others(read: Any, asked: Any) -> None:
    import pyarrow as pa

    if not read.cast(pa.binary()).equals(asked):
        raise IntegrityError(
            "no list: rows were read back for other customers than were asked for",
            got=f"{len(asked):,} rows",
            mend="this is not the input's fault: report it; the lists published before are intact",
        )
