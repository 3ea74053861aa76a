"""Declines: as defined, season by season; the same however shards are cut, and never told too early."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from churnlab import labels, panel, shards
from churnlab.config.churn import Churn
from churnlab.config.project import FeaturePlan, SnapshotPlan, Value
from churnlab.errors import ConfigError, DataError
from churnlab.features import catalogue
from churnlab.history import Outcome
from churnlab.labels import Season
from churnlab.panel import Ahead, Questions, answered, declines, seasons
from churnlab.panel.sample import Sampler
from churnlab.snapshots import DAY, Calendar
from churnlab.strategy.intensity import measures
from panels_alike import CUTS, assert_same
from worlds import drawn, world

PARIS = Calendar("Europe/Paris")
DATES = [date(2025, 2, 27), date(2025, 3, 30), date(2025, 5, 10)]  # 30 March has 23 hours
AS_OFS = [PARIS.instant(day) for day in DATES]
CHURN = Churn(kind="partial", horizon_days=30, gap_days=7, settlement_days=10)
TAIL = 7 + 30 + 10
WATERMARK = PARIS.instant(DATES[1] + timedelta(days=TAIL))  # just enough for the second date
EDGES = [PARIS.instant(day + timedelta(days=days)) for day in DATES for days in (-30, 0, 7, 20, 37, TAIL)]
PLAN = FeaturePlan(families=("recency", "monetary"), windows=(30, 90))


def events(seed=5):
    return drawn(seed, EDGES, customers=60, lines=1_500)


def tables_of(found, watermark=WATERMARK):
    return world(found, attributes={"city": "category", "size": "number"}, watermark=watermark)


def asked_of(churn, as_ofs=AS_OFS, *, compiled=False, lost_after_days=None):
    families = catalogue.select(PLAN, Path())
    who = SnapshotPlan(lost_after_days=lost_after_days)
    return Questions(
        as_ofs,
        PARIS,
        PLAN,
        families,
        who,
        measures,
        (),
        2,
        compiled=compiled,
        kind=churn.kind,
        compared_days=churn.compared_days,
    )


def made(
    tables,
    churn=CHURN,
    as_ofs=AS_OFS,
    *,
    compiled=False,
    only=None,
    in_order=list,
    budget=None,
    watermark=WATERMARK,
    lost_after_days=None,
    **limits,
):
    """The panel and who is left out: the seasons of everybody first, then the rows."""
    asked = asked_of(churn, as_ofs, compiled=compiled, lost_after_days=lost_after_days)
    ahead, cut = Ahead(churn, Value(), watermark), shards.Limits(compiled=compiled, **limits)
    days = [churn.horizon_days]
    parts = shards.mapped(lambda shard: seasons.counted(shard, asked, ahead, days), tables, PARIS.zone, cut)
    ahead = replace(ahead, seasons=seasons.total(in_order(parts), days)[0])
    sampler = None if budget is None else Sampler(budget, 1)
    blocks = shards.mapped(
        lambda shard: answered(shard, asked, ahead, sampler), tables, PARIS.zone, cut, only
    )
    return panel.build(in_order(blocks), asked, ahead, {"a": "0"}, sampler)


# By hand: as of 10 May; gap 7, horizon 30, settlement 10. Days are counted from that date.


def line(customer, day, euros, *, recorded=None, order_id=None):
    time = PARIS.instant(DATES[2]) + round(day * DAY)
    known = time if recorded is None else PARIS.instant(DATES[2]) + round(recorded * DAY)
    cents = round(100 * euros)
    return {
        "customer_id": customer,
        "time": time,
        "recorded_at": known,
        "amount": cents,
        "order_id": order_id,
    }


def told(*lines, churn=CHURN, until=TAIL):
    """(customer -> label, reason -> count) at the date, of lines that are known completely until a day."""
    watermark = PARIS.instant(DATES[2]) + round(until * DAY)
    table = world({"transactions": list(lines)}, watermark=watermark)
    as_of = PARIS.instant(DATES[2])
    found, excluded = made(table, churn, [as_of], watermark=watermark)
    return dict(zip(found.customer_id, found.churned, strict=True)), excluded


def steady(euros=1_000):
    """A customer so large that the season is even, but for what is added to it."""
    return [line("large", -10, euros), line("large", 20, euros)]


def even(*lines):
    """``lines``, and somebody who makes up for their change: the season is 1 to the cent."""
    as_of = PARIS.instant(DATES[2])
    before = sum(each["amount"] for each in lines if each["time"] < as_of)
    after = sum(each["amount"] for each in lines if each["time"] >= as_of)
    return [*lines, line("other", -5, 500), line("other", 15, 500 + (before - after) / 100)]


def test_half_is_no_decline_and_a_cent_less_is():
    found, excluded = told(
        *even(
            *(line(who, -10, 80) for who in ("half", "less", "more", "none")),
            *(line("half", 10, 40), line("less", 10, 39.99), line("more", 10, 200)),
        )
    )
    assert found == {"half": 0, "less": 1, "more": 0, "none": 1, "other": 0}
    assert excluded == {}


def test_windows_are_half_open():
    instant = 1 / DAY  # a microsecond, in days
    for day, inside in ((-30, True), (-30 - instant, False), (-instant, True), (0, False)):
        before = line("a", -200, 1), line("a", day, 100), line("a", 10, 40)
        found, excluded = told(*before, *steady(100_000))
        assert found.get("a") == (1 if inside else None), day
        assert excluded == ({} if inside else {"nothing_to_decline_from": 1})
    for day, inside in ((7 - instant, False), (7, True), (37 - instant, True), (37, False)):
        found, _ = told(line("a", -10, 100), line("a", day, 90), *steady(100_000))
        assert found["a"] == (0 if inside else 1), day


def test_what_is_given_back_until_settlement_ends_was_not_brought():
    bought = line("a", -10, 100), line("a", 10, 90, order_id="1")
    for day, label in ((20, 1), (46, 1), (47, 0)):  # settled 47 days after the date
        back = line("a", day, -90, order_id="1")
        assert told(*bought, back, *steady(100_000), until=60)[0]["a"] == label
    part = line("a", 20, -45, order_id="1")  # 45 of 100 are left
    assert told(*bought, part, *steady(100_000))[0]["a"] == 1


def test_before_is_what_was_known_at_the_date():
    """What was given back, or entered, at the date or later does not change what came before it."""
    bought = line("a", -20, 50), line("a", -10, 100, order_id="1"), line("a", 10, 60)
    for back, label in ((-1, 0), (0, 1)):  # 60 of 50, or of 150
        given = line("a", -2, -100, order_id="1", recorded=back)
        assert told(*bought, given, *steady(100_000))[0]["a"] == label
    for known, label in ((-1, 1), (0, 0)):
        late = line("a", -20, 50), line("a", -10, 100, recorded=known), line("a", 10, 60)
        assert told(*late, *steady(100_000))[0]["a"] == label


def test_who_brought_nothing_before_has_nothing_to_decline_from():
    found, excluded = told(
        *(line("long ago", -50, 80), line("long ago", 10, 80)),
        *(line("gave back", -90, 80), line("gave back", -10, -30), line("gave back", 10, 80)),
        *even(line("a", -10, 80), line("a", 10, 80)),
    )
    assert found == {"a": 0, "other": 0}
    assert excluded == {"nothing_to_decline_from": 2}


def test_where_everybody_halves_nobody_has_declined():
    half = [line(f"{who}", day, each) for who in range(9) for day, each in ((-10, 80), (10, 40))]
    found, _ = told(*half)
    assert set(found.values()) == {0}
    # One more, who brings x, is a part of the season: x < 0.5 (360 + x) / 800 x 80, so x < 18.947.
    for euros, fallen in ((18.94, ["one more"]), (18.95, [])):
        found, _ = told(*half, line("one more", -10, 80), line("one more", 10, euros))
        assert [who for who, label in found.items() if label] == fallen


def test_a_limit_by_hand():
    # Everybody: 80 + 920 before, 30 + 670 after: a season of 0.7. The limit is 0.5 x 0.7 x 80 = 28.
    quiet = line("a", -10, 80), line("a", 10, 30), line("b", -10, 920), line("b", 10, 670)
    assert told(*quiet)[0] == {"a": 0, "b": 0}
    # An even season has a limit of 40.
    assert told(*even(*quiet[:2]))[0]["a"] == 1
    # A decline of 0.7 asks for less than 0.3 x 80 = 24.
    deep = CHURN.model_copy(update={"decline": 0.7})
    assert told(*even(*quiet[:2]), churn=deep)[0]["a"] == 0


def test_a_season_counts_those_who_are_back():
    """Who brought nothing in the window before is no row, and still a part of the season."""
    alone = line("a", -10, 80), line("a", 10, 60), line("b", -10, 20), line("b", 10, 40)
    assert told(*alone)[0]["a"] == 0  # 100 before, 100 after: a limit of 40
    back = line("back", -50, 1), line("back", 10, 60)
    found, excluded = told(*alone, *back)
    assert found == {"a": 1, "b": 0}  # 160 of 100: a limit of 0.5 x 1.6 x 80 = 64
    assert excluded == {"nothing_to_decline_from": 1}


def test_without_a_season_nobody_is_labelled():
    """Where all of them together brought nothing, it cannot be told who fell more than the others."""
    with pytest.raises(DataError, match="nothing_to_decline_from 1, season_unknown 2"):
        told(line("a", -10, 80), line("b", -10, 20), line("c", -90, 5))


def test_until_settlement_ends_nothing_is_known():
    lines = line("a", -10, 80), line("a", 10, 30), *steady()
    assert told(*lines)[0]["a"] == 1
    found, excluded = told(*lines, until=TAIL - 1 / DAY)
    assert np.isnan(list(found.values())).all()
    assert excluded == {"label_window_incomplete": 2}


# By an independent definition, on a world drawn with instants on the edges of the windows.


def moved(as_of, days):
    return PARIS.instant(PARIS.date(as_of) + timedelta(days=days))


def kept_lines(found, customer, until):
    """Lines known before ``until``, but for those of orders that were wholly given back by then."""
    baskets = {}
    for number, row in enumerate(found["transactions"]):
        if row["customer_id"] == customer and max(row["time"], row["recorded_at"]) < until:
            baskets.setdefault(row["order_id"] or number, []).append(row)
    return [
        basket
        for basket in baskets.values()
        if sum(row["amount"] for row in basket) or not any(row["amount"] > 0 for row in basket)
    ]


def total(baskets, start, end):
    return sum(row["margin"] for basket in baskets for row in basket if start <= row["time"] < end)


def looked_at(found, customer, as_of):
    """(before, after) of a customer, None of one who is not eligible; after is None until it is known."""
    past = kept_lines(found, customer, as_of)
    if not any(sum(row["amount"] for row in basket) > 0 for basket in past):
        return None
    before = total(past, moved(as_of, -30), as_of)
    settled = moved(as_of, TAIL)
    if settled > WATERMARK:
        return before, None
    return before, total(kept_lines(found, customer, settled), moved(as_of, 7), moved(as_of, 37))


def check_labels(found, churn=CHURN):
    rows, excluded = made(tables_of(found), churn)
    labelled = dict(zip(zip(rows.customer_id, rows.as_of, strict=True), rows.churned, strict=True))
    customers = sorted({row["customer_id"] for row in found["transactions"]})
    reasons = Counter()
    for as_of in AS_OFS:
        seen = {who: looked_at(found, who, as_of) for who in customers}
        known = [both for both in seen.values() if both is not None and both[1] is not None]
        everybody = [sum(each) for each in zip(*known, strict=True)]
        for who, both in seen.items():
            got = labelled.pop((who, as_of), None)
            if both is None or both[0] <= 0:
                assert got is None, f"not as defined: {got}, and nothing to decline from"
                reasons["nothing_to_decline_from"] += both is not None
            elif both[1] is None:
                reasons["label_window_incomplete"] += 1
                assert np.isnan(got), f"not as defined: {got}, and not complete"
            else:
                share = 1 - Fraction(str(churn.decline))
                limit = share * Fraction(everybody[1], everybody[0]) * both[0]
                assert got == (both[1] < limit), f"not as defined: {got}, {both[1]} of {float(limit)}"
    assert not labelled
    assert {name: excluded[name] for name in reasons} == dict(reasons), "not as defined: reasons"
    return Counter(rows.churned[np.isfinite(rows.churned)].tolist()) | reasons


@pytest.mark.parametrize("decline", [0.5, 0.3])
def test_labels_are_as_defined(decline):
    found = check_labels(events(), CHURN.model_copy(update={"decline": decline}))
    assert min(found[0.0], found[1.0]) > 10
    assert min(found["nothing_to_decline_from"], found["label_window_incomplete"]) > 3


DECLINED, BEFORE, BY_DATE = labels.declined, declines.before, seasons._by_date
OF = Outcome.of.__func__
MUTANTS = {
    "the season is left in": (
        labels,
        "declined",
        lambda b, a, _, *, decline: DECLINED(b, a, Season(1, 1), decline=decline),
    ),
    "the season is of those who can decline": (
        seasons,
        "_by_date",
        lambda t, b, a: BY_DATE(t[b > 0], b[b > 0], a[b > 0]),
    ),
    "settlement forgotten": (
        seasons.Outcome,
        "of",
        lambda s, c, g, h, _, w, **how: OF(Outcome, s, c, g, h, 0, w, **how),
    ),
    "starts at as_of": (
        seasons.Outcome,
        "of",
        lambda s, c, g, h, d, w, **how: OF(Outcome, s, c, 0, g + h, d, w, **how),
    ),
    "before is longer": (declines, "before", lambda past, days: BEFORE(past, days + 1)),
    "net amounts where there are margins": (labels, "_COLUMNS", {"margin": "amount", "net_amount": "amount"}),
    "nobody has nothing": (declines, "set_aside_nothing", lambda past, counts, days: {}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(*MUTANTS[name])
    with pytest.raises(AssertionError, match="not as defined"):
        check_labels(events())


@pytest.fixture(scope="module")
def base():
    tables = tables_of(events())
    return tables, *made(tables)


@pytest.mark.parametrize("limits", CUTS.values(), ids=CUTS)
def test_how_shards_are_cut_changes_no_byte(base, limits):
    """P4, P5, P11."""
    tables, expected, excluded = base
    found, left_out = made(tables, **limits)
    assert_same(found, expected)
    assert left_out == excluded


def test_the_order_of_lines_does_not_show(base):
    """P4."""
    _, expected, _ = base
    found = events()
    random.Random(1).shuffle(found["transactions"])
    assert_same(made(tables_of(found))[0], expected)


def test_a_sample_has_the_labels_of_all(base):
    """The season is everybody's, whoever is drawn."""
    tables, expected, _ = base
    found, left_out = made(tables, budget=len(expected) // 2)
    assert 0 < len(found) <= len(expected) // 2
    mine = np.isin(expected.customer_id, found.customer_id)
    np.testing.assert_array_equal(found.churned, expected.churned[mine])
    cut, cut_out = made(tables, budget=len(expected) // 2, shard_events=50)
    assert_same(cut, found)
    assert left_out == cut_out


def test_one_date_or_one_customer_has_the_rows_of_all(base):
    """P13, P14: what is scored, without an outcome, is whom training asked about, and how."""
    tables, together, _ = base
    first = together.take(together.as_of == AS_OFS[0])
    alone = made(tables, as_ofs=AS_OFS[:1])[0]
    assert alone.churned.tolist() == first.churned.tolist()
    who = together.customer_id[len(together) // 2]
    mine, chosen = made(tables, only=who)[0], together.customer_id == who
    np.testing.assert_equal(mine.churned, together.churned[chosen])
    asked = asked_of(CHURN, AS_OFS[:1])
    blocks = shards.mapped(lambda shard: answered(shard, asked), tables, PARIS.zone, shards.Limits())
    scored, _ = panel.build(blocks, asked, None, {"a": "0"})
    assert scored.customer_id.tolist() == first.customer_id.tolist()
    np.testing.assert_equal(scored.numbers, first.numbers)


@pytest.mark.parametrize(("start", "end"), [(0, 7), (TAIL, 400)])
def test_neither_the_gap_nor_what_follows_settlement_changes_a_label(base, start, end):
    """P10: not that of the customer, and not the season."""
    expected = base[1].churned[base[1].as_of == AS_OFS[0]]
    found = events()
    opens, closes = moved(AS_OFS[0], start), moved(AS_OFS[0], end)
    # What belongs to an order may give back all of it, whenever that is: only lines that stand alone go.
    kept = [row for row in found["transactions"] if row["order_id"] or not opens <= row["time"] < closes]
    assert len(kept) < len(found["transactions"])
    changed, _ = made(tables_of(found | {"transactions": kept}), as_ofs=AS_OFS[:1])
    assert changed.churned.tolist() == expected.tolist()


def test_the_outcome_changes_no_feature(base):
    """P10: nor who is asked about."""
    _, expected, _ = base
    before = expected.take(expected.as_of == AS_OFS[0])
    found = events()
    past = [row for row in found["transactions"] if max(row["time"], row["recorded_at"]) < AS_OFS[0]]
    later = {**past[0], "time": AS_OFS[0] + 9 * DAY, "order_id": None, "amount": 9_000, "margin": 900}
    changed, _ = made(tables_of(found | {"transactions": [*past, later]}), as_ofs=AS_OFS[:1])
    assert changed.customer_id.tolist() == before.customer_id.tolist()
    np.testing.assert_equal(changed.numbers, before.numbers)
    assert changed.churned.sum() >= len(changed) - 1  # one is left who brings anything


def test_lost_customers_are_no_part_of_it():
    lost, excluded = made(tables_of(events()), lost_after_days=20)
    assert excluded["already_lost"] > 0
    assert 0 < np.nanmean(lost.churned) < 1


def test_a_decline_needs_its_seasons():
    asked, ahead = asked_of(CHURN), Ahead(CHURN, Value(), WATERMARK)
    with pytest.raises(ConfigError, match="how all customers together did, which is not counted yet"):
        list(shards.mapped(lambda shard: answered(shard, asked, ahead), tables_of(events()), PARIS.zone,
                           shards.Limits()))  # fmt: skip


def test_a_decline_needs_amounts():
    rows = [{"customer_id": "a", "time": AS_OFS[0] - DAY}, {"customer_id": "a", "time": AS_OFS[0] + 9 * DAY}]
    with pytest.raises(ConfigError, match="read from amounts or margins, and this project has neither"):
        made(world({"transactions": rows}, watermark=WATERMARK))


def test_what_the_kind_means():
    assert (CHURN.meaning()["decline"], CHURN.meaning()["kind"]) == (0.5, "partial")
    assert (CHURN.tail_days, CHURN.compared_days, CHURN.by_orders) == (TAIL, 30, False)
    plain = Churn(horizon_days=30)
    assert (plain.compared_days, plain.by_orders) == (None, True)
    assert "decline" not in plain.meaning()
