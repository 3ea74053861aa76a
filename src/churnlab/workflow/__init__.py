"""The verbs: each reads its project, does one thing whole, and answers with plain values."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from churnlab.workflow.backtesting import backtest
    from churnlab.workflow.comparing import compare
    from churnlab.workflow.delivering import deliver, verify_ledger
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
    "compare",
    "deliver",
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
    "verify_ledger",
]

_MODULES = {
    "backtest": "backtesting",
    "compare": "comparing",
    "deliver": "delivering",
    "diagnose": "diagnosing",
    "explain_customer": "explaining",
    "list_features": "listing",
    "list_models": "versions",
    "make_panel": "panels",
    "review": "reviewing",
    "rollback": "versions",
    "run": "running",
    "score": "scoring",
    "sign": "signing",
    "train": "training",
    "validate": "validating",
    "verify_ledger": "delivering",
}


def __getattr__(name: str) -> Any:
    # One verb need not wait for what the others import: explaining one customer needs no training.
    if name in _MODULES:
        return getattr(import_module(f"churnlab.workflow.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
