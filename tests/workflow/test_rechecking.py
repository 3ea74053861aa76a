"""Who objects between the list and its delivery is not handed over; where that is in doubt, nobody is."""

import datetime as dt
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
from churnlab.errors import GateError
from churnlab.lists import package
from churnlab.lists.recheck import Recheck
from churnlab.workflow import delivering
from deliveries import DAY, TODAY, lines, outbox, project, publish, states

ASKED = {"suppression": {"required": ["objections"]}}
IDS = [f"{n:05d}" for n in range(40)]


@pytest.fixture
def shop(tmp_path):
    """Published lists of a project that knows whom it must not contact."""
    publish(tmp_path, **ASKED)
    (tmp_path / "refused.csv").write_text("id\n00001\n", encoding="utf-8")
    return tmp_path


def suppressing(root, *, until=TODAY, **changes):
    """The shop with its objections; nobody needs consent. ``until``: the day that their file is of."""
    plain = project(root).model_dump(mode="json")
    plain["sources"]["objections"] = [
        {
            "name": "refused",
            "files": ["refused.csv"],
            "columns": {"customer_id": "id"},
            "complete_until": until.isoformat(),
        }
    ]
    plain["suppression"] = {"not_required": {"consents": "contracts only, nothing is advertised"}}
    return churnlab.from_mapping({**plain, **changes}, folder=root)


def deliver(root, *, today=TODAY, until=TODAY, **more):
    return churnlab.deliver(suppressing(root, until=until), today=today, **more)


def ids_in(folder):
    return {
        who for path in folder.rglob("*.parquet") for who in pq.read_table(path)["customer_id"].to_pylist()
    }


def test_who_objects_after_the_list_was_made_is_held_back(shop):
    run = shop / "out" / "shop" / "lists" / "2025-02-01"
    before = {name: set(pq.read_table(path)["customer_id"].to_pylist())
              for path in run.glob("*/*.parquet") for name in [path.stem]}  # fmt: skip
    late = min(before["retain"])
    (shop / "refused.csv").write_text(f"id\n{late}\n", encoding="utf-8")
    told = deliver(shop, lists=["retain", "release"])
    held_back = {outcome.list: dict(outcome.held_back) for outcome in told.outcomes}
    assert held_back == {"retain": {"suppressed": 1}, "release": {}}
    assert ids_in(shop / "out" / "shop" / "outbox") == (before["retain"] | before["release"]) - {late}
    texts = b"".join(path.read_bytes() for path in (shop / "out" / "shop" / "outbox").rglob("*.csv"))
    assert late.encode() not in texts
    assert [line["held_back"] for line in lines(shop)] == [{"suppressed": 1}, {}]
    for record in outbox(shop).values():
        assert record["suppression"]["dated"] == {"objections.refused": TODAY.isoformat()}
        assert list(record["suppression"]["inputs"]) == ["objections.refused: refused.csv"]
    assert late not in json.dumps([lines(shop), outbox(shop)])


@pytest.mark.parametrize(
    ("until", "content", "told"),
    [
        (TODAY - dt.timedelta(days=2), "id\n00001\n", "too old"),
        (TODAY + dt.timedelta(days=2), "id\n00001\n", "dated in the future"),
        (TODAY, None, "no such file"),
        (TODAY, "", "0 bytes"),
        (TODAY, "id\n00001\n\xa0\n", "set aside"),
        (TODAY, "who\n00001\n", "id"),
    ],
)
def test_where_it_is_in_doubt_nothing_is_delivered(shop, until, content, told):
    path = shop / "refused.csv"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(GateError, match=told) as caught:
        deliver(shop, until=until)
    assert caught.value.exit_code == 4
    assert (lines(shop), outbox(shop)) == ([], {})


def test_the_age_is_that_of_today_and_not_of_the_list(shop):
    with pytest.raises(GateError, match="too old"):
        deliver(shop, until=DAY, today=DAY + dt.timedelta(days=2))
    assert set(states(deliver(shop, until=DAY, today=DAY + dt.timedelta(days=1))).values()) == {"delivered"}


