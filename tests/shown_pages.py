"""The pages that a browser is asked about. A new page is one more line in ``PAGES``."""

import dataclasses
import functools
import runpy
from datetime import date
from pathlib import Path

import numpy as np

from churnlab.evaluation.money import decile_table
from churnlab.explain import customer_page, maps, migration_page, pictures
from churnlab.explain import look as look_page
from churnlab.explain.flows import Flow
from churnlab.explain.report import render
from churnlab.tables import histograms, report
from loading import loaded
from scored_people import STAMP, listed, scored, texts

_EXPLAIN = Path(__file__).parent / "explain"


@functools.cache
def _full():
    # The content that the tests of the report fill in whole: a chapter added there is looked at here, too.
    return runpy.run_path(str(_EXPLAIN / "test_report.py"))["content"]


def review(folder, locale="en"):
    """The report of a model with everything in it."""
    page = render(_full()("club", locale=locale, project="shop", model_version="12", **_drawn(locale)))
    return _written(folder / f"review-{locale}.html", page)


def _drawn(locale):
    chance = np.random.default_rng(5)
    value, near = chance.lognormal(4, 1.2, 800), 100 * chance.beta(2, 2, 800)
    risk = chance.random(800)
    churned = (chance.random(800) < risk).astype(float)
    deciles = decile_table(value * (1 - churned), value * (1 - risk))
    dates = maps.Dates(
        observation_days=365, gap_days=14, horizon_days=60, settlement_days=14,
        train=(date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)), test=(date(2024, 12, 1),),
    )  # fmt: skip
    drawn = _full()("club").pictures | {
        "map": maps.quadrant_map(value, near, (60.0, 50.0), "EUR", locale),
        "timeline": maps.timeline(dates, locale),
        "gain": pictures.gain(churned, {"boosted": risk, "recency": chance.random(800)}, locale),
        "deciles": pictures.value_deciles(deciles, "EUR", locale),
    }
    return {"pictures": drawn, "deciles": deciles}


def customer(folder, locale="en"):
    """One customer, as ``explain --html`` writes it."""
    card = runpy.run_path(str(_EXPLAIN / "test_customer_page.py"))["card"]()
    page = customer_page.render(dataclasses.replace(card, locale=locale))
    return _written(folder / f"customer-{locale}.html", page)


def review_of(text):
    """The report in which every name is, or holds, ``text``; without pictures."""
    return render(_swapped(_named_place(), text))


_PLACE = "a-name-to-replace"


@functools.cache
def _named_place():
    return dataclasses.replace(_full()(_PLACE), pictures={})


def _swapped(value, text):
    if isinstance(value, str):
        return value.replace(_PLACE, text)
    if isinstance(value, dict):
        return {_swapped(key, text): _swapped(each, text) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_swapped(each, text) for each in value]
    if dataclasses.is_dataclass(value):
        return type(value)(**{name: _swapped(each, text) for name, each in vars(value).items()})
    return value


@functools.cache
def _checked(folder):
    lines = [
        f"person{n:03},2025-{1 + (n + k) % 6:02}-1{k},{(n + 1) * (k + 1)}.50,o{n}-{k}\n"
        for n in range(60)
        for k in range(4)
    ]
    wrong = "person001,2025-06-31,5,x\n,2025-06-01,5,y\n"
    return loaded(folder, "customer_id,time,amount,order_id\n" + "".join(lines) + wrong)


def data_report(folder):
    """The report of ``validate`` on a small shop with two bad rows."""
    return _written(folder / "data.html", report.page(_checked(folder), "shop", "Europe/Paris", "EUR"))


def data_report_of(folder, names):
    """The same with ``names`` for sources, reasons, notes and files, and all of them for the project."""
    checked = _checked(folder)
    whole = checked.counts[0]
    counts = tuple(
        dataclasses.replace(whole, source=name, reasons={name: whole.quarantined}) for name in names
    )
    hostile = dataclasses.replace(
        checked, counts=counts, notes=tuple(names), digests={name: name for name in names}
    )
    drawn, told = histograms.histograms, report.expected
    report.histograms, report.expected = (lambda *_: ()), (lambda reason: reason)
    try:
        return report.page(hostile, " ".join(names), "Europe/Paris", "EUR")
    finally:
        report.histograms, report.expected = drawn, told


def migration(folder, locale="en"):
    """Two lists side by side: every move that there is, in a project whose name is no markup."""
    places = ("retain", "rationalise", "win_back", "release", "unclassified")
    pairs = [(before, after) for before in (*places, "new") for after in (*places, "gone")]
    pairs = [pair for pair in pairs if pair != ("new", "gone")]
    moves = [Flow(*pair, 7 * number + 1, 1_000.5 * number) for number, pair in enumerate(pairs)]
    sides = migration_page.Sides(
        "<b>shop</b>", "2025-01-01", "2025-02-01", "EUR", locale, moves, moves[-3:], 0.75, (1e6, 9e5)
    )
    return _written(folder / f"migration-{locale}.html", migration_page.render(sides))


def look(folder, locale="en", people=400, name="look", **changes):
    """The interactive page of so many customers."""
    content = look_content(drawn_people(people, valued=changes.pop("valued", True)), locale=locale, **changes)
    return _written(folder / f"{name}-{locale}.html", look_page.render(content))


def look_content(people, **changes):
    """What the interactive page shows of ``people``, those first who are expected to take the most away."""
    at_stake = "churn_risk" if people.worth is None else "expected_loss"
    rows = listed(people, stamp=STAMP).sort_by([(at_stake, "descending")])
    given = {
        "project": "shop",
        "model_version": "12",
        "as_of": "2025-02-01",
        "currency": "EUR",
        "cut": (300, 50),
    }
    return look_page.LookContent(rows=rows, **{**given, **changes})


def drawn_people(number, **changes):
    """Customers whose ids, values, segments and reasons differ."""
    chance = np.random.default_rng(7)
    ids = [f"secret-{row:06}" for row in range(number)]
    days = chance.integers(1, 200, (number, 3))
    told = [
        [f"last order {a} days ago", f"{b} visits in 90 days", f"spent {c}.50 EUR" if c > 60 else None]
        for a, b, c in days
    ]
    given = {
        "risk": chance.beta(1.5, 4, number),
        "value": np.round(chance.lognormal(5, 1.3, number), 2),
        "intensity": np.where(chance.random(number) < 0.02, np.nan, 100 * chance.beta(2.5, 2, number)),
        "segment": texts(
            [["north", "south", "over the sea"][place] for place in chance.integers(0, 3, number)]
        ),
        "reason_texts": texts(told),
    }
    return scored(ids, **{**given, **changes})


def _written(path, page):
    path.write_text(page, encoding="utf-8")
    return path


# Name -> what writes the page into a folder and says where it is.
PAGES = {
    "review-en": review,
    "review-fr": functools.partial(review, locale="fr"),
    "data": data_report,
    "customer": customer,
    "customer-fr": functools.partial(customer, locale="fr"),
    "migration": migration,
    "migration-fr": functools.partial(migration, locale="fr"),
    "look": look,
    "look-fr": functools.partial(look, locale="fr"),
    "look-ids": functools.partial(look, name="look-ids", with_ids=True, hidden=1_234),
    "look-without-value": functools.partial(look, name="look-without-value", cut=(None, 50.0), valued=False),
}
