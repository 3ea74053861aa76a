"""What became of everybody who was scored: contacted, left alone to measure by, or kept off the lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.lists import audit
from churnlab.lists.spool import Ranked


@dataclass(frozen=True, eq=False)
class Told:
    """What became of everybody. ``suppressed``: reason -> customers, each once; ``any_reason``: each
    reason of each. ``campaign``: what the manifest says of it, None without one. ``parents``: how many
    there are and of how many accounts, None where accounts do not roll up.
    """

    suppressed: Mapping[str, int]
    any_reason: Mapping[str, int]
    campaign: Mapping[str, Any] | None
    parents: Mapping[str, int] | None = None

    @classmethod
    def of(cls, ranked: Ranked) -> Told:
        """``ranked``: everybody in list order. Raises GateError where the customers do not add up."""
        counted = {"first": {}, "any": {}} if ranked.excluded is None else audit.counts(ranked.excluded)
        listed = sum(ranked.sizes.values())
        audit.reconcile(ranked.eligible, listed, counted["first"], 0)
        campaign = None if ranked.decided is None else ranked.decided.facts
        parents = None if ranked.rolled is None else ranked.rolled.facts()
        return cls(counted["first"], counted["any"], campaign, parents)

    def as_facts(self) -> dict[str, Any]:
        """For the manifest."""
        found: dict[str, Any] = {}
        if self.suppressed:
            found["suppressed"] = {"first_reason": dict(self.suppressed), "any_reason": dict(self.any_reason)}
        if self.campaign is not None:
            found["campaign"] = dict(self.campaign)
        if self.parents is not None:
            found["parents"] = dict(self.parents)
        return found

    def sections(self, currency: str) -> Iterator[Mapping[str, Any]]:
        """For people: who gets which action, who is left alone, who was kept off the lists and why."""
        if self.campaign is not None:
            yield from _campaign(self.campaign, currency)
        if self.parents is not None:
            yield {"title": "Parents", "lines": [*_parents(self.parents)]}
        if self.suppressed:
            everyone = sum(self.suppressed.values())
            yield {
                "title": f"Kept off the lists: {everyone:,} customers, each counted under the first reason",
                "columns": ("reason", "customers", "with this reason"),
                "rows": [
                    (reason, f"{self.suppressed.get(reason, 0):,}", f"{number:,}")
                    for reason, number in self.any_reason.items()
                ],
            }


def _parents(facts: Mapping[str, int]) -> Iterator[str]:
    yield (
        "  {accounts:,} accounts of {parents:,} parents; {with_several:,} of these have several, "
        "{accounts_of_several:,} accounts".format(**facts)
    )
    if facts["nested"]:
        yield (
            "  one level: {nested:,} accounts name a parent that names another, and are rolled up without "
            "it; map the parent you decide about".format(**facts)
        )


def _campaign(facts: Mapping[str, Any], currency: str) -> Iterator[Mapping[str, Any]]:
    rows = [row for row in facts["actions"] if row["contacted"] or row["control"]]
    yield {
        "title": f"Campaign {facts['name']}: who is contacted, money in {currency}",
        "columns": ("action", "contacted", "control", "expected cost", "expected to save", "effect"),
        "rows": [
            (
                row["action"],
                f"{row['contacted']:,}",
                f"{row['control']:,}",
                f"{row['expected_cost']:,.0f}",
                f"{row['expected_saved_value']:,.0f}",
                row["evidence"],
            )
            for row in rows
        ],
    }
    arms, size = facts["arms"], facts["size_check"]
    lines = [
        ", ".join(f"{arms[name]:,} {name}" for name in ("treated", "control", "explore", "holdout"))
        + f", {arms['none']:,} not selected",
        f"expected cost {facts['expected_cost']:,.2f}"
        + ("" if facts["budget"] is None else f" of {facts['budget']:,.2f}"),
    ]
    lines += [f"{number:,} x {why}" for why, number in facts["not_selected"].items() if number]
    if "kept_for_another" in facts:
        lines.append(f"{facts['kept_for_another']:,} kept for another account of the same parent")
    lines.append(_size(size))
    odd = [f"{row['quadrant']} {row['risk_band']}" for row in facts["strata"] if row["odd"]]
    odd += [row["measure"] for row in facts["balance"] if row["odd"]]
    if odd:
        lines.append(f"control and treated differ more than luck explains: {', '.join(odd)}")
    yield {"title": "Arms", "lines": [f"  {line}" for line in lines]}


def _size(size: Mapping[str, Any]) -> str:
    if size["detectable"] is None:
        return "no effect will show: there are too few customers treated or left alone"
    told = f"a fall of churn by {100 * size['detectable']:.1f} points or more will show"
    expected = 100 * (size["expected"][0] - size["expected"][1])
    if size["enough"]:
        return f"{told}; {expected:.1f} are expected"
    needed = "" if size["needed"] is None else f": that would take {size['needed']:,} customers"
    return f"{told}; {expected:.1f} are expected, and will not be proven{needed}"
