"""What a campaign decides of everybody at once, and what the lists and the manifest say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.config.campaign import Action, Campaign
from churnlab.errors import IntegrityError
from churnlab.lists import balance, control, plan, screen
from churnlab.lists.plan import Plan
from churnlab.strategy.actions import NONE, People, moment_bits
from churnlab.strategy.budget import OUTCOMES, BudgetCurve
from churnlab.strategy.priority import DECISIONS, NO_ACTION
from churnlab.strategy.worth import summed

Texts = NDArray[np.object_]
POINTS = 40  # of the budget curve that the manifest keeps

# What is kept of each customer for the decision, beside the keys of the order.
COLUMNS = ("churn_risk", "value_if_retained", "value_at_stake", "intensity", "risk_band", "quadrant", "phase")


def kept(table: Any) -> dict[str, Any]:
    """The columns of ``build.rows``, with the bits ``allowed``, that the decision needs, small ones."""
    import pyarrow as pa

    found = {name: table[name].combine_chunks() for name in COLUMNS}
    texts = ("risk_band", "quadrant", "phase")
    coded = {name: found[name].dictionary_encode() for name in texts}
    bits = moment_bits(table["critical_all"].combine_chunks())
    return {**found, **coded, "moments": pa.array(bits), "allowed": table["allowed"].combine_chunks()}


@dataclass(frozen=True, eq=False)
class Decided:
    """A campaign's decisions about the rows of a spool, in the order of its keys."""

    plan: Plan
    campaign: Campaign
    exponent: int
    facts: dict[str, Any]

    @classmethod
    def of(cls, keys: Any, campaign: Campaign, salt: str, exponent: int, parent: Any = None) -> Decided:
        """``keys``: those of the order with the columns of ``kept``. ``salt``: the secret itself.

        ``parent``: (n,) ids of the parents of accounts, where each is contacted once.
        """
        import pyarrow as pa

        actions = campaign.actions or ()
        ids = keys["id"].combine_chunks().cast(pa.string())
        numbers = {name: keys[name].to_numpy() for name in ("churn_risk", "value_at_stake")}
        quadrant, phase, band = (_texts(keys[name]) for name in ("quadrant", "phase", "risk_band"))
        people = People(
            quadrant, phase, keys["moments"].to_numpy(), numbers["churn_risk"], numbers["value_at_stake"]
        )
        allowed = screen.unpacked(keys["allowed"].to_numpy(), len(actions))
        planned = plan.plan(ids, people, campaign, salt, allowed, exponent=exponent, parent=parent)
        _refuse_unallowed(planned, allowed)
        measures = {
            name: np.asarray(keys[name].to_numpy(), np.float64)
            for name in ("churn_risk", "value_if_retained", "value_at_stake", "intensity")
        }
        facts = _facts(planned, campaign, people, (ids, quadrant, band), measures, exponent)
        return cls(planned, campaign, exponent, facts)

    @property
    def ranks(self) -> NDArray[np.int64]:
        """(n,) 1 for the best of those selected, control among them; 0 for who is not."""
        explored = self.plan.rank.max(initial=0) + 1
        return np.where(self.plan.arm == control.EXPLORE, explored, self.plan.rank)

    def columns(self, rows: NDArray[np.int64], locale: Literal["en", "fr"]) -> dict[str, Any]:
        """Name -> what the lists say of ``rows``, which are places among the keys."""
        import pyarrow as pa

        chosen, arm = self.plan.choice, self.plan.arm[rows]
        # An action that is not due (it does not pay, or there is no money for it) is not named: somebody
        # might carry it out.
        due = np.isin(arm, (control.TREATED, control.CONTROL, control.EXPLORE))
        place = np.where(due, chosen.action[rows], NONE)
        told = {
            "action_id": lambda action: action.action_id,
            "action_channel": lambda action: action.channel,
            "action_label": lambda action: getattr(action.label, locale),
            "uplift_source": lambda action: action.evidence,
            "owner": lambda action: action.owner,
        }
        actions = self.campaign.actions or ()
        found = {name: _of_actions(actions, place, say) for name, say in told.items()}
        found["decision"] = pa.array(np.array(DECISIONS, dtype=object)[chosen.decision[rows]], pa.string())
        found["arm"] = pa.array(control.names(arm), pa.string())
        for name, amounts in (("expected_saved_value", chosen.saved), ("expected_cost", chosen.cost)):
            found[name] = pa.array(amounts[rows], pa.float64(), from_pandas=True)
        return found


