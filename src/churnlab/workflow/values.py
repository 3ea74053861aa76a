"""The chapter of the report about money: what each strategy holds, and how unevenly value is spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.rows import FEW, is_hidden
from churnlab.explain import money_pictures
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Cell, Exhibit, Note, Row
from churnlab.explain.wording import Locale
from churnlab.strategy.concentration import Concentration, concentration
from churnlab.strategy.worth import summed
from churnlab.tables.money import exponent
from churnlab.workflow import arms, published

Floats = NDArray[np.float64]
HELD = ("value_if_retained", "value_at_stake", "expected_loss")
CONTACTED = ("treated", "explore")
FIFTH = 0.2
Made = tuple[list[Exhibit], dict[str, Picture]]


def money(run: Path, manifest: Mapping[str, Any], locale: Locale) -> Made:
    """Of published lists; nothing where the project has no value."""
    whole = manifest["strategies"][-1]
    if not whole["value_if_retained"]:
        return [], {}
    currency = manifest["currency"]
    rows = list(_strategies(manifest["strategies"], _saved(run, manifest)))
    shown = [row for row in rows if row["strategy"] != "all" and row["value_if_retained"] is not None]
    pictures = []
    if shown:
        pictures.append(money_pictures.by_strategy(shown, currency, locale))
    exhibits = [_table(rows, manifest, tuple(each.name for each in pictures))]
    table = published.rows(run, ("value_if_retained",))
    spread = concentration(_numbers(table["value_if_retained"]), exponent(currency))
    if spread is not None:
        fifth = next((held for share, *_, held in spread.best if share == FIFTH), None)
        if fifth is not None:
            pictures.append(money_pictures.lorenz(spread.curve, spread.gini, fifth, locale))
            exhibits.append(_concentration(spread, fifth, exponent(currency), pictures[-1].name))
    return exhibits, {each.name: each for each in pictures}


def _strategies(
    strategies: list[Mapping[str, Any]], saved: Mapping[str, Mapping[str, Cell]]
) -> Iterator[Mapping[str, Cell]]:
    """Of each strategy its money, of very few people nothing; ``saved``: what ``_saved`` found."""
    counts = [row["customers"] for row in strategies[:-1]]
    for row in strategies:
        if not row["customers"]:
            continue
        few = row["customers"] < FEW if row["strategy"] == "all" else is_hidden(row["customers"], counts)
        money = {name: None if few else row[name] for name in ("customers", *HELD)}
        yield {"strategy": row["strategy"], **money, **saved.get(row["strategy"], {})}


def _saved(run: Path, manifest: Mapping[str, Any]) -> dict[str, dict[str, Cell]]:
    """Strategy -> who is contacted, and what that is expected to save and to cost; empty: no campaign."""
    if "campaign" not in manifest:
        return {}
    decimals = exponent(manifest["currency"])
    table = published.rows(run, ("quadrant", "arm", "expected_saved_value", "expected_cost"), excluded=False)
    quadrant, arm = (_texts(table[name]) for name in ("quadrant", "arm"))
    amounts = {name: _numbers(table[name]) for name in ("expected_saved_value", "expected_cost")}
    contacted = (arm == CONTACTED[0]) | (arm == CONTACTED[1])
    members = {row["strategy"]: quadrant == row["strategy"] for row in manifest["strategies"][:-1]}
    counts = {name: int((mine & contacted).sum()) for name, mine in members.items()}
    known = {name: int((arm == name).sum()) for name in arms.ARMS if name != "none"}
    # Whom the chapter on the campaign hides, strategies must not add up to.
    hidden = arms.told({**known, "none": len(arm) - sum(known.values())})["contacted"] is None
    found: dict[str, dict[str, Cell]] = {}
    for name, mine in {**members, "all": np.ones(len(arm), dtype=np.bool_)}.items():
        told = not hidden and (name == "all" or not is_hidden(counts[name], list(counts.values())))
        sums = {key: summed(values[mine & contacted], decimals) for key, values in amounts.items()}
        row: dict[str, Cell] = {"contacted": int((mine & contacted).sum()), **sums}
        found[name] = row if told else dict.fromkeys(row)
    return found


def _table(rows: list[Mapping[str, Cell]], manifest: Mapping[str, Any], pictures: tuple[str, ...]) -> Exhibit:
    columns = [("strategy", "word"), ("customers", "count"), *((name, "money") for name in HELD)]
    notes: list[Note] = [("money_said", {})]
    if "campaign" in manifest:
        columns += [
            ("contacted_count", "count"), ("expected_saved_value", "money"), ("expected_cost", "money")
        ]  # fmt: skip
        notes.append(("money_saved_said", {}))
    names = ("strategy", "customers", *HELD)
    more = ("contacted", "expected_saved_value", "expected_cost") if "campaign" in manifest else ()
    told = tuple(tuple(row.get(name) for name in (*names, *more)) for row in rows)
    if any(cell is None for row in told for cell in row):
        notes.append(("few_said", {}))
    return Exhibit("money", "money", tuple(columns), told, tuple(notes), pictures)


def _concentration(spread: Concentration, fifth: float, decimals: int, picture: str) -> Exhibit:
    rows: tuple[Row, ...] = tuple(
        (f"best_{round(100 * share)}", count, units / 10**decimals, held)
        for share, count, units, held in spread.best
    )
    columns = (
        ("best_customers", "word"), ("customers", "count"), ("value_if_retained", "money"),
        ("held", "percent"),
    )  # fmt: skip
    said: Note = (
        "concentration_said",
        {
            "customers": ("count", spread.customers),
            "gini": ("decimal", spread.gini),
            "share": ("percent", fifth),
        },
    )
    return Exhibit("money", "concentration", columns, rows, (said,), (picture,))


def _numbers(column: Any) -> Floats:
    return np.asarray(column.to_numpy().astype(np.float64))


def _texts(column: Any) -> NDArray[np.object_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)
