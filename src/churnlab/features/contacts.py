"""Which interactions are the customer's own, which are ours, and what several families say of them."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator

from churnlab.features.feature import Dimension, Feature
from churnlab.features.sentences import said
from churnlab.history import ALL, History, Source, days_between


def inbound(past: History) -> Source | None:
    """What the customer initiated or answered; without a direction column, every interaction."""
    return _towards(past, "inbound")


def outbound(past: History) -> Source | None:
    """What was sent to the customer; None where no column says so."""
    source = past.interactions
    return None if source is None or not source.has("direction") else _towards(past, "outbound")


def _towards(past: History, direction: str) -> Source | None:
    source = past.interactions
    if source is None or not source.has("direction"):
        return source
    return source.where("direction", operator.eq, direction)


def slug(text: str) -> str:
    """A kind of contact as part of a feature's name.

    >>> slug("E-mail: clicked")
    'e_mail_clicked'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def quoted(text: str) -> str:
    """Text from a configuration inside a template: its braces are only braces."""
    return text.replace("{", "{{").replace("}", "}}")


def counted(
    source: Source,
    windows: tuple[int, ...],
    name: str,
    unit: str,
    dimension: Dimension,
    what: tuple[str, str],
) -> Iterator[Feature]:
    """``{name}_{days}d``: the events of each window. ``what``: their name, English and French."""
    english, french = what
    for days in windows:
        yield Feature(
            f"{name}_{days}d",
            source.last(days).count(),
            unit,
            f"{english.capitalize()} in the last {days} days",
            dimension,
            **said(
                f"{quoted(english)} {{period}}: {{value}}",
                f"{quoted(french)} {{period}} : {{value}}",
                days,
                means=f"{french[:1].upper() + french[1:]} sur les {days} derniers jours",
            ),
            empty=0,
        )


def since_last(
    past: History, source: Source, name: str, dimension: Dimension, what: tuple[str, str]
) -> Feature:
    """``days_since_{name}``: since the latest event. ``what``: one of them, in French with its article."""
    english, french = what
    return Feature(
        f"days_since_{name}",
        days_between(source.last(ALL).last("time"), past.as_of),
        "days",
        f"Time since the last {english}",
        dimension,
        **said(
            f"time since the last {quoted(english)}: {{value}}",
            f"temps depuis {quoted(french)} : {{value}}",
            means=f"Temps depuis {french}",
        ),
    )
