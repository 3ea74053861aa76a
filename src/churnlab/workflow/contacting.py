"""Who of those scored is contacted: set up before they are placed, told after, looked at once more last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config import Project, secret
from churnlab.lists import audit, control, last_check
from churnlab.lists.commit import Together
from churnlab.lists.last_check import Refused
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting, Ranked
from churnlab.workflow.suppressing import Suppressing


def setting(project: Project, refusing: Suppressing | None) -> Contacting | None:
    """What decides who is contacted; None in a project that suppresses nobody and has no campaign."""
    campaign = project.campaign
    if campaign is None and refusing is None:
        return None
    permissions = None if refusing is None else refusing.permissions
    actions = () if campaign is None else campaign.actions or ()
    screen = Screen(permissions, actions, project.time_zone)
    if campaign is None:
        return Contacting(screen)
    return Contacting(screen, campaign, secret(campaign.salt, "campaign.salt"))


def inputs(contacting: Contacting | None) -> dict[str, str]:
    """What the lists follow from beside the sources: the secret, by a mark that does not tell it."""
    if contacting is None or contacting.campaign is None:
        return {}
    return {"campaign.salt": control.fingerprint(contacting.salt)}


@dataclass(frozen=True, eq=False)
class Told:
    """What became of everybody. ``suppressed``: reason -> customers, each once; ``any_reason``: each
    reason of each. ``campaign``: what the manifest says of it, None without one.
    """

    suppressed: Mapping[str, int]
    any_reason: Mapping[str, int]
    campaign: Mapping[str, Any] | None

    @classmethod
    def of(cls, ranked: Ranked) -> Told:
        """``ranked``: everybody in list order. Raises GateError where the customers do not add up."""
        counted = {"first": {}, "any": {}} if ranked.excluded is None else audit.counts(ranked.excluded)
        listed = sum(ranked.sizes.values())
        audit.reconcile(ranked.eligible, listed, counted["first"], 0)
        campaign = None if ranked.decided is None else ranked.decided.facts
        return cls(counted["first"], counted["any"], campaign)

    def as_facts(self) -> dict[str, Any]:
        """For the manifest."""
        found: dict[str, Any] = {}
        if self.suppressed:
            found["suppressed"] = {"first_reason": dict(self.suppressed), "any_reason": dict(self.any_reason)}
        if self.campaign is not None:
            found["campaign"] = dict(self.campaign)
        return found


def passes(lists: Together, ranked: Ranked, newline: Any) -> list[Together]:
    """The lists, and beside them who was kept off."""
    if ranked.excluded is None:
        return [lists]
    kept_off = audit.outputs(ranked.excluded, newline)
    return [lists, *(Together.alone(name, output) for name, output in kept_off.items())]


def last_look(ranked: Ranked, refusing: Suppressing | None) -> Callable[[Path], object] | None:
    """A look at the very bytes that would be published: nobody who is suppressed stands in them."""
    if refusing is None:
        return None
    import pyarrow as pa

    sources = refusing.permissions.refused()
    parts = [sources] if ranked.excluded is None else [sources, ranked.excluded["customer_id"].combine_chunks()]
    everywhere = pa.concat_arrays([part.cast(pa.string()) for part in parts])

    def look(stage: Path) -> int:
        lists = [
            path
            for path in stage.iterdir()
            if path.suffix in {".csv", ".parquet"} and path.stem != audit.NAME
        ]
        return last_check.check(lists, Refused(everywhere), refusing.permissions.same)

    return look
