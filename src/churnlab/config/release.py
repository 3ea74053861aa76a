"""The bounds of the release gate: how far new lists may be from the last ones before somebody must look."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from churnlab.config.section import Section

ListName = Literal["retain", "rationalise", "win_back", "release", "unclassified", "all"]
Times = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Release(Section):
    """What stops new lists (block) or is told with them (warn), beside the releases of earlier dates."""

    size_block: tuple[Times, Times] = Field(
        (0.5, 2.0), description="customers of a list, in times of the median of the last 4 releases"
    )
    size_warn: tuple[Times, Times] = Field((0.75, 1.5), description="the same, for a warning")
    size_least: int = Field(
        50, ge=1, description="a list that has, and had, fewer customers is not judged by that median"
    )
    sizes: dict[ListName, tuple[int, int]] = Field(
        {}, description="list: fewest and most customers, whatever went before; all: those of all lists"
    )
    share_block: Share = Field(
        0.10, description="by which a strategy's share may move since the last release"
    )
    share_warn: Share = Field(0.05, description="the same, for a warning")
    share_least: int = Field(200, ge=1, description="of fewer customers, now or then, shares are not judged")
    psi_block: float = Field(
        0.20, gt=0, description="stability index of risk and value against training: from here on, no list"
    )
    psi_warn: float = Field(
        0.05, ge=0, description="the same, for a warning; of few customers what luck explains is allowed"
    )
    psi_least: int = Field(200, ge=200, description="of fewer customers there is no stability index")
    cost_warn: Share = Field(0.90, description="of campaign.budget that a campaign may spend unnoticed")
    distinct_warn: int = Field(
        50, ge=0, le=1000, description="different risks among 1,000 customers: fewer are told"
    )
    overlap_warn: Share = Field(
        0.30,
        description="of customers who were scored the last time, too (of the smaller of both): less is told",
    )

    @model_validator(mode="after")
    def _warn_inside_block(self) -> Release:
        (low, high), (soon_low, soon_high) = self.size_block, self.size_warn
        if not low <= soon_low <= 1 <= soon_high <= high:
            raise ValueError(
                "size_block and size_warn hold 1, and size_block holds size_warn, such as [0.5, 2] and "
                "[0.75, 1.5]"
            )
        for name, (warn, block) in {
            "share": (self.share_warn, self.share_block),
            "psi": (self.psi_warn, self.psi_block),
        }.items():
            if warn > block:
                raise ValueError(f"{name}_warn is above {name}_block: nothing would be told before it stops")
        for name, (fewest, most) in self.sizes.items():
            if not 0 <= fewest <= most:
                raise ValueError(f"sizes.{name} must be two rising numbers of customers, such as [100, 900]")
        return self
