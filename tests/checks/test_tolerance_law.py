"""Law 15 of docs/laws.md: scoring takes data as it comes.

Whatever optional tables a project has, or has but finds empty; whatever words training never saw; in
whatever order columns stand, and with blanks among whole numbers. Scoring is done from shards on, since a
load takes half a second: the files of two hundred deliveries are read together.
"""

import functools
from bisect import bisect
from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import laws
import loading
from churnlab import config
from churnlab.errors import IntegrityError
from churnlab.features.catalogue import FAMILIES
from churnlab.models.churn import fit_churn
from churnlab.models.files import Models
from churnlab.models.value import fit_value
from churnlab.panel import Questions, answered
from churnlab.snapshots import Calendar
from churnlab.strategy import intensity
from churnlab.strategy.intensity import References
from churnlab.testing import COLUMNS, DAY, World, event, worlds
from churnlab.workflow import phasing
from churnlab.workflow.placing import place
from customers import QUICK

PARIS = Calendar("Europe/Paris")
SPRING = PARIS.instant(date(2025, 3, 30))
OPTIONAL = ("interactions", "contracts", "campaigns", "customers")
QUADRANTS = {"retain", "rationalise", "win_back", "release", "unclassified"}
PROJECT = config.from_mapping(
    {
        "project": "shop",
        "time_zone": "Europe/Paris",
        "sources": {
            "transactions": [
                {
                    "name": "orders",
                    "frame": "orders",
                    "times": {"format": "native", "zone": "UTC"},
                    "columns": {"customer_id": "who", "time": "at", "amount": "amount"},
                }
            ]
        },
        "churn": {"horizon_days": 30},
        "features": {"windows": [30, 90], "engagement_types": ["review"], "service_types": ["ticket"]},
    }
)


def with_orders(world):
    """Everybody has bought once at least: others are nobody's customers."""
    at = world.asked[0] - 45 * DAY
    rows = [
        {**event(world, "transactions", Random(who)), "customer": who, "order_id": None, "amount": 500}
        for who in world.customers
    ]
    return world.with_events("transactions", [{**row, "time": at, "recorded_at": at} for row in rows])


def having(world, tables):
    """The same world in a project with these of the optional tables alone."""
    kept = {name: rows for name, rows in world.events.items() if name in {"transactions", *tables}}
    return replace(world, events=kept, attributes=world.attributes if "customers" in tables else ())


def shard_of(world, tables):
    """Without a table of customers there are no attributes at all, and not merely none known."""
    shard = world.shard()
    return shard if "customers" in tables else replace(shard, attributes=None)


def asked_of(world, tables, measures=intensity.measures):
    """The panel of everybody at the first date."""
    asked = Questions(
        world.asked[:1],
        world.calendar,
        PROJECT.features,
        FAMILIES,
        PROJECT.snapshots,
        measures,
        (),
        exponent=2,
    )
    return answered(shard_of(world, tables), asked)[0]


@functools.cache
def trained(tables):
    """Models of 250 customers, of a project with these optional tables."""
    random, bare = Random(4), World(PARIS, (SPRING,), {})
    bare = replace(bare, customers=tuple(range(1_000, 1_250)))
    drawn = {
        name: tuple(
            {**event(bare, name, random), "customer": who, "recorded_at": 0, "time": SPRING - ago * DAY}
            for who in bare.customers
            for ago in random.sample(range(1, 200), 4 if name == "transactions" else 2)
        )
        for name in COLUMNS
    }
    cities = tuple(
        {"customer": who, "valid_from": 0, "valid_to": None, "joined_at": None}
        | {"city": random.choice((None, "Lille", "Lyon")), "age": random.choice((None, 31.0, 64.0))}
        for who in bare.customers
    )
    world = having(with_orders(replace(bare, events=drawn, attributes=cities)), tables)
    panel = asked_of(world, tables)
    silence = panel.number("days_since_last_order")
    silent = silence >= np.quantile(silence, 0.6)
    at_home = np.array([city == "Lille" for city in panel.categories.get("city", silence)])
    leaves = np.where(at_home, ~silent, silent)  # so that trees ask for the city
    churned = (leaves != [random.random() < 0.1 for _ in leaves]).astype(float)
    value = np.where(churned == 1, 0.0, 5.0 + np.array([random.randrange(90) for _ in silence]))
    panel = replace(panel, churned=churned, value=value)
    everyone = np.ones(len(panel), dtype=bool)
    quick = QUICK.model_copy(
        update={"churn": QUICK.churn.model_copy(update={"trees": 10}), "amount": "tweedie"}
    )
    extra = {
        "thresholds": {"value_if_retained": 20.0, "intensity": 50.0},
        "references": References.learn(panel.measures).as_dict(),
        "repeat": None,
    }
    return Models(
        fit_churn(panel, everyone, quick), fit_value(panel, everyone, quick, same_horizon=True), extra
    )


def scores(world, tables):
    """What the lists say of everybody, column by column; checked to be scores."""
    models = trained(tables)
    panel = asked_of(with_orders(world), tables, phasing.measured(PROJECT, models.extra))
    assert len(panel) == len(world.customers)
    people = place(panel, models, PROJECT).customers
    assert ((people.churn_risk > 0) & (people.churn_risk < 1)).all()
    assert np.isfinite(people.worth.if_retained).all()
    assert (people.intensity >= 0).all()
    assert (people.intensity <= 100).all()
    assert {*people.quadrant} <= QUADRANTS - {"unclassified"}
    assert all(people.phase)
    columns = (people.churn_risk, people.worth.if_retained, people.worth.at_stake, people.value_p90)
    places = (people.quadrant, people.phase, people.moments.codes, people.reason_codes)
    return [each.tolist() for each in (people.customer_id, *columns, people.intensity, *places)]


