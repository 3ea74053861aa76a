"""The columns of every list, in order: what each holds, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["id", "text", "date", "score", "money", "count"]
REASONS = 3


@dataclass(frozen=True)
class Column:
    """``kind``: id and text are text (an id is never altered), score has 6 decimals, money those of
    its currency.
    """

    name: str
    kind: Kind
    meaning: str


def _reasons() -> tuple[Column, ...]:
    order = ("strongest", "second", "third")
    return tuple(
        column
        for number, word in enumerate(order[:REASONS], start=1)
        for column in (
            Column(f"reason_{number}_code", "text", f"the feature behind the {word} reason of the risk"),
            Column(f"reason_{number}_text", "text", "that reason as a sentence: what the model used"),
        )
    )


COLUMNS = (
    Column("customer_id", "id", "the customer, exactly as in the source"),
    Column("population", "text", "at_risk, or lost: the two halves of a win-back list"),
    Column("run_id", "text", "the run key: what the list was made of"),
    Column("model_version", "text", "the registered models behind the scores"),
    Column("scored_at", "date", "the date the customers were looked at (as_of)"),
    Column("valid_until", "date", "the last day the list may be used"),
    Column("segment", "text", "the attribute chosen as lists.segment"),
    Column("quadrant", "text", "the strategy: retain, rationalise, win_back, release, unclassified"),
    Column("quadrant_raw", "text", "the strategy by today's scores alone"),
    Column("quadrant_previous", "text", "the strategy in the list before; nothing for who was on none"),
    Column("quadrant_since", "date", "the date of the list from which it is the same strategy"),
    Column("phase", "text", "lost, decline, start, exploration, growth, saturation"),
    Column("churn_risk", "score", "calibrated probability of leaving, 0 to 1"),
    Column("risk_band", "text", "low, medium, high"),
    Column("value_if_retained", "money", "expected value if the customer stays: the value axis"),
    Column("value_p10", "money", "one customer in ten like this brings less, staying or not"),
    Column("value_p90", "money", "one customer in ten like this brings more, staying or not"),
    Column("value_expected", "money", "expected value, leaving or staying"),
    Column("value_at_stake", "money", "value if retained less value if churned"),
    Column("value_basis", "text", "what the value is made of: margin or net_amount"),
    Column("expected_loss", "money", "churn risk times value at stake: the order of the list"),
    Column("intensity", "score", "relationship intensity, 0 to 100"),
    Column("intensity_basis", "text", "the parts that could be measured"),
    Column("critical_moment", "text", "what calls for attention first"),
    Column("critical_due", "date", "the day by which to act on it"),
    Column("critical_all", "text", "all that call for attention, joined by +, the gravest first"),
    Column("action_id", "text", "the action of the campaign; nothing where none is due"),
    Column("action_channel", "text", "its channel"),
    Column("action_label", "text", "its name in the project's language"),
    Column("expected_saved_value", "money", "what the contact is expected to save, less what it costs"),
    Column("expected_cost", "money", "what the contact is expected to cost"),
    Column("uplift_source", "text", "where the effect is known from: assumed, or the run that measured it"),
    Column("decision", "text", "treat, test or no_action, before budget and channels"),
    Column("rank_in_list", "count", "1 for the customer to think of first"),
    *_reasons(),
    Column("arm", "text", "treated, control, explore or holdout; nothing for who is not selected"),
    Column("owner", "text", "who carries the action out"),
    Column("currency", "text", "ISO 4217 code of every amount"),
    Column("quadrant_label", "text", "the strategy in the project's language"),
)
NAMES = tuple(column.name for column in COLUMNS)


def columns_of(also_days: Sequence[int] = ()) -> tuple[Column, ...]:
    """The columns of a list in which the risks of shorter horizons stand as well, after ``churn_risk``."""
    place = NAMES.index("churn_risk") + 1
    sooner = (
        Column(risk_within(days), "score", f"the same within the first {days} days of the horizon")
        for days in also_days
    )
    return (*COLUMNS[:place], *sooner, *COLUMNS[place:])


def risk_within(days: int) -> str:
    """The name of the column with the risk of a shorter horizon.

    >>> risk_within(30)
    'churn_risk_30d'
    """
    return f"churn_risk_{days}d"


def schema(also_days: Sequence[int] = ()) -> Any:
    """The Arrow schema of a list."""
    import pyarrow as pa

    types = {
        "id": pa.string(),
        "text": pa.string(),
        "date": pa.date32(),
        "score": pa.float64(),
        "money": pa.float64(),
        "count": pa.int64(),
    }
    return pa.schema([pa.field(column.name, types[column.kind]) for column in columns_of(also_days)])
