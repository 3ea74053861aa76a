"""churnlab: from transaction histories to the customers worth keeping.

    project = churnlab.load("configs/synthetic.yaml")
    churnlab.run(project)

Every verb of the command line is a function here, and every function answers with plain values.
Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from churnlab.version import VERSION

if TYPE_CHECKING:
    from churnlab.config import from_mapping, load
    from churnlab.workflow import (
        backtest,
        compare,
        deliver,
        diagnose,
        explain_customer,
        list_features,
        list_models,
        make_panel,
        review,
        rollback,
        run,
        score,
        sign,
        train,
        validate,
        verify_ledger,
    )

__version__ = VERSION

__all__ = [
    "backtest",
    "compare",
    "deliver",
    "diagnose",
    "explain_customer",
    "from_mapping",
    "list_features",
    "list_models",
    "load",
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


def __getattr__(name: str) -> Any:
    # Lazy on purpose: `import churnlab` must not cost the seconds that pandas and XGBoost take.
    if name in {"load", "from_mapping"}:
        from churnlab import config

        return getattr(config, name)
    if name in __all__:
        from churnlab import workflow

        return getattr(workflow, name)
    raise AttributeError(f"module 'churnlab' has no attribute {name!r}")
