"""The model as MLflow serves it: code, not a pickle, beside the JSON files it reads.

MLflow stores this file with each version, for ``mlflow models serve`` and Spark. churnlab's own batch
path never runs it: it verifies the digests of the JSON files and loads them directly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd


class Scorer(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Feature columns in, ``churn_risk``, those of shorter horizons and ``value_if_retained`` out."""

    def load_context(self, context: Any) -> None:
        from churnlab.tracking.serving import load

        self.models = load(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002
        from churnlab.tracking.serving import score

        return score(self.models, model_input)


mlflow.models.set_model(Scorer())
