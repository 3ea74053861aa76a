"""Scored customers to published campaign lists: screen, plan, control, audit, lists, last look, publish.

CUSTOMERS OUT: that many made-up customers who were scored, in blocks as scoring hands them on; 1 % have
objected, 70 % agree to e-mail and telephone; the built-in actions. What making them up costs is told as
`checking_*` and taken off. The last line: what is on the lists, and CPU seconds of each stage.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

DAY = dt.date(2025, 7, 1)
SALT = "a secret of this benchmark only"
BLOCK = 65_536
CONSENTING, OBJECTING = 0.70, 0.01
AGREED = (("email", "marketing"), ("phone", "relationship"))


@dataclass
class Clock:
    """CPU seconds of each stage. ``aside``: CPU and wall seconds that are not the lists' own.

    ``looked``: those of the last look, which is a part of publishing.
    """

    stages: dict[str, float] = field(default_factory=dict)
    looked: float = 0.0
    aside: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is done inside counts for ``name``."""
        cpu = time.process_time()
        yield
        self.stages[name] = self.stages.get(name, 0.0) + time.process_time() - cpu

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done inside counts for nothing."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.aside[0] += time.process_time() - cpu
        self.aside[1] += time.perf_counter() - wall


def ids(customers: int) -> Any:
    """(n,) texts, in an order of no meaning."""
    numbers = np.random.default_rng(7).permutation(customers)
    return np.array([f"C{number:09d}" for number in numbers.tolist()], dtype=object)


def block(names: Any, seed: int) -> Any:
    """Some customers as scoring hands them on: risk, value, place, phase, moments, three reasons."""
    from churnlab.lists.scored import ScoredCustomers
    from churnlab.strategy.moments import Moments
    from churnlab.strategy.quadrants import assign, risk_band
    from churnlab.strategy.thresholds import Thresholds
    from churnlab.strategy.worth import Worth

    chance, n = np.random.default_rng([11, seed]), len(names)
    risk = np.round(chance.beta(2, 5, n), 6)
    value = np.round(chance.lognormal(4.5, 1.2, n), 2)
    intensity = np.round(100 * chance.beta(2, 2, n), 1)
    phases = np.array(["decline", "start", "exploration", "growth", "saturation"], dtype=object)
    moments = np.array([None, None, None, "rhythm_slip", "value_drop", "first_repeat_due"], dtype=object)
    moment = moments[chance.integers(0, len(moments), n)]
    days = chance.integers(0, 60, n).astype("timedelta64[D]")
    due = np.where(moment == None, np.datetime64("NaT"), np.datetime64(DAY) + days)  # noqa: E711 - each of them
    codes = np.array(["days_since_last_order", "spend_90d", "orders_365d", "complaints_90d"], dtype=object)
    said = np.array(
        [f"last order {day} days ago, usually every {day // 3 + 1}" for day in range(400)], dtype=object
    )
    return ScoredCustomers(
        customer_id=names,
        churn_risk=risk,
        risk_band=risk_band(risk, (0.15, 0.40)),
        quadrant=assign(value, intensity, Thresholds(value_if_retained=150, intensity=50)),
        intensity=intensity,
        intensity_basis=np.full(n, "recency+frequency+breadth", dtype=object),
        reason_codes=codes[chance.integers(0, len(codes), (n, 3))],
        reason_texts=said[chance.integers(0, len(said), (n, 3))],
        worth=Worth.of(risk, value, value / 10),
        value_p10=np.round(value / 2, 2),
        value_p90=np.round(value * 2, 2),
        phase=phases[chance.integers(0, len(phases), n)],
        moments=Moments(moment, due.astype("datetime64[D]"), moment),
    )


