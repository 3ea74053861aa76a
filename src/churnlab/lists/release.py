"""The release gate: lists that are unlike those of the last dates wait until a person has looked.

    facts of this run  ----+
    last releases      ----+--> checks: passed | warned | failed --> approved by somebody, with a reason
    bounds (config)    ----+

What cannot be like before is not judged: lists of other terms or other cuts, and what luck alone
explains in a small shop. Nothing here lets pass what other gates refuse: scores, ids, suppression and
the identity of the model are looked at elsewhere, and no approval reaches there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, Literal, Self, get_args

from churnlab.config.release import ListName
from churnlab.config.release import Release as Bounds
from churnlab.errors import ConfigError, HeldError, did_you_mean

Outcome = Literal["passed", "warned", "failed", "approved"]

LAST = 4  # releases whose median is the size to expect
NULL_P99 = 21.67  # 99 % of stability indices of n customers by luck lie below this / n: chi-square of 9 parts
LISTS: tuple[str, ...] = get_args(ListName)
SCORES = ("churn_risk", "value_if_retained")
FINAL = ("scores", "ids", "suppression", "identity")  # no approval
NAMES: tuple[str, ...] = (
    *(f"{what}.{name}" for what in ("size", "share") for name in LISTS if (what, name) != ("share", "all")),
    *(f"psi.{name}" for name in SCORES),
    "cost",
)
_BEFORE: Final = "the last releases"


@dataclass(frozen=True)
class Approval:
    """Somebody lets a failed check pass. ``check``: its name, as the gate tells it.

    Raises ConfigError (exit 2) where there is no such check, or none that a person may let pass.

    >>> Approval("size.retain", "Ann", " a  sale ").reason
    'a sale'
    """

    check: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        for name in ("by", "reason"):
            object.__setattr__(self, name, " ".join(getattr(self, name).split()))
        if self.check in FINAL:
            raise ConfigError(
                f"--approve {self.check}: no approval lets that pass",
                mend="mend what the error says: lists published before are intact",
            )
        if self.check not in NAMES:
            raise ConfigError(
                f"--approve {self.check}: no check has that name{did_you_mean(self.check, NAMES)}",
                mend="name it as the release gate does, such as size.retain, share.release or cost",
            )
        if not self.by or not self.reason or len(self.by) > 100 or len(self.reason) > 500:
            raise ConfigError(
                "an approval needs --by (at most 100 letters) and --reason (at most 500)",
                mend='for example: --by "Ann Example" --reason "the spring sale ended"',
            )


@dataclass(frozen=True)
class Released:
    """Lists that are out. ``customers``: of each strategy, and ``all``. ``comparable``: see the manifest."""

    as_of: str
    comparable: str | None
    customers: Mapping[str, int]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """What the manifest of a run says."""
        customers = {str(row["strategy"]): int(row["customers"]) for row in manifest["strategies"]}
        return cls(str(manifest["as_of"]), manifest.get("comparable"), customers)


@dataclass(frozen=True)
class Candidate:
    """Lists that would be released. ``customers``, ``comparable``: as in ``Released``.

    ``indexes``: score -> its stability index against training, and of how many customers.
    ``cost``: expected cost and budget of the campaign, None without one or without a budget.
    ``distinct``: different risks among 1,000 customers, and of how many. ``overlap``: share of the
    smaller of both who were scored the last time and now; None: nobody was scored before.
    """

    comparable: str
    customers: Mapping[str, int]
    indexes: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    cost: tuple[float, float] | None = None
    distinct: tuple[float, int] | None = None
    overlap: float | None = None


@dataclass(frozen=True)
class Check:
    """What was looked at, how it came out, and the figures in words."""

    name: str
    outcome: Outcome
    said: str

    def told(self) -> str:
        """In one line."""
        return f"{self.name}: {self.said}"


@dataclass(frozen=True)
class Verdict:
    """Every check, and the approvals that were needed."""

    checks: tuple[Check, ...]
    approvals: tuple[Approval, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """What nobody has approved."""
        return tuple(each for each in self.checks if each.outcome == "failed")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the manifest's info and for JSON."""
        return {
            "outcome": self.outcome,
            "checks": [vars(each).copy() for each in self.checks],
            "approvals": [vars(each).copy() for each in self.approvals],
        }

    @property
    def outcome(self) -> Outcome:
        """The gravest of all: failed, approved, warned, passed."""
        found = {each.outcome for each in self.checks}
        graver: tuple[Outcome, ...] = ("failed", "approved", "warned")
        return next((each for each in graver if each in found), "passed")

    def notes(self) -> Iterator[str]:
        """What somebody who uses the lists should know."""
        approved = {each.check: each for each in self.approvals}
        for each in self.checks:
            if each.outcome == "approved":
                who = approved[each.name]
                yield f"release gate: {each.told()}; approved by {who.by}: {who.reason}"
            elif each.outcome == "warned":
                yield f"release gate: warning: {each.told()}"

    def require(self, staged: str, day: str) -> None:
        """Raise HeldError (exit 4), with a line for each failed check. ``staged``: where the lists wait."""
        failed = self.failed
        if failed:
            lines = "".join(f"\n  {each.told()}" for each in failed)
            named = " ".join(f"--approve {name}" for name in dict.fromkeys(each.name for each in failed))
            raise HeldError(
                f"no list: unlike the last releases; the lists published before stay{lines}",
                mend=f"look at {staged}; if they are right: churnlab score CONFIG --as-of {day} {named} "
                "--by NAME --reason TEXT",
            )


