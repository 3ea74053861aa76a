"""What `score` makes before anything is published: everybody placed, told, and judged by the release gate.

    asked      the date, who was listed before, who must not be contacted -> the run key
    made       customers, block by block -> lists in order, what the manifest says, the gate's verdict

Where it is written in the meantime, and what becomes of it, is for the caller to say: it is published, or
thrown away after a dry run.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from churnlab import tracking
from churnlab.config import Project
from churnlab.lists import commit, manifest
from churnlab.lists.build import Stamp
from churnlab.lists.commit import Together
from churnlab.lists.previous import Previous
from churnlab.lists.release import Approval, Verdict
from churnlab.lists.seen import Seen
from churnlab.lists.spool import Contacting, Ranked, Spool
from churnlab.models.files import Models
from churnlab.strategy.thresholds import Thresholds
from churnlab.tracking import Champion, Store
from churnlab.workflow import (
    contacting,
    followed,
    phasing,
    published,
    releasing,
    seasonality,
    sifting,
    standing,
    suppressing,
)
from churnlab.workflow.cautions import Cautions
from churnlab.workflow.contacted import Told
from churnlab.workflow.drifting import Drift
from churnlab.workflow.lineage import facts, inputs, stamped_with
from churnlab.workflow.opening import Opened, code_version, out_folder, scoring_date, settings_digest
from churnlab.workflow.panels import scoring_blocks
from churnlab.workflow.placing import Around, place
from churnlab.workflow.scored import Rehearsed, Scored
from churnlab.workflow.second_life import SecondLife
from churnlab.workflow.sifting import Sifted
from churnlab.workflow.suppressing import Suppressing


@dataclass(frozen=True)
class Asked:
    """One scoring: of which project and date, with which champion, beside what. ``key``: the run key."""

    opening: Opened
    champion: Champion
    models: Models
    day: dt.date
    previous: Previous | None
    refusing: Suppressing | None
    deciding: Contacting | None
    second: SecondLife | None
    made_from: Mapping[str, str]
    key: str

    @classmethod
    def of(
        cls, opening: Opened, champion: Champion, models: Models, as_of: dt.date | None, *, keep: bool = True
    ) -> Asked:
        """``keep``: write what was set aside of who must not be contacted, and a secret that is drawn."""
        project, day = opening.project, scoring_date(opening, as_of)
        previous, refusing = published.before(project, day), suppressing.read(opening, day, keep=keep)
        deciding = contacting.setting(project, refusing, previous, keep=keep)
        second = SecondLife.of(project, models)
        made_from = {
            **inputs(opening, previous, refusing),
            **contacting.inputs(deciding),
            **({} if second is None else second.inputs()),
        }
        key = manifest.run_key(
            config_sha256=settings_digest(project),
            inputs=made_from,
            model=champion.digests,
            as_of=day,
            code_version=code_version(),
        )
        return cls(opening, champion, models, day, previous, refusing, deciding, second, made_from, key)

    @property
    def project(self) -> Project:
        """Its configuration."""
        return self.opening.project

    @property
    def root(self) -> Path:
        """The folder of the date, in which runs are published."""
        return out_folder(self.project) / "lists" / self.day.isoformat()

    @property
    def stamp(self) -> Stamp:
        """What every row says of it."""
        return stamped_with(self.project, self.key, self.champion, self.models, self.day, self.second)

    @property
    def cut(self) -> Thresholds:
        """Where the axes are cut."""
        return Thresholds.from_dict(self.models.extra["thresholds"])


@dataclass
class Noticed:
    """What is counted while customers are placed. ``lost``: those who were lost already, and are listed."""

    cautions: Cautions
    drift: Drift
    excluded: Counter[str] = field(default_factory=Counter)
    spread: Seen = field(default_factory=Seen)
    lost: int = 0

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> customers who were not asked about, in a fixed order."""
        return dict(sorted(self.excluded.items()))

    @property
    def of_the_lost(self) -> tuple[int, int]:
        """How many of those lost already are listed, and how many have too few orders for it."""
        return self.lost, self.excluded[sifting.LOST_FEW_ORDERS]


