"""Customer ids and other texts, code point for code point.

``00123`` and ``123`` are two customers; an id that would be read differently by eye and by machine
(spaces at its ends, zero-width or direction characters) is set aside rather than mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables import asked
from churnlab.tables.checked import Checked, builtin

LONGEST = 256  # characters of an id
_HELD = 2.0**53  # whole floats are exact below

_SPACE = r"^[\s\p{Z}]|[\s\p{Z}]$|[\x{00a0}\x{2007}\x{202f}]"
_CONTROL = r"[\x{00}-\x{1f}\x{7f}-\x{9f}]"
# In free text a tab and line breaks inside quotes are ordinary.
_CONTROL_IN_TEXT = r"[\x{00}-\x{08}\x{0b}\x{0c}\x{0e}-\x{1f}\x{7f}-\x{9f}]"
_INVISIBLE = r"\p{Cf}"
_VISIBLE = r"[^\s\p{Z}]"


def id_text(raw: Any, source: Source, *, place: str) -> Any:
    """The id as text before any normalisation; a type that is no id stops the load."""
    kind = raw.type()
    if kind.is_string():
        return raw
    if kind.is_integer() or (kind.is_decimal() and kind.scale == 0) or kind.is_uuid():
        return raw.cast("string")
    if kind.is_floating() or kind.is_decimal():
        if not source.id_from_float:
            raise DataError(
                f"{place}: the id column is a float, cast it at its source",
                got=f"values of type {kind}, which change an id beyond 2^53 without a word",
                mend="store ids as text, or set id_from_float: true if all are whole and below 2^53",
            )
        return raw.cast("float64").try_cast("int64").cast("string")
    raise DataError(f"{place}: the column cannot hold ids", got=f"values of type {kind}", mend="map text")


def may_break(raw: Any, source: Source) -> bool:
    """Whether ids are declared to be whole floats, and each has to prove it."""
    kind = raw.type()
    return source.id_from_float and (kind.is_floating() or bool(kind.is_decimal() and kind.scale))


def not_whole(raw: Any, *, required: bool = True) -> Any:
    """Which float ids are not exact whole numbers; NaN is none, unless an id may be missing."""
    value = raw.cast("float64")
    wrong = raw.notnull() & ~((value.abs() < _HELD) & (value % 1 == 0)).fill_null(False)
    return wrong if required else wrong & ~value.isnan().fill_null(False)


def null_for_nan(raw: Any) -> Any:
    """NaN is how pandas writes a missing number: where an id may be missing, it is null."""
    import ibis

    kind = raw.type()
    return ibis.ifelse(raw.isnan(), ibis.null(kind), raw) if kind.is_floating() else raw


def null_for_blank(text: Any) -> Any:
    """A cell of spaces names nobody."""
    import ibis

    return ibis.ifelse(text.re_search(_VISIBLE), text, ibis.null("string"))


def normalised(text: Any, how: str) -> Any:
    """The declared normalisation; ``none`` leaves every code point alone."""
    if how == "trim":
        return text.re_replace(r"^[\s\p{Z}]+|[\s\p{Z}]+$", "")
    if how == "nfc":
        return builtin("nfc_normalize", "string", "string")(text)
    return text.lower() if how == "lower" else text


def check_id(text: Any, plain: Any = None, *, required: bool = True, loose: bool = False) -> Checked:
    """An id that is text, and looks like what it is. ``plain``: rows known to be visible ASCII.

    ``required``: else it may be missing. ``loose``: spaces are no fault, where ids are compared without
    them.
    """
    missing = ("missing", text.isnull() | ~text.re_search(_VISIBLE))
    quick = text.re_search("^[!-~]+$") & (text.length() <= LONGEST)
    return Checked(
        text,
        (
            *((missing,) if required else ()),
            ("too_long", text.length() > LONGEST),
            ("control_character", text.re_search(_CONTROL)),
            ("invisible_character", text.re_search(_INVISIBLE)),
            *(() if loose else (("space", text.re_search(_SPACE)),)),
        ),
        plain=quick if plain is None else _unless(plain, text.notnull(), quick.fill_null(False)),
    )


def _unless(plain: Any, quick: Any, slow: Any) -> Any:
    """``quick`` where a row is plain; the engine computes ``slow`` for the others only."""
    import ibis

    return ibis.ifelse(plain, quick, slow)


def check_text(raw: Any, *, required: bool, place: str, plain: Any = None) -> Checked:
    """A code, name or label as text: 1 is ``1``, 1.0 is ``1``, true is ``true``; null stays null.

    ``plain``: rows known to have no control characters.
    """
    import ibis

    kind = raw.type()
    if kind.is_string():
        faults = [("control_character", raw.re_search(_CONTROL_IN_TEXT))]
        if required:
            faults.insert(0, ("missing", raw.isnull() | (raw == "")))
        checked = Checked(raw, tuple(faults))
        if plain is None:
            return checked
        there = (raw != "").fill_null(False) if required else ibis.literal(True)
        return Checked(raw, checked.faults, _unless(plain, there, checked.cleared()))
    if not (kind.is_primitive() or kind.is_decimal() or kind.is_uuid() or kind.is_temporal()):
        raise DataError(f"{place}: the column cannot hold text", got=f"values of type {kind}", mend="drop it")
    missing = (("missing", raw.isnull()),) if required else ()
    return Checked(_canonical(raw), missing)


def _canonical(raw: Any) -> Any:
    import ibis

    if not raw.type().is_floating():
        return raw.cast("string")
    value = raw.cast("float64")
    whole = (value.abs() < _HELD) & (value % 1 == 0)
    # NaN is how pandas writes a missing code.
    return ibis.cases(
        (value.isnan(), ibis.null("string")),
        (whole, value.try_cast("int64").cast("string")),
        else_=value.cast("string"),
    )


def refuse_collisions(con: Any, ids: Any, source: Source, *, place: str) -> None:
    """Two ids that fall together under ``id_normalise`` would make one customer of two.

    ``ids``: a table of ``raw`` and ``customer_id`` (normalised).
    """
    merged = ids.distinct().group_by("customer_id").having(lambda t: t.count() > 1).agg(n=lambda t: t.count())
    count = asked.count(con, merged)
    if count:
        raise DataError(
            f"{place}: id_normalise {source.id_normalise} makes one customer of several, for {count} ids",
            got="different ids that become equal",
            mend="give them one spelling at their source, or set id_normalise: none",
        )


def near_collisions(con: Any, customers: Any) -> int:
    """How many ids differ from another only by case, by composed accents or by leading zeros."""
    text = builtin("nfc_normalize", "string", "string")(customers.customer_id).lower()
    alike = customers.mutate(alike=text.re_replace("^0+([0-9]+)$", r"\1")).group_by("alike")
    counted = alike.agg(n=lambda t: t.customer_id.nunique())
    return int(asked.value(con, counted.filter(counted.n > 1).n.sum().fill_null(0)))


def refuse_strangers(con: Any, kinds: Mapping[str, tuple[str, Any]]) -> list[str]:
    """Ids that are numbers in one source and text in another must name the same customers.

    ``kinds``: place -> ("integer" or "text", table of distinct ``customer_id``). Returns what to
    report; an overlap below half of the smaller side stops the load.
    """
    notes = []
    places = list(kinds)
    for index, place in enumerate(places):
        for other in places[:index]:
            if kinds[place][0] == kinds[other][0]:
                continue
            overlap = _overlap(con, kinds[place][1], kinds[other][1])
            said = f"{place} has {kinds[place][0]} ids, {other} {kinds[other][0]} ids"
            if overlap < 0.5:
                raise DataError(
                    f"{said}, and they name different customers",
                    got=f"{overlap:.0%} of the smaller side's ids are found in the other",
                    mend="write ids alike in both (leading zeros, prefixes), as text",
                )
            notes.append(f"{said}: {overlap:.0%} of the smaller side's ids are found in the other")
    return notes


def _overlap(con: Any, left: Any, right: Any) -> float:
    common = asked.count(con, left.semi_join(right, "customer_id"))
    smaller = min(asked.count(con, left), asked.count(con, right))
    return common / smaller if smaller else 1.0
