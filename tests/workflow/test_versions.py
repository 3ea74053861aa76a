"""`models` as people see it: on a terminal of eighty columns each version is one line."""

import io

from rich.console import Console

from churnlab import display
from churnlab.tracking import Change, Version
from churnlab.workflow.versions import Listed

RUN = "0123456789abcdef0123456789abcdef"
AT = "2025-07-01T10:02:59+00:00"
WHY = "log loss 0.301 against 0.305 of the champion, between -0.011 and 0.002: shown not to be worse"


def printed(listed, width):
    console = Console(width=width, file=io.StringIO(), highlight=False)
    for section in listed.sections():
        display._section(console, section)
    return console.file.getvalue().splitlines()


def test_nothing_is_wrapped_that_belongs_together():
    versions = tuple(Version(str(n), RUN, AT, "insufficient", WHY) for n in (12, 11, 10))
    changes = (
        Change("10", None, AT, "ana@a-machine.example", WHY),
        Change("12", "10", AT, "ana", "a reason"),
    )
    lines = printed(Listed("12", versions, changes), 80)
    assert all(len(line) <= 80 for line in lines)
    rows = [line for line in lines if "insufficient" in line]
    assert [" ".join(row.split()) for row in rows] == [
        "12 2025-07-01 10:02 insufficient since 2025-07-01 10:02",
        "11 2025-07-01 10:02 insufficient -",
        "10 2025-07-01 10:02 insufficient from 2025-07-01 10:02",
    ]
    told = " ".join(" ".join(lines).split())
    assert f"11: {WHY}" in told
    assert "2025-07-01 10:02 version 12 instead of 10, by ana: a reason" in told
    assert f"2025-07-01 10:02 version 10, by ana@a-machine.example: {WHY}" in told
    assert Listed("12", versions, changes).as_dict()["versions"][0]["run_id"] == RUN
