"""What may lie over the four strategies: how customers relate to us, and whose account is whose."""

from __future__ import annotations

from pydantic import Field, model_validator

from churnlab.config.section import Section
from churnlab.config.sources import Sources


class DimensionTypes(Section):
    """Interaction types that speak for each dimension; an empty list: nobody writes such things down here."""

    informational: tuple[str, ...] = Field(
        ("question", "enquiry", "ticket", "survey_answer", "feedback"),
        description="information asked for or given",
    )
    normative: tuple[str, ...] = Field(
        ("renewal", "loyalty_membership", "membership", "appointment_kept"),
        description="commitments made and rules kept, beside contracts",
    )
    political: tuple[str, ...] = Field(
        ("complaint", "escalation", "dispute", "negotiation", "vote", "co_creation", "idea"),
        description="influence on what is sold, and how",
    )
    socio_affective: tuple[str, ...] = Field(
        ("review", "referral", "recommendation", "event", "thanks", "community"),
        description="personal ties and attachment",
    )


class HalfPoints(Section):
    """Events in the window that make a score of 50: what many are, said once and for everybody."""

    economic: float = Field(6, gt=0, allow_inf_nan=False, description="orders")
    informational: float = Field(3, gt=0, allow_inf_nan=False, description="contacts")
    normative: float = Field(1, gt=0, allow_inf_nan=False, description="contracts and contacts")
    political: float = Field(2, gt=0, allow_inf_nan=False, description="contacts")
    socio_affective: float = Field(2, gt=0, allow_inf_nan=False, description="contacts")


class Relation(Section):
    """Five relational dimensions, the type of the relationship, and how a customer cooperates.

    Only what the customer began or answered counts, and no amount changes anything.
    """

    days: int = Field(365, ge=1, le=1825, description="days before the date of the list that are looked at")
    types: DimensionTypes = DimensionTypes()
    half: HalfPoints = HalfPoints()
    personal_channels: tuple[str, ...] = Field(
        ("phone", "store", "branch", "meeting", "visit", "account_manager"),
        description="channels on which people meet",
    )
    self_service_channels: tuple[str, ...] = Field(
        ("web", "app", "portal", "chatbot", "kiosk"), description="channels on which nobody is needed"
    )
    opposing_types: tuple[str, ...] = Field(
        ("complaint", "return", "dispute", "escalation", "opt_out", "unsubscribe"),
        description="interaction types by which a customer resists",
    )
    voluntary_types: tuple[str, ...] = Field(
        ("review", "referral", "recommendation", "survey_answer", "feedback", "idea", "vote", "co_creation"),
        description="interaction types that nobody had to give",
    )
    primary_score: float = Field(
        50, gt=0, le=100, description="socio-affective score from which a relationship is primary"
    )
    primary_contacts: int = Field(2, ge=1, description="or so many contacts ...")
    personal_share: float = Field(0.5, gt=0, le=1, description="... of which such a share is personal")
    resistant_contacts: int = Field(
        2, ge=1, description="opposing contacts of a resistant customer, and no fewer than voluntary ones"
    )
    collaborative_contacts: int = Field(3, ge=1, description="voluntary contacts of a collaborative customer")
    independent_events: int = Field(
        3, ge=1, description="orders and contacts with a known channel of an independent customer ..."
    )
    self_service_share: float = Field(
        0.8, gt=0, le=1, description="... of which such a share is self-service"
    )
    independent_voluntary: int = Field(1, ge=0, description="... and voluntary contacts at most")

    @model_validator(mode="after")
    def _sides(self) -> Relation:
        for first, second in (
            ("opposing_types", "voluntary_types"),
            ("personal_channels", "self_service_channels"),
        ):
            both = {*getattr(self, first)} & {*getattr(self, second)}
            if both:
                raise ValueError(f"{min(both)} stands in {first} and in {second}: keep it in one of them")
        if self.independent_voluntary >= self.collaborative_contacts:
            raise ValueError(
                "independent_voluntary must be below collaborative_contacts, such as 1 and 3: nobody with "
                "more would be asked whether he or she is independent"
            )
        return self


class Overlays(Section):
    """Columns that lie over the strategies. No model sees them, and no score changes with them."""

    relation: Relation | None = Field(
        None, description="dimensions, type and profile of each relationship; {}: by the defaults; null: none"
    )
    parent: bool = Field(
        False,
        description="true: accounts roll up to the parent that sources.customers names (columns.parent)",
    )


def require(overlays: Overlays | None, sources: Sources, *, one_per_parent: bool) -> None:
    """Raise ``ValueError`` where an overlay has nothing to be made of."""
    parents = overlays is not None and overlays.parent
    if one_per_parent and not parents:
        raise ValueError(
            "campaign.one_per_parent needs overlays.parent: true: else nobody knows who belongs together"
        )
    if overlays is None:
        return
    if sources.snapshot and (parents or overlays.relation is not None):
        raise ValueError("overlays need histories, and a snapshot table has none: take overlays out")
    if parents and not any("parent" in source.columns for source in sources.customers):
        raise ValueError("overlays.parent needs sources.customers with columns.parent: the id of the parent")
