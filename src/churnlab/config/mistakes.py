"""What is wrong with a configuration, a line a mistake: its place, what is allowed, the mend, what was got.

    shop.yaml: backtest.origins: must be a whole number of 1 or more; leave it out for 3 (got 0)

What is allowed is read from the JSON Schema that editors use, so no key needs wording of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from churnlab.config.project import Project
from churnlab.errors import did_you_mean

Node = Mapping[str, Any]
Place = Sequence[int | str]

_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,63}$": "at most 64 small letters, digits and _, with a letter first",
    r"^\d+(\.\d+)?(MB|GB)$": "a size such as 500MB or 2GB",
    r"^(assumed|measured \S{1,64})$": "assumed, or measured and the run that measured it",
    r"^(none|\d+(\.\d+)?(MB|GB))$": "a size such as 500MB or 2GB, or none",
    r"^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$": "the name of a table, such as crm.lists",
}
_WORDS = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "string": "text"}
_SECRETS = {"dsn", "options", "url", "salt"}
_NEAR_SECRETS = {"dsn", "postgres", "warehouse", "destination", "campaign"}
_FIRST = 3  # keys of a section that are named
_MOST = 80  # letters of what was got


def lines(error: ValidationError, where: str, document: type[BaseModel] = Project) -> list[str]:
    """One line a mistake, each once, in the order of the file's keys. ``document``: what the file is."""
    schema = document.model_json_schema()
    problems = error.errors()
    told = (_line(problem, where, schema) for problem in problems if not _follows(problem, problems))
    return list(dict.fromkeys(told))


