"""The two axes of the strategy: where high begins, for whom, and how far a customer must move to move."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from churnlab.config.lifecycle import Lifecycle, MomentRules
from churnlab.config.offer import Offer
from churnlab.config.section import Name, Section


class Threshold(Section):
    """Where high begins. Learned at training and frozen with the model."""

    mode: Literal["fixed", "quantile", "margin_share", "break_even"]
    at: float = Field(
        allow_inf_nan=False,
        description="the cut itself; the quantile; the share of value that 'high' must hold; or, for "
        "break_even, the churn risk at which a contact must pay",
    )
    offer: Offer | None = Field(
        None, description="break_even only: the contact that a valuable customer must be worth"
    )

    @model_validator(mode="after")
    def _at_is_a_share(self) -> Threshold:
        if self.mode != "fixed" and not 0 < self.at <= 1:
            raise ValueError(f"at must be above 0 and at most 1 where mode is {self.mode}, such as 0.8")
        if self.mode != "break_even" and self.offer is not None:
            raise ValueError(f"offer is for mode break_even, and mode is {self.mode}: take it out")
        if self.mode == "break_even":
            self._pays_somewhere()
        return self

    def _pays_somewhere(self) -> None:
        if self.offer is None:
            raise ValueError(
                "mode break_even needs an offer: save_rate, contact_cost, incentive_cost, take_up_stayers"
            )
        if self.at * self.offer.save_rate <= (1 - self.at) * self.offer.backfire:
            raise ValueError(
                f"at a risk of {self.at:g} this offer loses as much as it saves, whatever a customer is "
                "worth: raise at or save_rate, or lower backfire"
            )


class Axes(Section):
    """Cuts of one group of customers, where they are not those of everybody."""

    value: Threshold | None = Field(None, description="null: as strategy.value says")
    intensity: Threshold | None = Field(None, description="null: as strategy.intensity says")

    @model_validator(mode="after")
    def _intensity_is_on_its_scale(self) -> Axes:
        if self.intensity is not None:
            _on_its_scale(self.intensity)
        return self


class Hysteresis(Section):
    """How far beyond a cut a customer must be to change sides; 0: the cut itself decides."""

    value: float = Field(0.10, ge=0, lt=1, description="share of the cut: 0.10 holds from 0.9 to 1.1 of it")
    intensity: float = Field(5, ge=0, lt=50, description="points on the scale from 0 to 100")


class StrategyPlan(Section):
    """The two axes of the strategy (value if retained, and relationship intensity), phases and moments."""

    value: Threshold = Threshold(mode="margin_share", at=0.8)
    intensity: Threshold = Threshold(mode="fixed", at=50)
    by: Name | None = Field(
        None, description="an attribute, such as country: cuts are learned for each of its values"
    )
    groups: dict[str, Axes] = Field({}, description="value of that attribute: modes of its own")
    min_group: int = Field(
        100, ge=1, description="customers a value of the attribute needs for cuts of its own, if not fixed"
    )
    relearn: bool = Field(
        False,
        description="true: the next training learns the cuts anew; false: they stay those of the champion as "
        "long as the settings above do",
    )
    hysteresis: Hysteresis = Hysteresis()
    risk_bands: tuple[float, float] = Field(
        (0.15, 0.40), description="low below the first, high from the second"
    )
    lifecycle: Lifecycle = Lifecycle()
    moments: MomentRules = MomentRules()

    @model_validator(mode="after")
    def _two_axes(self) -> StrategyPlan:
        _on_its_scale(self.intensity)
        if not 0 <= self.risk_bands[0] <= self.risk_bands[1] <= 1:
            raise ValueError("risk_bands must be two rising risks between 0 and 1, such as [0.15, 0.40]")
        if self.groups and self.by is None:
            raise ValueError("groups needs strategy.by: the attribute whose values they are")
        return self


def _on_its_scale(intensity: Threshold) -> None:
    if intensity.mode in {"margin_share", "break_even"}:
        raise ValueError("intensity has no margin: its mode must be fixed or quantile")
    if intensity.mode == "fixed" and not 0 <= intensity.at <= 100:
        raise ValueError("intensity.at must be on its scale of 0 to 100, such as 50")
