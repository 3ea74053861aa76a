"""What churn means: one of several questions about what follows a snapshot, with its numbers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from churnlab.config.section import Section

Kind = Literal["non_contractual", "contractual", "win_back", "partial"]

HALF = 0.5  # of what a customer brought before: missing, that is a decline


class ContractRule(Section):
    """When the end of a contract counts as leaving; read where ``churn.kind`` is contractual."""

    grace_days: int = Field(
        30, ge=0, le=365, description="days after an end in which a contract that begins is a renewal"
    )
    lapse: Literal["all", "any"] = Field(
        "all",
        description="all: a customer leaves when nothing runs any more; any: when one of several contracts "
        "that run side by side is not replaced",
    )
    involuntary_reasons: tuple[str, ...] = Field(
        (), description="values of contracts.reason that were not the customer's choice: payment_failed, ..."
    )
    involuntary: Literal["exclude", "count"] = Field(
        "exclude", description="exclude: such a customer gets no label; count: left all the same"
    )


class AdaptiveRule(Section):
    """How long each customer's own horizon is; read where ``churn.horizon`` is adaptive.

    ``times`` x own gap, at least ``least_days`` and at most ``churn.horizon_days``. The own gap is the middle
    of the n gaps between the customer's orders so far, drawn towards ``population_gap_days`` as if that were
    three gaps more: ``(n x middle + 3 x population) / (n + 3)``.
    """

    population_gap_days: float | None = Field(
        None,
        gt=0,
        le=1825,
        description="the middle gap of all customers, as diagnose prints it; given here, so that no label "
        "depends on who else is in the data, or on what came later",
    )
    times: float = Field(2.5, gt=0, le=20)
    least_days: int = Field(45, ge=1, le=1825)


class Churn(Section):
    """Churn: no order, no renewal or a decline in ``[as_of + gap, as_of + gap + horizon)``, in days."""

    kind: Kind = Field(
        "non_contractual",
        description="non_contractual: no order in the outcome window; contractual: a contract ends in it "
        "and is not renewed; win_back: those already lost, of whom some return; partial: the customer brings "
        "much less than in the horizon_days before, season aside",
    )
    decline: float = Field(
        HALF,
        gt=0,
        lt=1,
        description="read where kind is partial: which share of what came before has to be missing, so that "
        "0.5 calls it a decline to bring less than half",
    )
    horizon: Literal["fixed", "adaptive"] = Field(
        "fixed", description="adaptive: each customer's own, of which horizon_days is the longest"
    )
    horizon_days: int = Field(ge=1, le=1825, description="how long a silence counts as leaving")
    also_days: tuple[int, ...] = Field(
        (), description="shorter horizons whose risks stand in the lists as well, rising, such as [30, 60]"
    )
    gap_days: int = Field(0, ge=0, le=365, description="days between scoring and reaching a customer")
    settlement_days: int = Field(0, ge=0, le=365, description="days until returns and late records are in")
    gap_purchase_counts: bool = Field(False, description="true: an order inside the gap also means 'stayed'")
    adaptive: AdaptiveRule = AdaptiveRule()
    contract: ContractRule = ContractRule()
    max_return_rate: float = Field(
        0.30, gt=0, lt=1, description="diagnose suggests the shortest horizon after which fewer come back"
    )
    positive_label: str | None = Field(
        None, description="snapshot table: the value of label that means churned"
    )
    negative_label: str | None = Field(
        None, description="snapshot table: the value of label that means stayed"
    )

    @model_validator(mode="after")
    def _what_is_read(self) -> Churn:
        if self.kind != "contractual" and self.contract != ContractRule():
            raise ValueError(f"contract is read where kind is contractual, and kind is {self.kind}")
        if self.horizon == "fixed" and self.adaptive != AdaptiveRule():
            raise ValueError("adaptive is read where horizon is adaptive, and horizon is fixed")
        if self.horizon == "adaptive":
            self._own_horizons()
        if self.kind != "partial" and self.decline != HALF:
            raise ValueError(f"decline is read where kind is partial, and kind is {self.kind}")
        if self.kind in ("contractual", "partial") and self.gap_purchase_counts:
            raise ValueError(f"gap_purchase_counts is about orders, and kind is {self.kind}")
        if self.also_days:
            self._shorter_horizons()
        return self

    def _shorter_horizons(self) -> None:
        asked = list(self.also_days)
        if self.kind == "partial":
            raise ValueError("also_days needs orders or ends, and kind is partial: a decline has one window")
        if self.horizon == "adaptive":
            raise ValueError("also_days needs one horizon for all, and horizon is adaptive")
        if asked != sorted(set(asked)) or asked[0] < 1:
            raise ValueError(f"also_days must be rising whole numbers of days, such as [30, 60], not {asked}")
        if asked[-1] >= self.horizon_days:
            raise ValueError(
                f"also_days must be shorter than horizon_days ({self.horizon_days}), and {asked[-1]} is not"
            )

    def _own_horizons(self) -> None:
        if self.kind != "non_contractual":
            raise ValueError(f"horizon is adaptive, which needs kind non_contractual, and it is {self.kind}")
        if self.adaptive.population_gap_days is None:
            raise ValueError("horizon is adaptive: adaptive.population_gap_days must say the gap of all")
        if self.adaptive.least_days > self.horizon_days:
            raise ValueError(
                f"horizon_days ({self.horizon_days}) is the longest horizon where it is adaptive, "
                f"such as 365, and adaptive.least_days ({self.adaptive.least_days}) is longer"
            )

    @property
    def by_orders(self) -> bool:
        """Whether who orders in one window, the same for all, is who stays, and nobody else."""
        return self.kind in ("non_contractual", "win_back") and self.horizon == "fixed"

    @property
    def compared_days(self) -> int | None:
        """Days before a snapshot that the outcome is compared with; None: it stands for itself."""
        return self.horizon_days if self.kind == "partial" else None

    @property
    def tail_days(self) -> int:
        """Days from a snapshot until its label is known: gap, horizon, grace and settlement."""
        return self.tail_of(self.horizon_days)

    def tail_of(self, days: int) -> int:
        """The same for another horizon."""
        grace = self.contract.grace_days if self.kind == "contractual" else 0
        return self.gap_days + days + grace + self.settlement_days

    def within(self, days: int) -> Churn:
        """The same question about the first ``days`` of the window, answered as late as that of the whole.

        What is settled is settled for both: nobody leaves in the first days and not in the window.
        """
        later = self.settlement_days + self.horizon_days - days
        return self.model_copy(update={"horizon_days": days, "settlement_days": later, "also_days": ()})

    def meaning(self) -> dict[str, Any]:
        """What is read for this kind, as plain values: what is not read changes no fingerprint."""
        found = self.model_dump(mode="json", exclude={"max_return_rate"})
        if self.kind == "non_contractual":
            del found["kind"]
        if self.kind != "contractual":
            del found["contract"]
        if self.kind != "partial":
            del found["decline"]
        if self.horizon == "fixed":
            del found["horizon"], found["adaptive"]
        if not self.also_days:
            del found["also_days"]
        return found
