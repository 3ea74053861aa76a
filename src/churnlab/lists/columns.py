"""The columns of every list, in order: what each holds, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator
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

RELATION = (
    Column("dimension_economic", "score", "orders of the window, as a score from 0 to 100"),
    Column("dimension_informational", "score", "information asked for and given, 0 to 100"),
    Column("dimension_normative", "score", "commitments and rules kept, 0 to 100"),
    Column("dimension_political", "score", "influence exercised, 0 to 100"),
    Column("dimension_socio_affective", "score", "personal ties, 0 to 100"),
    Column("relationship_type", "text", "primary (personal) or secondary (formal)"),
    Column("cooperation_profile", "text", "resistant, collaborative, independent, neo_classical"),
)
PARENT = (
    Column("parent", "text", "the parent of this account; nothing for who names none"),
    Column("parent_accounts", "count", "accounts scored under that parent, this one among them"),
    Column("parent_value_if_retained", "money", "what they are worth together if they stay"),
    Column("parent_churn_risk", "score", "their churn risk, those worth more weighing more, 0 to 1"),
    Column("parent_quadrant", "text", "the strategy of them all together, by today's scores"),
)
ROLLED = frozenset(column.name for column in PARENT[1:])  # known once everybody is


@dataclass(frozen=True)
class Added:
    """Columns that lists have where a project asks for them. ``also_days``: shorter horizons, rising.

    ``relation``, ``parents``: whether the overlays of that name are there.
    """

    also_days: tuple[int, ...] = ()
    relation: bool = False
    parents: bool = False

    def after(self, name: str) -> Iterator[Column]:
        """Those that stand after the column ``name``."""
        if name == "churn_risk":
            for days in self.also_days:
                means = f"the same within the first {days} days of the horizon"
                yield Column(risk_within(days), "score", means)
        if name == "intensity_basis" and self.relation:
            yield from RELATION
        if name == "critical_all" and self.parents:
            yield from PARENT


NOTHING = Added()
EVERY = Added(relation=True, parents=True)  # those of every project, but for shorter horizons


def columns_of(added: Added = NOTHING) -> tuple[Column, ...]:
    """The columns of a list, in order."""
    return tuple(each for column in COLUMNS for each in (column, *added.after(column.name)))


def risk_within(days: int) -> str:
    """The name of the column with the risk of a shorter horizon.

    >>> risk_within(30)
    'churn_risk_30d'
    """
    return f"churn_risk_{days}d"


def schema(added: Added = NOTHING) -> Any:
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
    return pa.schema([pa.field(column.name, types[column.kind]) for column in columns_of(added)])
