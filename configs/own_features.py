"""A feature family of one's own, named in a configuration as `configs/own_features.py:evenings`.

A family is a function of a customer's past. It yields one Feature per measured quantity; the past
knows nothing from `as_of` on, so a family cannot leak the future.
"""

import operator
from collections.abc import Iterator

from churnlab.features.feature import Feature
from churnlab.history import ALL, History, ratio


def evenings(past: History) -> Iterator[Feature]:
    """Buying after work: the share of order lines from 18:00 on, over the whole past."""
    if past.transactions is None:
        return
    late = past.transactions.where("hour", operator.ge, 18).last(ALL).count()
    yield Feature(
        name="evening_share",
        values=ratio(late, past.transactions.last(ALL).count()),
        unit="share",
        meaning="Share of order lines bought from 18:00 on",
        dimension="normative",
        en="{value} of purchases in the evening; usual here: {reference}",
        fr="{value} des achats en soirée ; habituel ici : {reference}",
        meaning_fr="Part des lignes de commande à partir de 18 h",
    )
