"""Where a relationship stands, and what calls for attention now: the limits of phases and moments."""

from __future__ import annotations

from pydantic import Field, model_validator

from churnlab.config.section import Section


class Lifecycle(Section):
    """The limits of the phases lost, decline, start, exploration, growth and saturation.

    A customer's silence is counted in own gaps between orders; the trend is the logarithm of the events of
    the last window over those of the window before, season aside.
    """

    lost_gaps: float = Field(
        4, gt=0, description="own gaps of silence, and the horizon, from which one is lost"
    )
    decline_gaps: float = Field(2, gt=0, description="own gaps of silence from which it is a decline")
    decline_trend: float = Field(-0.35, lt=0, description="trend at or below which it is a decline")
    decline_events: int = Field(
        3, ge=1, description="events that the window before needs for a trend to be a decline"
    )
    recover_gaps: float = Field(
        1.5, gt=0, description="a decline is over below so many own gaps of silence..."
    )
    recover_trend: float = Field(-0.20, description="... and above this trend")
    start_days: int = Field(
        60, ge=1, description="days of contract that are the start, where churn is contractual"
    )
    explored_purchases: int = Field(4, ge=1, description="purchases from which exploration can be over")
    explored_gaps: float = Field(4, ge=0, description="gaps of all customers for which it lasts at least")
    growth_trend: float = Field(0.14, gt=0, description="trend from which it is growth")
    window_gaps: float = Field(3, gt=0, description="own gaps that a window of the trend is long")
    window_days: tuple[int, int] = Field((60, 180), description="its least and most days")
    notice_types: tuple[str, ...] = Field(
        ("notice", "cancellation"), description="interaction types that announce the end: a decline"
    )

    @model_validator(mode="after")
    def _limits_in_order(self) -> Lifecycle:
        if not self.recover_gaps <= self.decline_gaps <= self.lost_gaps:
            raise ValueError("recover_gaps, decline_gaps and lost_gaps must rise, such as 1.5, 2 and 4")
        if not self.decline_trend <= self.recover_trend <= self.growth_trend:
            raise ValueError(
                "decline_trend, recover_trend and growth_trend must rise, such as -0.35, -0.20 and 0.14"
            )
        if not 1 <= self.window_days[0] <= self.window_days[1] <= 1825:
            raise ValueError("window_days must be two rising numbers of days, such as [60, 180]")
        return self


class MomentRules(Section):
    """When a critical moment begins and ends. Types that do not occur in the data call for nothing."""

    slip_gaps: float = Field(1.5, gt=0, description="own gaps of silence from which a rhythm slips")
    slip_purchases: int = Field(3, ge=2, description="purchases that make a rhythm")
    complaint_days: int = Field(7, ge=0, description="days a complaint may wait before it is a moment")
    complaint_types: tuple[str, ...] | None = Field(
        None, description="interaction types that are complaints; null: features.service_types"
    )
    reopened_types: tuple[str, ...] = Field(
        ("complaint_reopened", "reopened"), description="interaction types that open a complaint again"
    )
    drop_share: float = Field(
        0.6, gt=0, lt=1, description="a drop in value: less than this share of the 90 days before"
    )
    drop_least: float = Field(25, ge=0, description="and so much less at least, in the reporting currency")
    agreed_ends: bool = Field(
        False,
        description="true: contracts.end was agreed when the contract began, so that an end to come is known "
        "(contract_end, promo_end); false: ends are written down once they have come",
    )
    end_days: tuple[int, int] = Field((30, 60), description="days ahead between which an end is a moment")
    promo_types: tuple[str, ...] = Field(
        ("promo", "promotion"), description="contract types that are promotions"
    )
    recent_days: int = Field(30, ge=1, description="days that the moments below last")
    price_rise_types: tuple[str, ...] = Field(
        ("price_rise",), description="interaction types that tell of a higher price"
    )
    service_failure_types: tuple[str, ...] = Field(
        ("late_delivery", "return", "incident", "quality_incident"),
        description="interaction types that tell of a failure of ours",
    )
    payment_failed_types: tuple[str, ...] = Field(
        ("payment_failed",), description="interaction types that tell of a failed payment"
    )
    opt_out_types: tuple[str, ...] = Field(
        ("opt_out", "unsubscribe"), description="interaction types that take a consent back"
    )
    anniversary_days: int = Field(
        14, ge=0, le=90, description="days ahead in which an anniversary is a moment; 0: never"
    )

    @model_validator(mode="after")
    def _ends_lie_ahead(self) -> MomentRules:
        if not 0 <= self.end_days[0] < self.end_days[1]:
            raise ValueError("end_days must be two rising numbers of days, such as [30, 60]")
        return self