def _texts(column: Any) -> Any:
    return column.combine_chunks().dictionary_decode() if hasattr(column, "chunks") else column


def _of_actions(actions: Sequence[Action], place: NDArray[np.int64], say: Any) -> Any:
    import pyarrow as pa

    texts = np.array([*(say(action) for action in actions), None], dtype=object)
    return pa.array(texts[place], pa.string())


def _refuse_unallowed(planned: Plan, allowed: NDArray[np.bool_]) -> None:
    """Looked at once more, after everything: nobody gets an action that is not allowed for them."""
    rows = np.flatnonzero(planned.contacted | (planned.arm == control.CONTROL))
    wrong = int((~allowed[rows, planned.choice.action[rows]]).sum())
    if wrong:
        raise IntegrityError(
            "no list: a campaign chose an action that a customer has not allowed",
            got=f"{wrong:,} of {len(rows):,} customers",
            mend="this is not the input's fault: report it; the lists published before are intact",
        )


def _facts(
    planned: Plan,
    campaign: Campaign,
    people: People,
    texts: tuple[Any, Any, Any],
    measures: dict[str, NDArray[np.float64]],
    exponent: int,
) -> dict[str, Any]:
    """What the manifest says: counts and sums, nobody's id."""
    ids, quadrant, band = texts
    choice, actions = planned.choice, campaign.actions or ()
    contacted = planned.contacted
    # Who is explored got a contact all the same.
    waiting = (choice.decision > NO_ACTION) & (planned.arm == control.NOBODY)
    curve = _curve(planned, ids, people, exponent)
    size = plan.sized(planned, actions, measures["churn_risk"])
    return {
        "name": campaign.name,
        "epoch": campaign.epoch,
        "arms": control.counts(planned.arm) | {"none": int((planned.arm == control.NOBODY).sum())},
        "decisions": {name: int((choice.decision == code).sum()) for code, name in enumerate(DECISIONS)},
        "not_selected": {
            name: int((waiting & (planned.outcome == code)).sum())
            for code, name in enumerate(OUTCOMES)
            if name
        },
        **({"kept_for_another": int(planned.kept.sum())} if campaign.one_per_parent else {}),
        "actions": [_action(action, place, planned, exponent) for place, action in enumerate(actions)],
        "expected_cost": planned.spent(exponent) / 10**exponent,
        "expected_saved_value": summed(choice.saved[contacted], exponent),
        "budget": campaign.budget,
        "size_check": size.as_dict(),
        "strata": [
            {**vars(row), "odd": row.odd}
            for row in control.strata(planned.arm, quadrant, band, planned.share)
        ],
        "balance": [row.as_dict() for row in balance.balance(planned.arm, measures)],
        "curve": curve,
    }


def _action(action: Action, place: int, planned: Plan, exponent: int) -> dict[str, Any]:
    mine = planned.choice.action == place
    treated, alone = mine & planned.contacted, mine & (planned.arm == control.CONTROL)
    return {
        "action": action.action_id,
        "channel": action.channel,
        "evidence": action.evidence,
        "contacted": int(treated.sum()),
        "control": int(alone.sum()),
        "expected_cost": summed(planned.choice.cost[treated], exponent),
        "expected_saved_value": summed(planned.choice.saved[treated], exponent),
    }


def _curve(planned: Plan, ids: Any, people: People, exponent: int) -> list[dict[str, float]]:
    """Expected cost and saved value by list size, at some sizes, all candidates in list order."""
    from churnlab.strategy.budget import ranked

    choice = planned.choice
    order = ranked(
        ids, choice.decision, choice.saved, choice.cost, people.stake, by_cost=False, exponent=exponent
    )
    curve = BudgetCurve.of(order, choice.saved, choice.cost, exponent)
    at = np.unique(np.linspace(0, len(order), POINTS + 1).astype(np.int64))
    return [
        {"size": int(size), "cost": float(curve.cost[size]), "saved": float(curve.saved[size])} for size in at
    ]
