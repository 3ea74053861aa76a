"""Which report of a version was written last, and of which bytes: what somebody who signs has read.

The version's tag ``churnlab.report`` names the run of the review, which keeps the report as its artifact
``report.html``, the name of the file that was written, and its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from churnlab.tracking.runs import Run
from churnlab.tracking.store import Store

REPORT = "report.html"
_TAG = "churnlab.report"
# Registries in other databases than SQLite refuse a longer description.
LONGEST = 5_000


@dataclass(frozen=True)
class Written:
    """A report as it was written: the name of its file, its SHA-256, and the run that keeps it."""

    file: str
    sha256: str
    review: str


def keep_report(run: Run, version: str, file: str, page: str) -> Written:
    """Keep ``page`` with ``run``, and name it as the report that was written last of ``version``."""
    run.log_text(REPORT, page)
    written = Written(file, hashlib.sha256(page.encode()).hexdigest(), run.run_id)
    run.store.client.set_model_version_tag(
        run.store.project, version, _TAG, json.dumps(asdict(written), sort_keys=True)
    )
    return written


def last_report(store: Store, version: str) -> Written | None:
    """The report that was written last of ``version``; None where none was, or the tag is none of ours."""
    text = store.client.get_model_version(store.project, version).tags.get(_TAG)
    try:
        return None if text is None else Written(**json.loads(text))
    except (ValueError, TypeError):
        return None


def kept_report(store: Store, written: Written) -> bytes:
    """The bytes of a report as the run of its review keeps them."""
    return Run.of(store, written.review).read_text(REPORT).encode()


def describe(store: Store, version: str, card: str, rest: str) -> None:
    """Make ``card``, Markdown, the description of ``version``; where it is too long, its first chapters.

    ``rest``: the line that then says where the others are.
    """
    store.client.update_model_version(store.project, version, shortened(card, rest))


def shortened(card: str, rest: str) -> str:
    """The chapters of ``card`` that leave room for ``rest``, and it.

    >>> shortened("# a" + chr(10) * 2 + "## b" + chr(10), "more")[:3]
    '# a'
    """
    if len(card) <= LONGEST:
        return card
    room = LONGEST - len(rest) - 2
    cut = card.rfind("\n## ", 0, room + 1)
    whole = card[:cut] if cut > 0 else card[: card.rfind("\n", 0, room + 1)]
    return f"{whole.rstrip()}\n\n{rest}\n"[:LONGEST]
