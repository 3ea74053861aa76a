r"""What engines disagree on, in one place: an expression of the row rules, respelt for a warehouse.

The rules are Ibis expressions written for DuckDB. Each operation that another engine lacks, or that
means something slightly else there, is replaced by operations that all engines share (``arithmetic``
has those on numbers and times):

    \p{Cf}, \s                 ->   the characters themselves
    lower(type)                ->   with the two letters beyond ASCII that become ASCII ones
    try_cast('x' as bigint)    ->   a pattern first, then a cast that cannot fail

DuckDB keeps its own spelling, so nothing changes there.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from churnlab.tables.warehouse import arithmetic, patterns
from churnlab.tables.warehouse.functions import function

Dialect = Literal["postgres", "bigquery", "snowflake"]

_PATTERNS: dict[Dialect, Callable[[str], str]] = {
    "postgres": patterns.for_postgres,
    "bigquery": str,  # RE2, as DuckDB
    "snowflake": patterns.for_snowflake,
}
# The only letters beyond ASCII that DuckDB lowers to an ASCII one: dotted I and the Kelvin sign.
_TO_ASCII = ("\u0130\u212a", "ik")
_INTEGER = "^-?0*[0-9]{1,18}$"
_NUMBER = "^-?[0-9]+(?:[.][0-9]+)?$"
_TOTAL = {"trunc", "textregexeq", "regexp_instr"}
_LONGEST = 10_000  # characters of a decimal number that Postgres reads


class Respelling:
    """One pass over an expression. ``costly``: what came out and is worth computing once a row."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.costly: set[Any] = set()

    def __call__(self, node: Any) -> Any:
        """The operation, and all it is made of, in words that the dialect has."""
        return node.replace(self._replaced)

    def _replaced(self, node: Any, children: dict[str, Any] | None) -> Any:
        rebuilt = node.__recreate__(children) if children else node
        kind = getattr(rebuilt, "__func_name__", None) or type(rebuilt).__name__
        rule = _RULES.get(kind)
        found = None if rule is None else rule(rebuilt, self.dialect)
        if found is None:
            return rebuilt
        self.costly |= {found.op()} | (_inside(found.op()) - _inside(rebuilt))
        return found.op()


def _inside(node: Any) -> set[Any]:
    """What of an operation is worth a name of its own, and cannot fail whatever the row."""
    import ibis.expr.operations as ops

    kinds = (ops.SearchedCase, ops.RegexSearch, ops.RegexReplace, ops.RegexExtract, ops.Substring)
    functions = (each for each in node.find(ops.ScalarUDF) if each.__func_name__ in _TOTAL)
    return {*node.find(kinds), *functions}


def matches(text: Any, pattern: str, dialect: Dialect) -> Any:
    """Whether a text matches a pattern of RE2."""
    own = _PATTERNS[dialect](pattern)
    if dialect == "postgres":  # regexp_like is there from version 15 on only
        return function("textregexeq", "boolean", text, own)
    if dialect == "snowflake":  # its RLIKE must match the whole text
        return function("regexp_instr", "int64", text, own) > 0
    return text.re_search(own)


def _search(node: Any, dialect: Dialect) -> Any:
    return matches(node.arg.to_expr(), node.pattern.value, dialect)


def _replace(node: Any, dialect: Dialect) -> Any:
    pattern, template = node.pattern.value, node.replacement.value
    if dialect == "snowflake":
        for now, then in reversed(list(enumerate(patterns.groups(pattern)))):
            template = template.replace(rf"\{now}", rf"\{then}")
    return node.arg.to_expr().re_replace(_PATTERNS[dialect](pattern), template)


def _extract(node: Any, dialect: Dialect) -> Any:
    pattern, index = node.pattern.value, node.index.value
    group = patterns.groups(pattern)[index] if dialect == "snowflake" else index
    return node.arg.to_expr().re_extract(_PATTERNS[dialect](pattern), group)


def _lower(node: Any, dialect: Dialect) -> Any:  # noqa: ARG001 - alike everywhere
    return node.arg.to_expr().translate(*_TO_ASCII).lower()


