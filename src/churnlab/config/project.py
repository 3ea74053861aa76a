"""One project: its sources, what churn and value mean, and how models, lists and tracking behave."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, model_validator

from churnlab.config import kinds, overlays, suppression
from churnlab.config.campaign import Campaign
from churnlab.config.churn import Churn
from churnlab.config.export import Export
from churnlab.config.gate import Gate
from churnlab.config.machine import Engine, Synthetic, Tracking
from churnlab.config.meanings import SUPPRESSION
from churnlab.config.offer import Offer
from churnlab.config.overlays import Overlays
from churnlab.config.release import Release
from churnlab.config.review import Review
from churnlab.config.section import Currency, Name, Section, Zone
from churnlab.config.sources import Sources
from churnlab.config.strategy import StrategyPlan
from churnlab.config.suppression import Suppression

Family = Literal[
    "recency",
    "frequency",
    "monetary",
    "rhythm",
    "trend",
    "breadth",
    "engagement",
    "service",
    "pressure",
    "contract",
    "tenure",
    "season",
    "profile",
]
FAMILIES: tuple[Family, ...] = get_args(Family)

Amount = Literal["tweedie", "lognormal", "offset", "feature"]
AMOUNTS: tuple[Amount, ...] = get_args(Amount)


class SnapshotPlan(Section):
    """When customers are looked at, and which of them."""

    every: Literal["month"] | int = Field(
        "month", description="month: the first of each; a number: that many days, counted back from the last"
    )
    first: date | None = Field(None, description="null: once min_history_days have been seen")
    last: date | None = Field(None, description="null: the last date whose label is complete")
    min_history_days: int = Field(
        90, ge=1, description="days of data before the first snapshot; a customer may have fewer"
    )
    min_orders: int = Field(1, ge=1, description="orders a customer needs to be asked about")
    lost_after_days: int | None = Field(
        None, ge=1, description="customers silent this long are set apart as already lost; null: nobody"
    )


class Value(Section):
    """What a customer brings over a horizon after the gap."""

    horizon_days: int | None = Field(None, ge=1, le=1825, description="null: the churn horizon")
    discount_rate_annual: float = Field(0.10, ge=0, lt=10, description="a rate a year, not a month")


class FeaturePlan(Section):
    """Which features are made."""

    families: tuple[Family, ...] = FAMILIES
    windows: tuple[int, ...] = Field(
        (7, 30, 90, 180, 365), description="days before each snapshot; a customer may have fewer"
    )
    own: tuple[str, ...] = Field(
        (), description="your own families, each 'file.py:function' or 'module:function'"
    )
    engagement_types: tuple[str, ...] = Field(
        (), description="interaction types that get features of their own"
    )
    service_types: tuple[str, ...] = Field(
        ("complaint", "ticket", "return", "incident"), description="interaction types that are calls for help"
    )

    @model_validator(mode="after")
    def _windows_rise(self) -> FeaturePlan:
        if not self.windows or list(self.windows) != sorted(set(self.windows)) or self.windows[0] < 1:
            raise ValueError("windows must be rising whole numbers of days, such as [30, 90, 365]")
        if any(":" not in own for own in self.own):
            raise ValueError("own must name 'file.py:function' or 'module:function'")
        return self


class Booster(Section):
    """XGBoost's main dials; the defaults are meant to be left alone."""

    trees: int = Field(200, ge=1, le=20_000)
    depth: int = Field(3, ge=1, le=12)
    learning_rate: float = Field(0.03, gt=0, le=1)
    subsample: float = Field(0.8, gt=0, le=1)
    colsample: float = Field(0.8, gt=0, le=1)
    min_child_weight: float = Field(5, ge=0)
    reg_lambda: float = Field(1, ge=0)


class Models(Section):
    """How the models are fitted."""

    seed: int = Field(20_240_229, ge=0)
    threads: int = Field(2, ge=1, description="changes the time a fit takes, never its result")
    churn: Booster = Booster()
    value: Booster = Booster()
    amount: Literal["auto", "tweedie", "lognormal", "offset", "feature"] = Field(
        "auto",
        description="how trees learn what a customer who stays will bring; auto: with what the pace of "
        "purchases promises as a feature where there is one, else tweedie; churnlab backtest compares all",
    )
    calibration: Literal["auto", "none", "temperature", "sigmoid", "beta", "isotonic"] = Field(
        "sigmoid", description="auto: the simplest of the others that held out customers do not contradict"
    )
    min_customers: int = Field(100, ge=1, description="fewer customers than this: no training")
    min_positives: int = Field(30, ge=1, description="churned and staying rows needed, of each")
    row_budget: int = Field(
        2_000_000, ge=1, description="rows to learn from at most; beyond it, a sample of whole customers"
    )


class Tuning(Section):
    """Optuna, on folds before the test window. Off unless asked for: the defaults are good."""

    n_trials: int = Field(0, ge=0, le=10_000)
    most_trees: int = Field(
        1_000, ge=10, le=20_000, description="trees a trial may grow; fewer where later rows stop gaining"
    )


class Evaluation(Section):
    """What is measured, and where."""

    test_as_of: date | None = Field(None, description="null: the last snapshot with a complete label")
    segments: tuple[str, ...] = Field((), description="attributes to report the measures by")
    bootstrap: int = Field(200, ge=0, le=10_000, description="resamples of customers behind each interval")
    accepted_leaks: tuple[str, ...] = Field(
        (), description="features that seem to know the answer, but were truly known at the snapshot"
    )


