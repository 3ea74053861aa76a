"""What each kind of churn needs, and what it cannot be joined with: refused before any data are read."""

import pytest

from churnlab.config import from_mapping
from churnlab.errors import ConfigError

TIMES = {"format": "native", "zone": "UTC"}
ORDERS = {"customer_id": "who", "time": "at", "amount": "amount"}
SIGNED = {"customer_id": "who", "time": "at"}
SNAPSHOT = [{"name": "people", "frame": "p", "columns": {"customer_id": "who", "label": "left"}}]


def project(churn, columns=ORDERS, constants=None, **more):
    lines = {"name": "orders", "frame": "orders", "times": TIMES, "columns": columns}
    sources = {"transactions": [lines | {"constants": constants or {}}]} | more.pop("sources", {})
    return {
        "project": "shop",
        "time_zone": "UTC",
        "sources": {name: rows for name, rows in sources.items() if rows},
        "churn": {"horizon_days": 60} | churn,
        **more,
    }


@pytest.mark.parametrize("columns", [ORDERS, SIGNED | {"margin": "margin"}])
def test_a_decline_has_a_default(columns):
    churn = from_mapping(project({"kind": "partial"}, columns)).churn
    assert (churn.decline, churn.compared_days) == (0.5, 60)


def test_an_amount_that_is_the_same_for_all_will_do():
    assert from_mapping(project({"kind": "partial"}, SIGNED, {"amount": "5"})).churn.kind == "partial"


@pytest.mark.parametrize("decline", [0, 1, -0.5, 1.5])
def test_a_decline_is_a_share(decline):
    with pytest.raises(ConfigError, match=r"churn\.decline: .*must be a number above 0 and below 1"):
        from_mapping(project({"kind": "partial", "decline": decline}))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            project({"kind": "partial"}, SIGNED),
            r"columns\.amount or columns\.margin of sources\.transactions must say it",
        ),
        (
            project(
                {"kind": "partial", "positive_label": "yes"},
                sources={"transactions": [], "snapshot": SNAPSHOT},
            ),
            r"there are no sources\.transactions: of a snapshot table the label is supplied",
        ),
        (
            project({"kind": "partial", "horizon": "adaptive", "adaptive": {"population_gap_days": 30}}),
            "horizon is adaptive, which needs kind non_contractual, and it is partial",
        ),
        (
            project({"kind": "partial", "gap_purchase_counts": True}),
            "gap_purchase_counts is about orders, and kind is partial",
        ),
        (
            project({"kind": "partial", "contract": {"grace_days": 5}}),
            "contract is read where kind is contractual, and kind is partial",
        ),
        (project({"decline": 0.3}), "decline is read where kind is partial, and kind is non_contractual"),
        (
            project({"kind": "win_back", "decline": 0.3}, snapshots={"lost_after_days": 90}),
            "decline is read where kind is partial, and kind is win_back",
        ),
        (project({"kind": "win_back"}), "lost_after_days must say when a customer is lost"),
        (
            project({"kind": "contractual"}),
            r"churn\.kind is contractual, and there are no sources\.contracts",
        ),
        (
            project(
                {"kind": "contractual"},
                sources={
                    "contracts": [{"name": "signed", "frame": "signed", "times": TIMES, "columns": SIGNED}]
                },
            ),
            r"contracts\.signed: columns\.end is required by churn",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(given, words):
    with pytest.raises(ConfigError, match=words) as caught:
        from_mapping(given)
    assert caught.value.exit_code == 2
