"""Runs and models in MLflow: the only package that imports it.

Lists never depend on the tracker: scoring asks it for the champion, checks the files' digests and
reads them directly. MLflow is loaded when a store is first asked for what only MLflow can tell. What is
logged is aggregated; a customer id never is.
"""

from churnlab.tracking.changes import Change, Version, champions, former, move, predecessor, versions
from churnlab.tracking.registry import FOLDER, Champion, alias, champion, confirm, fetched, register
from churnlab.tracking.reports import Written, describe, keep_report, kept_report, last_report
from churnlab.tracking.runs import Run, run, tagged
from churnlab.tracking.signoffs import EVIDENCE, EVIDENCE_TAG, SAID, SignOff, sign, sign_offs
from churnlab.tracking.store import Store, open_store

__all__ = [
    "EVIDENCE",
    "EVIDENCE_TAG",
    "FOLDER",
    "SAID",
    "Champion",
    "Change",
    "Run",
    "SignOff",
    "Store",
    "Version",
    "Written",
    "alias",
    "champion",
    "champions",
    "confirm",
    "describe",
    "fetched",
    "former",
    "keep_report",
    "kept_report",
    "last_report",
    "move",
    "open_store",
    "predecessor",
    "register",
    "run",
    "sign",
    "sign_offs",
    "tagged",
    "versions",
]
