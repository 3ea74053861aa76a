"""Amounts and numbers: read exactly as declared, or not at all.

Amounts become int64 minor units (cents) by way of DECIMAL, never of a float: 12,50 written the
declared way is 1250, and what does not match the declaration is a fault. A native float is taken
for the decimal it prints as (2.55 is 255 cents), where it can hold that decimal at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from churnlab.config.sources import NumberFormat
from churnlab.errors import DataError
from churnlab.tables.checked import Checked

# ISO 4217: decimals of the currencies that do not have two.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
MINOR_UNITS: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    "CLF": 4,
}

LARGE = 10**13  # minor units: read exactly, but worth a word to the reader
_HELD = 2.0**50  # minor units: up to here a float is an eighth of a unit fine, or finer
_TOO_LARGE = 10.0**18  # an int64 of minor units ends before


def exponent(currency: str) -> int:
    """How many decimals a currency has: a major unit is ``10 ** exponent`` minor ones.

    >>> exponent("EUR"), exponent("JPY")
    (2, 0)
    """
    return MINOR_UNITS.get(currency, 2)


def decimals(currency: str, numbers: NumberFormat) -> int:
    """How many decimals an amount may have as written.

    >>> decimals("JPY", NumberFormat()), decimals("EUR", NumberFormat(unit="minor"))
    (0, 0)
    """
    return 0 if numbers.unit == "minor" else exponent(currency)


def number_pattern(numbers: NumberFormat, most: int | None = None) -> str:
    """The regular expression of a number written as declared, with at most ``most`` decimals.

    >>> number_pattern(NumberFormat(decimal=",", grouping="."), 2)
    '^-?(?:[0-9]+|[0-9]{1,3}(?:[.][0-9]{3})+)(?:,[0-9]{1,2})?$'
    """
    whole = "[0-9]+"
    if numbers.grouping:
        whole = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{_group(numbers)}[0-9]{{3}})+)"
    if most == 0:
        return rf"^-?{whole}$"
    return rf"^-?{whole}(?:{re.escape(numbers.decimal)}[0-9]{{1,{most or ''}}})?$"


def check_numbers(factors: Sequence[Any], numbers: NumberFormat, *, place: str, required: bool) -> Checked:
    """A quantity, score or attribute as a float, or the product of several; null stays null."""
    import ibis

    values = [_float(raw, numbers, place) for raw in factors]
    value = math.prod(values[1:], start=values[0])
    texts = [raw for raw in factors if raw.type().is_string()]
    wrong = [raw.notnull() & ~raw.re_search(number_pattern(numbers)) for raw in texts]
    missing = ~ibis.and_(*(raw.notnull() for raw in factors))
    faults = [("missing", missing)] if required else []
    faults += [("not_a_number", bad) for bad in wrong]
    return Checked(value, (*faults, ("not_finite", value.isnan() | value.isinf())))


def _float(raw: Any, numbers: NumberFormat, place: str) -> Any:
    kind = raw.type()
    if kind.is_string():
        return _plain(raw, numbers).try_cast("float64")
    if kind.is_numeric() or kind.is_boolean():
        return raw.cast("float64")
    raise no_number(place, kind)


def check_money(
    factors: Sequence[Any], numbers: NumberFormat, currency: str, *, place: str, required: bool = True
) -> Checked:
    """The product of ``factors`` (usually one) in minor units; the fault ``overflow`` stops a load.

    A factor may have more decimals than the currency: it is the product that must fit, or be
    rounded half to even where that is declared.
    """
    import ibis

    most = decimals(currency, numbers)
    exact = [_exact(raw, numbers, most, _places(len(factors)), place) for raw in factors]
    scaled = _product([factor.value for factor in exact], 10**most)
    near = scaled.round(0)
    fits = _too_precise(factors, scaled, near, numbers, most)
    minor = (near if numbers.rounding == "none" else _half_even(scaled, near)).try_cast("int64")
    quick = _ordinary(factors, numbers, most)
    present = ibis.and_(*(raw.notnull() for raw in factors))
    faults = (
        *((("missing", ~present),) if required else ()),
        *(fault for factor in exact for fault in factor.faults),
        *fits,
        ("overflow", present & minor.isnull()),
    )
    if quick is None:
        return Checked(minor, faults)
    # Not coalesce: the engine would lift parts of the exact path out of it and compute them for all.
    value = ibis.ifelse(quick.notnull(), quick, minor)
    return Checked(value, faults, plain=quick.notnull())


def _ordinary(factors: Sequence[Any], numbers: NumberFormat, most: int) -> Any | None:
    """The same product for ordinary rows, in int64 alone; null for the others, None: for all.

    Ten times as quick as DECIMAL, and nearly every row is ordinary: no more decimals than the
    currency has, and far from any limit.
    """
    import ibis

    whole = [raw for raw in factors if raw.type().is_integer()]
    parts = [_minor(raw, numbers, most) for raw in factors if not raw.type().is_integer()]
    if len(parts) > 1 or any(part is None for part in parts):
        return None
    values = [raw.cast("int64") for raw in whole if not raw.type().is_unsigned_integer()]
    if len(values) < len(whole):
        return None
    values += parts or [ibis.literal(10**most, "int64")]
    about = math.prod((value.cast("float64") for value in values[1:]), start=values[0].cast("float64"))
    product = math.prod(values[1:], start=values[0])
    return ibis.ifelse(about.abs() < 1e15, product, ibis.null("int64"))


def _minor(raw: Any, numbers: NumberFormat, most: int) -> Any | None:
    """Ordinary amounts in int64 minor units, null where a row needs the exact path."""
    import ibis

    if raw.type().is_floating():
        _, near, close = _nearest(raw.cast("float64"), most)
        return ibis.ifelse(close, near, ibis.null("int64"))
    if not raw.type().is_string():
        return None
    short = raw.re_search(number_pattern(numbers, most)) & (raw.length() <= 15)
    value = ibis.ifelse(short, _plain(raw, numbers), ibis.null("string")).try_cast(f"decimal(15, {most})")
    return (value * 10**most).cast("int64")


def _too_precise(
    factors: Sequence[Any], scaled: Any, near: Any, numbers: NumberFormat, most: int
) -> tuple[tuple[str, Any], ...]:
    if numbers.rounding != "none":
        return ()
    if len(factors) == 1 and factors[0].type().is_string():
        # As written: 12.500 has one decimal too many for euros, though its value would fit.
        return (("too_precise", ~factors[0].re_search(number_pattern(numbers, most))),)
    return (("too_precise", scaled != near),)


def _product(factors: Sequence[Any], unit: int) -> Any:
    """The exact product in minor units; null where it is beyond an int64, since DECIMAL would raise."""
    import ibis

    about = math.prod((factor.cast("float64") for factor in factors[1:]), start=factors[0].cast("float64"))
    product = math.prod(factors[1:], start=factors[0])
    return ibis.ifelse(about.abs() < 10.0**19 / unit, product, ibis.null(product.type())) * unit


def _half_even(scaled: Any, near: Any) -> Any:
    """``near`` is ``scaled`` rounded half away from zero: put the ties back to the even side."""
    import ibis

    tie = (scaled - near).abs() == ibis.literal(Decimal("0.5"), "decimal(2, 1)")
    away = ibis.ifelse(scaled < 0, -1, 1)
    return ibis.ifelse(tie & (near % 2 != 0), near - away, near)


def _places(factors: int) -> int:
    # DECIMAL has 38 digits, and a product adds up the decimals of its factors.
    return {1: 18, 2: 9}.get(factors, 6)


def _exact(raw: Any, numbers: NumberFormat, most: int, places: int, place: str) -> Checked:
    """A factor as a DECIMAL with the very value that was written."""
    kind = raw.type()
    if kind.is_string():
        return _from_text(raw, numbers, places)
    if kind.is_integer():
        return Checked(raw.cast("decimal(38, 0)"))
    if kind.is_decimal():
        value = raw.cast(f"decimal(38, {min(places, 9)})")
        return Checked(value, (("too_precise", value != raw),))
    if kind.is_floating():
        return _from_float(raw.cast("float64"), most, min(places, 9))
    raise no_number(place, kind)


def _from_text(raw: Any, numbers: NumberFormat, places: int) -> Checked:
    value = _plain(raw, numbers).try_cast(f"decimal(38, {places})")
    wrong = ~raw.re_search(number_pattern(numbers))
    finer = ~raw.re_search(number_pattern(numbers, places))
    return Checked(value, (("not_a_number", wrong), ("too_precise", finer)))


def _plain(raw: Any, numbers: NumberFormat) -> Any:
    """``1 234,56`` as ``1234.56``, once its pattern has been checked."""
    plain = raw
    if numbers.grouping:
        plain = plain.re_replace(_group(numbers), "")
    return plain.replace(",", ".") if numbers.decimal == "," else plain


def _group(numbers: NumberFormat) -> str:
    return "[ \u00a0\u202f]" if numbers.grouping == " " else f"[{numbers.grouping}]"


def _from_float(raw: Any, most: int, places: int) -> Checked:
    """The decimal that a float stands for: its nearest minor unit where that is within float noise.

    The noise allowed is a millionth of a minor unit, or a few units in the last place of a large
    amount. Whole numbers are exact up to the largest amounts.
    """
    import ibis

    units, near, close = _nearest(raw, most)
    null = ibis.null("float64")
    unit = ibis.literal(Decimal(1).scaleb(-most), f"decimal(38, {most})")
    whole = ibis.ifelse(raw.abs() < _TOO_LARGE, raw, null)
    is_whole = whole % 1 == 0
    target = f"decimal(38, {places})"
    value = ibis.cases(
        (is_whole, whole.cast("decimal(38, 0)").cast(target)),
        (close, (near.cast("decimal(38, 0)") * unit).cast(target)),
        else_=ibis.ifelse(units.notnull(), raw, null).cast(target),
    )
    finite = ~(raw.isnan() | raw.isinf())
    blurred = finite & units.isnull() & whole.notnull() & ~is_whole
    return Checked(value, (("not_finite", ~finite), ("not_exact", blurred)))


def _nearest(raw: Any, most: int) -> tuple[Any, Any, Any]:
    """A float in minor units (null beyond what it holds), the nearest of them, and whether the
    difference is no more than float noise.
    """
    import ibis

    units = ibis.ifelse(raw.abs() < _HELD / 10**most, raw * 10.0**most, ibis.null("float64"))
    near = units.round(0)
    noise = ibis.greatest(ibis.literal(1e-6), units.abs() * 2.0**-50)
    return units, near, (units - near).abs() <= noise


def no_number(place: str, kind: Any) -> DataError:
    return DataError(
        f"{place}: the column cannot hold numbers",
        got=f"values of type {kind}",
        mend="map a numeric or text column, or convert it at its source",
    )
