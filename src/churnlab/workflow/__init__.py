"""The verbs: each reads its project, does one thing whole, and answers with plain values."""

from churnlab.workflow.diagnosing import diagnose
from churnlab.workflow.explaining import explain_customer
from churnlab.workflow.listing import list_features
from churnlab.workflow.panels import make_panel
from churnlab.workflow.reviewing import review
from churnlab.workflow.running import run
from churnlab.workflow.scoring import score
from churnlab.workflow.training import train
from churnlab.workflow.validating import validate

__all__ = [
    "diagnose", "explain_customer", "list_features", "make_panel", "review", "run", "score", "train",
    "validate",
]  # fmt: skip
