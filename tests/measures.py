"""Every measure over every source: asked of History, and asked of the oracle."""

import operator

import numpy as np

import oracle
from churnlab.history import ALL, isin

SOURCES = {
    "transactions": ("amount", "margin", "quantity", "product", "category", "channel"),
    "orders": ("amount", "discount", "quantity", "lines", "channel"),
    "interactions": ("score", "type", "direction", "resolved_at"),
    "contracts": ("amount", "type", "end"),
    "campaigns": ("campaign", "channel"),
}
TEXTS = frozenset({"product", "category", "channel", "type", "direction", "campaign"})
LATER = frozenset({"end", "resolved_at"})
FILTERS = (
    ("transactions", "amount", operator.lt, 0),
    ("transactions", "channel", operator.eq, "web"),
    ("transactions", "product", operator.ne, "pen"),
    ("orders", "amount", operator.gt, 0),
    ("orders", "quantity", operator.ge, 0.3),
    ("interactions", "type", isin, ("complaint", "ticket")),
    ("interactions", "type", operator.eq, "no such type"),
)
GAPS = ("mean", "std", "max", "median", "min")


def spans(world):
    """Two windows, some filters: another choice for each world, or an example would take too long."""
    return (((world.window, 0), (ALL, 30)), ((ALL, 0), (world.window, 3)))[_choice(world) % 2]


def filters(world):
    return FILTERS[_choice(world) % 4 :: 4]


def _choice(world):
    return len(world.events["transactions"]) + world.gap


def measured(past, world, brief=False):
    """{measure: one value per snapshot}, of a History. ``brief``: over one window, one filter."""
    answer, windows = {}, spans(world)[:1] if brief else spans(world)
    for name, columns in SOURCES.items():
        answer |= _of_source(name, getattr(past, name), columns, windows)
    for name, column, compare, value in filters(world)[: 1 if brief else None]:
        source = getattr(past, name).where(column, compare, value)
        label = f"{name} where {column} {compare.__name__} {value}"
        answer |= _of_source(label, source, SOURCES[name], windows)
    for name in past.profile.names:
        ask = past.profile.category if past.profile.kind(name) == "category" else past.profile.number
        answer[f"profile {name}"] = ask(name)
    return answer | {"profile joined_at": past.profile.joined_at}


def _of_source(name, source, columns, windows):
    answer = {}
    for older, newer in windows:
        window, label = source.between(older, newer), f"{name} [{older}, {newer})"
        answer[f"{label} count"] = window.count()
        answer[f"{label} active_days"] = window.active_days()
        answer[f"{label} active_months"] = window.active_months()
        answer[f"{label} latest 2 gaps"] = window.latest(2).gaps("max")
        for kind in GAPS:
            answer[f"{label} gaps {kind}"] = window.gaps(kind)
        for column in columns:
            for measure in asked_of(column):
                answer[f"{label} {measure} {column}"] = getattr(window, measure)(column)
    return answer


def asked_of(column):
    if column in TEXTS:
        return ("known", "distinct", "first", "last")
    if column in LATER:
        return ("known", "distinct", "first", "last", "max", "min")
    return ("known", "sum", "mean", "max", "min", "std", "distinct", "first", "last")


ORACLE = {
    "sum": oracle.total,
    "max": oracle.largest,
    "min": oracle.smallest,
    **{name: getattr(oracle, name) for name in ("known", "mean", "std", "distinct", "first", "last")},
}


def defined(past, world):
    """The same measures of one customer at one instant, by the oracle."""
    answer = {}
    for name, columns in SOURCES.items():
        answer |= _by_definition(name, past, name, lambda _row: True, columns, world)
    for name, column, compare, value in filters(world):
        label = f"{name} where {column} {compare.__name__} {value}"
        answer |= _by_definition(label, past, name, _keeps(column, compare, value), SOURCES[name], world)
    held = past.attributes() or {"city": None, "age": None, "joined_at": None}
    joined = held["joined_at"]
    answer["profile city"] = held["city"]
    answer["profile age"] = oracle.NAN if held["age"] is None else held["age"]
    answer["profile joined_at"] = oracle.NAN if joined is None or joined >= past.as_of else joined
    return answer


def _keeps(column, compare, value):
    holds = (lambda cell: cell in value) if compare is isin else lambda cell: compare(cell, value)
    return lambda row: row[column] is not None and holds(row[column])


def _by_definition(name, past, source, keeps, columns, world):
    answer = {}
    for older, newer in spans(world):
        label = f"{name} [{older}, {newer})"
        rows = [row for row in past.window(source, older, newer) if keeps(row)]
        answer[f"{label} count"] = oracle.count(rows)
        answer[f"{label} active_days"] = oracle.active_days(rows, world.calendar.zone)
        answer[f"{label} active_months"] = oracle.active_months(rows, world.calendar.zone)
        answer[f"{label} latest 2 gaps"] = oracle.gaps(rows[-2:], "max")
        for kind in GAPS:
            answer[f"{label} gaps {kind}"] = oracle.gaps(rows, kind)
        for column in columns:
            nothing = {"nothing": None} if column in TEXTS else {}
            for measure in asked_of(column):
                kwargs = nothing if measure in {"first", "last"} else {}
                answer[f"{label} {measure} {column}"] = ORACLE[measure](rows, column, **kwargs)
    return answer


def check_definition(world):
    """Every measure of every snapshot as the oracle defines it: whole numbers exactly."""
    found = measured(world.history(), world)
    row = 0
    for customer in world.customers:
        for as_of in world.asked:
            for name, value in defined(oracle.Past(world, customer, as_of), world).items():
                where = f"{name} of customer {customer} at {as_of}"
                assert same(found[name][row], value), (
                    f"not as defined: {where}: {found[name][row]}, not {value}"
                )
            row += 1


def same(found, value):
    if isinstance(value, str | int) or value is None:
        return found == value
    # A mean or a deviation is rounded in another order here and there.
    return bool(np.isnan(found)) if np.isnan(value) else abs(found - value) <= 1e-9 * max(1, abs(value))
