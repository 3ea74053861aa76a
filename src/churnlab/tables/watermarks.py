"""Until when a table is complete: declared by its delivery, else seen from its last event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from churnlab.config.sources import Source
from churnlab.tables.times import local_day, midnight


def of_table(
    sources: Sequence[Source], last_events: Sequence[int | None], zone: str
) -> tuple[int | None, list[str]]:
    """The instant before which a table misses nothing, and the sources whose word for it is only
    their last event.

    ``last_events``: the last accepted time of each source. A source cut by ``until`` is closed: it
    does not hold the table back, as long as another goes on.
    """
    ends: list[tuple[bool, int]] = []
    observed = []
    for source, last in zip(sources, last_events, strict=True):
        if isinstance(source.complete_until, date):
            end = midnight(source.complete_until, zone)
        elif last is not None:
            end = midnight(local_day(last, zone), zone)
            observed += [] if source.until else [source.name]
        else:
            continue
        ends.append((source.until is not None, end))
    if not ends:
        return None, observed
    open_ends = [end for closed, end in ends if not closed]
    return min(open_ends) if open_ends else max(end for _, end in ends), observed