some = st.sets(st.sampled_from(OPTIONAL)).map(lambda names: tuple(sorted(names)))


# Law 15: optional tables that the project does not have.
@laws.often
@given(worlds(), some)
def test_any_optional_table_may_be_missing(world, tables):
    scores(having(world, tables), tables)


# Law 15: tables that are there, and empty.
@laws.often
@given(worlds(), some)
def test_any_optional_table_may_be_empty(world, full):
    events = {name: rows if name in {"transactions", *full} else () for name, rows in world.events.items()}
    attributes = world.attributes if "customers" in full else ()
    scores(replace(world, events=events, attributes=attributes), OPTIONAL)


def reworded(world, word):
    """Every other text of the world is ``word``, which training never saw."""

    def row(place, each, names):
        texts = [name for name in names if isinstance(each.get(name), str)] if place % 2 else []
        return {**each, **dict.fromkeys(texts, word)}

    events = {
        name: tuple(row(place, each, WORDS.get(name, ())) for place, each in enumerate(rows))
        for name, rows in world.events.items()
    }
    attributes = tuple(row(place + 1, each, ["city"]) for place, each in enumerate(world.attributes))
    return replace(world, events=events, attributes=attributes)


WORDS = {
    "transactions": ("product", "category", "channel"),
    "contracts": ("type",),
    "campaigns": ("channel",),
}


def check_unseen(world):
    one, other = (scores(reworded(world, word), OPTIONAL) for word in ("Aix", "Zug"))
    assert one == other, "not as other"


# Law 15: words that training never saw are all alike, wherever they sort.
test_unseen_categories_count_as_other = laws.often(given(worlds())(check_unseen))


def test_an_unseen_category_taken_for_its_neighbour_is_caught(monkeypatch):
    def neighbour(into, values, known):
        place = [min(bisect(sorted(known), value or ""), len(known) - 1) for value in values]
        into[np.arange(len(values)), place] = 1.0

    everywhere = {"valid_from": 0, "valid_to": None, "joined_at": None, "city": "Lyon", "age": None}
    bare = World(PARIS, (SPRING,), dict.fromkeys(COLUMNS, ()))
    world = replace(bare, attributes=tuple({"customer": who, **everywhere} for who in bare.customers))
    check_unseen(world)
    monkeypatch.setattr("churnlab.models.recipe._indicate", neighbour)
    with pytest.raises(AssertionError, match="not as other"):
        check_unseen(world)


def test_a_table_that_is_gone_since_training_is_named_and_not_guessed():
    world = with_orders(World(PARIS, (SPRING,), {"transactions": ()}))
    with pytest.raises(IntegrityError, match="missing: answers_per_message_90d"):
        place(asked_of(world, ()), trained(("interactions",)), PROJECT)


def delivery(random, number):
    """The lines of one file; some have no quantity."""
    return [
        {
            "customer_id": f"c{number:03}",
            "time": f"2025-{random.randint(1, 6):02}-{random.randint(1, 28):02}",
            "amount": f"{random.randint(1, 999)}.00",
            "quantity": random.choice((None, None, 1, 2, 12)),
            "order_id": f"{number}-{line}",
            "channel": random.choice(("web", "shop")),
        }
        for line in range(random.randint(1, 4))
    ]


def text(lines, columns):
    rows = (",".join("" if line[name] is None else str(line[name]) for name in columns) for line in lines)
    return "\n".join([",".join(columns), *rows]) + "\n"


def typed(kind):
    def table(lines, columns):
        types = {"quantity": kind}
        return pa.table({name: pa.array([line[name] for line in lines], types.get(name)) for name in columns})

    return table


FORMS = {
    "csv": (".csv", text),
    "whole numbers": (".parquet", typed(pa.int64())),
    "floats": (".parquet", typed(pa.float64())),
}


# Law 15: permuted columns, and whole numbers with blanks: 200 files in one load of each form.
@pytest.mark.parametrize("form", FORMS)
def test_columns_in_any_order_and_blanks_among_whole_numbers(tmp_path, form):
    random, (suffix, written) = Random(15), FORMS[form]
    files, lines = {}, []
    for number in range(200):
        some_lines = delivery(random, number)
        columns = random.sample(list(some_lines[0]), 6)
        files[f"{number:03}{suffix}"] = written(some_lines, columns)
        lines += some_lines
    found = loading.rows(loading.loaded(tmp_path, files))
    kept = [
        {name: row[name] for name in ("customer_id", "order_id", "channel", "amount", "quantity")}
        for row in found
    ]
    expected = [
        {name: line[name] for name in ("customer_id", "order_id", "channel")}
        | {
            "amount": 100 * int(float(line["amount"])),
            "quantity": line["quantity"] and float(line["quantity"]),
        }
        for line in lines
    ]
    by_order = lambda row: row["order_id"]
    assert sorted(kept, key=by_order) == sorted(expected, key=by_order)
