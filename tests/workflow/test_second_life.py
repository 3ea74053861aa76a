"""Lost customers in the same lists: who they are, where they stand, and what must agree between the two."""

import datetime as dt

import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab.errors import ConfigError, DataError
from churnlab.workflow import second_life
from churnlab.workflow.second_life import SecondLife

DAY = dt.date(2025, 5, 1)
MORE = """churn: {{horizon_days: 60{kind}}}
snapshots: {{lost_after_days: {days}, min_orders: {least}}}
models: {{threads: 1, churn: {{trees: 20}}, value: {{trees: 20}}}}
features: {{families: [recency, frequency, monetary]}}
evaluation: {{bootstrap: 0}}
gate: {{max_ece: 1, max_ece_worse: 1, min_positives: 5}}
{more}"""


def write(folder, name, *, kind="", days=70, more="", least=1):
    text = shops.CONFIG.replace("project: shop", f"project: {name}")
    path = folder / f"{name}.yaml"
    path.write_text(text + MORE.format(kind=kind, days=days, more=more, least=least), encoding="utf-8")
    return path


@pytest.fixture
def two(tracked):
    """The projects of those who can be lost and of those who are."""
    lost = write(tracked, "gone", kind=", kind: win_back")
    main = write(tracked, "shop", more="lists: {lost: gone.yaml}\n")
    return churnlab.load(main), churnlab.load(lost)


def rows(folder):
    return pq.read_table(folder / "all.parquet").to_pylist()


def test_lost_customers_stand_by_the_value_of_a_second_life_and_each_customer_once(two, tracked):
    main, lost = two
    frames = {"orders": shops.orders(600, seed=11, most=25)}
    churnlab.train(lost, frames=frames)
    churnlab.train(main, frames=frames)
    done = churnlab.score(main, DAY, frames=frames)
    listed = rows(done.folder)
    ids = {
        kind: [row["customer_id"] for row in listed if row["population"] == kind]
        for kind in ("lost", "at_risk")
    }
    assert min(map(len, ids.values())) > 50
    assert len({*ids["lost"], *ids["at_risk"]}) == len(listed)
    # An independent count of who is lost: nothing bought for seventy days.
    last = frames["orders"].groupby("who")["at"].max()
    silent = last[last < dt.datetime(2025, 5, 1) - dt.timedelta(days=70)].index
    assert sorted(ids["lost"]) == sorted(silent)
    gone = [row for row in listed if row["population"] == "lost"]
    assert {row["quadrant"] for row in gone} == {"win_back", "release"}
    cut = min(row["value_if_retained"] for row in gone if row["quadrant"] == "win_back")
    assert all(row["value_if_retained"] < cut for row in gone if row["quadrant"] == "release")
    assert {row["model_version"] for row in gone} == {"gone 1"}
    assert {row["model_version"] for row in listed if row["population"] == "at_risk"} == {"1"}
    assert "already_lost" not in done.excluded
    assert any("lost already: scored by version 1 of gone" in note for note in done.notes)
    # Their scores are those of the other project's own lists.
    alone = {row["customer_id"]: row for row in rows(churnlab.score(lost, DAY, frames=frames).folder)}
    assert {row["customer_id"]: row["churn_risk"] for row in gone} == {
        who: row["churn_risk"] for who, row in alone.items()
    }
    explained_as_listed(main, frames, gone)
    # Another model of those who are lost makes other lists.
    first = done.folder.name
    assert churnlab.score(main, DAY, frames=frames).existed
    again = lost.model_copy(update={"models": lost.models.model_copy(update={"seed": 5})})
    if churnlab.train(again, frames=frames).verdict.promoted:
        assert churnlab.score(main, DAY, frames=frames).folder.name != first


def explained_as_listed(main, frames, gone):
    for row in (gone[3], next(row for row in gone if row["quadrant"] == "win_back")):
        told = churnlab.explain_customer(main, row["customer_id"], DAY, frames)
        card = told.card
        assert (card["population"], card["risk"]) == ("lost", row["churn_risk"])
        assert card["model_version"] == row["model_version"] == "gone 1"
        assert (card["strategy"], card["phase"]) == (row["quadrant"], row["phase"])
        assert card["value_if_retained"] == row["value_if_retained"]
        assert [reason["text"] for reason in card["reasons"]] == [row[f"reason_{n}_text"] for n in (1, 2, 3)]
        # The value alone decides, and across its cut lies the other strategy.
        [cut] = card["cuts"]
        assert {card["strategy"], cut["strategy"]} == {"win_back", "release"}
        assert cut["axis"] == "value"
        assert any(line.startswith("Lost already: the risk is that of staying away") for line in told.lines)


def test_explain_says_whose_configuration_has_an_answer(tracked):
    lost = churnlab.load(write(tracked, "gone", kind=", kind: win_back", least=4))
    main = churnlab.load(write(tracked, "shop", more="lists: {lost: gone.yaml}\n"))
    orders = shops.orders(600, seed=11, most=25)
    for project in (lost, main):
        churnlab.train(project, frames={"orders": orders})
    by_then = orders[orders["at"] < "2025-05-01"].groupby("who")["at"]
    many, silent = by_then.count(), by_then.max() < dt.datetime(2025, 5, 1) - dt.timedelta(days=70)

    def refused(project, who):
        with pytest.raises(DataError, match="not among those scored") as caught:
            churnlab.explain_customer(project, who, DAY, {"orders": orders})
        return caught.value

    gone, few = many.index[silent & (many >= 4)][0], many.index[silent & (many < 4)][0]
    alone = main.model_copy(update={"lists": main.lists.model_copy(update={"lost": None})})
    assert "those who are lost already (churn.kind: win_back)" in refused(alone, gone).mend
    assert refused(lost, many.index[~silent][0]).mend.endswith("those who are not lost yet")
    both = refused(main, few)
    assert both.got.endswith(": already_lost, not_enough_orders")
    assert both.mend == "choose another --as-of"


