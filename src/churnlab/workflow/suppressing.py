"""Who must not be contacted by the lists of a day: read just before, and once more just after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from churnlab.config.meanings import SUPPRESSION
from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.lists import manifest
from churnlab.lists.identities import Identities
from churnlab.lists.matching import one
from churnlab.lists.suppression import Permissions
from churnlab.tables import SourceCount, Tables, facts, refusals
from churnlab.tables.refusals import Dated
from churnlab.workflow.opening import Opened
from churnlab.workflow.results import plain_count


@dataclass(frozen=True, eq=False)
class Suppressing:
    """What one reading of these sources allows. ``digests`` and ``counts`` are told as those of other
    sources; ``dated``: of which days they are; ``matched``: table -> share of its ids that are known
    customers; ``notes``: what could not be looked at, and which sources are not required, and why.
    """

    permissions: Permissions
    digests: Mapping[str, str]
    counts: tuple[SourceCount, ...]
    dated: Mapping[str, Dated]
    matched: Mapping[str, float]
    notes: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """Plain values for a manifest; no ids."""
        plan = self.permissions.plan
        return {
            "required": list(plan.required),
            "not_required": dict(plan.not_required),
            "dated": {place: each.oldest.isoformat() for place, each in self.dated.items()},
            "matched": dict(self.matched),
            "counts": [plain_count(count) for count in self.counts],
            "notes": list(self.notes),
        }


def read(
    opening: Opened,
    day: dt.date,
    known: Sequence[Callable[[], Any]] = (),
    *,
    keep: bool = True,
    remarks: bool = True,
) -> Suppressing | None:
    """Who may be contacted by the lists of ``day``; None in a project that suppresses nobody.

    ``known``: what gives ids of known customers, Arrow texts, the cheapest first: the next is asked only
    where too few ids of the sources are among them; none: the ids of all tables. ``keep``: write what
    was set aside. ``remarks``: whether somebody reads the notes of these tables.

    Raises ``GateError`` (exit 4) where anything about the sources leaves a doubt.
    """
    project, plan = opening.project, opening.project.suppressing
    if plan is None:
        return None
    tables = loaded(opening, keep=keep, remarks=remarks)
    dated = refusals.dated(tables, project.sources, plan, day, project.time_zone)
    opening.progress("match who must not be contacted", None)
    with refusals.no_list():
        said = facts.collect(opening.tables, tables, plan, day, project.time_zone)
        matched = _matched(said, known or (lambda: facts.known_ids(opening.tables),), plan)
    _refuse_strangers(matched, plan)
    waived = (f"{table} are not required: {reason}" for table, reason in plan.not_required.items())
    return Suppressing(
        Permissions(said, plan),
        dict(tables.digests),
        tables.counts,
        dated,
        matched,
        (*waived, *said.missing, *tables.notes),
    )


def loaded(opening: Opened, *, keep: bool = True, remarks: bool = True) -> Tables:
    """The checked tables of who must not be contacted. ``keep``, ``remarks``: as of ``read``.

    Raises ``GateError`` where one of them cannot be read whole.
    """
    quarantine = opening.out / "data" / "quarantine_suppression.parquet" if keep else None
    with refusals.no_list():
        return opening.read(SUPPRESSION, quarantine, remarks=remarks)


def confirm(opening: Opened, before: Suppressing | None) -> None:
    """Raise ``GateError`` where the sources are no longer those that were read: somebody may have said no."""
    if before is not None:
        refusals.confirm(
            opening.project.sources,
            before.digests,
            root=opening.root,
            data_roots=opening.project.data_roots,
            again=lambda: loaded(opening, keep=False, remarks=False),
        )


def inputs(opening: Opened, read_then: Suppressing | None) -> dict[str, str]:
    """SHA-256 of everything that a list is made of, the sources of suppression among it."""
    return {**opening.digests, **({} if read_then is None else read_then.digests)}


def with_told(facts_of: manifest.Facts, read_then: Suppressing | None) -> manifest.Facts:
    """The facts of a run, and what it knew of who must not be contacted."""
    if read_then is None:
        return facts_of
    digests = {**facts_of.inputs, **read_then.digests}
    return replace(facts_of, inputs=digests, suppression=read_then.told())


def _matched(said: facts.Facts, known: Sequence[Callable[[], Any]], plan: Suppression) -> dict[str, float]:
    """Share of the different ids of each table that are known customers; of none, nothing."""
    same, found = Identities.of(said.aliases), dict[str, float]()
    for ids in known:
        customers = same.loose(one(ids()))
        found = dict(_shares({"objections": said.objections, "consents": said.consents}, same, customers))
        if all(share >= plan.min_match for share in found.values()):
            break
    return found


def _shares(tables: Mapping[str, Any], same: Identities, customers: Any) -> Iterator[tuple[str, float]]:
    import pyarrow.compute as pc

    for name, table in tables.items():
        if table is not None and table.num_rows:
            people = pc.unique(same.loose(one(table["customer_id"])))
            inside = pc.sum(pc.is_in(people, value_set=customers)).as_py()
            yield name, round(inside / len(people), 6)


def _refuse_strangers(matched: Mapping[str, float], plan: Suppression) -> None:
    for table, share in matched.items():
        if share < plan.min_match:
            raise GateError(
                f"no list: too few ids of {table} are those of customers",
                got=f"{share:.1%} of them, at least {plan.min_match:.0%} must be",
                mend="check that ids are written as in the other sources (leading zeros, prefixes), or map "
                "sources.aliases",
            )
