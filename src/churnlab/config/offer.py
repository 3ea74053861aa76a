"""What a contact does and costs: the few numbers behind a break-even and a campaign's profit."""

from __future__ import annotations

from pydantic import Field

from churnlab.config.section import Section


class Offer(Section):
    """What a contact does and costs, as far as it is known: a control group tells."""

    save_rate: float = Field(ge=0, le=1, description="share of those about to leave whom a contact keeps")
    contact_cost: float = Field(0, ge=0, description="of each contact")
    incentive_cost: float = Field(0, ge=0, description="of each that is taken up")
    take_up_stayers: float = Field(1, ge=0, le=1, description="share of those who stay anyway who take it")
    backfire: float = Field(
        0, ge=0, le=1, description="share of those who would stay whom a contact drives away"
    )