def judge(
    new: Candidate, earlier: Sequence[Released], bounds: Bounds, approvals: Iterable[Approval] = ()
) -> Verdict:
    """Every check of ``new``. ``earlier``: releases of earlier dates, the last one first."""
    same = [each for each in earlier if each.comparable == new.comparable][:LAST]
    checks = [
        *_bounded(new, bounds),
        *_sizes(new, same, bounds),
        *_shares(new, same, bounds),
        *_indexes(new, bounds, first=not earlier),
        *_cost(new, bounds),
        *_distinct(new, bounds),
        *_overlap(new, bounds),
    ]
    if earlier and not same:
        said = f"no size and no share is compared: {_BEFORE} were of other terms or other cuts"
        checks.append(Check("comparable", "warned", said))
    given = {each.check: each for each in approvals}
    needed = {each.name for each in checks if each.outcome == "failed"} & set(given)
    return Verdict(
        tuple(
            Check(each.name, "approved", each.said)
            if each.outcome == "failed" and each.name in given
            else each
            for each in checks
        ),
        tuple(given[name] for name in sorted(needed)),
    )


def _bounded(new: Candidate, bounds: Bounds) -> Iterator[Check]:
    for name, (fewest, most) in bounds.sizes.items():
        here = new.customers.get(name, 0)
        said = f"{here:,} customers; release.sizes allows {fewest:,} to {most:,}"
        yield Check(f"size.{name}", "passed" if fewest <= here <= most else "failed", said)


def _sizes(new: Candidate, same: Sequence[Released], bounds: Bounds) -> Iterator[Check]:
    if len(same) < LAST:
        return
    (low, high), warn = bounds.size_block, bounds.size_warn
    for name, here in new.customers.items():
        usual = median(each.customers.get(name, 0) for each in same)
        if max(here, usual) < bounds.size_least:
            continue
        times = f"{here / usual:.2f} times" if usual else "nobody was in"
        said = (
            f"{here:,} customers, {times} the median of the last {LAST} releases ({usual:,.0f}); "
            f"{low:g} to {high:g} times is allowed"
        )
        yield Check(
            f"size.{name}",
            _beyond(
                failed=not low * usual <= here <= high * usual,
                warned=not warn[0] * usual <= here <= warn[1] * usual,
            ),
            said,
        )


def _shares(new: Candidate, same: Sequence[Released], bounds: Bounds) -> Iterator[Check]:
    everyone, before = new.customers["all"], same[0].customers["all"] if same else 0
    if min(everyone, before) < bounds.share_least:
        return
    for name, here in new.customers.items():
        if name == "all":
            continue
        now, then = here / everyone, same[0].customers.get(name, 0) / before
        moved = round(abs(now - then), 9)  # 0.4 - 0.3 is no more than 0.1
        said = (
            f"{now:.1%} of the customers, {then:.1%} on {same[0].as_of}: moved by {100 * moved:.1f} points, "
            f"{100 * bounds.share_block:g} are allowed"
        )
        outcome = _beyond(failed=moved > bounds.share_block, warned=moved > bounds.share_warn)
        yield Check(f"share.{name}", outcome, said)


def _indexes(new: Candidate, bounds: Bounds, *, first: bool) -> Iterator[Check]:
    for name, (index, customers) in new.indexes.items():
        if customers < bounds.psi_least:
            continue
        lucky = max(bounds.psi_warn, 3 * NULL_P99 / customers)
        far = index >= bounds.psi_block
        # Of a project's first lists there is nothing to fall back to: what moved is told.
        outcome = _beyond(failed=far and not first, warned=far or index >= lucky)
        said = (
            f"stability index {index:.3f} against training ({customers:,} customers); "
            f"below {bounds.psi_block:g} is allowed"
        )
        yield Check(f"psi.{name}", outcome, said)


def _cost(new: Candidate, bounds: Bounds) -> Iterator[Check]:
    if new.cost is None:
        return
    cost, budget = new.cost
    said = f"expected cost {cost:,.2f} of a budget of {budget:,.2f}"
    yield Check("cost", _beyond(failed=cost > budget, warned=cost > bounds.cost_warn * budget), said)


def _distinct(new: Candidate, bounds: Bounds) -> Iterator[Check]:
    if new.distinct is not None:
        found, customers = new.distinct
        asked = min(customers, 1_000)
        few = 1_000 * found < bounds.distinct_warn * asked
        said = f"about {found:,.0f} different risks among {asked:,} customers"
        yield Check("distinct", _beyond(failed=False, warned=few), said)


def _overlap(new: Candidate, bounds: Bounds) -> Iterator[Check]:
    if new.overlap is not None:
        said = f"{new.overlap:.1%} of the customers were scored the last time, too"
        yield Check("overlap", _beyond(failed=False, warned=new.overlap < bounds.overlap_warn), said)


def _beyond(*, failed: bool, warned: bool) -> Outcome:
    return "failed" if failed else "warned" if warned else "passed"
