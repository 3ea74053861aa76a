"""A column after its rule: the canonical value of every row, and why some rows cannot be used.

A reason code is ``<meaning>_<fault>``, such as ``amount_not_a_number``; the faults are listed here,
once, each with what would have been accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Fault: what was expected instead. Kept short: it is a column of the quarantine file.
FAULTS: dict[str, str] = {
    "missing": "a value",
    "space": "no space at either end, no no-break space",
    "control_character": "no control characters",
    "invisible_character": "no zero-width or text-direction characters",
    "too_long": "at most 256 characters",
    "not_a_number": "a number written as declared in numbers",
    "not_finite": "a finite number",
    "too_precise": "no more decimals than the currency has, or declare numbers.rounding",
    "not_exact": "an amount that a float can hold to the minor unit",
    "overflow": "an amount that 64 bits can hold in minor units",
    "negative": "an amount of 0 or more, a refund type, or negative_purchase: refund",
    "unknown": "one of the declared types",
    "not_a_time": "a time written as declared in times.format",
    "impossible": "a date of the calendar and a time of the day",
    "implausible": "a time from 1970 to 2099",
    "in_dst_gap": "a local time that exists: clocks went forward over this one",
    "in_dst_fold": "an offset, or times.fold: clocks went back over this local time",
    "before_start": "an end that is not before its start",
}


@dataclass(frozen=True, eq=False)
class Checked:
    """``value``: an Ibis column. ``faults``: (fault, boolean column); the first that holds counts.

    ``plain``: rows that one quick test already clears of every fault; the engine asks the slower
    questions of the others only.
    """

    value: Any
    faults: tuple[tuple[str, Any], ...] = ()
    plain: Any = None

    def reason(self, meaning: str) -> Any:
        """The reason code of each row, null where the column is sound."""
        import ibis

        codes = [(bad.fill_null(False), ibis.literal(f"{meaning}_{fault}")) for fault, bad in self.faults]
        return ibis.cases(*codes, else_=ibis.null("string")) if codes else ibis.null("string")

    def cleared(self) -> Any:
        """Rows that certainly have no fault."""
        import ibis

        if self.plain is not None:
            return self.plain.fill_null(False)
        return ibis.and_(*(~bad.fill_null(False) for _, bad in self.faults))


def first_reason(columns: Mapping[str, Checked], before: Any = None) -> Any:
    """The first reason of each row over several columns: meaning -> column.

    ``before``: reasons found earlier, which stand. Codes are made for suspected rows only: a row's
    worth of flags costs a third of a row's worth of texts.
    """
    import ibis

    suspects = {meaning: column for meaning, column in columns.items() if column.faults}
    none = ibis.null("string") if before is None else before
    if not suspects:
        return none
    clear = ibis.and_(*(column.cleared() for column in suspects.values()))
    reasons = [column.reason(meaning) for meaning, column in suspects.items()]
    return ibis.ifelse(clear, none, none.coalesce(*reasons))


def expected(reason: str) -> str:
    """What a reason code asks for.

    >>> expected("amount_not_a_number")
    'a number written as declared in numbers'
    """
    for fault, wanted in FAULTS.items():
        if reason.endswith(f"_{fault}"):
            return wanted
    return "a row that follows its contract"


def meaning_of(reason: str) -> str:
    """The meaning a reason code is about.

    >>> meaning_of("recorded_at_in_dst_gap")
    'recorded_at'
    """
    fault = next(fault for fault in FAULTS if reason.endswith(f"_{fault}"))
    return reason.removesuffix(f"_{fault}")


def builtin(name: str, takes: str, gives: str) -> Any:
    """A DuckDB function of one argument that Ibis has no name for, as an Ibis function."""
    import ibis

    def function(value: Any) -> Any: ...

    function.__name__ = name
    return ibis.udf.scalar.builtin(function, signature=((takes,), gives))
