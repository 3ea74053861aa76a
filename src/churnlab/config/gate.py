"""The bounds of the registry gate: all of them, in one place."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from churnlab.config.section import Section


class Gate(Section):
    """What a new model must show, on held-out rows that the champion is scored on too, to replace it."""

    bootstrap: int = Field(200, ge=100, le=10_000, description="resamples of customers behind each bound")
    min_positives: int = Field(
        30, ge=1, description="rows that churned, and that stayed, needed to judge; fewer: insufficient"
    )
    max_loss: float = Field(
        0.005,
        ge=0,
        description="average precision less the champion's: how far below 0 the lower 95 % bound may lie",
    )
    max_lift_loss: float = Field(
        0.005,
        ge=0,
        description="the same for the lift of the best tenth, in times: strict below 100,000 rows",
    )
    max_ece: float = Field(
        0.03, ge=0, le=1, description="calibration error; what luck alone explains is allowed"
    )
    max_ece_worse: float = Field(0.01, ge=0, le=1, description="calibration error above the champion's")
    max_slice_loss: float = Field(0.05, ge=0, le=1, description="AUROC that any slice may lose")
    slice_rows: int = Field(200, ge=1, description="a slice, one value of a segment, is judged from here on")
    slice_positives: int = Field(30, ge=1, description="and with as many rows that churned, and that stayed")
    max_gini_loss: float = Field(0.01, ge=0, description="value: the same for the normalised Gini")
    max_bias_worse: float = Field(
        5.0, ge=0, description="value: points of % by which the size of the bias may exceed the champion's"
    )
    baselines: Literal["name", "refuse"] = Field(
        "name", description="a model not shown to rank as well as the best baseline is named, or refused"
    )
    other_terms: Literal["promote", "refuse"] = Field(
        "promote",
        description="where the champion answers another question: the checks that need no champion decide, "
        "or it stays",
    )
    hold: bool = Field(False, description="true: no training replaces the champion, whatever it shows")
    strict: bool = Field(
        False,
        description="true: a version that passes becomes the champion only when churnlab sign approves it, "
        "and one whose last sign-off is rejected makes no lists",
    )