def test_lists_that_were_made_without_asking_stay(tmp_path):
    publish(tmp_path)
    (tmp_path / "refused.csv").write_text("id\n00001\n", encoding="utf-8")
    with pytest.raises(GateError, match="nobody asked who must not be contacted"):
        deliver(tmp_path)
    assert outbox(tmp_path) == {}


def test_a_configuration_that_no_longer_says_who_stops_the_delivery(shop):
    with pytest.raises(GateError, match="no longer says who must not be contacted") as caught:
        churnlab.deliver(project(shop), today=TODAY)
    assert caught.value.exit_code == 4
    assert "suppression.not_required" in str(caught.value)
    assert (lines(shop), outbox(shop)) == ([], {})


def test_with_nothing_to_deliver_nothing_is_read(shop):
    deliver(shop)
    (shop / "refused.csv").unlink()
    assert set(states(deliver(shop)).values()) == {"was delivered before"}
    with pytest.raises(GateError, match="no such file"):
        deliver(shop, redeliver="lost")


def test_transactions_are_read_only_where_too_few_are_known_without(shop):
    # No frame is given: whoever reads the orders fails.
    deliver(shop, lists=["retain"])
    (shop / "refused.csv").write_text("id\nold-1\nold-2\n00001\n", encoding="utf-8")
    with pytest.raises(GateError, match="frame"):
        deliver(shop, lists=["release"])
    orders = pd.DataFrame({"who": [*IDS, "old-1"], "at": pd.Timestamp("2024-12-01")})
    told = deliver(shop, lists=["release"], frames={"orders": orders})
    assert states(told) == {"release": "delivered"}
    (shop / "refused.csv").write_text("id\nx1\nx2\n00001\n", encoding="utf-8")
    with pytest.raises(GateError, match="too few ids of objections"):
        deliver(shop, lists=["win_back"], frames={"orders": orders})


def test_customers_are_read_for_their_marks(shop):
    people = pd.DataFrame({"who": IDS, "state": ["dead" if who == "00007" else "alive" for who in IDS]})
    plain = suppressing(shop).model_dump(mode="json")
    plain["sources"]["customers"] = [
        {
            "name": "people",
            "frame": "people",
            "columns": {"customer_id": "who"},
            "attributes": {"state": {"column": "state", "kind": "category", "use": "suppression"}},
        }
    ]
    plain["suppression"]["deceased"] = {"attribute": "state", "values": ["dead"]}
    marked = churnlab.from_mapping(plain, folder=shop)
    churnlab.deliver(marked, lists=["all"], today=TODAY, frames={"people": people})
    assert ids_in(shop / "out" / "shop" / "outbox") == {*IDS} - {"00001", "00007"}


def test_who_says_no_while_it_is_delivered_stops_it(shop, monkeypatch):
    write = package.write

    def late(*args, **keys):
        with (shop / "refused.csv").open("a", encoding="utf-8") as file:
            file.write("00003\n")
        return write(*args, **keys)

    monkeypatch.setattr(package, "write", late)
    with pytest.raises(GateError, match="has changed while the lists were made"):
        deliver(shop)
    assert (lines(shop), outbox(shop)) == ([], {})
    assert not list((shop / "out" / "shop" / "outbox").iterdir())


def test_a_planted_mutant_is_caught_by_the_last_look(shop, monkeypatch):
    monkeypatch.setattr(package.parts.Going, "rows", package.parts.Going.of_arms)
    with pytest.raises(GateError, match="suppressed customers stand in shop_2025-02-01_all_001"):
        deliver(shop, lists=["all"])
    monkeypatch.setattr(Recheck, "look", lambda *_: None)
    deliver(shop, lists=["all"])
    assert "00001" in ids_in(shop / "out" / "shop" / "outbox"), "without that look nobody would notice"


def test_today_is_the_day_it_is_delivered(shop, monkeypatch):
    monkeypatch.setattr(delivering, "_today", lambda _zone: TODAY + dt.timedelta(days=2))
    with pytest.raises(GateError, match=f"before the day it is read for .{TODAY + dt.timedelta(days=2)}"):
        deliver(shop, today=None)
