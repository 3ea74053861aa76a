r"""Regular expressions of the row rules, as other engines than DuckDB write them.

The rules are written for RE2, which DuckDB and BigQuery run. Elsewhere classes such as ``\p{Cf}`` are
unknown or follow the server's locale, so they are spelt out character by character here: the same
rows are set aside everywhere, whatever Unicode version or locale a server has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Ranges = Sequence[tuple[int, int]]

# What RE2 as DuckDB ships it takes each class for; a test asks DuckDB about every code point.
SPACES: Ranges = ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))
SEPARATORS: Ranges = (
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
FORMATTING: Ranges = (
    (0xAD, 0xAD),
    (0x600, 0x605),
    (0x61C, 0x61C),
    (0x6DD, 0x6DD),
    (0x70F, 0x70F),
    (0x890, 0x891),
    (0x8E2, 0x8E2),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
)
_CLASSES = {r"\s": SPACES, r"\p{Z}": SEPARATORS, r"\p{Cf}": FORMATTING}

# The parts of a pattern: an escape, the start of a group, the ends of a bracket, or a plain character.
_PART = re.compile(r"\\p\{\w+\}|\\x\{[0-9a-f]+\}|\\.|\(\?:|.", re.DOTALL)

# Calendar days from year 0 to 9999: what a date that is well written must be among.
CALENDAR = (
    "^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)


def for_postgres(pattern: str) -> str:
    r"""A pattern for Postgres: classes spelt out, code points escaped its way.

    >>> for_postgres(r"[\x{00}-\x{1f}]")
    '[\\u0001-\\u001f]'
    """
    return _spelt(pattern, lambda code: rf"\u{code:04x}" if code < 0x10000 else rf"\U{code:08x}")


def for_snowflake(pattern: str) -> str:
    r"""A pattern for Snowflake: classes spelt out in the characters themselves, every group counted.

    >>> for_snowflake(r"^(?:a|b)([0-9])$")
    '^(a|b)([0-9])$'
    """
    return _spelt(pattern, chr).replace("(?:", "(")


def groups(pattern: str) -> list[int]:
    r"""The number each group has once every group counts, by the number it has now.

    >>> groups("(?:a)(b)(?:c)(d)")
    [0, 2, 4]
    """
    found, counted = [0], 0
    for part, inside in _parts(pattern):
        if part in {"(", "(?:"} and not inside:
            counted += 1
            found += [counted] if part == "(" else []
    return found


def _spelt(pattern: str, written: Callable[[int], str]) -> str:
    """``written``: how one code point is written inside brackets."""
    pieces = []
    for part, inside in _parts(pattern):
        if part in _CLASSES:
            ranges = "".join(_range(low, high, written) for low, high in _CLASSES[part])
            pieces.append(ranges if inside else f"[{ranges}]")
        elif part.startswith(r"\x{"):
            # No text holds the character 0, and no pattern can either.
            pieces.append(written(max(1, int(part[3:-1], 16))))
        else:
            pieces.append(part)
    return "".join(pieces)


def _range(low: int, high: int, written: Callable[[int], str]) -> str:
    return written(low) if low == high else f"{written(low)}-{written(high)}"


def _parts(pattern: str) -> list[tuple[str, bool]]:
    """(part, whether it is inside brackets) of a pattern."""
    found, inside = [], False
    for part in _PART.findall(pattern):
        if part == "]":
            inside = False
        found.append((part, inside))
        if part == "[":
            inside = True
    return found
