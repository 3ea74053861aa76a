"""Profile: what is known of the customer, as it was at the snapshot.

Dimension: informational. It is knowledge we hold; nothing in it was exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.features.contacts import quoted
from churnlab.features.feature import Feature
from churnlab.features.sentences import said
from churnlab.history import History


def profile(past: History) -> Iterator[Feature]:
    """Every attribute under its own name: a number, or a category as text."""
    if past.profile is None:
        return
    for name in past.profile.names:
        number = past.profile.kind(name) == "number"
        words = quoted(name.replace("_", " "))
        yield Feature(
            name,
            past.profile.number(name) if number else past.profile.category(name),
            "number" if number else "text",
            f"{words.capitalize()} of the customer",
            "informational",
            **said(f"{words}: {{value}}", f"{words} : {{value}}", means=f"{words.capitalize()} du client"),
        )
