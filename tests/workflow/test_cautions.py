"""What a reader of lists should know: counted over blocks, the same words however customers are cut."""

from types import SimpleNamespace

import numpy as np
import pytest

from churnlab.snapshots import Calendar
from churnlab.strategy.thresholds import Thresholds
from churnlab.workflow.cautions import Cautions, few_customers

NOTHING = {"value_if_retained": 300.0, "intensity": 50.0}


class Rows(SimpleNamespace):
    """As much of a panel as is looked at."""

    def __len__(self):
        return len(self.silence)

    def number(self, name):
        assert name == "days_since_last_order"
        return self.silence


def rows(silence, churned=None, names=("days_since_last_order",)):
    silence = np.array(silence, dtype=float)
    return Rows(silence=silence, churned=np.array(churned or [np.nan] * len(silence)), names=names)


class Churn:
    """A model that does not know customers who have been silent for 7 days."""

    def unseen(self, panel):
        found = int((panel.silence == 7).sum())
        return {"city": found} if found else {}

    def notes(self, unseen, rows):
        return tuple(f"{name}: {count} of {rows}" for name, count in unseen.items())


def told(*blocks, thresholds=NOTHING, lost_after_days=None, histories=True, kind="non_contractual"):
    project = SimpleNamespace(
        churn=SimpleNamespace(kind=kind, horizon_days=60),
        snapshots=SimpleNamespace(lost_after_days=lost_after_days),
    )
    opening = SimpleNamespace(project=project, has_histories=histories)
    cautions = Cautions(opening, SimpleNamespace(churn=Churn(), extra={"thresholds": thresholds}))
    for block in blocks:
        cautions.look(block)
    return cautions.notes()


def test_counts_of_blocks_add_up():
    # Twice the horizon is 120 days: 121 and 500 are beyond it, 120 is not.
    whole = told(rows([7, 120, 121, 7, 500, 1_000]))
    assert (
        told(rows([7, 120, 121]), rows([7, 500, 1_000]))
        == told(rows([7, 500, 1_000]), rows([7, 120, 121]))
        == whole
    )
    assert whole == (
        "city: 2 of 6",
        (
            "3 customers have been silent for more than 120 days, twice the horizon; "
            "snapshots.lost_after_days sets such customers apart"
        ),
    )


@pytest.mark.parametrize(
    "why",
    [
        "nobody is",
        "they are set apart",
        "it is not measured",
        "there are no histories",
        "they sign",
        "they fade",
    ],
)
def test_nothing_is_said_of_silence_where(why):
    block = rows([7, 10]) if why == "nobody is" else rows([7, 900])
    if why == "it is not measured":
        block.names = ()
    days = 365 if why == "they are set apart" else None
    kind = {"they sign": "contractual", "they fade": "partial"}.get(why, "non_contractual")
    found = told(block, lost_after_days=days, histories=why != "there are no histories", kind=kind)
    assert found == ("city: 1 of 2",)


def test_labels_that_everybody_has():
    known, open_ = rows([1, 2], [0.0, 1.0]), rows([3], [np.nan])
    (note,) = told(known, known, histories=False)
    assert "has a label already" in note
    assert told(known, open_, histories=False) == told(open_, known, histories=False) == ()
    assert told(known) == ()


def test_axes_that_are_missing():
    cuts = {
        "value_if_retained": None,
        "intensity": None,
        "value_learned": "no value",
        "intensity_learned": "too few",
    }
    assert told(rows([1]), thresholds=cuts) == (
        "no value axis (no value): the strategy is unclassified and customers are ranked by risk",
        "no intensity axis (too few): the strategy is unclassified",
    )


DAY = 24 * 3600 * 10**6
SEASON = "the season of {} of 3 dates rests on fewer than 100 customers, that of {} on {}: one large"
LEARNED = "the strategy's thresholds were learned from {} customers"


def few(counts, *, kind="partial", mode="quantile", sample=None, axes=(300.0, 50.0), since=None):
    """``counts``: customers at three dates, of which the last is tested."""
    as_of = np.repeat([0, 31 * DAY, 59 * DAY], counts)
    test = as_of == 59 * DAY
    cut = SimpleNamespace(mode=mode)
    project = SimpleNamespace(
        churn=SimpleNamespace(kind=kind), strategy=SimpleNamespace(value=cut, intensity=cut)
    )
    opening = SimpleNamespace(project=project, calendar=Calendar("UTC"))
    panel = SimpleNamespace(as_of=as_of, sample=sample)
    extra = {"thresholds": Thresholds(*axes).as_dict(), "thresholds_since": since}
    return list(few_customers(opening, panel, SimpleNamespace(train=~test, test=test), extra))


def test_a_season_and_thresholds_of_few_customers_are_told():
    assert few([100, 100, 100]) == []
    (season,) = few([99, 100, 41])
    assert season.startswith(SEASON.format(2, "1970-03-01", 41))
    season, learned = few([100, 99, 100])
    assert season.startswith(SEASON.format(1, "1970-02-01", 99))
    assert learned.startswith(LEARNED.format(99))


def test_who_does_not_depend_on_few_is_not_warned():
    assert few([10, 100, 10], kind="non_contractual") == []
    assert few([10, 10, 10], kind="non_contractual", mode="fixed") == []
    assert few([10, 10, 10], kind="non_contractual", axes=(None, None)) == [], "nobody is placed"
    assert few([10, 10, 10], kind="non_contractual", since="3") == [], "cuts of an older version"
    assert few([10, 100, 10], sample=object()) == [], "the season is everybody's, not the sample's"