@pytest.mark.parametrize(
    ("other", "here", "words"),
    [
        ({}, {}, "does not ask who comes back"),
        ({"kind": ", kind: win_back", "days": 90}, {}, "disagree on who is lost"),
        ({"kind": ", kind: win_back", "more": "currency: USD\n"}, {}, "currency there is not that"),
        (
            {"kind": ", kind: win_back", "more": "overlays: {relation: {}}\n"},
            {},
            "overlays differs",
        ),
    ],
)
def test_what_must_agree_is_said_before_anything_is_read(tracked, other, here, words):
    write(tracked, "gone", **other)
    main = churnlab.load(write(tracked, "shop", more="lists: {lost: gone.yaml}\n", **here))
    with pytest.raises(ConfigError, match=words):
        SecondLife.of(main, None)


@pytest.mark.parametrize(
    ("kind", "got"),
    [
        (", kind: win_back", "churn.kind: win_back"),
        (", kind: contractual", "churn.kind: contractual"),
    ],
)
def test_whoever_asks_about_others_than_those_not_lost_is_refused(tracked, kind, got):
    ends = """  contracts:
    - name: ends
      frame: ends
      columns: {customer_id: who, contract_id: id, time: from, end: to}
      times: {format: native, zone: UTC}
"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shops, "CONFIG", shops.CONFIG.rstrip("\n") + "\n" + ends)
        write(tracked, "gone", kind=", kind: win_back")
        main = churnlab.load(write(tracked, "shop", kind=kind, more="lists: {lost: gone.yaml}\n"))
    with pytest.raises(ConfigError, match="on the lists twice or never") as caught:
        SecondLife.of(main, None)
    assert (caught.value.got, caught.value.exit_code) == (got, 2)
    assert "churn.kind: non_contractual or partial" in caught.value.mend


@pytest.mark.parametrize("kind", ["", ", kind: partial"])
def test_whoever_asks_about_those_not_lost_is_not(tracked, kind):
    write(tracked, "gone", kind=", kind: win_back")
    main = churnlab.load(write(tracked, "shop", kind=kind, more="lists: {lost: gone.yaml}\n"))
    second_life._require_alike(main, churnlab.load(tracked / "gone.yaml"))


def test_a_project_without_one_has_none(tracked):
    assert SecondLife.of(churnlab.load(write(tracked, "shop")), None) is None


@pytest.mark.parametrize(
    ("change", "basis", "words"),
    [
        ("value: {horizon_days: 180}\n", "net_amount", "60 here, 180 there"),
        ("value: {discount_rate_annual: 0.2}\n", "net_amount", "0.1 here, 0.2 there"),
        ("", "margin", "net_amount here, margin there"),
    ],
)
def test_one_cut_goes_through_values_of_one_kind_only(tracked, change, basis, words):
    own = churnlab.load(write(tracked, "gone", kind=", kind: win_back", more=change))
    main = churnlab.load(write(tracked, "shop", more="lists: {lost: gone.yaml}\n"))
    second_life._require_same_money(main, main, "margin", "margin")
    with pytest.raises(ConfigError, match="one cut of value") as caught:
        second_life._require_same_money(main, own, "net_amount", basis)
    assert caught.value.got == words


@pytest.mark.parametrize(("here", "there"), [(1, 4), (4, 1)])
def test_whoever_one_project_asks_more_orders_of_is_counted(tracked, here, there):
    lost = churnlab.load(write(tracked, "gone", kind=", kind: win_back", least=there))
    main = churnlab.load(write(tracked, "shop", more="lists: {lost: gone.yaml}\n", least=here))
    orders = shops.orders(600, seed=11, most=25)
    for project in (lost, main):
        churnlab.train(project, frames={"orders": orders})
    done = churnlab.score(main, DAY, frames={"orders": orders})
    # An independent count: who had how many orders by then, and who was silent for seventy days.
    by_then = orders[orders["at"] < "2025-05-01"].groupby("who")["at"]
    many, silent = by_then.count(), by_then.max() < dt.datetime(2025, 5, 1) - dt.timedelta(days=70)
    listed = {row["customer_id"] for row in rows(done.folder)}
    assert listed == {*many.index[silent & (many >= there)], *many.index[~silent & (many >= here)]}
    expected = {
        "lost_not_enough_orders": int((silent & (many >= here) & (many < there)).sum()),
        "not_enough_orders": int((many < here)[~silent | (many < there)].sum()),
    }
    assert done.excluded == {reason: count for reason, count in expected.items() if count}
    assert sum(done.excluded.values()) == len(many) - len(listed) > 0
    said = any("more are lost already and on no list: gone asks for 4 orders" in note for note in done.notes)
    assert said == (there > here)


def test_a_project_in_which_nobody_is_lost_yet_makes_its_lists(two):
    main, lost = two
    orders = shops.orders(600, seed=11, most=25)
    churnlab.train(lost, frames={"orders": orders})
    churnlab.train(main, frames={"orders": orders})
    last = orders.groupby("who")["at"].transform("max")
    alive = orders[last >= "2025-03-15"]
    fewer = main.model_copy(update={"accept_smaller": True})
    done = churnlab.score(fewer, DAY, frames={"orders": alive})
    assert {row["population"] for row in rows(done.folder)} == {"at_risk"}
    assert any(note.startswith("0 customers are lost already") for note in done.notes)
