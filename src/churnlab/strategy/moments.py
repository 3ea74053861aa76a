"""Critical moments: what calls for attention now, by when, and which of several comes first.

Several can hold for a customer. The first is the gravest, of equals the one that is due soonest, then by
code. A due date is the day by which to act: the end of the moment where it has one, else the day of the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.lifecycle import Lifecycle, MomentRules
from churnlab.strategy import intensity, lifecycle
from churnlab.strategy.lifecycle import Phase
from churnlab.strategy.repeats import Repeat
from churnlab.strategy.season import VALUE_DAYS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
Days = NDArray[np.datetime64]
Measures = Mapping[str, Floats]
Locale = Literal["en", "fr"]


class Moment(StrEnum):
    """What calls for attention, gravest first, then by code."""

    COMPLAINT_OPEN = "complaint_open"
    CONTRACT_END = "contract_end"
    FIRST_REPEAT_LATE = "first_repeat_late"
    FIRST_REPEAT_DUE = "first_repeat_due"
    PAYMENT_FAILED = "payment_failed"
    PRICE_RISE = "price_rise"
    PROMO_END = "promo_end"
    RHYTHM_SLIP = "rhythm_slip"
    SERVICE_FAILURE = "service_failure"
    VALUE_DROP = "value_drop"
    ANNIVERSARY = "anniversary"
    OPT_OUT = "opt_out"

    @property
    def severity(self) -> int:
        """3 for the gravest, 1 for the lightest."""
        return _SEVERITY.get(self, 2)

    def label(self, locale: Locale) -> str:
        """Its name for a reader.

        >>> Moment.RHYTHM_SLIP.label("en"), Moment.RHYTHM_SLIP.label("fr")
        ('later than usual', 'en retard sur son rythme')
        """
        return _LABELS[self][locale == "fr"]


_SEVERITY = {
    Moment.COMPLAINT_OPEN: 3,
    Moment.CONTRACT_END: 3,
    Moment.FIRST_REPEAT_LATE: 3,
    Moment.ANNIVERSARY: 1,
    Moment.OPT_OUT: 1,
}
_LABELS = {
    Moment.COMPLAINT_OPEN: ("complaint open", "réclamation en cours"),
    Moment.CONTRACT_END: ("contract ends soon", "fin de contrat proche"),
    Moment.FIRST_REPEAT_LATE: ("second purchase late", "deuxième achat en retard"),
    Moment.FIRST_REPEAT_DUE: ("second purchase due", "deuxième achat attendu"),
    Moment.PAYMENT_FAILED: ("payment failed", "paiement échoué"),
    Moment.PRICE_RISE: ("price rise", "hausse de prix"),
    Moment.PROMO_END: ("promotion ends soon", "fin de promotion proche"),
    Moment.RHYTHM_SLIP: ("later than usual", "en retard sur son rythme"),
    Moment.SERVICE_FAILURE: ("service failure", "défaillance de service"),
    Moment.VALUE_DROP: ("value drop", "chute de valeur"),
    Moment.ANNIVERSARY: ("anniversary", "anniversaire"),
    Moment.OPT_OUT: ("opted out", "désinscription"),
}
RECENT = {  # moment -> its types among the rules
    Moment.PRICE_RISE: "price_rise_types",
    Moment.SERVICE_FAILURE: "service_failure_types",
    Moment.PAYMENT_FAILED: "payment_failed_types",
    Moment.OPT_OUT: "opt_out_types",
}


@dataclass(frozen=True)
class Known:
    """What moments need beside measures. ``g_pop``: as for phases. ``repeat``: as it was learned.

    ``season``: of value, what all customers brought lately over what they brought before.
    ``exponent``: decimals of the currency.
    """

    g_pop: float | None
    repeat: Repeat = field(default_factory=Repeat)
    season: float = 1.0
    exponent: int = 2


@dataclass(frozen=True, eq=False)
class Moments:
    """(n,) each. ``primary``: code or None. ``due``: its day, NaT where there is none.

    ``codes``: all codes joined by ``+``, gravest first, or None.
    """

    primary: Texts
    due: Days
    codes: Texts

    @classmethod
    def none(cls, customers: int) -> Self:
        """For a project without histories: nothing is known of anybody."""
        texts = np.full(customers, None, dtype=object)
        return cls(texts, np.full(customers, "NaT", dtype="datetime64[D]"), texts)


def moments(
    measures: Measures, phase: Texts, day: Ints, rules: MomentRules, limits: Lifecycle, known: Known
) -> Moments:
    """Which moments hold for each customer. ``phase``, ``day``: (n,) its phase, its local day since 1970."""
    customers = len(day)
    best = np.full(customers, _NONE)
    held = np.zeros(customers, dtype=np.int64)
    for place, moment in enumerate(Moment):
        found = _held(moment, measures, phase, day, rules, limits, known)
        if found is None:
            continue
        holds, left = found
        # One whole number to choose the least of: severity, due, and the place, which is by code.
        due = day + np.floor(np.where(holds, left, 0)).clip(0, _FAR).astype(np.int64)
        key = ((3 - moment.severity) << 48) + ((due + _FAR) << 8) + place
        best = np.where(holds, np.minimum(best, key), best)
        held |= holds.astype(np.int64) << place
    return _chosen(best, held)


_FAR = 1 << 24  # days: beyond all calendars
_NONE = 1 << 60


def _chosen(best: Ints, held: Ints) -> Moments:
    codes = np.array([str(moment) for moment in Moment], dtype=object)
    some = held > 0
    answer = Moments.none(len(held))
    answer.primary[some] = codes[best[some] & 0xFF]
    due = ((best[some] >> 8) & ((1 << 40) - 1)) - _FAR
    answer.due[some] = due.astype("datetime64[D]")
    masks, place = np.unique(held, return_inverse=True)
    joined = np.array(
        ["+".join(code for bit, code in enumerate(codes) if mask >> bit & 1) or None for mask in masks],
        dtype=object,
    )
    return Moments(answer.primary, answer.due, joined[place])


Held = tuple[Flags, Floats]  # whom it holds for, and how many days are left to act


def _held(
    moment: Moment,
    measures: Measures,
    phase: Texts,
    day: Ints,
    rules: MomentRules,
    limits: Lifecycle,
    known: Known,
) -> Held | None:
    """None where nobody can have it."""
    at_once = np.zeros(len(day))
    if moment in RECENT:
        since = measures[f"days_since_{moment}"]
        return np.isfinite(since), rules.recent_days - since
    if moment in {Moment.FIRST_REPEAT_DUE, Moment.FIRST_REPEAT_LATE}:
        return _first_repeat(moment, measures, phase, known.repeat)
    if moment == Moment.RHYTHM_SLIP:
        return _slips(measures, rules, limits, known.g_pop)
    if moment == Moment.COMPLAINT_OPEN:
        return measures["complaints_waiting"] > 0, at_once
    if moment == Moment.VALUE_DROP:
        return _dropped(measures, rules, known), at_once + VALUE_DAYS
    if moment == Moment.ANNIVERSARY:
        return _anniversary(measures["first_day"], day, rules.anniversary_days)
    ends = measures["contract_end_in" if moment == Moment.CONTRACT_END else "promo_end_in"]
    return np.isfinite(ends), ends


def _first_repeat(moment: Moment, measures: Measures, phase: Texts, repeat: Repeat) -> Held | None:
    # Whoever is lost is no longer late: that is another list, with other offers.
    once = (measures["purchases"] == 1) & (phase != str(Phase.LOST))
    since = measures["days_since_purchase"]
    late = np.inf if repeat.late is None else repeat.late
    if moment == Moment.FIRST_REPEAT_LATE:
        return once & (since > late), np.zeros(len(since))
    if repeat.due is None:
        return None
    # Where four fifths never came back, nothing says when it is late: due now.
    left = np.zeros(len(since)) if repeat.late is None else late - since
    return once & (since >= repeat.due) & (since <= late), left


def _slips(measures: Measures, rules: MomentRules, limits: Lifecycle, g_pop: float | None) -> Held:
    silence = lifecycle.silences(measures, g_pop)
    slips = (silence >= rules.slip_gaps) & (silence < limits.lost_gaps)
    left = limits.lost_gaps * intensity.own_gap(measures, g_pop) - measures["days_since_purchase"]
    return slips & (measures["purchases"] >= rules.slip_purchases), left


def _dropped(measures: Measures, rules: MomentRules, known: Known) -> Flags:
    usual, brought = measures["value_before"] * known.season, measures["value_recent"]
    least = rules.drop_least * 10**known.exponent
    # Rounded: at the limit no last bit of a product may decide.
    below = np.round(brought - rules.drop_share * usual, 3) < 0
    dropped: Flags = below & (np.round(usual - brought, 3) >= least) & (usual > 0)
    return dropped


def _anniversary(first: Floats, day: Ints, days: int) -> Held | None:
    """The day on which it all began comes again; that of a 29 February is 1 March in other years."""
    if not days:
        return None
    known = np.isfinite(first)
    born = np.where(known, first, 0).astype(np.int64).astype("datetime64[D]")
    months = born.astype("datetime64[M]")
    into, month = (born - months).astype(np.int64), months.astype(np.int64) % 12
    year = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    left = np.full(len(day), _FAR)
    for later in (1, 0):  # this year's, unless it is over
        start = (12 * (year + later) + month).astype("datetime64[M]").astype("datetime64[D]")
        ahead = start.astype(np.int64) + into - day
        left = np.where(ahead >= 0, ahead, left)
    older = (day + left).astype("datetime64[D]").astype("datetime64[Y]") > born.astype("datetime64[Y]")
    return known & older & (left < days), np.asarray(left, dtype=np.float64)


def each(codes: str | None) -> Iterator[Moment]:
    """The moments of ``critical_all``.

    >>> [str(moment) for moment in each("complaint_open+rhythm_slip")]
    ['complaint_open', 'rhythm_slip']
    """
    return (Moment(code) for code in (codes or "").split("+") if code)
