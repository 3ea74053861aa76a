"""Priority: what a contact is expected to save, less what it costs; and whether that is sure enough.

    saved value    ESV  = V [p s - (1 - p) b] - d [p s + (1 - p) t] - f
    expected cost       =                       d [p s + (1 - p) t] + f

V is the value at stake and p the churn risk without any action. Of those who would leave, the contact
keeps the share s; of those who would stay, it drives away the share b, and the share t takes the
incentive d all the same. Each contact costs f.

An effect measured as an absolute reduction of churn holds the risk already: p s is then min(reduction,
p), for nobody can be kept who would not have left, and b is 0, for the difference is what backfire left.
The cost is the same sum: the incentive is taken by who is kept, and by the share t of who stays anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from churnlab.config.campaign import Action
from churnlab.evaluation.saved_value import Offer, saved_value
from churnlab.strategy.worth import rounded

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

NO_ACTION, TEST, TREAT = 0, 1, 2
DECISIONS = ("no_action", "test", "treat")
RISK_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Priority:
    """One action for some customers, (n,) each; money in major units, rounded to the minor unit.

    ``saved``: ESV. ``low``: its lower bound by the effect's, NaN where that is not known.
    ``cost``: what is expected to be paid. ``decision``: codes into ``DECISIONS``.
    """

    saved: Floats
    low: Floats
    cost: Floats
    decision: Codes

    @classmethod
    def of(cls, action: Action, risk: ArrayLike, stake: ArrayLike, exponent: int = 2) -> Priority:
        """``risk``: 0 to 1. ``stake``: value at stake, major units. ``exponent``: decimals of the currency.

        The bound is of the action's effect alone: risk and value are taken as they are.

        >>> call = Action(action_id="call", label={"en": "Call", "fr": "Appel"}, quadrants=["win_back"],
        ...     channel="phone", contact_cost=4, incentive_cost=15, take_up_stayers=0.35, save_rate=0.12,
        ...     customer_benefit="a credit", consent_purpose="marketing", yearly_cap=2, owner="sales")
        >>> call_a = Priority.of(call, [0.62], [900.0])
        >>> call_a.saved.tolist(), call_a.cost.tolist(), DECISIONS[call_a.decision[0]]
        ([59.85], [7.11], 'test')
        """
        p = rounded(np.asarray(risk, np.float64), RISK_DECIMALS)
        value = np.asarray(stake, np.float64)
        offer = offer_of(action, p)
        saved = rounded(saved_value(p, value, offer), exponent)
        low = rounded(_low(action, p, value, saved), exponent)
        cost = rounded(expected_cost(p, offer), exponent)
        return cls(saved, low, cost, decide(saved, low, value, measured=action.measured))


def offer_of(action: Action, risk: ArrayLike, uplift: float | None = None) -> Offer:
    """The action's terms, for customers of these risks. ``uplift``: another effect than its own."""
    effect = action.uplift if uplift is None else uplift
    costs = {
        "contact_cost": action.contact_cost,
        "incentive_cost": action.incentive_cost,
        "take_up_stayers": action.take_up_stayers,
    }
    if action.abs_reduction is not None:
        return Offer.reducing(risk, effect, **costs)
    return Offer(effect, backfire=action.backfire, **costs)


def _low(action: Action, risk: Floats, value: Floats, saved: Floats) -> Floats:
    if action.uplift_low is None:
        return np.full(len(saved), np.nan)
    # An effect below zero saves nothing: neither does zero, and a share cannot be less.
    least = saved_value(risk, value, offer_of(action, risk, max(action.uplift_low, 0.0)))
    # Where the incentive is worth more than the customer, it is the better effect that costs more.
    return np.minimum(least, saved)


def expected_cost(risk: ArrayLike, offer: Offer) -> Floats:
    """(n,) what is expected to be paid for a contact, major units.

    >>> expected_cost([0.62], Offer(0.12, 4, 15, 0.35)).round(3).tolist()
    [7.111]
    """
    p = np.asarray(risk, np.float64)
    taken = p * np.asarray(offer.save_rate) + (1 - p) * np.asarray(offer.take_up_stayers)
    return np.asarray(np.asarray(offer.incentive_cost) * taken + np.asarray(offer.contact_cost))


def break_even_risk(stake: ArrayLike, offer: Offer) -> Floats:
    """The churn risk from which a contact pays, (n,); infinite where no risk is enough.

    For an offer with a save rate: one made by ``Offer.reducing`` is of one risk only.

    >>> break_even_risk([200.0], Offer(0.30, contact_cost=1, incentive_cost=10)).round(3).tolist()
    [0.164]
    """
    value, s, d = (np.asarray(each, np.float64) for each in (stake, offer.save_rate, offer.incentive_cost))
    of_stayers = d * np.asarray(offer.take_up_stayers) + np.asarray(offer.backfire) * value
    return _reached(of_stayers + np.asarray(offer.contact_cost), s * (value - d) + of_stayers, most=1.0)


def break_even_value(risk: ArrayLike, offer: Offer) -> Floats:
    """The value at stake from which a contact pays, (n,), major units; infinite where none is enough.

    >>> break_even_value([0.25], Offer(0.12, 2, 15, 0.3)).round().tolist()
    [194.0]
    """
    p = np.asarray(risk, np.float64)
    kept = p * np.asarray(offer.save_rate) - (1 - p) * np.asarray(offer.backfire)
    return _reached(expected_cost(p, offer), kept, most=np.inf)


def _reached(needed: ArrayLike, gained: ArrayLike, most: float) -> Floats:
    """``needed / gained``, infinite where nothing is gained or more than ``most`` would be needed."""
    above, below = np.broadcast_arrays(np.asarray(needed, np.float64), np.asarray(gained, np.float64))
    share = np.divide(above, below, out=np.full(below.shape, np.inf), where=below > 0)
    return np.where(share <= most, share, np.inf)


def decide(saved: Floats, low: Floats, stake: ArrayLike, *, measured: bool) -> Codes:
    """Treat only if sure of a result; test where that is open; else no action. Codes, (n,).

    ``low``: NaN where it is not known. Nobody without value at stake is contacted: by the formula, a
    contact that drives away who costs more than they bring would pay.

    >>> saved, low = np.array([9.0, 9, 9, -1]), np.array([2.0, -1, np.nan, -9])
    >>> [DECISIONS[code] for code in decide(saved, low, np.full(4, 100.0), measured=True)]
    ['treat', 'test', 'test', 'no_action']
    """
    pays = (saved > 0) & (np.asarray(stake, np.float64) > 0)
    sure = pays & (low > 0) & measured
    return np.where(sure, TREAT, np.where(pays, TEST, NO_ACTION)).astype(np.int8)
