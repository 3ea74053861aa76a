"""`compare`: two published lists side by side: who moved between strategies, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import write_whole
from churnlab.errors import ConfigError, DataError
from churnlab.explain import migration_page
from churnlab.explain.flows import Flow
from churnlab.explain.migration_page import Sides
from churnlab.explain.page import Shown
from churnlab.explain.wording import words
from churnlab.lists import commit
from churnlab.strategy.migration import Migration, migration
from churnlab.strategy.worth import summed
from churnlab.tables.money import MINOR_UNITS, exponent
from churnlab.workflow import published

Floats = NDArray[np.float64]

COLUMNS = ("customer_id", "quadrant", "value_if_retained", "value_expected", "quadrant_label")
MOST_DECIMALS = max(MINOR_UNITS.values())  # of any currency
FRENCH = {"Fidélisation", "Rationalisation", "Reconquête", "Abandon"}


@dataclass(frozen=True)
class Compared:
    """``equity``: what everyone on each list is expected to bring, major units; None without value."""

    before: str
    after: str
    currency: str
    migration: Migration
    equity: tuple[float, float] | None
    locale: Literal["en", "fr"] = "en"
    page: Path | None = None
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return {
            "before": self.before,
            "after": self.after,
            "currency": self.currency,
            **self.migration.as_dict(),
            "stayed": None if np.isnan(self.migration.stayed) else round(self.migration.stayed, 6),
            "equity": None if self.equity is None else {"before": self.equity[0], "after": self.equity[1]},
            "page": None if self.page is None else str(self.page),
            "notes": list(self.notes),
        }

    def sections(self) -> Iterator[Mapping[str, Any]]:
        say, shown = words(self.locale), Shown(self.locale, self.currency)
        flows = _flows(self.migration)
        for kind, columns, rows in migration_page.matrices(flows):
            together = shown.amounts(cell for _, cells in rows for cell in cells)
            write = shown.count if kind == "customers" else together
            lines = [say["migration_caption"].format(before=self.before, after=self.after)]
            if kind == "value":
                lines.append(say["migration_whose"].format(before=self.before, after=self.after))
            yield {
                "title": f"{say[f'migration_{kind}'].format(currency=self.currency)}: "
                f"{self.before} -> {self.after}",
                "lines": [f"  {line}" for line in lines],
                "columns": ("", *(say[f"place_{column}"] for column in columns)),
                "texts": 1,
                "rows": [(say[f"place_{row}"], *(write(cell) for cell in cells)) for row, cells in rows],
            }
        lines = [say["migration_stayed"].format(share=shown.percent(self.migration.stayed))]
        if self.equity is not None:
            before, after = (shown.money(amount) for amount in self.equity)
            told = say["migration_equity"].format(before=before, after=after, currency=self.currency)
            lines.append(told)
        yield {"title": say["migration_who"], "lines": [f"  {line}" for line in (*lines, *self.notes)]}
        largest = self.migration.top()
        amount = shown.amounts(move.value for move in largest)
        moved = [
            f"  {say[f'place_{move.before}']} -> {say[f'place_{move.after}']}: "
            + say["migration_move"].format(customers=shown.count(move.customers))
            + ("" if move.value is None else f", {amount(move.value)} {self.currency}")
            for move in largest
        ]
        if moved:
            valued = any(move.value is not None for move in largest)
            whose = (
                [f"  {say['migration_whose'].format(before=self.before, after=self.after)}"] if valued else []
            )
            yield {"title": say["migration_top"], "lines": [*moved, *whose]}
        if self.page is not None:
            yield {"title": "Written", "lines": [f"  {self.page}"]}


def compare(before: Path, after: Path, *, html: Path | None = None) -> Compared:
    """Who moved between two published lists: each a run's folder, or that of a date.

    ``html``: where to write the same as a page with a picture; no customer is named on it.
    """
    earlier, later = _run(before), _run(after)
    said = commit.verify(earlier), commit.verify(later)
    if said[0]["currency"] != said[1]["currency"]:
        raise DataError(
            "the lists are in different currencies, so their values cannot be compared",
            got=f"{said[0]['currency']} and {said[1]['currency']}",
            mend="compare lists of one project",
        )
    both, locale = _joined(earlier, later)
    decimals = exponent(said[1]["currency"])
    moved = migration(
        both["quadrant_before"], both["quadrant"], both["value_before"], both["value"], decimals
    )
    compared = Compared(
        str(said[0]["as_of"]),
        str(said[1]["as_of"]),
        str(said[1]["currency"]),
        moved,
        both["equity"],
        locale,
        html,
        _warnings(*said),
    )
    if html is not None:
        write_whole(html, migration_page.render(_sides(compared, later)).encode())
    return compared


def _run(place: Path) -> Path:
    """The folder of a run: ``place`` itself, or the one that CURRENT names in it."""
    if (place / "manifest.json").is_file():
        return place
    run = commit.current(place) if (place / commit.CURRENT).is_file() else None
    if run is None:
        raise ConfigError(
            f"{place}: no published list",
            got="no folder" if not place.is_dir() else "a folder without manifest.json or CURRENT",
            mend="name the folder of a date, such as out/PROJECT/lists/2025-01-31, or of a run in it",
        )
    return run


def _joined(earlier: Path, later: Path) -> tuple[dict[str, Any], Literal["en", "fr"]]:
    """Everyone on either list, one row each: place and value then and now."""
    tables = [published.rows(run, COLUMNS) for run in (earlier, later)]
    before = tables[0].rename_columns(
        ["customer_id", *(f"{name}_before" for name in tables[0].column_names[1:])]
    )
    joined = tables[1].join(before, keys="customer_id", join_type="full outer")
    labels = set(tables[1]["quadrant_label"].unique().to_pylist())
    valued = all(table["value_if_retained"].null_count < table.num_rows for table in tables)
    equity = (
        [summed(_numbers(table["value_expected"]), MOST_DECIMALS) for table in tables] if valued else None
    )
    return {
        "quadrant_before": _texts(joined["quadrant_before"]),
        "quadrant": _texts(joined["quadrant"]),
        "value_before": _numbers(joined["value_if_retained_before"]) if valued else None,
        "value": _numbers(joined["value_if_retained"]) if valued else None,
        "equity": None if equity is None else (equity[0], equity[1]),
    }, "fr" if labels & FRENCH else "en"


def _texts(column: Any) -> NDArray[np.object_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def _numbers(column: Any) -> Floats:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _warnings(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    if before["as_of"] > after["as_of"]:
        found.append("the first list is the later one: name the earlier first")
    if before["model"] != after["model"]:
        versions = f"{before['model_version']} and {after['model_version']}"
        found.append(f"the lists are of different models ({versions}): some customers moved for that alone")
    return tuple(found)


def _flows(moved: Migration) -> list[Flow]:
    return [Flow(**vars(move)) for move in moved.moves]


def _sides(compared: Compared, later: Path) -> Sides:
    return Sides(
        project=later.parent.parent.parent.name,
        before=compared.before,
        after=compared.after,
        currency=compared.currency,
        locale=compared.locale,
        moves=_flows(compared.migration),
        top=[Flow(**vars(move)) for move in compared.migration.top()],
        stayed=compared.migration.stayed,
        equity=compared.equity,
    )