def _follows(problem: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list is too short only because what is in it has mistakes of its own."""
    place = tuple(problem["loc"])
    inside = (
        tuple(other["loc"])[: len(place)] == place and len(other["loc"]) > len(place) for other in problems
    )
    return problem["type"] == "too_short" and any(inside)


def _line(problem: Mapping[str, Any], where: str, schema: Node) -> str:
    place, node = _found(schema, problem["loc"])
    kind, value = problem["type"], problem["input"]
    got: str | None = _plain(value)
    if kind == "extra_forbidden":
        place, message = problem["loc"], _unknown(str(problem["loc"][-1]), node, schema)
        if _NEAR_SECRETS & {*place}:  # a secret may stand behind a key written wrongly
            got = None
    elif kind == "missing":
        if isinstance(place[-1], int):  # a list that is too short
            place, node = _found(schema, place[:-1])
            message, got = _must(node, value, schema), None
        else:
            message, got = f"this key is required: {_allowed(node, schema)}", None
    elif kind in {"value_error", "assertion_error"}:  # our own words
        place, message = problem["loc"], problem["msg"].removeprefix("Value error, ")
        got = None if isinstance(value, dict | list | tuple) else got
    else:
        message = _must(node, value, schema)
    if _SECRETS & {*place}:
        got = None
    prefix = ": ".join([where, *([".".join(str(part) for part in place)] if place else [])])
    return f"{prefix}: {message}" + ("" if got is None else f" (got {got})")


def _must(node: Node, value: Any, schema: Node) -> str:
    """What is allowed, and what to write instead."""
    message = f"must be {_allowed(node, schema)}"
    hint = did_you_mean(value, _choices(node, schema)) if isinstance(value, str) else ""
    if isinstance(value, str | int | float) and any(
        _lists(option, schema) for option in _options(node, schema)
    ):
        hint = f"; write [{value}]"
    if hint or "default" not in node:
        return message + hint
    default = node["default"]
    if default is None or isinstance(default, dict):
        return f"{message}; or leave it out"
    return f"{message}; leave it out for {_written(default)}"


def _lists(node: Node, schema: Node) -> bool:
    """Whether it is a list of plain values."""
    inner = node.get("items")
    return inner is not None and not any("properties" in option for option in _options(inner, schema))


def _unknown(name: str, node: Node, schema: Node) -> str:
    known = [key for option in _options(node, schema) for key in option.get("properties", ())]
    hint = did_you_mean(name, known)
    if hint or not known:
        return f"unknown key{hint}"
    return f"unknown key; known here: {', '.join(known)}"


def _found(schema: Node, loc: Place) -> tuple[Place, Node]:
    """What the schema says of a place, which ends where the schema does: what follows is pydantic's own."""
    node = schema
    for depth, part in enumerate(loc):
        inner = [_within(option, part) for option in _options(node, schema)]
        known = [each for each in inner if each is not None]
        if not known:
            return loc[:depth], node
        node = known[0]
    return loc, node


def _within(node: Node, part: int | str) -> Node | None:
    found: Node | None
    if isinstance(part, int):
        first = node.get("prefixItems", [])
        found = first[part] if part < len(first) else node.get("items")
    else:
        values = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
        others = next((each for each in values if isinstance(each, dict)), None)
        found = node.get("properties", {}).get(part, others)
    return found


def _options(node: Node, schema: Node) -> Iterator[Node]:
    """The alternatives of a node, without null: a key that may be null can be left out."""
    if "$ref" in node:
        yield from _options(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    elif "anyOf" in node:
        least = {"minimum": node["ge"]} if "ge" in node else {}
        for option in node["anyOf"]:
            yield from _options({**option, **least}, schema)
    elif node.get("type") != "null":
        yield node


def _choices(node: Node, schema: Node) -> list[str]:
    found = [option.get("enum", [option.get("const")]) for option in _options(node, schema)]
    return [choice for choices in found for choice in choices if isinstance(choice, str)]


def _allowed(node: Node, schema: Node) -> str:
    told = list(dict.fromkeys(_said(option, schema) for option in _options(node, schema)))
    wider = [each for each in told if each.replace(" whole", "") in told]
    return " or ".join(each for each in told if each not in wider or each.replace(" whole", "") == each)


def _said(node: Node, schema: Node) -> str:
    kind = node.get("type")
    if "const" in node:
        return str(node["const"])
    if "enum" in node:
        return f"one of {', '.join(node['enum'])}"
    if "properties" in node:
        first = list(node["properties"])[:_FIRST]
        return f"a section with keys of its own ({', '.join(first)}, ...)"
    if kind == "object":
        return "keys and values"
    if kind == "array":
        return _list(node, schema)
    if "pattern" in node:
        return _PATTERNS.get(node["pattern"], "text")
    if node.get("format") == "date":
        return "a date such as 2025-01-31"
    if node.get("maxLength") == 1:
        return "one character"
    return _WORDS.get(str(kind), "a value") + _range(node)


def _list(node: Node, schema: Node) -> str:
    inner = node.get("items") or node["prefixItems"][0]
    least, most = node.get("minItems"), node.get("maxItems")
    many = f" of {least}" if least and least == most else f" of {least} to {most}" if least and most else ""
    return f"a list{many} in brackets, each of them {_allowed(inner, schema)}"


def _range(node: Node) -> str:
    """In words.

    >>> _range({"minimum": 1, "maximum": 9}), _range({"minimum": 1}), _range({})
    (' from 1 to 9', ' of 1 or more', '')
    >>> _range({"exclusiveMinimum": 0, "exclusiveMaximum": 1}), _range({"minimum": 0, "exclusiveMaximum": 1})
    (' above 0 and below 1', ' from 0 and below 1')
    """
    least, above = node.get("minimum"), node.get("exclusiveMinimum")
    most, below = node.get("maximum"), node.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None and below is None:
        return f" of {least} or more"
    low = [f"from {least}"] if least is not None else [f"above {above}"] if above is not None else []
    high = [f"at most {most}"] if most is not None else [f"below {below}"] if below is not None else []
    return f" {' and '.join([*low, *high])}" if low or high else ""


def _plain(value: Any) -> str:
    """What was got, in the words of the file."""
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return "keys and values" if isinstance(value, dict) else _written(value)[:_MOST]


def _written(value: Any) -> str:
    """As YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(str(each) for each in value)}]"
    return repr(value)
