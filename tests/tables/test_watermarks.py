"""Until when a table is complete, from declarations and last events."""

import pytest

from churnlab.config.sources import Source
from churnlab.tables.times import midnight
from churnlab.tables.watermarks import of_table

ZONE = "Europe/Paris"


def source(name, **declared):
    columns = {"customer_id": "c", "time": "t"}
    return Source.model_validate({"name": name, "frame": "x", "columns": columns, **declared})


def at(text):
    from datetime import date

    return midnight(date.fromisoformat(text), ZONE)


OPEN, OLD = source("open", complete_until="2025-06-20"), source("old", until="2025-01-01")
SEEN = source("seen")


@pytest.mark.parametrize(
    ("sources", "last", "mark", "observed"),
    [
        ([OPEN], [at("2025-06-25")], at("2025-06-20"), []),
        ([SEEN], [at("2025-06-25") + 5], at("2025-06-25"), ["seen"]),
        ([SEEN], [at("2025-06-25") - 1], at("2025-06-24"), ["seen"]),
        ([OLD, SEEN], [at("2024-12-30"), at("2025-06-25")], at("2025-06-25"), ["seen"]),
        ([OLD], [at("2024-12-30") + 9], at("2024-12-30"), []),
        ([OPEN, SEEN], [None, at("2025-06-02")], at("2025-06-02"), ["seen"]),
        ([SEEN], [None], None, []),
    ],
)
def test_of_table(sources, last, mark, observed):
    assert of_table(sources, last, ZONE) == (mark, observed)
