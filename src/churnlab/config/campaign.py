"""A campaign: what can be done for whom, what it may cost, and who is left alone so that it can be judged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from churnlab.config.section import Name, Section

Quadrant = Literal["retain", "rationalise", "win_back", "release"]
QUADRANTS: tuple[Quadrant, ...] = get_args(Quadrant)
Phase = Literal["start", "exploration", "growth", "saturation", "decline", "lost"]
PHASES: tuple[Phase, ...] = get_args(Phase)
Moment = Literal[
    "first_repeat_due",
    "first_repeat_late",
    "rhythm_slip",
    "complaint_open",
    "value_drop",
    "contract_end",
    "promo_end",
    "price_rise",
    "service_failure",
    "payment_failed",
    "opt_out",
    "anniversary",
]
MOMENTS: tuple[Moment, ...] = get_args(Moment)

LONGEST = 300  # letters of a text that lists and reports show
PARTS = 10_000  # arms are drawn as one of so many numbers: shares are whole parts of it
OFFERS_A_YEAR = 2  # to one customer, of those to be won back


def _shown(given: str) -> str:
    text = " ".join(given.split())
    if not 0 < len(text) <= LONGEST or not text.isprintable():
        raise ValueError(f"a text here has 1 to {LONGEST} letters that can be printed, not {len(text)}")
    return text


def _drawn(share: float) -> float:
    if abs(share * PARTS - round(share * PARTS)) > 1e-6:
        raise ValueError("a share that is drawn has at most four decimals, such as 0.05")
    return share


Shown = Annotated[str, AfterValidator(_shown)]
Cost = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1)]
Drawn = Annotated[float, Field(ge=0, le=0.5), AfterValidator(_drawn)]


class Label(Section):
    """A name for readers of each language."""

    en: Shown
    fr: Shown


class Action(Section):
    """One thing that can be done for a customer. Lists left empty mean any."""

    action_id: Name
    label: Label
    quadrants: tuple[Quadrant, ...] = Field((), description="strategies it is for; empty: all four")
    phases: tuple[Phase, ...] = Field((), description="phases of the relationship it is for; empty: any")
    moments: tuple[Moment, ...] = Field(
        (), description="critical moments it answers, one is enough; empty: with or without"
    )
    kind: Literal["marketing", "service"] = Field(
        "marketing", description="while a complaint is open only service is allowed"
    )
    channel: Name = Field(description="what campaign.capacity counts contacts of, such as email or phone")
    contact_cost: Cost = Field(description="of each contact")
    incentive_cost: Cost = Field(0.0, description="of each that is taken up")
    take_up_stayers: Rate = Field(1.0, description="share of those who stay anyway who take the incentive")
    save_rate: float | None = Field(
        None, ge=0, le=1, description="share of would-be leavers kept; or abs_reduction"
    )
    abs_reduction: float | None = Field(
        None, ge=0, le=1, description="churn in the control group less churn among the treated; or save_rate"
    )
    uplift_low: float | None = Field(
        None,
        ge=-1,
        le=1,
        description="lower bound, 80 % one-sided, of the one of the two that is given; "
        "null: not known, so the action is never more than a test",
    )
    backfire: Rate = Field(0.0, description="share of those who would stay whom the contact drives away")
    evidence: str = Field(
        "assumed",
        pattern=r"^(assumed|measured \S{1,64})$",
        description="assumed, or measured and the run that measured it",
    )
    customer_benefit: Shown = Field(description="what the customer gains; no action goes without")
    consent_purpose: Name = Field(description="the purpose that the customer must have agreed to")
    cooldown_days: int | None = Field(
        None, ge=0, description="days without another contact before it; null: those of all actions"
    )
    yearly_cap: int | None = Field(None, ge=1, description="times a year for one customer; null: no limit")
    owner: Shown = Field(description="who carries it out")
    overlay: bool = Field(False, description="where it fits a customer, only overlays are thought of")
    explore_only: bool = Field(False, description="only for the random slice of customers not selected")

    @property
    def measured(self) -> bool:
        """Whether a campaign with a control group has shown the effect."""
        return self.evidence != "assumed"

    @property
    def uplift(self) -> float:
        """``save_rate`` or ``abs_reduction``, whichever is given."""
        given = self.save_rate if self.abs_reduction is None else self.abs_reduction
        return 0.0 if given is None else given

    @model_validator(mode="after")
    def _one_effect(self) -> Action:
        if (self.save_rate is None) == (self.abs_reduction is None):
            wrong = "one of them" if self.save_rate is None else "not both"
            raise ValueError(
                f"{self.action_id}: give save_rate or abs_reduction, {wrong}: "
                "an absolute reduction holds the risk already"
            )
        if self.abs_reduction is not None and self.backfire:
            raise ValueError(
                f"{self.action_id}: abs_reduction is what is left after backfire: leave backfire out"
            )
        if self.uplift_low is not None and self.uplift_low > self.uplift:
            raise ValueError(f"{self.action_id}: uplift_low lies above the effect itself, {self.uplift:g}")
        return self

    @model_validator(mode="after")
    def _not_forbidden(self) -> Action:
        where = self.quadrants or QUADRANTS
        if "release" in where and self.incentive_cost:
            raise ValueError(
                f"{self.action_id}: no incentive for release: list quadrants without it, "
                "or set incentive_cost: 0"
            )
        if "release" in where and self.contact_cost and not self.explore_only:
            raise ValueError(
                f"{self.action_id}: no paid contact for release: list quadrants without it, "
                "or set contact_cost: 0 or explore_only: true"
            )
        if "retain" in where and self.incentive_cost and not (self.phases or self.moments):
            raise ValueError(
                f"{self.action_id}: no blanket discount for retain: say in which phases or moments "
                "it is given"
            )
        capped = self.yearly_cap is not None and self.yearly_cap <= OFFERS_A_YEAR
        if "win_back" in where and self.incentive_cost and not capped:
            raise ValueError(
                f"{self.action_id}: an offer to win back is made at most {OFFERS_A_YEAR} times a year: set "
                f"yearly_cap: {OFFERS_A_YEAR} or less"
            )
        return self


def once(actions: Iterable[Action]) -> None:
    """Raise ``ValueError`` where two actions have the same id."""
    seen: set[str] = set()
    for action in actions:
        if action.action_id in seen:
            raise ValueError(f"action_id {action.action_id} is used twice: each action needs its own")
        seen.add(action.action_id)


class Catalogue(Section):
    """A file of actions."""

    actions: tuple[Action, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids(self) -> Catalogue:
        once(self.actions)
        return self


class UnprovenCap(Section):
    """How far actions go whose effect is not proven: tests, with a control group of their own size."""

    customers: int | None = Field(5_000, ge=0, description="contacts of tests at most; null: no such limit")
    cost: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="expected cost of tests at most; null: no such limit"
    )
    control: Drawn = Field(0.20, description="share of the customers selected for a test who are left alone")


class Campaign(Section):
    """Who gets which action under which limits, and who is left alone to measure it by."""

    name: Name = Field(description="the campaign's id: its control group is drawn with it")
    salt: str | None = Field(
        None,
        description="${env:NAME}, the variable that holds at least 16 letters of secret: whoever knows it "
        "can tell the arms beforehand; null: one is drawn and kept in the project's output folder",
    )
    epoch: str | int = Field(
        description="the global holdout is drawn anew when this changes, such as 2026: once a year"
    )
    catalogue: str | None = Field(
        None, description="a YAML file with the key actions, under the project's root; null: see actions"
    )
    actions: tuple[Action, ...] | None = Field(
        None, description="the actions themselves; null, and no catalogue either: the built-in ones"
    )
    budget: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="expected cost of all contacts at most; null: no limit"
    )
    capacity: dict[Name, int] = Field(
        {}, description="channel: contacts at most; channels left out have no limit"
    )
    alternatives: bool = Field(
        True, description="where a channel is full, the next best action in one with room"
    )
    one_per_parent: bool = Field(
        False,
        description="true: of the accounts of one parent only the one with the highest expected saved value "
        "is contacted, and all of them are held out or none; needs overlays.parent",
    )
    control: Drawn = Field(0.10, description="share of the selected customers who are left alone")
    holdout: Drawn = Field(0.05, description="share of all customers whom no campaign of the epoch contacts")
    explore: Drawn = Field(
        0.01,
        description="share of those not selected who are contacted all the same, to learn from; and as much "
        "of budget and capacity is kept for them",
    )
    test_budget: UnprovenCap = UnprovenCap()

    @field_validator("salt")
    @classmethod
    def _secret(cls, salt: str | None) -> str | None:
        if salt is not None and not re.fullmatch(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}", salt):
            raise ValueError("salt is a secret: write it as ${env:NAME} and set that variable")
        return salt

    @field_validator("epoch")
    @classmethod
    def _short(cls, epoch: str | int) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", str(epoch)):
            raise ValueError("epoch is at most 32 letters, digits, _ and -, such as 2026")
        return str(epoch)

    @field_validator("capacity")
    @classmethod
    def _contacts(cls, capacity: dict[str, int]) -> dict[str, int]:
        for channel, contacts in capacity.items():
            if contacts < 0:
                raise ValueError(f"{channel}: contacts must be 0 or more, not {contacts}")
        return capacity

    @model_validator(mode="after")
    def _one_list_of_actions(self) -> Campaign:
        if self.catalogue is not None and self.actions is not None:
            raise ValueError("give catalogue or actions, not both")
        if self.actions is not None:
            if not self.actions:
                raise ValueError("actions is empty: leave it out for the built-in ones")
            once(self.actions)
        return self