class Backtest(Section):
    """Rolling origins: every model at dates of the past, as it would have been then."""

    origins: int = Field(6, ge=1, le=60, description="dates to judge at, the last ones; the test date is one")
    amounts: tuple[Amount, ...] = Field(
        AMOUNTS, description="the ways to learn amounts that are compared; that of models.amount always is"
    )
    new_days: int = Field(90, ge=1, description="customers count as new for so long after their first order")
    offer: Offer | None = Field(
        None, description="say what lists of the past would have brought; null: do not"
    )


class Lists(Section):
    """How lists are written."""

    folder: str = "out"
    formula_policy: Literal["refuse", "escape"] = Field(
        "refuse", description="ids that a spreadsheet would run as a formula: stop, or prefix them in the CSV"
    )
    newline: Literal["lf", "crlf"] = "lf"
    valid_days: int = Field(30, ge=1, description="how long a list may be used")
    lost: str | None = Field(
        None,
        description="the configuration of a second project (churn.kind: win_back) whose champion scores who "
        "is lost already; they join the lists as population lost",
    )
    segment: str | None = Field(
        None, description="the attribute shown as segment; null: that of strategy.by, if any"
    )


class Project(Section):
    """A whole project. Required: project, time_zone, sources, churn.horizon_days."""

    project: Name
    root: str = Field(".", description="the project's folder, from the folder of this file")
    data_roots: tuple[str, ...] = Field((), description="other folders that inputs may come from")
    locale: Literal["en", "fr"] = "en"
    time_zone: Zone = Field(description="the business zone: a date means its local midnight")
    currency: Currency = Field("EUR", description="the currency of every amount, ISO 4217")
    calendar: Literal["local", "fixed"] = Field(
        "local", description="days are local calendar days, or always 24 hours"
    )
    synthetic: Synthetic | None = Field(None, description="write a generated world first")
    sources: Sources
    accept_smaller: bool = Field(
        False, description="accept a source with less than half of the rows it had the last time"
    )
    snapshots: SnapshotPlan = SnapshotPlan()
    churn: Churn
    value: Value = Value()
    features: FeaturePlan = FeaturePlan()
    models: Models = Models()
    tuning: Tuning = Tuning()
    evaluation: Evaluation = Evaluation()
    backtest: Backtest = Backtest()
    gate: Gate = Gate()
    review: Review = Review()
    strategy: StrategyPlan = StrategyPlan()
    overlays: Overlays | None = Field(
        None, description="what lies over the strategies: relation, parent; null: nothing"
    )
    suppression: Suppression | None = Field(
        None, description="who must not be contacted; null: the defaults, once a source of it is there"
    )
    lists: Lists = Lists()
    release: Release = Release()
    campaign: Campaign | None = Field(
        None, description="say who gets which action; null: lists without actions"
    )
    export: Export = Export()
    tracking: Tracking = Tracking()
    engine: Engine = Engine()

    @model_validator(mode="after")
    def _labels(self) -> Project:
        if self.sources.snapshot and self.churn.positive_label is None:
            raise ValueError("churn.positive_label must name the label that means churned, such as 'Yes'")
        if self.sources.snapshot and self.churn.also_days:
            raise ValueError("churn.also_days needs histories, and a snapshot table supplies one label only")
        kinds.require(self.churn, self.sources, self.snapshots.lost_after_days)
        suppression.require(self.suppressing, self.sources)
        kinds.require_value(self.sources, self.campaign)
        alone = self.campaign is not None and self.campaign.one_per_parent
        overlays.require(self.overlays, self.sources, one_per_parent=alone)
        names = [
            name
            for table in ("customers", "snapshot")
            for source in getattr(self.sources, table)
            for name, attribute in source.attributes.items()
            if attribute.use == "features"
        ]
        if self.strategy.by and self.lists.segment not in {None, self.strategy.by}:
            raise ValueError(
                f"lists.segment is {self.lists.segment}, but strategy.by is {self.strategy.by}: lists show "
                "the attribute that their cuts go by; leave lists.segment out"
            )
        for segment in self.segments:
            if segment not in names:
                raise ValueError(
                    f"{segment} is used as a segment, but no source has an attribute of that name"
                )
        return self

    @property
    def segments(self) -> tuple[str, ...]:
        """The attributes that measures, lists or cuts go by."""
        return tuple(dict.fromkeys([*self.evaluation.segments, *([self.segment] if self.segment else [])]))

    @property
    def segment(self) -> str | None:
        """The attribute that lists show as segment: the one that cuts go by, where they do."""
        return self.strategy.by or self.lists.segment

    @property
    def parents(self) -> bool:
        """Whether accounts roll up to a parent."""
        return self.overlays is not None and self.overlays.parent

    @property
    def suppressing(self) -> Suppression | None:
        """Who must not be contacted; None in a project that neither says so nor has a source of it."""
        told = any(getattr(self.sources, table) for table in SUPPRESSION)
        told |= self.campaign is not None  # who is contacted must have been asked
        return Suppression() if self.suppression is None and told else self.suppression

    def placed_in(self, folder: Path) -> Project:
        """The same project with ``root`` absolute: all other paths start there."""
        return self.model_copy(update={"root": str((folder / self.root).resolve())})
