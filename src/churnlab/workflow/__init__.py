"""The verbs: each reads its project, does one thing whole, and answers with plain values."""

from churnlab.workflow.backtesting import backtest
from churnlab.workflow.diagnosing import diagnose
from churnlab.workflow.explaining import explain_customer
from churnlab.workflow.listing import list_features
from churnlab.workflow.panels import make_panel
from churnlab.workflow.reviewing import review
from churnlab.workflow.running import run
from churnlab.workflow.scoring import score
from churnlab.workflow.signing import sign
from churnlab.workflow.training import train
from churnlab.workflow.validating import validate
from churnlab.workflow.versions import list_models, rollback

__all__ = [
    "backtest",
    "diagnose",
    "explain_customer",
    "list_features",
    "list_models",
    "make_panel",
    "review",
    "rollback",
    "run",
    "score",
    "sign",
    "train",
    "validate",
]
