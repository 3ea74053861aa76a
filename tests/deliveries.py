"""A shop whose lists are published, and only have to be delivered; no model is needed for that."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import churnlab
from churnlab.config import Export
from churnlab.lists import commit, layout, ledger, write
from scored_people import FACTS, STAMP, ranked, scored

DAY = dt.date(2025, 2, 1)
TODAY = dt.date(2025, 2, 3)
OLD, NEW = "0" * 64, "1" * 64


def project(root, **export):
    """The shop's configuration, its folder being ``root``."""
    return churnlab.from_mapping(
        {
            "project": "shop",
            "time_zone": "UTC",
            "sources": {
                "transactions": [
                    {
                        "name": "orders",
                        "frame": "orders",
                        "times": {"format": "native", "zone": "UTC"},
                        "columns": {"customer_id": "who", "time": "at"},
                    }
                ]
            },
            "churn": {"horizon_days": 60},
            "export": export,
        },
        folder=Path(root),
    )


def publish(root, *, key=NEW, day=DAY, customers=40, people=None, campaign=None, contacting=None, **more):
    """Publish the lists of ``customers`` people; the folder of the run. ``campaign``: its name.

    ``contacting``: what keeps customers off. ``more``: what else the manifest says.
    """
    people = scored([f"{n:05d}" for n in range(customers)]) if people is None else people
    stamp = replace(STAMP, run_id=key[:16], scored_at=day, valid_until=day + dt.timedelta(days=30))
    with ranked(people, stamp=stamp, formula_policy="escape", contacting=contacting) as everybody:
        drawn = None if campaign is None else {"name": campaign}
        facts = replace(FACTS, as_of=day, strategies=everybody.totals, campaign=drawn, **more)
        folder = Path(root) / "out" / "shop" / "lists" / day.isoformat()
        return commit.publish(folder, key, write.together(everybody), facts).path


def deliver(root, *, today=TODAY, **more):
    """Deliver with ``export`` as the configuration's section; the rest goes to the verb."""
    export = more.pop("export", {})
    return churnlab.deliver(project(root, **export), today=today, **more)


def states(delivered):
    return {outcome.list: outcome.state for outcome in delivered.outcomes}


def lines(root):
    """The ledger as it stands, read without our own code."""
    path = Path(root) / "out" / "shop" / ledger.NAME
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def outbox(root):
    """Name -> the record of each delivery in the outbox."""
    folder = Path(root) / "out" / "shop" / "outbox"
    found = {path.name: path for path in folder.glob("[!.]*")} if folder.is_dir() else {}
    return {name: json.loads((path / "delivery.json").read_text()) for name, path in found.items()}


def laid_out(table, *, newline="lf", formula_policy="refuse", exponent=2, drawn=False, **export):
    """The layout of a list as ``table`` has it, under the configuration ``export``."""
    return layout.of(
        Export(**export),
        table.schema,
        newline=newline,
        formula_policy=formula_policy,
        exponent=exponent,
        drawn=drawn,
    )