def _try_cast(node: Any, dialect: Dialect) -> Any:
    import ibis

    value, to = node.arg.to_expr(), node.to
    if to.is_timestamp() or dialect == "bigquery":
        return None  # epoch_us makes of it what it needs; SAFE_CAST is BigQuery's
    if value.type().is_string():
        return _from_text(value, to, dialect) if dialect == "postgres" else None
    if value.type().is_floating():
        held = value.abs() < 9.2e18
    elif value.type().is_decimal():
        held = (value >= -(2**63)) & (value <= 2**63 - 1)
    else:
        return value.cast(to)
    return ibis.ifelse(held, value, ibis.null(value.type())).cast(to)


def _from_text(text: Any, to: Any, dialect: Dialect) -> Any:
    """A number from its text, null where it is none or does not fit: a failed cast would stop the query."""
    import ibis

    none = ibis.null("string")
    if to.is_integer():
        return ibis.ifelse(matches(text, _INTEGER, dialect), text, none).cast(to)
    written = matches(text, _NUMBER, dialect)
    if to.is_decimal():
        exact = ibis.ifelse(written & (text.length() <= _LONGEST), text, none).cast("decimal")
        largest = ibis.literal(Decimal(10) ** (to.precision - to.scale), "decimal(38, 0)")
        fits = function("round", "decimal(38, 0)", exact, to.scale).abs() < largest
        return ibis.ifelse(fits, exact, ibis.null(exact.type())).cast(to)
    return arithmetic.float_of_text(ibis.ifelse(written, text, none))


def _epoch_us(node: Any, dialect: Dialect) -> Any:
    (value,) = node.args
    if type(value).__name__ == "IfElse" and type(value.true_expr).__name__ == "TryCast":
        import ibis

        written, tried = value.bool_expr.to_expr(), value.true_expr.arg.to_expr()
        plain = ibis.ifelse(written, tried, ibis.null("string"))
        real = matches(plain, patterns.CALENDAR, dialect)
        return arithmetic.microseconds(ibis.ifelse(real, plain, ibis.null("string")))
    moment = value.to_expr()
    if dialect == "bigquery":
        return function("unix_micros", "int64", moment.cast("timestamp('UTC')"))
    return moment.truncate("s").epoch_seconds().cast("int64") * 10**6 + moment.microsecond().cast("int64")


def _epoch_ns(node: Any, dialect: Dialect) -> Any:  # noqa: ARG001 - only Snowflake has such columns
    return function("date_part", "int64", "epoch_nanosecond", node.args[0].to_expr())


def _nfc(node: Any, dialect: Dialect) -> Any:  # noqa: ARG001 - the configuration refuses the others
    return function("normalize", "string", node.args[0].to_expr())


def _cast(node: Any, dialect: Dialect) -> Any:
    kind, to = node.arg.dtype, node.to
    value = node.arg.to_expr()
    if kind.is_boolean() and to.is_floating():
        return _number_of(value)
    if kind.is_floating() and to.is_decimal():
        return arithmetic.decimal_of_float(value, to)
    if kind.is_floating() and to.is_string() and dialect == "postgres":
        return arithmetic.text_of_float(value)
    return None


def _number_of(flag: Any) -> Any:
    import ibis

    return ibis.cases((flag, 1.0), (~flag, 0.0), else_=ibis.null("float64"))


def _round(node: Any, dialect: Dialect) -> Any:
    value = node.arg.to_expr()
    if dialect != "postgres":
        return node.to_expr()
    if value.type().is_floating():
        whole = arithmetic.rounded(value)
        return whole if node.dtype.is_floating() else whole.cast(node.dtype)
    # Its numeric rounds as DuckDB does; Ibis would name digits that the result does not have.
    return function("round", "decimal(38, 0)", value)


def _remainder(node: Any, dialect: Dialect) -> Any:  # noqa: ARG001 - floats have none in most engines
    if not node.dtype.is_floating():
        return None
    value = node.left.to_expr()
    return value - arithmetic.trunc(value)


def _times(node: Any, dialect: Dialect) -> Any:
    if not node.dtype.is_floating() or dialect != "postgres":
        return None
    return arithmetic.product(node.left.to_expr(), node.right.to_expr())


_RULES: dict[str, Callable[[Any, Dialect], Any]] = {
    "RegexSearch": _search,
    "RegexReplace": _replace,
    "RegexExtract": _extract,
    "Lowercase": _lower,
    "TryCast": _try_cast,
    "Cast": _cast,
    "Round": _round,
    "Modulus": _remainder,
    "Multiply": _times,
    "epoch_us": _epoch_us,
    "epoch_ns": _epoch_ns,
    "nfc_normalize": _nfc,
}