@dataclass(frozen=True)
class Made:
    """Lists that may be published as they are, and all that is told of them."""

    asked: Asked
    ranked: Ranked
    facts: manifest.Facts
    verdict: Verdict
    told: Told
    noticed: Noticed
    unsigned: str | None

    @property
    def passes(self) -> list[Together]:
        """The files, in the passes that write them."""
        return contacting.passes(self.ranked, self.asked.project.lists.newline)

    def gate(self, *, dry_run: bool = False) -> Callable[[Path], object]:
        """What looks at the files before they are published. ``dry_run``: no list is kept for a look."""
        asked = self.asked
        last_look = contacting.last_look(asked.opening, self.ranked, asked.deciding, asked.refusing)
        return releasing.gate(self.verdict, asked.root, asked.key, last_look, dry_run=dry_run)

    def scored(
        self,
        run: commit.Published,
        approvals: Sequence[Approval],
        more: Sequence[str] = (),
        rehearsed: Rehearsed | None = None,
    ) -> Scored:
        """What `score` answers where ``run`` is published, or would be. ``more``: notes at the end."""
        asked, noticed = self.asked, self.noticed
        verdict = (*self.verdict.notes(), *releasing.unneeded(self.verdict, approvals))
        return Scored(
            as_of=asked.day.isoformat(),
            folder=run.path if rehearsed is None else rehearsed.folder,
            existed=run.existed,
            version=str(run.manifest["model_version"]),
            currency=asked.project.currency,
            totals=self.ranked.totals,
            excluded=noticed.left_out,
            told=self.told,
            notes=(
                *noticed.cautions.notes(),
                *noticed.drift.notes(),
                *(asked.second.notes(*noticed.of_the_lost) if asked.second is not None else ()),
                *(() if run.existed else verdict),
                *_made_before(run, asked.champion),
                *([self.unsigned] if self.unsigned else []),
                *(asked.refusing.notes if asked.refusing else ()),
                *contacting.notes(asked.opening, asked.deciding, asked.previous, asked.day),
                *more,
            ),
            rehearsed=rehearsed,
        )


def made(asked: Asked, store: Store, kept: Spool, approvals: Sequence[Approval]) -> Made:
    """Place everybody into ``kept``, put them in order, and judge the lists beside those before."""
    opening, models, day = asked.opening, asked.models, asked.day
    noticed = Noticed(Cautions(opening, models), Drift.of(models))
    around = Around(asked.previous, seasonality.of_tables(opening, models.extra, day))
    place_all(opening, models, day, kept, noticed, around, asked.second)
    ranked = kept.ranked()
    opening.progress("publish lists", None)
    tracking.confirm(store, asked.champion)
    unsigned = standing.require_usable(asked.project, store, asked.champion.version)
    told = Told.of(ranked)
    kind = releasing.comparable(models.extra, asked.project)
    made_of = replace(
        facts(opening, asked.champion, day, ranked.totals, noticed.left_out, noticed.drift, around),
        comparable=kind,
        inputs=asked.made_from,
        kpis=followed.of_tables(opening, day),
        **told.as_facts(),
    )
    new = releasing.candidate(kind, ranked, noticed.drift, noticed.spread, asked.previous)
    verdict = releasing.judged(asked.project, day, new, approvals)
    said = suppressing.with_told(made_of, asked.refusing)
    return Made(asked, ranked, said, verdict, told, noticed, unsigned)


def _made_before(published_run: commit.Published, champion: Champion) -> tuple[str, ...]:
    """Where another version of the very same files had made these lists, that it did."""
    version = str(published_run.manifest["model_version"])
    if version == champion.version:
        return ()
    same = f"the files of version {champion.version}, the champion, are the same to the byte"
    return (f"these lists were made under version {version}, and say so: {same}",)


def place_all(
    opening: Opened,
    models: Models,
    day: dt.date,
    kept: Spool,
    noticed: Noticed,
    around: Around,
    second: SecondLife | None,
) -> None:
    """Everyone eligible at ``day`` into ``kept``, block by block: one block's features are held at a time."""
    compiled = opening.limits().compiled
    measures = phasing.measured(opening.project, models.extra)
    main = Sifted(opening.project.snapshots.min_orders)
    for panel, reasons in scoring_blocks(opening, day, measures):
        main.add(len(panel), reasons)
        if len(panel):
            noticed.cautions.look(panel)
            placed = place(panel, models, opening.project, around, compiled=compiled)
            noticed.drift.look(placed.panel, placed.customers)
            noticed.spread.look(placed.customers)
            kept.add(placed.customers)
    noticed.excluded.update(main.reasons)
    if second is not None:
        its = Sifted(second.project.snapshots.min_orders)
        cut = Thresholds.from_dict(models.extra["thresholds"])
        for block in second.blocks(opening, day, around, cut, its):
            noticed.spread.look(block)
            kept.add(block)
        noticed.lost, noticed.excluded = its.taken, Counter(sifting.of_both(main, its))
