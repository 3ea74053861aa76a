"""Numbers and times in operations that every engine shares, with the results DuckDB has.

Each function stands for one operation of DuckDB that other engines lack, round differently, or refuse
where DuckDB gives null, infinity or 0. None of them can fail on any value.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from churnlab.tables.times import DAY, SECOND
from churnlab.tables.warehouse.functions import function

_HALF = 2**31  # halves of a large whole float, each exact as an integer
_LARGEST, _SMALLEST = 308.254715559916, -323.306215343116  # log10 of what a float can hold


def trunc(value: Any) -> Any:
    """A float without its fraction, still a float."""
    return function("trunc", "float64", value)


def rounded(value: Any) -> Any:
    """A float to the nearest whole one, halves away from zero (Postgres would take the even one)."""
    import ibis

    whole = trunc(value)
    rest = value - whole  # exact
    return ibis.cases((rest >= 0.5, whole + 1.0), (rest <= -0.5, whole - 1.0), else_=whole)


def decimal_of_float(value: Any, to: Any) -> Any:
    """A float, below 10**28 in units of the last decimal, as the decimal DuckDB casts it to.

    That is ``round(value * 10**scale)``. Engines cast floats by way of 15 digits, or by their own
    rounding; whole numbers in two halves are the same everywhere.
    """
    import ibis

    whole = rounded(value * 10.0**to.scale)
    held = ibis.ifelse(whole.abs() < 2.0**93, whole, ibis.null("float64"))
    high = trunc(held / float(_HALF))
    low = held - high * float(_HALF)
    exact = high.cast("int64").cast("decimal(38, 0)") * _HALF + low.cast("int64").cast("decimal(38, 0)")
    return (
        exact * ibis.literal(Decimal(f"{10.0**-to.scale:.{to.scale}f}"), f"decimal(38, {to.scale})")
    ).cast(to)


def text_of_float(value: Any) -> Any:
    """A float as DuckDB prints it: ``12.0``, ``0.0001``, ``1e+16``."""
    import ibis

    text = value.cast("string")
    plain = text.cast("decimal").cast("string")
    plain = ibis.ifelse(plain.contains("."), plain, plain + ".0")
    size = value.abs()
    return ibis.cases(
        (value.isnan(), ibis.literal("nan")),
        (value.isinf(), ibis.ifelse(value > 0, "inf", "-inf")),
        (value == 0, ibis.ifelse(text.startswith("-"), "-0.0", "0.0")),
        ((size >= 1e-4) & (size < 1e16), plain),
        else_=text,
    )


def float_of_text(number: Any) -> Any:
    """A plain decimal number as a float; infinite or 0 beyond what one can hold, as DuckDB reads it."""
    import ibis

    whole = number.re_replace("^-?0*|[.].*$", "").length()  # digits before the point
    zeros = number.re_extract("[.]0*", 0).length().fill_null(0)
    small = (whole == 0) & (zeros > 300)
    negative = number.startswith("-")
    endless = ibis.ifelse(negative, -float("inf"), float("inf"))
    nothing = ibis.ifelse(negative, "-0", "0").cast("float64")
    ordinary = ibis.ifelse((whole <= 308) & ~small, number, ibis.null("string"))
    return ibis.cases((whole > 308, endless), (small, nothing), else_=ordinary.cast("float64"))


def product(left: Any, right: Any) -> Any:
    """The product of two floats; infinite or 0 beyond what one can hold, where Postgres would fail."""
    import ibis

    for value, other in ((left, right), (right, left)):
        if type(other.op()).__name__ == "Literal":
            return _scaled(value, other.op().value)
    size = function("log", "float64", left.abs()) + function("log", "float64", right.abs())
    plain = (left == 0) | (right == 0) | left.isinf() | right.isinf() | left.isnan() | right.isnan()
    sign = ibis.ifelse((left < 0) != (right < 0), -1.0, 1.0)
    return ibis.cases(
        (plain, left * right),
        (size > _LARGEST, sign * float("inf")),
        (size < _SMALLEST, sign * 0.0),
        else_=left * right,
    )


def _scaled(value: Any, by: float) -> Any:
    """``value * by`` for a positive number ``by``."""
    import ibis

    if by >= 1:
        beyond = (value.abs() > 1.7e308 / by) & ~value.isinf() & ~value.isnan()
        return ibis.ifelse(beyond, ibis.ifelse(value < 0, -float("inf"), float("inf")), value * by)
    return ibis.ifelse((value.abs() < 1e-290) & (value != 0), 0.0, value * by)


def microseconds(plain: Any) -> Any:
    """The local microseconds of ``2025-12-31``, maybe with `` 23:59`` or `` 23:59:59.123456``.

    Days are counted from 1 March, so that leap days come last (Hinnant's days_from_civil), in years
    moved up by 400 so that nothing is negative.
    """
    import ibis

    def number(start: int, size: int) -> Any:
        return plain.substr(start, size).cast("int64")

    month, day = number(5, 2), number(8, 2)
    early = (month <= 2).ifelse(1, 0)
    year = number(0, 4) + 400 - early
    era = year // 400
    within = year - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = era * 146_097 + within * 365 + within // 4 - within // 100 + of_year - (719_468 + 146_097)
    size = plain.length()
    zero = ibis.literal(0, "int64")
    minutes = ibis.ifelse(size >= 16, number(11, 2) * 60 + number(14, 2), zero)
    seconds = ibis.ifelse(size >= 19, number(17, 2), zero)
    fraction = (plain.substr(20, 6) + "000000").left(6).cast("int64")
    clock = (minutes * 60 + seconds) * SECOND + ibis.ifelse(size > 20, fraction, zero)
    return (days * DAY + clock).cast("int64")