def facts(names: Any) -> Any:
    """What is known of who must not be contacted."""
    import pyarrow as pa

    from churnlab.tables.facts import Facts

    chance, texts, whole = np.random.default_rng(13), pa.string(), pa.int64()
    objecting = names[chance.random(len(names)) < OBJECTING].tolist()
    agreeing = names[chance.random(len(names)) < CONSENTING].tolist()
    at, n = 1_700_000_000 * 10**6, len(agreeing)

    def empty(**columns: Any) -> Any:
        return pa.table({name: pa.array([], kind) for name, kind in columns.items()})

    consents = pa.table(
        {
            "customer_id": pa.array(agreeing * 2, texts),
            "channel": pa.array([channel for channel, _ in AGREED for _ in range(n)], texts),
            "purpose": pa.array([purpose for _, purpose in AGREED for _ in range(n)], texts),
            "given": pa.array(np.full(2 * n, at), whole),
            "withdrawn": pa.nulls(2 * n, whole),
        }
    )
    objections = pa.table(
        {
            "customer_id": pa.array(objecting, texts),
            "channel": pa.nulls(len(objecting), texts),
            "time": pa.array(np.full(len(objecting), at), whole),
        }
    )
    return Facts(
        as_of=DAY,
        zone="UTC",
        objections=objections,
        consents=consents,
        aliases=empty(customer_id=texts, alias=texts),
        marks=empty(customer_id=texts, reason=texts),
        adults=None,
        complaints=empty(customer_id=texts, time=whole),
        contacts=empty(customer_id=texts, action=texts, last=whole, in_year=whole),
        purchases=empty(customer_id=texts, time=whole),
    )


def made(customers: int, out: Path, clock: Clock) -> Any:
    """The published run."""
    from churnlab.config import catalogue
    from churnlab.config.campaign import Campaign
    from churnlab.config.suppression import Suppression
    from churnlab.lists import commit, spool
    from churnlab.lists.build import Stamp
    from churnlab.lists.screen import Screen
    from churnlab.lists.spool import Contacting
    from churnlab.lists.suppression import Permissions
    from churnlab.workflow import contacting
    from churnlab.workflow.suppressing import Suppressing

    with clock.apart():
        names, known = ids(customers), None
        known = facts(names)
    actions = catalogue.built_in()
    campaign = Campaign(name="bench", epoch=2025, actions=actions, budget=customers / 4)
    stamp = Stamp("0" * 16, "1", DAY, DAY + dt.timedelta(days=30), "EUR", "margin")
    with clock.stage("who said no"):
        permissions = Permissions(known, Suppression())
        refusing = Suppressing(permissions, {}, (), {}, {}, ())
        given = Contacting(Screen(permissions, actions, "UTC"), campaign, SALT)
    with spool.opened(out, stamp, "refuse", given) as kept:
        for number, start in enumerate(range(0, customers, BLOCK)):
            with clock.apart():
                some = block(names[start : start + BLOCK], number)
            with clock.stage("screen, spool"):
                kept.add(some)
        del names, some
        with clock.stage("plan, control, audit"):
            ranked = kept.ranked()
        with clock.stage("last look at the bytes"):
            last_look = contacting.look_at_bytes(ranked, given, refusing)

        def gate(stage: Path) -> None:
            cpu = time.process_time()
            with clock.stage("last look at the bytes"):
                assert last_look is not None
                last_look(stage)
            clock.looked = time.process_time() - cpu

        with clock.stage("write, digest, publish"):
            passes = contacting.passes(ranked, "lf")
            return commit.publish(out / "lists", "0" * 64, passes, told(ranked, stamp), gate=gate)


def told(ranked: Any, stamp: Any) -> Any:
    """What the manifest says."""
    from churnlab.lists.manifest import Facts
    from churnlab.workflow.contacted import Told

    return Facts(
        as_of=stamp.scored_at,
        config_sha256="0" * 64,
        model_version="1",
        model={},
        inputs={},
        counts=[],
        strategies=ranked.totals,
        excluded={},
        currency="EUR",
        code_version="benchmark",
        **Told.of(ranked).as_facts(),
    )


def main() -> None:
    customers, out = int(sys.argv[1]), Path(sys.argv[2])
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    clock = Clock()
    run = made(customers, out, clock)
    stages = clock.stages
    stages["write, digest, publish"] -= clock.looked
    sizes = {name: file["rows"] for name, file in run.manifest["files"].items() if "rows" in file}
    answer = {
        "checking_cpu": clock.aside[0],
        "checking_wall": clock.aside[1],
        "bytes": sum(file["bytes"] for file in run.manifest["files"].values()),
        "sizes": sizes,
        "arms": run.manifest["campaign"]["arms"],
        "suppressed": run.manifest["suppressed"]["first_reason"],
        "stages": {name: round(seconds, 2) for name, seconds in stages.items()},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
